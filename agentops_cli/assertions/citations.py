"""Citations in an answer that must lead somewhere."""

from collections.abc import Mapping
from typing import cast

from agentops_cli.assertions.arguments import arguments, count, string
from agentops_cli.assertions.bounds import bounds_between
from agentops_cli.assertions.calls import results_of
from agentops_cli.assertions.citation_ids import ids_at, ids_of, ids_within, is_id
from agentops_cli.assertions.citation_marks import cited_in, plain, plain_id
from agentops_cli.assertions.excerpt import at, counted, listed, opening, quote, shown
from agentops_cli.assertions.json_path import FORMS, BadPath, Path, read_path
from agentops_cli.assertions.json_value import NotJson, value_of
from agentops_cli.assertions.markdown import without_code
from agentops_cli.assertions.verdict import CannotTell, bad_argument, expression_of, judged
from agentops_cli.model.call import Evidence, Verdict
from agentops_cli.model.json import JsonObject
from agentops_cli.model.suite import AssertionSpec

_IDS: JsonObject = {
    "type": "array",
    "minItems": 1,
    "items": {"type": ["string", "integer"]},
    "description": "the ids that may be cited",
}
_SOURCES = ("value", "in", "tool")


class Citations:
    """Every source that the answer cites was given to the model.

    *What it checks*

    Each cited id is in `value` (a list), or in the variable that `in` names: a list of ids, a list
    of mappings with an `id`, a mapping by id, or a text whose passages begin with `[id]` or stand
    in a tag with an `id` or `index`; or in what the tool that `tool` names gave before the answer.
    Where ids stand elsewhere, `ids` is the path to them.

    A citation is `[1]`, `[doc-3]`, `[^2]`, `[1, 4]`, `[2-4]`, `[source: doc-3]`, `(source: faq.md)`
    or `【4:0†source】`, in prose, with or without a page as in `[3, p. 12]`. What has the shape of
    an id that is known counts as one: beside `returns policy.md`, `[made up.md]` is invented.
    Links, task marks and words in brackets are none, unless the ids are several words too.
    `pattern` is another form, whose first group is the id and which is searched for in code too;
    `path` is for answers in JSON and leads to the cited ids. Case counts, the kind of hyphen does
    not.

    At least `min` different ids must be cited, 1 unless it is given, and at most `max`: with
    `max: 0` nothing may be cited. The score is the share of the cited ids that exist. Whether a
    source says what it is cited for is not checked: that is a `rubric`.

    *Why it matters*

    An invented source looks exactly like a real one.

    *Example*

    ```yaml
    assert:
      - {kind: citations, in: passages, min: 2}
    ```

    *Fix*

    The reason names the id that does not exist. Number the passages in the prompt as they must be
    cited, and say that nothing else may be.
    """

    schema = arguments(
        value=_IDS,
        tool=string("the tool whose results hold the ids"),
        ids=string(f"the path to the ids in the variable or in a result: {FORMS}"),
        path=string(f"the path to the cited ids in an answer that is JSON: {FORMS}"),
        pattern=string("a regular expression whose first group is the id"),
        min=count("how many different ids must be cited; default 1"),
        max=count("how many different ids may be cited; 0 for an answer without sources"),
        **{"in": string("the variable of the case, or the column, that holds the ids")},
    )

    def __init__(self, spec: AssertionSpec, /) -> None:
        args = spec.args
        _demand_one_source(spec)
        if {"path", "pattern"} <= set(args):
            problem = "path stands beside pattern"
            raise bad_argument(spec, problem, fix="write path for JSON, pattern for prose")
        self._ids = cast("list[str | int]", args.get("value", []))
        self._variable = cast("str | None", args.get("in"))
        self._tool = cast("str | None", args.get("tool"))
        self._ids_path = _path(spec, "ids")
        self._path = _path(spec, "path")
        pattern = cast("str | None", args.get("pattern"))
        self._expression = None if pattern is None else expression_of(spec, pattern)
        most = cast("int | None", args.get("max"))
        self._bounds = bounds_between(spec, args.get("min", 0 if most == 0 else 1), most)
        self._negated = spec.negated

    def check(self, evidence: Evidence) -> Verdict:
        known = {plain_id(name): name for name in self._known(evidence)}
        try:
            cited = self._cited(evidence, known)
        except NotJson as problem:
            if self._negated:
                raise CannotTell(str(problem)) from None
            return judged(str(problem), passed=False)
        unknown = [name for name in cited if name not in known]
        if unknown:
            place = f" {at(cited[unknown[0]])}" if self._path is None else ""
            reason = f"cites {quote(unknown[0])}{place}, which does not exist"
            if unknown[1:]:
                reason += f"; nor do {listed(list(map(quote, unknown[1:])))}"
            reason += f"; known: {listed(sorted(known.values()), limit=8) or 'none'}"
            return judged(reason, passed=False, score=1 - len(unknown) / len(cited))
        came = f"cites {listed(list(cited), limit=8)}" if cited else "cites nothing"
        if self._bounds.hold(len(cited)):
            return judged(came, passed=True)
        wanted = f"wanted {self._wanted()}, it {came}"
        answer = evidence.completion.text
        return judged(wanted if cited else f"{wanted}: {opening(answer)}", passed=False)

    def _wanted(self) -> str:
        least, most = int(self._bounds.least or 0), self._bounds.most
        if most == 0:
            return "no source"
        if most is None:
            return f"at least {counted(least, 'source')}"
        return f"{self._bounds} sources"

    def _known(self, evidence: Evidence) -> set[str]:
        """The ids that may be cited; abstains where the suite says wrongly where they are."""
        path, case = self._ids_path, evidence.case
        if self._tool is not None:
            given = list(results_of(self._tool, evidence.request.messages))
            if path is None:
                return set(ids_within(given))
            sets = [ids_at(path, one, noun=f"what {self._tool} gave") for one in given]
            return set().union(*sets)
        name = self._variable
        if name is None:
            return set(map(str, self._ids))
        for values in (case.vars, case.row):
            if name in values:
                noun = f"the variable {name!r}"
                value = values[name]
                return ids_at(path, value, noun=noun) if path else ids_of(value, noun=noun)
        raise CannotTell(f"the case has no variable {name!r} that would hold the ids")

    def _cited(self, evidence: Evidence, known: Mapping[str, str]) -> dict[str, int]:
        """The ids that the answer cites, each with the place where it first stands."""
        answer = evidence.completion.text
        if self._path is not None:
            return self._cited_at(self._path, evidence)
        if self._expression is None:
            return cited_in(plain(without_code(answer)), known=known.keys())
        group = min(1, self._expression.compiled.groups)
        spans = list(self._expression.spans(answer, group))
        names = [(plain_id(answer[start:end]), start) for start, end in spans]
        first_places = dict(reversed(names))
        return {name: first_places[name] for name, _ in names if name}

    def _cited_at(self, path: Path, evidence: Evidence) -> dict[str, int]:
        found = path.find(value_of(evidence.completion, fence=True))
        ids = [id_ for one in found for id_ in (one if isinstance(one, list) else [one])]
        for one in ids:
            if not is_id(one):
                raise NotJson(f"{path.source}: expected ids, got {shown(one)}")
        return {plain_id(str(one)): 0 for one in ids}


def _demand_one_source(spec: AssertionSpec) -> None:
    """Refuses arguments that name no source of ids, or two."""
    sources = [name for name in _SOURCES if name in spec.args]
    fix = "write in: the variable that holds them, or tool: the tool that gave them"
    if not sources:
        raise bad_argument(spec, "it knows no ids", fix=fix)
    if sources[1:]:
        raise bad_argument(spec, f"{sources[0]} stands beside {sources[1]}", fix=fix)
    if "ids" in spec.args and sources == ["value"]:
        raise bad_argument(spec, "ids stands beside value, which has no path", fix=fix)


def _path(spec: AssertionSpec, argument: str) -> Path | None:
    source = cast("str | None", spec.args.get(argument))
    if source is None:
        return None
    try:
        return read_path(source)
    except BadPath as error:
        raise bad_argument(spec, f"{argument}: {error}", fix=f"write {FORMS}") from None
