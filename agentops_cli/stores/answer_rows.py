"""One kept answer as its rows: how they are written, and read as long as they are what was written.

A disk may damage what was written, and somebody else may have written it. So every value that comes
out of the file goes through `asked_of` or `kept_of`, and what they do not give is not there.
"""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from math import isfinite
from typing import Any, TypeAlias

from agentops_cli.model.call import Completion, Finish, Purpose, canonical
from agentops_cli.model.json import Json, JsonObject
from agentops_cli.model.money import Usage, is_tokens
from agentops_cli.model.prints import Prints
from agentops_cli.model.tool import ToolCall

Row: TypeAlias = tuple[object, ...]

TABLES = {
    "answers": """(
        number INTEGER PRIMARY KEY,
        key TEXT NOT NULL,
        model TEXT NOT NULL,
        purpose TEXT NOT NULL,
        suite TEXT,
        case_id TEXT,
        repeat INTEGER NOT NULL,
        turn INTEGER NOT NULL,
        step INTEGER NOT NULL,
        prints TEXT NOT NULL,
        made_at INTEGER NOT NULL,
        bytes INTEGER NOT NULL,
        used_at INTEGER NOT NULL
    )""",
    # Bodies stand apart, so that counting and choosing among answers need not read them.
    "bodies": "(number INTEGER PRIMARY KEY, body TEXT NOT NULL, seal TEXT NOT NULL)",
}

ASKED = (
    "SELECT number, key, model, purpose, suite, case_id, repeat, turn, step, prints, made_at,"
    " bytes, used_at FROM answers"
)
"""What `asked_of` reads."""

KEPT = (
    "SELECT number, key, model, purpose, suite, case_id, repeat, turn, step, prints, made_at,"
    " bytes, used_at, body, seal FROM answers LEFT JOIN bodies USING (number)"
)
"""What `kept_of` reads."""

PUT = (
    "INSERT OR REPLACE INTO answers VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    "INSERT OR REPLACE INTO bodies VALUES (?, ?, ?)",
)
"""What writes the two rows of `rows_of`."""

# What a row takes beside its texts, its seal and half-empty pages included.
_BYTES_PER_ROW = 370

_DAY_S = 86_400

# Beyond it many readers of JSON cannot hold a number.
_MOST = 2**53 - 1

# The last second of the year 9999, beyond which there is no date.
_LAST_S = 253_402_300_799

_COUNTS = tuple(field.name for field in fields(Usage))

_UNSAID = Completion(text="", finish=Finish.UNKNOWN, model="", latency_s=0.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """An answer with who asked for it first; times are seconds since 1970.

    `size` is how many bytes it takes, and `used_at` when it was last used: 0 for one that is not in
    the file yet.
    """

    key: str
    model: str
    purpose: Purpose
    suite: str | None
    case_id: str | None
    repeat: int
    turn: int
    step: int
    prints: Prints
    made_at: int
    completion: Completion
    size: int = 0
    used_at: int = 0


def number_of(key: str) -> int:
    """The number of a fingerprint: as much of it as a row number, or an offset, can hold."""
    return int(key[:15], 16)


def fresh_since(*, now: float, most_days: float) -> int:
    """The second in which an answer must have been given, or later, to be given again."""
    return int(now) - round(most_days * _DAY_S)


def rows_of(kept: Kept) -> tuple[Row, Row, int]:
    """The rows of an answer in `answers` and in `bodies`, and the bytes that they take."""
    number, body = number_of(kept.key), _body(kept.completion)
    prints = json.dumps(kept.prints, separators=(",", ":"))
    asked = (
        kept.key,
        _sound(kept.model),
        kept.purpose.value,
        _sound(kept.suite),
        _sound(kept.case_id),
        kept.repeat,
        kept.turn,
        kept.step,
        prints,
        kept.made_at,
    )
    size = len(body) + len(prints) + _BYTES_PER_ROW
    return (number, *asked, size, kept.made_at), (number, body, _seal(asked, body)), size


def asked_of(row: Sequence[Any]) -> Kept | None:
    """Who asked for an answer, without what was said; None for what is no such row."""
    number, key, model, purpose, suite, case_id, repeat, turn, step, *rest = row
    prints, made_at, size, used_at = rest
    try:
        if number != number_of(key):
            return None
        return Kept(
            key=_text(key),
            model=_text(model),
            purpose=Purpose(purpose),
            suite=None if suite is None else _text(suite),
            case_id=None if case_id is None else _text(case_id),
            repeat=_count(repeat),
            turn=_count(turn),
            step=_count(step),
            prints={_text(name): _text(one) for name, one in json.loads(prints).items()},
            made_at=_count(made_at, _LAST_S),
            completion=_UNSAID,
            size=_count(size),
            used_at=_count(used_at, _LAST_S),
        )
    except _DAMAGE:
        return None


def kept_of(row: Sequence[Any]) -> Kept | None:
    """An answer with what was said; None for one that is not as it was written."""
    *asked, body, seal = row
    kept = asked_of(asked)
    if kept is None or not isinstance(body, str) or seal != _seal(asked[1:-2], body):
        return None
    try:
        return replace(kept, completion=_completion(body))
    except _DAMAGE:
        return None


# Whatever reading something else than what was written may come to; a hostile one is nested deep.
_DAMAGE = (ValueError, KeyError, TypeError, AttributeError, RecursionError)


def _seal(asked: Sequence[Json], body: str) -> str:
    """A hash of what must not change: it tells damage, and keeps nobody from writing another."""
    found = hashlib.sha256(canonical([*asked]))
    found.update(body.encode())
    return found.hexdigest()


def _sound(text: str | None) -> str | None:
    """A name as it can be stored: one that comes from a file system may be no Unicode."""
    return None if text is None else text.encode("utf-8", "backslashreplace").decode()


def _body(completion: Completion) -> str:
    usage = completion.usage
    shape: JsonObject = {
        "text": completion.text,
        "finish": completion.finish.value,
        "model": completion.model,
        "latencyS": completion.latency_s,
        "usage": None if usage is None else {key: getattr(usage, key) for key in _COUNTS},
        "toolCalls": [[call.id, call.name, call.arguments] for call in completion.tool_calls],
    }
    return json.dumps(shape)


def _completion(body: str) -> Completion:
    """The answer that a body holds; raises one of `_DAMAGE`."""
    data = json.loads(body)
    counts = data["usage"]
    return Completion(
        text=_text(data["text"]),
        finish=Finish(data["finish"]),
        model=_text(data["model"]),
        latency_s=_seconds(data["latencyS"]),
        usage=None if counts is None else Usage(**{key: _tokens(counts[key]) for key in _COUNTS}),
        tool_calls=tuple(
            ToolCall(id=_text(each), name=_text(name), arguments=_text(arguments))
            for each, name, arguments in data["toolCalls"]
        ),
    )


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError("no text")
    return value


def _tokens(value: object) -> int:
    if not is_tokens(value):
        raise TypeError("no number of tokens")
    return value


def _count(value: object, most: int = _MOST) -> int:
    if not isinstance(value, int) or not 0 <= value <= most:
        raise TypeError("no whole number")
    return value


def _seconds(value: object) -> float:
    if not isinstance(value, float) or not isfinite(value) or value < 0:
        raise TypeError("no seconds")
    return value
