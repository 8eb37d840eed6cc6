"""The JSON value that an answer is, and what a suite means by one."""

import json
import re
from collections.abc import Iterator
from functools import lru_cache

from agentops_cli.assertions.arguments import switch
from agentops_cli.assertions.excerpt import at, excerpt, listed, opening, shown
from agentops_cli.assertions.strict_json import TwiceError, loads
from agentops_cli.model.call import Completion, Finish
from agentops_cli.model.json import Json
from agentops_cli.user_schema.values import are_same

FENCE = switch("true also takes the JSON of the answer's one ``` block; default false")

_FENCE = re.compile(r"^[ \t]*```", re.MULTILINE)
# Python reads no longer ones, whose time grows with the square of their length.
_LONG = re.compile(r"\d{4301,}")
_BLOCK = re.compile(r"^[ \t]*```[^\n]*\n(.*?)^[ \t]*```", re.MULTILINE | re.DOTALL)


class NotJson(Exception):  # noqa: N818 - it is the answer that is wrong
    """An answer is not the JSON it should be; the message says why, as a clause.

    `is_unclear` is True when it is not known what the answer says: the model was stopped, or a key
    stands twice, or a number is too long to be read.
    """

    def __init__(self, message: str, *, is_unclear: bool = False) -> None:
        super().__init__(message)
        self.is_unclear = is_unclear


class _Unclear(str):
    """Why a text has no one value, although each program would take some value from it."""

    __slots__ = ()


class _Unread(_Unclear):
    """Why a text that is JSON is not read here."""

    __slots__ = ()


def value_of(completion: Completion, *, fence: bool, max_tokens: int | None = None) -> Json:
    """The JSON value that the whole answer is, or its one fenced block where that is allowed.

    Of an answer that was stopped, a value counts only when nothing could have followed that would
    change it: 12 may have been on its way to 1234. `max_tokens` is the limit that the answer had,
    for the reason. Raises `NotJson`. The value is shared between the assertions of an answer: do
    not change it.
    """
    text = completion.text
    value, problem = _value_in(text, fence)
    stopped = _STOPPED.get(completion.finish)
    if stopped:
        problem = _could_go_on(text, value) or problem
    if problem is None:
        return value
    if stopped:
        raise NotJson(_unfinished(completion, problem, max_tokens), is_unclear=True)
    raise NotJson(_why_not(completion, problem), is_unclear=isinstance(problem, _Unclear))


_STOPPED = {
    Finish.LENGTH: "the answer was cut off",
    Finish.FILTERED: "the provider's content filter stopped the answer",
}


def _could_go_on(text: str, value: Json) -> str | None:
    """Why the end of a text may not be the end of its value, as a clause."""
    fences = len(_FENCE.findall(text))
    if fences % 2:
        return "a ``` block in it is not closed"
    if not fences and isinstance(value, int | float) and text[-1].isdigit():
        return f"{shown(value)} may be the beginning of a longer number"
    return None


def _unfinished(completion: Completion, problem: str, max_tokens: int | None) -> str:
    stopped, mend = _STOPPED[completion.finish], ""
    if completion.finish is Finish.LENGTH and max_tokens is not None:
        stopped += f" at max_tokens ({max_tokens})"
        mend = "; raise max_tokens"
    if not completion.text.strip():
        return f"{stopped} before it began, so there is no JSON{mend}"
    return f"{stopped}, so its JSON is not complete{mend}: {problem}"


def _why_not(completion: Completion, problem: str) -> str:
    if not completion.text.strip():
        called = listed([call.name for call in completion.tool_calls])
        note = f": the model called {called} instead" if called else ""
        return f"the answer is not JSON: it is empty{note}"
    # Late: its lists of words take a while to load, and most answers that must be JSON are.
    from agentops_cli.assertions.refusal import classify

    category = classify(completion.text)
    if category.name == "refusal" and category.span is not None:
        return f"the answer is a refusal and not JSON: {excerpt(completion.text, *category.span)}"
    if isinstance(problem, _Unread):
        return f"the answer's JSON cannot be read: {problem}"
    return f"the answer is not JSON: {problem}"


def is_meant(value: Json, written: Json) -> bool:
    """True when `written` in a suite means the value that an answer holds.

    A template gives text, whatever the column held: "{{ row.n }}" is "7". So a text means the
    same text, and also the number, true, false or null that it spells.
    """
    return any(are_same(value, one) for one in meant_by(written))


def meant_by(written: Json) -> Iterator[Json]:
    """The values that `written` means: itself, and then what it spells."""
    yield written
    if isinstance(written, str):
        spelt, problem = _parsed(_PYTHON_WORDS.get(written, written))
        if problem is None and not isinstance(spelt, str | list | dict):
            yield spelt


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
        return loads(text), None
    except RecursionError:
        return None, f"it is nested too deeply in {opening(text)}"
    except TwiceError as error:
        return None, _Unclear(f"{error} in {opening(text)}")
    except json.JSONDecodeError as error:
        place = excerpt(text, error.pos, error.pos + 1)
        words = error.msg.lower().removesuffix(" at")
        return None, f"{words} {at(error.pos)}: {place}"
    except ValueError as error:
        if long := _LONG.search(text):
            return None, _Unread(f"it has a number of {len(long[0]):,} digits {at(long.start())}")
        return None, f"{error} in {opening(text)}"
