"""The JSON value that an answer is, and what a suite means by one."""

import json
import re
from functools import lru_cache
from typing import Never

from agentops_cli.assertions.arguments import switch
from agentops_cli.assertions.excerpt import at, excerpt, opening
from agentops_cli.model.call import Completion, Finish
from agentops_cli.model.json import Json
from agentops_cli.user_schema.values import are_same

FENCE = switch("true also takes the JSON of the answer's one ``` block; default false")

_BLOCK = re.compile(r"^[ \t]*```[^\n]*\n(.*?)^[ \t]*```", re.MULTILINE | re.DOTALL)


class NotJson(Exception):  # noqa: N818 - it is the answer that is wrong
    """An answer is not the JSON it should be; the message says why, as a clause."""


def value_of(completion: Completion, *, fence: bool) -> Json:
    """The JSON value that the whole answer is, or its one fenced block where that is allowed.

    Raises `NotJson`. The value is shared between the assertions of an answer: do not change it.
    """
    value, problem = _value_in(completion.text, fence)
    if problem is None:
        return value
    cut = completion.finish is Finish.LENGTH
    note = "; it was cut off (finish reason length)" if cut else ""
    raise NotJson(f"the answer is not JSON: {problem}{note}")


def is_meant(value: Json, written: Json) -> bool:
    """True when `written` in a suite means the value that an answer holds.

    A template gives text, whatever the column held: "{{ row.n }}" is "7". So a text means the
    same text, and also the number, true, false or null that it spells.
    """
    if are_same(value, written):
        return True
    if not isinstance(written, str) or isinstance(value, (str, list, dict)):
        return False
    spelt, problem = _parsed(_PYTHON_WORDS.get(written, written))
    return problem is None and are_same(value, spelt)


# How templates print these three.
_PYTHON_WORDS = {"True": "true", "False": "false", "None": "null"}


@lru_cache(maxsize=8)
def _value_in(text: str, fence: bool) -> tuple[Json, str | None]:  # noqa: FBT001 - a key of the cache
    value, problem = _parsed(text)
    blocks = _BLOCK.findall(text) if problem else []
    if not blocks:
        return value, problem
    if not fence:
        return None, f"{problem}; it stands in a ``` block: ask for bare JSON, or set fence: true"
    if len(blocks) > 1:
        return None, f"it has {len(blocks)} ``` blocks, so which one counts is not clear"
    return _parsed(blocks[0].strip())


def _parsed(text: str) -> tuple[Json, str | None]:
    """The value of a text by strict JSON, and why it has none."""
    if not text.strip():
        return None, "it is empty"
    try:
        return json.loads(text, parse_constant=_refuse_constant), None
    except RecursionError:
        return None, f"it is nested too deeply in {opening(text)}"
    except json.JSONDecodeError as error:
        place = excerpt(text, error.pos, error.pos + 1)
        return None, f"{error.msg.lower()} {at(error.pos)}: {place}"
    except ValueError as error:
        return None, f"{error} in {opening(text)}"


def _refuse_constant(word: str) -> Never:
    raise ValueError(f"{word} is not a JSON number")
