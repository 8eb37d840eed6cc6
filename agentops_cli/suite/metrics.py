"""Metrics as a suite writes them, to metric specs that surely build and cases that can be measured.

What would leave a figure undefined for want of cases is found here, before anything is spent.
"""

import difflib
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeAlias

from agentops_cli.errors import InputError, PluginError
from agentops_cli.locate import Document, Route
from agentops_cli.metrics.slices import NO_VALUE, slices_of
from agentops_cli.model.finding import MOST_MISTAKES, Finding
from agentops_cli.model.json import Json, JsonObject
from agentops_cli.model.metric import MetricGate, MetricSpec
from agentops_cli.model.suite import Case
from agentops_cli.ports import Metric, MetricType
from agentops_cli.registry import Registry
from agentops_cli.spool import spooled
from agentops_cli.suite.texts import Texts
from agentops_cli.suite.values import as_list, as_mapping, as_number
from agentops_cli.template import TemplateError
from agentops_cli.validate import check_part

MOST_SLICES = 100
"""A column with more values is an id, not a way to slice."""

_COMMON = frozenset({"kind", "name", "by", "optional"})
_SHOWN = 3

# A text that is nothing but a value: it keeps its type, where a template would print it.
_PLAIN = re.compile(r"\{\{\s*(row|vars)\.(\w+)\s*\}\}")

Report = Callable[[Finding], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Item:
    """A metric that can be built; `expected` as written, its templates not rendered."""

    spec: MetricSpec
    metric: Metric
    route: Route
    expected: Json
    optional: bool


_Said: TypeAlias = tuple[str, str | None]
"""What is said of cases: what is wrong, and how to mend it."""


@dataclass(slots=True)
class _Alike:
    """Cases of which the same is said: how many there are, and the first few."""

    count: int = 0
    first: list[Case] = field(default_factory=list)

    def add(self, case: Case) -> None:
        self.count += 1
        if self.count <= _SHOWN:
            self.first.append(case)

    def merge(self, other: "_Alike") -> None:
        self.count += other.count
        self.first = [*self.first, *other.first][:_SHOWN]


@dataclass(slots=True)
class _Found:
    """What all cases together have for one metric.

    `asked` and `slices` are of those with an expected value. `wrong` has those whose value is, and
    `unrendered` those whose template failed, by what is said of them; of `cases` that were looked
    at.
    """

    asked: set[str] = field(default_factory=set)
    slices: set[str] = field(default_factory=set)
    referred: int = 0
    wrong: dict[_Said, _Alike] = field(default_factory=dict)
    unrendered: dict[_Said, _Alike] = field(default_factory=dict)
    cases: int = 0

    @property
    def is_right(self) -> bool:
        return not self.wrong and not self.unrendered

    def refuse(self, case: Case, said: _Said, where: dict[_Said, _Alike]) -> None:
        """Keeps what is said of a case, unless so much is said already that nobody reads it."""
        if said in where or len(where) < MOST_MISTAKES:
            where.setdefault(said, _Alike()).add(case)


class MetricReader:
    """Reads the metrics of one suite document, reporting what is wrong with them."""

    def __init__(
        self,
        document: Document,
        written: Json,
        *,
        kinds: Registry[MetricType],
        texts: Texts,
        report: Report,
    ) -> None:
        """`written` is the valid part of what stands under `metrics:`."""
        self._document = document
        self._kinds = kinds
        self._texts = texts
        self._report = report
        holders = as_list(written)
        read = (self._read(holder, ("metrics", n)) for n, holder in enumerate(holders))
        self._items = [item for item in read if item]
        self._whole = len(self._items) == len(holders)
        self._report_duplicates()

    @property
    def specs(self) -> tuple[MetricSpec, ...]:
        """Every metric that could be built."""
        return tuple(item.spec for item in self._items)

    def referring(self, cases: Sequence[Case], *, complete: bool) -> Sequence[Case]:
        """The cases with what each metric expects of them; skipped ones expect nothing.

        Unless these are all cases of the suite, nothing is said of what none of them has.
        """
        if not self._items:
            return cases
        found = [_Found() for _ in self._items]
        referring = spooled(self._referring(cases, self._blank(cases), found))
        for item, each in zip(self._items, found, strict=True):
            self._report_wrong(item, each)
            if complete and each.is_right:
                self._check_unseen(item, each)
                self._check_slices(item, each, referring)
        return referring

    def _blank(self, cases: Iterable[Case]) -> JsonObject:
        """Every column that a row has, empty, where a row may lack one."""
        if not any(item.optional for item in self._items):
            return {}
        return dict.fromkeys((column for case in cases for column in case.row), "")

    def _referring(
        self, cases: Iterable[Case], blank: JsonObject, found: Sequence[_Found]
    ) -> Iterator[Case]:
        for case in cases:
            references: dict[str, Json] = {}
            if case.skip is None:
                for item, each in zip(self._items, found, strict=True):
                    self._refer(item, case, references, blank=blank, found=each)
            yield replace(case, references=references) if references else case

    def gates(self, gate: JsonObject) -> Mapping[str, MetricGate]:
        """The thresholds of `gate.metrics` by the full names of their figures."""
        known = self._full_names()
        found: dict[str, MetricGate] = {}
        for written, value in as_mapping(gate.get("metrics")).items():
            route: Route = ("gate", "metrics", written)
            item = known.get(written)
            if item is None:
                self._report_unknown(written, known, route)
                continue
            name = f"{item.spec.name}.{_figure_of(written, item)}"
            if name in found:
                problem = f"{written!r} is the same as an entry before it"
                self._add_key("duplicate-figure", problem, route, "remove one of them")
            found[name] = self._gate(value, item, route)
        return found

    # Reading

    def _read(self, written: Json, route: Route) -> _Item | None:
        """One entry of `metrics:`; None after what is wrong with it has been reported."""
        holder = as_mapping(written)
        kind, name = holder.get("kind"), holder.get("name", holder.get("kind"))
        if not isinstance(kind, str) or not isinstance(name, str):
            return None  # Reported by the schema.
        args: JsonObject = {key: value for key, value in holder.items() if key not in _COMMON}
        by = holder.get("by")
        spec = MetricSpec(
            kind=kind,
            name=name,
            args={key: value for key, value in args.items() if key != "expected"},
            location=self._document.at(route),
            by=by if isinstance(by, str) else None,
        )
        try:
            found = self._kinds.get(kind, location=self._document.at((*route, "kind")))
            wrong = check_part(self._document, args, found.schema, route)
            metric = None if wrong else found(spec)
        except (InputError, PluginError) as error:
            wrong, metric = error.findings, None
        for finding in wrong:
            self._report(finding)
        if metric is None:
            return None
        for key in as_mapping(args.get("expected")):
            if key not in metric.names:
                problem = f"metric {name!r}: {key!r} is expected and not compared"
                fix = f"add it, or remove it: what is compared is {', '.join(metric.names)}"
                self._add_key("not-compared", problem, (*route, "expected", key), fix)
        return _Item(
            spec=spec,
            metric=metric,
            route=route,
            expected=args.get("expected"),
            optional=holder.get("optional") is True,
        )

    def _report_duplicates(self) -> None:
        first: dict[str, _Item] = {}
        for item in self._items:
            before = first.setdefault(item.spec.name, item)
            if before is not item:
                problem = f"metric {item.spec.name!r} is already there at {before.spec.location}"
                fix = "give each a name of its own: name: …"
                self._add("duplicate-metric", problem, item.route, fix)

    # Expected values

    def _refer(
        self,
        item: _Item,
        case: Case,
        references: dict[str, Json],
        *,
        blank: JsonObject,
        found: _Found,
    ) -> None:
        """Adds what the metric expects of the case."""
        found.cases += 1
        row = {**blank, **case.row} if item.optional else dict(case.row)
        scope: JsonObject = {"input": case.input, "vars": dict(case.vars), "row": row}
        try:
            expected = self._value(item.expected, scope)
            if _is_blank(expected):
                if not item.optional:
                    fix = "fill it, or write optional: true to leave such cases out"
                    found.refuse(case, ("its expected value is empty", fix), found.wrong)
                return
            reference = references[item.spec.name] = item.metric.reference(expected)
        except TemplateError as error:
            found.refuse(case, (error.message, error.fix), found.unrendered)
        except ValueError as error:
            message = f"its expected value is wrong: {error}"
            found.refuse(case, (message, "mend the case, or the metric"), found.wrong)
        else:
            found.referred += 1
            found.asked.update(item.metric.asked(reference))
            if item.spec.by is not None:
                found.slices.update(slices_of(case, item.spec.by))

    def _value(self, written: Json, scope: JsonObject) -> Json:
        """What a case expects; a text that names one value and nothing else is that value."""
        if not isinstance(written, str):
            return self._texts.rendered(written, scope)
        plain = _PLAIN.fullmatch(written.strip())
        holder = as_mapping(scope[plain[1]]) if plain else {}
        if plain and plain[2] in holder and not isinstance(holder[plain[2]], str):
            return holder[plain[2]]
        return self._texts.text(written, scope)

    def _report_wrong(self, item: _Item, found: _Found) -> None:
        """One finding for each case, or for all of them when there are many of a kind.

        A template that fails for every case is wrong itself.
        """
        times, told = Counter[str](), set[str]()
        for (message, _), alike in found.unrendered.items():
            times[message] += alike.count
        for (message, hint), alike in found.unrendered.items():
            if times[message] < found.cases:
                found.wrong.setdefault((message, hint), _Alike()).merge(alike)
            elif message not in told:
                told.add(message)
                problem = f"metric {item.spec.name!r}: {message}"
                mend = hint or "mend the template"
                self._add("bad-template", problem, (*item.route, "expected"), mend)
        for (message, fix), alike in found.wrong.items():
            shown = alike.first if alike.count <= _SHOWN else alike.first[:1]
            more = f" (so have {alike.count - 1:,} more cases)" if alike.count > _SHOWN else ""
            for case in shown:
                problem = f"metric {item.spec.name!r}, case {case.id!r}: {message}{more}"
                place = case.location
                self._report(
                    Finding(rule="bad-reference", message=problem, location=place, fix=fix)
                )

    def _check_unseen(self, item: _Item, found: _Found) -> None:
        """A label that no case expects has no recall, and nobody would notice."""
        own = item.spec.name
        for name in item.metric.names:
            if name not in found.asked:
                problem = f"metric {own!r}: no case expects {name!r}, so its recall is not defined"
                fix = "add cases that do, or remove it from the metric"
                self._add("never-expected", problem, _route_of(name, item), fix)

    def _check_slices(self, item: _Item, found: _Found, cases: Iterable[Case]) -> None:
        by = item.spec.by
        if by is None:
            return
        route: Route = (*item.route, "by")
        if found.slices == {f"{by}:{NO_VALUE}"}:
            known: set[str] = set()
            for case in cases:
                if item.spec.name in case.references:
                    known.update(tag.partition(":")[0] for tag in case.tags if ":" in tag)
                    known.update(case.row)
            problem = f"{by!r} is neither a tag prefix nor a column of any case"
            self._add("unknown-slice", problem, route, _hint(by, sorted(known)))
        elif len(found.slices) > MOST_SLICES:
            problem = f"{by!r} makes {len(found.slices):,} slices of {found.referred:,} cases"
            fix = f"name a column with at most {MOST_SLICES} values"
            self._add("too-many-slices", problem, route, fix)

    # The gate

    def _full_names(self) -> dict[str, _Item]:
        """Every way to name a figure; of several metrics each figure is named with its metric."""
        found = {
            f"{item.spec.name}.{figure}": item
            for item in self._items
            for figure in item.metric.figures
        }
        if len(self._items) == 1 and self._whole:
            [item] = self._items
            found.update(dict.fromkeys(item.metric.figures, item))
        return found

    def _report_unknown(self, written: str, known: Mapping[str, _Item], route: Route) -> None:
        if not self._whole:
            return  # It may be a figure of the metric that could not be built.
        full = [name for name in known if name.endswith(f".{written}")]
        if not known:
            fix = "add 'metrics:', or remove it"
        elif full:
            fix = f"say of which metric: {' or '.join(full)}"
        else:
            short = [name for name in known if name.partition(".")[2] not in known]
            fix = _hint(written, short)
        self._add_key("unknown-figure", f"there is no figure {written!r}", route, fix)

    def _gate(self, value: Json, item: _Item, route: Route) -> MetricGate:
        """A number, or `{min, inSlices}`; every slice is judged unless `inSlices` is 0."""
        limits = value if isinstance(value, dict) else {"min": value}
        least, in_slices = as_number(limits.get("min"), 0.0), limits.get("inSlices")
        if in_slices is not None and item.spec.by is None:
            problem = f"metric {item.spec.name!r} has no slices"
            fix = "add 'by:' to the metric, or remove inSlices"
            self._add_key("no-slices", problem, (*route, "inSlices"), fix)
        sliced = as_number(in_slices, least)
        return MetricGate(
            least=least,
            location=self._document.key_at(route),
            in_slices=sliced if sliced and item.spec.by else None,
        )

    def _add(self, rule: str, message: str, route: Route, fix: str | None) -> None:
        place = self._document.at(route)
        self._report(Finding(rule=rule, message=message, location=place, fix=fix))

    def _add_key(self, rule: str, message: str, route: Route, fix: str | None) -> None:
        """The same where the key itself is what is wrong."""
        place = self._document.key_at(route)
        self._report(Finding(rule=rule, message=message, location=place, fix=fix))


def _figure_of(written: str, item: _Item) -> str:
    """The figure's own name, without the metric's before it."""
    return written if written in item.metric.figures else written.partition(".")[2]


def _is_blank(value: Json) -> bool:
    return value is None or (isinstance(value, str) and not value.strip())


def _route_of(name: str, item: _Item) -> Route:
    """Where a label or field is listed, else the metric."""
    for key, value in item.spec.args.items():
        if isinstance(value, list) and name in value:
            return (*item.route, key, value.index(name))
    return item.route


def _hint(word: str, known: Sequence[str]) -> str:
    near = difflib.get_close_matches(word, known, n=3, cutoff=0.5)
    if near:
        return f"did you mean {' or '.join(map(repr, near))}?"
    return f"known: {', '.join(known[:20])}" if known else "there are none"
