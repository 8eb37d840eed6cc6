"""What an answer gives where a metric looks."""

from collections.abc import Callable
from typing import TypeAlias, cast

from agentops_cli.assertions.arguments import arguments, string
from agentops_cli.assertions.json_path import FORMS, BadPath, read_path
from agentops_cli.assertions.json_value import FENCE, NotJson, value_of
from agentops_cli.errors import InputError
from agentops_cli.expression import BadExpression, compile_expression
from agentops_cli.model.call import Completion
from agentops_cli.model.finding import Finding
from agentops_cli.model.json import Json, JsonObject
from agentops_cli.model.metric import MetricSpec

Look: TypeAlias = Callable[[Completion], list[Json]]
"""All that an answer gives: nothing where it cannot be read."""

AT_PATH: JsonObject = {
    "title": "{jsonPath: …}",
    **arguments("jsonPath", jsonPath=string(f"the path of the value: {FORMS}"), fence=FENCE),
}
BY_REGEX: JsonObject = {
    "title": "{regex: …}",
    **arguments(
        "regex",
        regex=string("an expression; its first group is the value, all of it where it has none"),
    ),
}
WHOLE: JsonObject = {
    "title": "text",
    "type": "string",
    "enum": ["text"],
    "description": "text is the whole answer; else write {jsonPath: …} or {regex: …}",
}


class BadReference(ValueError):  # noqa: N818 - named for what the author wrote
    """An expected value means nothing to its metric; the message says why, as a clause."""


def look_of(spec: MetricSpec, *, usual: Json) -> Look:
    """How `actual` looks into answers; raises `InputError` for a path or expression that is none.

    What a fence holds is JSON, as for the assertion `json`. An expression that takes too long on
    an answer finds nothing in it.
    """
    actual = spec.args.get("actual", usual)
    if not isinstance(actual, dict):
        return lambda completion: [completion.text.strip()]
    if "regex" in actual:
        return _by_regex(spec, cast("str", actual["regex"]))
    return _at_path(spec, cast("str", actual["jsonPath"]), fence=actual.get("fence") is True)


def _at_path(spec: MetricSpec, source: str, *, fence: bool) -> Look:
    try:
        path = read_path(source)
    except BadPath as error:
        fix = f"write {FORMS}; quote a key that is no plain word: ['user-id']"
        raise refused(spec, str(error), fix=fix) from None

    def look(completion: Completion) -> list[Json]:
        try:
            return path.find(value_of(completion, fence=fence))
        except NotJson:
            return []

    return look


def _by_regex(spec: MetricSpec, source: str) -> Look:
    try:
        expression = compile_expression(source)
    except BadExpression as error:
        fix = "mend it; put a backslash before a character that is meant as itself"
        raise refused(spec, str(error), fix=fix) from None
    group = 1 if expression.compiled.groups else 0

    def look(completion: Completion) -> list[Json]:
        text = completion.text
        try:
            spans = list(expression.spans(text, group))
        except TimeoutError:
            return []
        return [text[start:end] for start, end in spans if start >= 0]

    return look


def refused(spec: MetricSpec, message: str, *, fix: str) -> InputError:
    """The error of a metric that cannot be built from what the author wrote."""
    problem = f"{spec.kind}: {message}"
    return InputError(
        [Finding(rule="bad-argument", message=problem, location=spec.location, fix=fix)]
    )
