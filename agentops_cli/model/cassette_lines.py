"""How a cassette is written and read: JSON Lines in UTF-8, one answer a line, for people to review.

`caseId` and `text` are all that an entry needs, so that one can be written by hand. Letters of all
languages stand as themselves; what cannot be seen, moves the cursor, turns the reading direction
round or would end a line somewhere stands as `\\uXXXX`, so that a diff shows all that there is.
"""

import difflib
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from math import isfinite
from typing import Any

from agentops_cli.errors import InputError
from agentops_cli.model.call import Finish, Purpose
from agentops_cli.model.cassette import Cassette, Recording
from agentops_cli.model.finding import Finding
from agentops_cli.model.json import Json, JsonObject
from agentops_cli.model.money import MOST_TOKENS, Usage, is_tokens
from agentops_cli.model.place import Location
from agentops_cli.model.tool import ToolCall

# Ranges rather than categories: those change with Python's Unicode version, and the file with them.
# C0 controls are escaped by JSON itself.
_UNSEEN = re.compile(
    "[\x7f-\xa0\xad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180e\u2000-\u200f\u2028-\u202f"
    "\u205f-\u206f\u2800\u3000\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\ufffe\uffff"
    "\ud800-\udfff\U0001d173-\U0001d17a\U000e0000-\U000e0fff]"
)

_LINE_BREAK = re.compile("[\0-\x1f\x7f-\x9f\u2028\u2029]")

_MOST = 2**53
"""Counts beyond this are no counts: many readers of JSON cannot hold them."""


def text_of(recordings: Iterable[Recording]) -> str:
    """The text of a cassette: sorted by case, model, purpose, repeat, turn and step."""
    return "".join(f"{line_of(recording)}\n" for recording in sorted(recordings, key=_order))


def _order(recording: Recording) -> tuple[object, ...]:
    is_judge = recording.purpose is Purpose.JUDGE
    where = (recording.repeat, recording.turn, recording.step)
    return (recording.case_id, is_judge, recording.model or "", *where, recording.key or "")


def line_of(recording: Recording) -> str:
    """One entry, without its line end; what is absent or usual is left out, but for the place."""
    usage, purpose = recording.usage, recording.purpose
    calls: list[Json] = [_json_of_call(call) for call in recording.tool_calls]
    entry: JsonObject = {
        "key": recording.key,
        "suite": recording.suite,
        "caseId": recording.case_id,
        "model": recording.model,
        "servedModel": recording.served_model,
        "answeredBy": recording.answered_by,
        "repeat": recording.repeat,
        "turn": recording.turn,
        "step": recording.step,
        "purpose": None if purpose is Purpose.SUBJECT else purpose.value,
        "promptSha": recording.prompt_sha,
        "text": recording.text,
        "toolCalls": calls or None,
        "finish": recording.finish.value,
        "usage": None if usage is None else _json_of_usage(usage),
        "failure": recording.failure,
        "trace": recording.trace,
        "stoppedAfter": recording.stopped_after,
        "providerFaults": recording.provider_faults or None,
        "met": None if recording.met is None else dict(sorted(recording.met.items())),
        "recordedAt": recording.recorded_at,
    }
    present = {key: value for key, value in entry.items() if value is not None}
    return _UNSEEN.sub(_escaped, json.dumps(present, ensure_ascii=False, allow_nan=False))


def _json_of_call(call: ToolCall) -> JsonObject:
    return {"id": call.id, "name": call.name, "arguments": call.arguments}


def _json_of_usage(usage: Usage) -> JsonObject:
    return {key: count for key, name in _USAGE_KEYS.items() if (count := getattr(usage, name))}


def _escaped(found: re.Match[str]) -> str:
    return json.dumps(found.group())[1:-1]


def read_cassette(text: str, path: str) -> Cassette:
    """Reads a cassette; raises `InputError` with every mistake, each with its line.

    Empty lines are skipped. One case with one key twice is a mistake: either answer could be the
    one that is judged.
    """
    found: list[Recording] = []
    firsts: dict[tuple[str, str], Recording] = {}
    mistakes: list[Finding] = []
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        try:
            recording = _recording(line, number)
        except _EntryError as error:
            mistakes.append(error.finding(path, number))
            continue
        found.append(recording)
        if recording.key is not None:
            first = firsts.setdefault((recording.case_id, recording.key), recording)
            if first is not recording:
                mistakes.append(_twice(recording, first, path))
    if mistakes:
        raise InputError(mistakes)
    return Cassette(path=path, recordings=tuple(found))


class _EntryError(Exception):
    """One entry is wrong; `column` is where, counted from 1, if it is known."""

    def __init__(self, message: str, *, fix: str, column: int | None = None) -> None:
        super().__init__(message)
        self.fix = fix
        self.column = column

    def finding(self, path: str, line: int) -> Finding:
        """The error as the user sees it."""
        place = Location(path=path, line=line, column=self.column)
        return Finding(rule="bad-recording", message=str(self), location=place, fix=self.fix)


def _twice(recording: Recording, first: Recording, path: str) -> Finding:
    key = f"{recording.key:.12}"
    return Finding(
        rule="duplicate-recording",
        message=f"case {recording.case_id!r} has a second answer to the same request (key {key}…); "
        f"the first is on line {first.line}",
        location=Location(path=path, line=recording.line),
        fix="delete one of them",
    )


_CONFLICT = re.compile(r"(?:<{7}|={7}|>{7}|\|{7})(?:\s|$)")


def _recording(line: str, number: int) -> Recording:
    if _CONFLICT.match(line):
        problem = "a merge conflict of git"
        raise _EntryError(problem, fix="keep the wanted lines of both sides, in any order")
    entry = _entry(line)
    _check_keys(entry)
    return Recording(
        case_id=entry["caseId"],
        text=entry["text"],
        line=number,
        key=entry.get("key"),
        suite=entry.get("suite"),
        repeat=entry.get("repeat") or 0,
        turn=entry.get("turn") or 0,
        step=entry.get("step") or 0,
        purpose=Purpose(entry.get("purpose") or Purpose.SUBJECT),
        model=entry.get("model"),
        served_model=entry.get("servedModel"),
        prompt_sha=entry.get("promptSha"),
        finish=Finish(entry.get("finish") or Finish.STOP),
        usage=_usage(entry.get("usage")),
        tool_calls=tuple(_tool_calls(entry.get("toolCalls"))),
        recorded_at=entry.get("recordedAt"),
        failure=entry.get("failure"),
        trace=entry.get("trace"),
        stopped_after=entry.get("stoppedAfter"),
        provider_faults=entry.get("providerFaults") or 0,
        met=_met(entry.get("met")),
        answered_by=entry.get("answeredBy"),
    )


def _entry(line: str) -> dict[str, Any]:
    one = "write one JSON object on one line"
    try:
        entry: object = json.loads(
            line, object_pairs_hook=_object, parse_constant=_no_number, parse_float=_finite
        )
    except (ValueError, RecursionError) as error:
        column = error.colno if isinstance(error, json.JSONDecodeError) else None
        raise _EntryError(f"not JSON: {error}", fix=one, column=column) from error
    if not isinstance(entry, dict):
        raise _EntryError("an entry must be an object", fix=one)
    return entry


def _object(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    """An object, unless a key stands in it twice: a reviewer may see the other one."""
    found = dict(pairs)
    if len(found) < len(pairs):
        keys = [key for key, _ in pairs]
        key = next(key for key in keys if keys.count(key) > 1)
        raise _EntryError(f"the key {key!r:.40} stands there twice", fix="delete one of them")
    return found


def _no_number(name: str) -> None:
    raise ValueError(f"{name} is no number of JSON")


def _finite(written: str) -> float:
    """A number, unless it is so large that it would be read as infinity."""
    number = float(written)
    if not isfinite(number):
        raise ValueError(f"the number {written:.40} is too large")
    return number


def _is_text(value: object) -> bool:
    return isinstance(value, str)


def _is_name(value: object) -> bool:
    """True for what can be told in a line of a report, and is no line of its own in it."""
    return isinstance(value, str) and _LINE_BREAK.search(value) is None


def _is_one_id(value: object) -> bool:
    """True for the id of a model, where several would stand with commas between them."""
    return isinstance(value, str) and _is_name(value) and ", " not in value


def _is_key(value: object) -> bool:
    return isinstance(value, str) and re.fullmatch("[0-9a-f]{64}", value) is not None


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < _MOST


def _is_finish(value: object) -> bool:
    return isinstance(value, str) and value in {*Finish}


def _is_purpose(value: object) -> bool:
    return isinstance(value, str) and value in {*Purpose}


def _is_list(value: object) -> bool:
    return isinstance(value, list)


def _is_object(value: object) -> bool:
    return isinstance(value, dict)


def _is_anything(value: object) -> bool:  # noqa: ARG001 # One of the table's questions.
    return True


_NEEDED = ("caseId", "text")
_KEYS: Mapping[str, tuple[str, Callable[[object], bool]]] = {
    "key": ("64 hexadecimal digits in lower case", _is_key),
    "suite": ("text", _is_text),
    "caseId": ("text", _is_text),
    "model": ("a name on one line", _is_name),
    "servedModel": ("a name on one line", _is_name),
    "answeredBy": ("the id of one model", _is_one_id),
    "repeat": ("a whole number from 0", _is_count),
    "turn": ("a whole number from 0", _is_count),
    "step": ("a whole number from 0", _is_count),
    "purpose": (f"one of {', '.join(Purpose)}", _is_purpose),
    "promptSha": ("text", _is_text),
    "text": ("text", _is_text),
    "toolCalls": ("a list", _is_list),
    "finish": (f"one of {', '.join(Finish)}", _is_finish),
    "usage": ("an object", _is_object),
    "failure": ("text", _is_text),
    "trace": ("JSON", _is_anything),
    "stoppedAfter": ("a whole number from 0", _is_count),
    "providerFaults": ("a whole number from 0", _is_count),
    "met": ("an object", _is_object),
    "recordedAt": ("a day on one line", _is_name),
}
_USAGE_KEYS: Mapping[str, str] = {
    "inputTokens": "input_tokens",
    "outputTokens": "output_tokens",
    "cachedInputTokens": "cached_input_tokens",
    "reasoningTokens": "reasoning_tokens",
}


def _check_keys(entry: Mapping[str, Any]) -> None:
    """Raises for the first key that is unknown, missing or of the wrong kind; null is no value."""
    for key in entry:
        if key not in _KEYS:
            near = difflib.get_close_matches(key, _KEYS, n=1)
            fix = f"did you mean {near[0]!r}?" if near else f"known keys: {', '.join(_KEYS)}"
            raise _EntryError(f"unknown key {key!r:.40}", fix=fix)
    for key in _NEEDED:
        if entry.get(key) is None:
            raise _EntryError(f"{key!r} is missing", fix=f"add {key!r}: {_KEYS[key][0]}")
    for key, value in entry.items():
        kind, fits = _KEYS[key]
        if value is not None and not fits(value):
            raise _EntryError(f"{key!r} must be {kind}, not {value!r:.40}", fix=f"mend {key!r}")


def _usage(usage: object) -> Usage | None:
    if not isinstance(usage, dict):
        return None
    for key, value in usage.items():
        if key not in _USAGE_KEYS or not is_tokens(value):
            fix = f"give whole numbers from 0 to {MOST_TOKENS:,}: {', '.join(_USAGE_KEYS)}"
            raise _EntryError(f"'usage' cannot have {key!r:.40}: {value!r:.40}", fix=fix)
    return Usage(**{_USAGE_KEYS[key]: value for key, value in usage.items()})


def _met(met: object) -> Mapping[str, int] | None:
    if not isinstance(met, dict):
        return None
    for tool, times in met.items():
        if not _is_count(times):
            fix = "give a whole number from 0 for each tool"
            raise _EntryError(f"'met' cannot have {tool!r:.40}: {times!r:.40}", fix=fix)
    return met


def _tool_calls(calls: object) -> Iterator[ToolCall]:
    """Tool calls as `{id, name, arguments}`; arguments may also be written as an object."""
    for call in calls if isinstance(calls, list) else ():
        name = call.get("name") if isinstance(call, dict) else None
        if not isinstance(name, str):
            fix = 'write each as {"id": …, "name": …, "arguments": …}'
            raise _EntryError("'toolCalls' has an entry without a name", fix=fix)
        arguments = call.get("arguments", "")
        as_text = arguments if isinstance(arguments, str) else json.dumps(arguments)
        yield ToolCall(id=str(call.get("id") or ""), name=name, arguments=as_text)
