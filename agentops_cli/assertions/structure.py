"""Assertions about an answer that is JSON."""

from typing import cast

from agentops_cli.assertions.arguments import arguments, string, switch, turned_on
from agentops_cli.assertions.bounds import COUNT
from agentops_cli.assertions.demands import article, demands_of
from agentops_cli.assertions.excerpt import shown
from agentops_cli.assertions.json_path import FORMS, BadPath, Path, read_path
from agentops_cli.assertions.json_value import FENCE, NotJson, value_of
from agentops_cli.assertions.verdict import CannotTell, bad_argument, judged
from agentops_cli.model.call import Evidence, Verdict
from agentops_cli.model.json import Json as JsonValue
from agentops_cli.model.json import JsonObject
from agentops_cli.model.suite import AssertionSpec
from agentops_cli.user_schema.values import kind_of


class Json:
    """The answer is JSON.

    *What it checks*

    The whole answer parses as JSON (RFC 8259; `NaN` is no number, and a key that stands twice in an
    object is a mistake, because each program takes another of the two), of any type. A ``` fence
    around it is a mistake, because what reads the answer would stumble over it; `fence: true` takes
    the content of the one fenced block instead, whatever stands around it. An answer that was cut
    off is judged only when its JSON is complete all the same. With `not: true` an answer that was
    cut off, or that has a key twice, is an abstention.

    *Why it matters*

    A program reads it. One friendly sentence before the brace breaks the program.

    *Example*

    ```yaml
    assert:
      - json: true
    ```

    *Fix*

    Set an output schema in the prompt, so that the provider enforces it. The reason says when the
    answer was cut off (raise `max_tokens`), stopped by a content filter, or a refusal.
    """

    schema = arguments(value=turned_on(), fence=FENCE)

    def __init__(self, spec: AssertionSpec, /) -> None:
        self._fence = bool(spec.args.get("fence"))
        self._negated = spec.negated

    def check(self, evidence: Evidence) -> Verdict:
        request = evidence.request
        # An agent knows nothing of our limit.
        max_tokens = request.max_tokens if request.agent is None else None
        try:
            value = value_of(evidence.completion, fence=self._fence, max_tokens=max_tokens)
        except NotJson as problem:
            if self._negated and problem.is_unclear:
                # Half of an answer does not show that the whole would have been wrong.
                raise CannotTell(str(problem)) from None
            return judged(str(problem), passed=False)
        return self._judge(value)

    def _judge(self, value: JsonValue, /) -> Verdict:
        return judged(f"is JSON: {article(kind_of(value))}", passed=True)


_TYPES = ("object", "array", "string", "number", "integer", "boolean", "null")
_ONE_TYPE: JsonObject = {"enum": list(_TYPES)}
_TYPE: JsonObject = {
    "anyOf": [
        {"title": "a type", **_ONE_TYPE},
        {"title": "a list of types", "type": "array", "minItems": 1, "items": _ONE_TYPE},
    ],
    "description": f"{', '.join(_TYPES)}, or a list of them",
}


class JsonPath(Json):
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
        contains={
            "type": ["string", "number", "boolean", "null"],
            "description": "a text in it, an element of it, or a key of it",
        },
        regex=string("a regular expression that is found in the text"),
        oneOf={"type": "array", "minItems": 1, "description": "the values that are right"},
        type=_TYPE,
        min={"type": "number", "description": "the least"},
        max={"type": "number", "description": "the most"},
        length=COUNT,
    )

    def __init__(self, spec: AssertionSpec, /) -> None:
        super().__init__(spec)
        self._path = _path_of(spec)
        self._demands = tuple(demands_of(spec, spec.args))
        self._absent = spec.args.get("exists") is False
        others = [name for name in spec.args if name not in ("path", "value", "exists", "fence")]
        if self._absent and others:
            problem = f"exists: false stands beside {others[0]}"
            raise bad_argument(spec, problem, fix="remove one of them")

    def _judge(self, value: JsonValue, /) -> Verdict:
        path, found = self._path, self._path.find(value)
        if self._absent:
            came = f"is there: {shown(found[0])}" if found else "is not there"
            return judged(f"{path.source} {came}", passed=not found)
        if not found:
            return judged(f"nothing at {path.source}; {path.miss(value)}", passed=False)
        for index, one in enumerate(found, start=1):
            for demand in self._demands:
                if not demand.is_met(one):
                    which = f" (value {index} of {len(found)})" if len(found) > 1 else ""
                    came = f"expected {demand.words}, got {shown(one)}"
                    return judged(f"{path.source}{which}: {came}", passed=False)
        came = shown(found[0]) if len(found) == 1 else f"{len(found)} values, all as wanted"
        return judged(f"{path.source}: {came}", passed=True)


def _path_of(spec: AssertionSpec) -> Path:
    if ("path" in spec.args) == ("value" in spec.args):
        problem = "path and value mean the same" if "path" in spec.args else "it has no path"
        raise bad_argument(spec, problem, fix="write path: $.key")
    try:
        return read_path(cast("str", spec.args.get("path", spec.args.get("value"))))
    except BadPath as error:
        fix = f"write {FORMS}; quote a key that is no plain word: ['user-id']"
        raise bad_argument(spec, str(error), fix=fix) from None
