"""The JSON value that an answer is, and what it means for two values to be the same."""

import json
from functools import lru_cache
from typing import Never

from agentops_cli.assertions.arguments import switch
from agentops_cli.assertions.excerpt import at, excerpt, opening
from agentops_cli.model.call import Completion, Finish
from agentops_cli.model.json import Json

FENCE = switch("true also takes the JSON of the answer's one ``` block; default false")

_FENCE = "```"


class NotJson(Exception):  # noqa: N818 - it is the answer that is wrong
    """An answer is not the JSON it should be; the message says why, as a clause."""


def value_of(completion: Completion, *, fence: bool) -> Json:
    """The JSON value that the whole answer is, or its one fenced block where that is allowed.

    Raises `NotJson`. The value is shared between the assertions of an answer: do not change it.
    """
    value, problem = _parsed(completion.text, fence)
    if problem is None:
        return value
    cut = completion.finish is Finish.LENGTH
    note = "; it was cut off (finish reason length)" if cut else ""
    raise NotJson(f"the answer is not JSON: {problem}{note}")


def kind_of(value: Json) -> str:
    """What JSON Schema calls the type of a value; every whole number is an integer."""
    match value:
        case None:
            return "null"
        case bool():
            return "boolean"
        case str():
            return "string"
        case list():
            return "array"
        case dict():
            return "object"
        case int():
            return "integer"
        case _:
            return "integer" if value.is_integer() else "number"


def are_same(left: Json, right: Json) -> bool:
    """True when two JSON values are equal: 1 is 1.0, and true is not 1."""
    if isinstance(left, bool) or isinstance(right, bool):
        return left is right
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() == right.keys() and all(
            are_same(value, right[key]) for key, value in left.items()
        )
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(are_same, left, right))
    return left == right


def is_meant(value: Json, written: Json) -> bool:
    """True when `written` in a suite means the value that an answer holds.

    A template gives text, whatever the column held: "{{ row.n }}" is "7". So a text means the
    same text, and also the number, true, false or null that it spells.
    """
    if are_same(value, written):
        return True
    if not isinstance(written, str) or isinstance(value, (str, list, dict)):
        return False
    try:
        return are_same(value, _loads(_PYTHON_WORDS.get(written, written)))
    except ValueError:
        return False


# How templates print these three.
_PYTHON_WORDS = {"True": "true", "False": "false", "None": "null"}


@lru_cache(maxsize=8)
def _parsed(text: str, fence: bool) -> tuple[Json, str | None]:  # noqa: FBT001 - a key of the cache
    """The value of a text, and why it has none."""
    if not text.strip():
        return None, "it is empty"
    try:
        return _loads(text), None
    except ValueError as error:
        problem = _explained(error, text)
    blocks = _fenced_blocks(text)
    if not blocks or not fence:
        hint = f"{problem}; it stands in a {_FENCE} block: ask for bare JSON, or set fence: true"
        return None, hint if blocks else problem
    if len(blocks) > 1:
        return None, f"it has {len(blocks)} {_FENCE} blocks, so which one counts is not clear"
    try:
        return _loads(blocks[0]), None
    except ValueError as error:
        return None, _explained(error, blocks[0])


def _loads(text: str) -> Json:
    """Parses strict JSON; raises `ValueError`."""
    try:
        value: Json = json.loads(text, parse_constant=_refuse_constant)
    except RecursionError:
        raise ValueError("it is nested too deeply") from None
    return value


def _refuse_constant(word: str) -> Never:
    raise ValueError(f"{word} is not a JSON number")


def _explained(error: ValueError, text: str) -> str:
    if not isinstance(error, json.JSONDecodeError):
        return f"{error} in {opening(text)}"
    place = excerpt(text, error.pos, error.pos + 1)
    return f"{error.msg.lower()} {at(error.pos)}: {place}"


def _fenced_blocks(text: str) -> list[str]:
    """The contents of the ``` blocks of Markdown that are closed."""
    blocks: list[str] = []
    inside: list[str] | None = None
    for line in text.splitlines():
        if not line.lstrip().startswith(_FENCE):
            if inside is not None:
                inside.append(line)
        elif inside is None:
            inside = []
        else:
            blocks.append("\n".join(inside))
            inside = None
    return blocks
