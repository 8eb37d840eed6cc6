"""Which tools a model called, with what, and in which order."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias, cast

from agentops_cli.assertions.arguments import arguments, string
from agentops_cli.assertions.calls import NotArguments, arguments_of, told, told_as
from agentops_cli.assertions.excerpt import listed
from agentops_cli.assertions.matching import MATCHERS, Miss, miss_of
from agentops_cli.assertions.verdict import bad_argument, judged
from agentops_cli.model.call import Evidence, Verdict
from agentops_cli.model.json import Json, JsonObject
from agentops_cli.model.suite import AssertionSpec
from agentops_cli.model.tool import ToolCall

Order: TypeAlias = Literal["subsequence", "exact", "any"]
Pairs: TypeAlias = dict[int, int]
"""Which call each expected one was found in, by their places."""

_ARGS: JsonObject = {
    "type": "object",
    "description": f"arguments that the call must have, others may be there; matchers: {MATCHERS}",
}
_CALL: JsonObject = {
    "anyOf": [
        {"title": "the name of a tool", "type": "string", "minLength": 1},
        {
            "title": "a mapping of name and args",
            **arguments("name", name=string("the name of the tool"), args=_ARGS),
        },
    ]
}
_CALLS: JsonObject = {
    "type": "array",
    "items": _CALL,
    "description": "the expected calls, each a name or {name, args}; none: no tool may be called",
}


class ToolCalls:
    """The right tools were called, with the right arguments.

    *What it checks*

    Each of `calls` (or `value`) was called: a tool's name, or `{name, args}`. `args` are those that
    matter: an object must have the keys that are written, a list the elements, and a text also
    means the number, true, false or null that it spells. A mapping of matchers says what a value
    must be: `equals` (all of it), `regex`, `oneOf`, `contains`, `min` and `max`, as in `jsonPath`.
    `order` is `subsequence` (in this order, others may come between: the default), `exact` (in this
    order with nothing between) or `any`. `extra` is `allow` (the default) or `forbid`: no other
    calls. No calls at all are asserted with an empty list. In a conversation the calls are those of
    one turn. The score is the share of the expected calls that were found, or of the calls that
    were expected if that is less.

    *Why it matters*

    The answer reads well either way. Whether the right order was looked up, or refunded, shows in
    the calls alone.

    *Example*

    ```yaml
    assert:
      - toolCalls: [get_order]
      - kind: toolCalls
        calls:
          - {name: get_order, args: {id: "812"}}
          - {name: refund, args: {amount: {max: 40}}}
        extra: forbid
    ```

    *Fix*

    The reason shows what was expected, what came, and the first argument that differs. Describe the
    tool and its parameters better; allow what does not matter with a matcher.
    """

    schema = arguments(
        value=_CALLS,
        calls=_CALLS,
        order={
            "enum": ["subsequence", "exact", "any"],
            "description": "in this order, with nothing between, or in any order; "
            "default subsequence",
        },
        extra={
            "enum": ["allow", "forbid"],
            "description": "whether other calls may be made; default allow",
        },
    )

    def __init__(self, spec: AssertionSpec, /) -> None:
        written = _written(spec)
        self._expected = tuple(_expected(spec, call) for call in written)
        self._order = cast("Order", spec.args.get("order", "subsequence"))
        self._forbids = spec.args.get("extra", "allow" if written else "forbid") == "forbid"
        if not written and not self._forbids:
            fix = "name a call, or write extra: forbid to assert that there is none"
            raise bad_argument(spec, "no calls and extra: allow cannot fail", fix=fix)

    def check(self, evidence: Evidence) -> Verdict:
        expected, calls = self._expected, evidence.completion.tool_calls
        pairs = _PAIRS[self._order](_fits(expected, calls))
        came = f"called {listed(list(map(told, calls)), limit=5)}" if calls else "called no tools"
        others = len(calls) - len(pairs) if self._forbids else 0
        if len(pairs) == len(expected) and not others:
            return judged(came, passed=True)
        score = len(pairs) / max(len(expected), len(calls) if self._forbids else 0)
        reason = f"expected {self._words()}; {came}"
        if explained := next(self._explained(calls, pairs), None):
            reason += f"; {explained}"
        return judged(reason, passed=False, score=score)

    def _words(self) -> str:
        told_ones = [one.words for one in self._expected]
        if not told_ones:
            return "no calls"
        between = " and " if self._order == "any" else " then "
        nothing = ", nothing between" if self._order == "exact" and told_ones[1:] else ""
        return listed(told_ones, sep=between) + nothing + (", no others" if self._forbids else "")

    def _explained(self, calls: Sequence[ToolCall], pairs: Pairs) -> Iterator[str]:
        """Why the first expected call was not found, in the call that comes closest to it."""
        free = [call for place, call in enumerate(calls) if place not in pairs.values()]
        for place, one in enumerate(self._expected):
            if place not in pairs:
                misses = [one.miss(call) for call in free if call.name == one.name]
                if misses:
                    yield min(misses, key=bool) or f"{one.name} was called, but not in that place"
        if self._expected and len(pairs) == len(self._expected):
            yield from (f"{told(call)} was not expected" for call in free)


def tools_named(args: Mapping[str, Json]) -> tuple[str, ...]:
    """The tools that the arguments of a `toolCalls` name, each once."""
    calls = cast("list[str | JsonObject]", args.get("calls", args.get("value", [])))
    names = (call if isinstance(call, str) else str(call["name"]) for call in calls)
    return tuple(dict.fromkeys(names))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Expected:
    """One expected call; `words` tell it as a call is told."""

    name: str
    words: str
    args: Miss

    def miss(self, call: ToolCall) -> str | None:
        """Why a call of the same tool is not this one; None when it is."""
        try:
            given = arguments_of(call)
        except NotArguments as problem:
            return f"the arguments of {call.name} cannot be read: {problem}"
        return self.args(given, call.name)


def _written(spec: AssertionSpec) -> list[str | JsonObject]:
    if ("calls" in spec.args) == ("value" in spec.args):
        problem = "calls and value mean the same" if "calls" in spec.args else "it has no calls"
        raise bad_argument(spec, problem, fix="write calls: [{name: …, args: {…}}]")
    return cast("list[str | JsonObject]", spec.args.get("calls", spec.args.get("value")))


def _expected(spec: AssertionSpec, written: str | JsonObject) -> _Expected:
    if isinstance(written, str):
        return _Expected(name=written, words=written, args=lambda _, __: None)
    name, args = str(written["name"]), cast("JsonObject", written.get("args", {}))
    words = told_as(name, args) if args else name
    return _Expected(name=name, words=words, args=miss_of(spec, args))


def _fits(expected: Sequence[_Expected], calls: Sequence[ToolCall]) -> list[list[bool]]:
    """For each expected call, which of the calls could be it."""
    return [
        [call.name == one.name and one.miss(call) is None for call in calls] for one in expected
    ]


def _in_order(fits: list[list[bool]]) -> Pairs:
    """As many expected calls as can be found in their order: a longest common subsequence."""
    longest: list[Pairs] = [{} for _ in range(len(fits[0]) + 1)] if fits else [{}]
    for place, row in enumerate(fits):
        before = longest
        longest = [{}]
        for at, is_it in enumerate(row):
            options = [before[at + 1], longest[at]]
            options += [{**before[at], place: at}] if is_it else []
            longest.append(max(options, key=len))
    return longest[-1]


def _in_a_row(fits: list[list[bool]]) -> Pairs:
    """As many as can be found in calls that follow each other directly."""
    calls = len(fits[0]) if fits else 0
    rows = (
        {place: start + place for place in range(len(fits)) if _holds(fits[place], start + place)}
        for start in range(-len(fits) + 1, calls)
    )
    return max(rows, key=len, default={})


def _holds(row: list[bool], at: int) -> bool:
    return 0 <= at < len(row) and row[at]


def _in_any_order(fits: list[list[bool]]) -> Pairs:
    """As many as can be found at all, each in a call of its own: augmenting paths (Kuhn)."""
    owners: dict[int, int] = {}

    def find(place: int, tried: set[int]) -> bool:
        for at, is_it in enumerate(fits[place]):
            if is_it and at not in tried:
                tried.add(at)
                if at not in owners or find(owners[at], tried):
                    owners[at] = place
                    return True
        return False

    for place in range(len(fits)):
        find(place, set())
    return {place: at for at, place in owners.items()}


_PAIRS = {"subsequence": _in_order, "exact": _in_a_row, "any": _in_any_order}
