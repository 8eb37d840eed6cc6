"""Assertions about an answer that is JSON."""

from collections.abc import Callable, Mapping
from typing import cast

from agentops_cli.assertions.arguments import arguments, string, switch, turned_on
from agentops_cli.assertions.bounds import COUNT, Bounds, bounds_of_count, ordered
from agentops_cli.assertions.excerpt import shown
from agentops_cli.assertions.expression import compile_expression
from agentops_cli.assertions.json_path import FORMS, BadPath, read_path
from agentops_cli.assertions.json_value import FENCE, NotJson, is_meant, kind_of, value_of
from agentops_cli.assertions.needle import read_needle
from agentops_cli.assertions.verdict import bad_argument, judged
from agentops_cli.model.call import Evidence, Verdict
from agentops_cli.model.json import Json as JsonValue
from agentops_cli.model.json import JsonObject
from agentops_cli.model.suite import AssertionSpec


class Json:
    """The answer is JSON.

    *What it checks*

    The whole answer parses as JSON (RFC 8259; `NaN` is no number), of any type. A ``` fence around
    it is a mistake, because what reads the answer would stumble over it; `fence: true` takes the
    content of the one fenced block instead, whatever stands around it.

    *Why it matters*

    A program reads it. One friendly sentence before the brace breaks the program.

    *Example*

    ```yaml
    assert:
      - json: true
    ```

    *Fix*

    Set an output schema in the prompt, so that the provider enforces it. If the answer was cut off,
    raise `max_tokens`.
    """

    schema = arguments(value=turned_on(), fence=FENCE)

    def __init__(self, spec: AssertionSpec, /) -> None:
        self._spec = spec
        self._fence = bool(spec.args.get("fence"))

    def check(self, evidence: Evidence) -> Verdict:
        """Parses the answer."""
        try:
            value = value_of(evidence.completion, fence=self._fence)
        except NotJson as problem:
            return judged(self._spec, passed=False, reason=str(problem))
        return judged(self._spec, passed=True, reason=f"is JSON: {_article(kind_of(value))}")


# Gives what is wrong with a value, None when nothing is.
_Matcher = Callable[[JsonValue], str | None]

_TYPES = ("object", "array", "string", "number", "integer", "boolean", "null")

_SCALAR: JsonObject = {"type": ["string", "number", "boolean", "null"]}
_TYPE: JsonObject = {
    "anyOf": [
        {"title": "a type", "enum": list(_TYPES)},
        {
            "title": "a list of types",
            "type": "array",
            "minItems": 1,
            "items": {"enum": list(_TYPES)},
        },
    ],
    "description": f"{', '.join(_TYPES)}, or a list of them",
}


class JsonPath:
    """A value inside of a JSON answer is what it should be.

    *What it checks*

    `path` (or `value`) names values: `$` is the whole answer, `.key` and `['key']` a member, `[n]`
    an element, `[-n]` one from the end, `[*]` and `.*` all children. It must name at least one,
    and every value that it names must meet all of: `equals` (1 is 1.0, true is not 1); `contains`
    (a text as `mustContain` finds it, an element of an array, a key of an object); `regex` (a text
    in which it is found); `oneOf`; `type`; `min` and `max` (numbers); `length` (of a text, an array
    or an object: n, or {min, max}). `exists: false` asserts that it names nothing. A text in
    `equals`, `oneOf` or `contains` also means the number, true, false or null that it spells,
    because a template gives text; add `type: string` to insist on text. `fence` is that of `json`.

    *Why it matters*

    In structured output one field is the decision, and the rest is commentary.

    *Example*

    ```yaml
    assert:
      - {kind: jsonPath, path: $.label, equals: "{{ row.label }}"}
      - {kind: jsonPath, path: "$.items[*].price", type: number, min: 0}
    ```

    *Fix*

    The reason shows the value, or how far the path led and what is there. Name the field and its
    values in the output schema.
    """

    schema = arguments(
        value=string(f"the path: {FORMS}"),
        path=string(f"the path: {FORMS}"),
        fence=FENCE,
        exists=switch("false asserts that nothing is there; default true"),
        equals={"description": "the value"},
        contains={**_SCALAR, "description": "a text in it, an element of it, or a key of it"},
        regex=string("a regular expression that is found in the text"),
        oneOf={"type": "array", "minItems": 1, "description": "the values that are right"},
        type=_TYPE,
        min={"type": "number", "description": "the least"},
        max={"type": "number", "description": "the most"},
        length=COUNT,
    )

    def __init__(self, spec: AssertionSpec, /) -> None:
        self._spec = spec
        self._fence = bool(spec.args.get("fence"))
        if ("path" in spec.args) == ("value" in spec.args):
            problem = "path and value mean the same" if "path" in spec.args else "it has no path"
            raise bad_argument(spec, problem, fix="write path: $.key")
        source = cast("str", spec.args.get("path", spec.args.get("value")))
        try:
            self._path = read_path(source)
        except BadPath as error:
            fix = f"write {FORMS}; quote a key that is no plain word: ['user-id']"
            raise bad_argument(spec, str(error), fix=fix) from None
        given = [name for name in _MATCHERS if name in spec.args]
        self._matchers = [_MATCHERS[name](spec, spec.args[name]) for name in given]
        _check_order(spec)
        self._absent = spec.args.get("exists") is False
        if self._absent and given:
            problem = f"exists: false stands beside {given[0]}"
            raise bad_argument(spec, problem, fix="remove one of them")

    def check(self, evidence: Evidence) -> Verdict:
        """Follows the path and matches what is there."""
        spec, path = self._spec, self._path
        try:
            answer = value_of(evidence.completion, fence=self._fence)
        except NotJson as problem:
            return judged(spec, passed=False, reason=str(problem))
        found = path.find(answer)
        if self._absent:
            came = f"is there: {shown(found[0])}" if found else "is not there"
            return judged(spec, passed=not found, reason=f"{path.source} {came}")
        if not found:
            reason = f"nothing at {path.source}; {path.miss(answer)}"
            return judged(spec, passed=False, reason=reason)
        return self._match(found)

    def _match(self, found: list[JsonValue]) -> Verdict:
        many = len(found) > 1
        for index, value in enumerate(found, start=1):
            for problem in filter(None, (matcher(value) for matcher in self._matchers)):
                which = f" (value {index} of {len(found)})" if many else ""
                reason = f"{self._path.source}{which}: {problem}"
                return judged(self._spec, passed=False, reason=reason)
        came = f"{len(found)} values, all as wanted" if many else shown(found[0])
        return judged(self._spec, passed=True, reason=f"{self._path.source}: {came}")


def _equals(_: AssertionSpec, wanted: JsonValue) -> _Matcher:
    def match(value: JsonValue) -> str | None:
        if is_meant(value, wanted):
            return None
        return f"expected {shown(wanted)}, got {shown(value)}"

    return match


def _contains(spec: AssertionSpec, wanted: JsonValue) -> _Matcher:
    needle = read_needle(spec, wanted) if isinstance(wanted, str) else None

    def match(value: JsonValue) -> str | None:
        match value:
            case str() if needle is not None:
                return None if needle.met(value) else f"{needle.label} {needle.miss(value)}"
            case list():
                held = any(is_meant(element, wanted) for element in value)
            case dict():
                held = wanted in value
            case _:
                return f"expected something that contains {shown(wanted)}, got {shown(value)}"
        return None if held else f"{shown(wanted)} not in {shown(value)}"

    return match


def _regex(spec: AssertionSpec, source: JsonValue) -> _Matcher:
    expression = compile_expression(spec, cast("str", source))

    def match(value: JsonValue) -> str | None:
        if not isinstance(value, str):
            return f"expected a text, got {_article(kind_of(value))}: {shown(value)}"
        if expression.matches(value):
            return None
        return f"{expression.label} does not match {shown(value)}"

    return match


def _one_of(_: AssertionSpec, choices: JsonValue) -> _Matcher:
    wanted = cast("list[JsonValue]", choices)

    def match(value: JsonValue) -> str | None:
        if any(is_meant(value, choice) for choice in wanted):
            return None
        return f"expected one of {shown(wanted)}, got {shown(value)}"

    return match


def _type(_: AssertionSpec, types: JsonValue) -> _Matcher:
    wanted = cast("list[str]", types if isinstance(types, list) else [types])

    def match(value: JsonValue) -> str | None:
        kind = kind_of(value)
        if kind in wanted or (kind == "integer" and "number" in wanted):
            return None
        return (
            f"expected {' or '.join(map(_article, wanted))}, got {_article(kind)}: {shown(value)}"
        )

    return match


def _least(_: AssertionSpec, limit: JsonValue) -> _Matcher:
    return _within(Bounds(least=cast("float", limit)))


def _most(_: AssertionSpec, limit: JsonValue) -> _Matcher:
    return _within(Bounds(most=cast("float", limit)))


def _within(bounds: Bounds) -> _Matcher:
    def match(value: JsonValue) -> str | None:
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            return f"expected a number, got {_article(kind_of(value))}: {shown(value)}"
        return None if bounds.hold(value) else f"expected {bounds}, got {shown(value)}"

    return match


def _length(spec: AssertionSpec, limit: JsonValue) -> _Matcher:
    bounds = bounds_of_count(spec, limit)

    def match(value: JsonValue) -> str | None:
        if not isinstance(value, (str, list, dict)):
            kind = _article(kind_of(value))
            return f"expected something that has a length, got {kind}: {shown(value)}"
        if bounds.hold(len(value)):
            return None
        return f"expected a length of {bounds}, got {len(value)}: {shown(value)}"

    return match


_MATCHERS: Mapping[str, Callable[[AssertionSpec, JsonValue], _Matcher]] = {
    "type": _type,
    "equals": _equals,
    "oneOf": _one_of,
    "contains": _contains,
    "regex": _regex,
    "min": _least,
    "max": _most,
    "length": _length,
}


def _check_order(spec: AssertionSpec) -> None:
    least, most = (cast("float | None", spec.args.get(key)) for key in ("min", "max"))
    ordered(spec, Bounds(least=least, most=most))


def _article(kind: str) -> str:
    if kind == "null":
        return kind
    return f"an {kind}" if kind[0] in "aio" else f"a {kind}"
