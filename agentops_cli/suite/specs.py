"""Assertions as a suite writes them, to assertion specs that surely build."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import TypeAlias

from agentops_cli.assertions.broken import construct, told
from agentops_cli.errors import InputError, PluginError
from agentops_cli.locate import Document, Route
from agentops_cli.model.finding import Finding
from agentops_cli.model.json import Json, JsonObject
from agentops_cli.model.place import Location
from agentops_cli.model.suite import AssertionSpec
from agentops_cli.ports import AssertionType
from agentops_cli.registry import Registry
from agentops_cli.suite.texts import Texts, has_template
from agentops_cli.template import TemplateError
from agentops_cli.validate import check_part

CASE_KINDS = ("expectedCategory", "mustContain", "mustNotContain")
"""The kinds that a case names by a key of its own."""

_LISTS = frozenset({"mustContain", "mustNotContain"})
_CONTAIN = frozenset({"contains", *_LISTS})
"""Kinds of which one compiled schema ships: nearly every suite has them."""

_COMMON = frozenset({"kind", "not", "weight", "advisory"})

Report: TypeAlias = Callable[[Finding], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class RawSpec:
    """An assertion as written: templates in its arguments are not rendered yet.

    Until they are, the spec counts as effective unless nothing in them could change that.
    """

    spec: AssertionSpec
    route: Route
    templated: bool


class SpecReader:
    """Reads the assertions of one suite document, reporting what is wrong with them.

    What holds no template is checked once, however many cases share it through `defaults` or a
    dataset.
    """

    def __init__(
        self,
        document: Document,
        *,
        kinds: Registry[AssertionType],
        texts: Texts,
        report: Report,
    ) -> None:
        self._document = document
        self._kinds = kinds
        self._texts = texts
        self._report = report

    def read(self, holder: Mapping[str, Json], route: Route) -> tuple[RawSpec, ...]:
        """The assertions of a case, a dataset or the defaults, in the order of the file's keys."""
        raw: list[RawSpec] = []
        for key, value in holder.items():
            if key in _LISTS and isinstance(value, list):
                raw += [
                    self._raw(key, {"value": [item]}, (*route, key, index))
                    for index, item in enumerate(value)
                ]
            elif key in CASE_KINDS:
                raw.append(self._raw(key, {"value": value}, (*route, key)))
            elif key == "assert" and isinstance(value, list):
                items = (self._item(item, (*route, key, i)) for i, item in enumerate(value))
                raw += [item for item in items if item]
        return tuple(item if item.templated else self._checked(item) for item in raw)

    def complete(self, raw: RawSpec, scope: Mapping[str, Json], place: Location) -> AssertionSpec:
        """The spec for one case, its templates rendered over `input`, `vars` and `row`.

        `place` is the case's; a mistake that only its values cause names it.
        """
        if not raw.templated:
            return raw.spec
        try:
            args = {name: self._texts.rendered(v, scope) for name, v in raw.spec.args.items()}
        except TemplateError as error:
            problem = f"{error.message} (for the case at {place})"
            fix = error.fix or "give it, or mend the template"
            self._add("bad-template", problem, raw.route, fix=fix)
            return raw.spec
        spec = _weighed(replace(raw.spec, args=args), raw.route)
        return self._checked(replace(raw, spec=spec)).spec

    def _item(self, item: Json, route: Route) -> RawSpec | None:
        """One entry of `assert:`, long `{kind: …}` or short `{kind: value}`."""
        if not isinstance(item, dict):
            return None  # Reported by the schema.
        args: JsonObject = {key: value for key, value in item.items() if key not in _COMMON}
        kind = item.get("kind")
        if kind is None:
            if len(args) != 1:
                found = ", ".join(map(repr, args)) or "none"
                problem = f"an assertion needs one kind, found {found}"
                self._add(
                    "bad-assertion", problem, route, fix="write {kind: …, …} or {kind: value}"
                )
                return None
            [(kind, value)] = args.items()
            args = self._short(kind, value)
        if not isinstance(kind, str):
            self._add("wrong-type", "'kind' must be text", route)
            return None
        if "weight" in item:
            problem = "'weight' is not supported yet: weighted scores"
            fix = "remove it until a version supports it"
            self._add("not-supported-yet", problem, (*route, "weight"), fix=fix)
        if not all(isinstance(item.get(flag, False), bool) for flag in ("not", "advisory")):
            self._add("wrong-type", "'not' and 'advisory' must be true or false", route)
            return None
        return self._raw(kind, args, route, flags=item)

    def _short(self, kind: str, value: Json) -> JsonObject:
        """`{length: {max: 5}}` gives arguments, `{jsonSchema: {type: object}}` gives a value."""
        if isinstance(value, dict) and value and set(value) <= self._arguments(kind):
            return value
        return {"value": value}

    def _arguments(self, kind: str) -> set[str]:
        """The names that a kind knows; none of one that does not load, which `_checked` reports."""
        try:
            known = getattr(self._kinds.get(kind), "schema", {}).get("properties", {})
        except PluginError:
            return set()
        return set(known) if isinstance(known, dict) else set()

    def _raw(
        self,
        kind: str,
        args: JsonObject,
        route: Route,
        *,
        flags: Mapping[str, Json] | None = None,
    ) -> RawSpec:
        flags = flags or {}
        spec = AssertionSpec(
            kind=kind,
            args=args,
            location=self._document.at(route),
            negated=bool(flags.get("not")),
            advisory=bool(flags.get("advisory")),
        )
        spec = _weighed(spec, route)
        return RawSpec(spec=spec, route=route, templated=has_template(list(args.values())))

    def _checked(self, raw: RawSpec) -> RawSpec:
        """The same, after everything that is wrong with it has been reported."""
        spec = raw.spec
        try:
            kind = self._kinds.get(spec.kind, location=spec.location)
            compiled = "contain" if spec.kind in _CONTAIN else None
            args = dict(spec.args)
            wrong = check_part(self._document, args, kind.schema, raw.route, compiled=compiled)
            if wrong:
                self._report_all(_named_after(spec.kind, finding) for finding in wrong)
            else:
                construct(kind, spec)
        except (InputError, PluginError) as error:
            self._report_all(error.findings)
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # A plugin may do anything, sys.exit(0) included.
            if self._kinds.has_built_in(spec.kind):
                raise
            problem = f"assertion {spec.kind!r} is broken: {told(error, kind)}"
            fix = "report it to whoever wrote it: it needs a schema, takes a spec, and has a check"
            self._add("broken-assertion", problem, raw.route, fix=fix)
        return raw

    def _report_all(self, findings: Iterable[Finding]) -> None:
        for finding in findings:
            self._report(finding)

    def _add(self, rule: str, message: str, route: Route, *, fix: str | None = None) -> None:
        place = self._document.at(route)
        self._report(Finding(rule=rule, message=message, location=place, fix=fix))


def _weighed(spec: AssertionSpec, route: Route) -> AssertionSpec:
    """The spec, marked when it cannot carry a case alone.

    Advice cannot, nor can the `success` that `defaults` expect of every case.
    """
    is_usual = route[0] == "defaults" and spec.kind == "expectedCategory" and not spec.negated
    wants_success = spec.args.get("value") == "success"
    carries = not (spec.advisory or (is_usual and wants_success))
    return spec if carries else replace(spec, effective=False)


def _named_after(kind: str, finding: Finding) -> Finding:
    """The finding in the author's words: who writes `mustContain: ""` never wrote `value`."""
    return replace(finding, message=finding.message.replace("'value'", repr(kind), 1))
