"""Answers from a cassette, never from a model.

A cassette is a committed JSONL file with one answer a line. `caseId` and `text` are all that an
entry needs, so that one can be written by hand.
"""

import difflib
import json
from collections.abc import Callable, Iterator, Mapping

from agentops_cli.errors import GatewayError, InputError
from agentops_cli.model.call import Completion, Fault, FaultKind, Finish, Request
from agentops_cli.model.cassette import Cassette, Recording, Slot
from agentops_cli.model.finding import Finding
from agentops_cli.model.money import Usage
from agentops_cli.model.place import Location
from agentops_cli.model.tool import ToolCall


class Replay:
    """A gateway whose answers are recorded: the model `replay/<file>`.

    A recording is found by case, repeat, turn and step: each answer with tool calls that were
    answered is followed by another step. One repeat never stands in for another: that would make a
    model look steadier than it was seen to be.
    """

    def __init__(self, cassette: Cassette) -> None:
        self._cassette = cassette

    async def complete(self, request: Request) -> Completion:
        """The recorded answer, or a `GatewayError` that says which recording is missing."""
        case_id = request.tags.case_id if request.tags else ""
        slot = (case_id, request.repeat, request.turn, request.step)
        recording = self._cassette.recordings.get(slot)
        if recording is None:
            raise GatewayError(_miss(self._cassette, slot))
        return Completion(
            text=recording.text,
            finish=recording.finish,
            model=recording.model or request.model,
            latency_s=0.0,
            usage=recording.usage,
            tool_calls=recording.tool_calls,
            cached=True,
        )

    async def close(self) -> None:
        """Has nothing to release."""


def _miss(cassette: Cassette, slot: Slot) -> Fault:
    message = f"{cassette.path} has no answer for {_place(slot)}"
    case_id = slot[0]
    recorded = sorted(found for found in cassette.recordings if found[0] == case_id)
    near = difflib.get_close_matches(case_id, cassette.case_ids, n=1)
    if recorded:
        places = ", ".join(f"{repeat}/{turn}/{step}" for _, repeat, turn, step in recorded)
        message += f"; it has repeat/turn/step {places}"
    elif near:
        message += f"; the nearest case in it is {near[0]!r}"
    return Fault(
        kind=FaultKind.MISS,
        message=message,
        fix="add the answer to the cassette, or take the case out",
    )


def _place(slot: Slot) -> str:
    case_id, repeat, turn, step = slot
    return f"case {case_id!r}, repeat {repeat}, turn {turn}, step {step}"


def read_cassette(text: str, path: str) -> Cassette:
    """Reads a cassette; raises `InputError` with every mistake, each with its line.

    Empty lines are skipped. The same case, repeat, turn and step twice is a mistake: either answer
    could be the one that is judged.
    """
    found: dict[Slot, Recording] = {}
    mistakes: list[Finding] = []
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        try:
            recording = _recording(line, number)
        except _EntryError as error:
            mistakes.append(error.finding(path, number))
            continue
        first = found.setdefault(recording.slot, recording)
        if first is not recording:
            mistakes.append(_twice(recording, first, path))
    if mistakes:
        raise InputError(mistakes)
    return Cassette(path=path, recordings=found)


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
    what = _place(recording.slot)
    return Finding(
        rule="duplicate-recording",
        message=f"{what} is recorded a second time; the first is on line {first.line}",
        location=Location(path=path, line=recording.line),
        fix="delete one of them; answers of several models belong in several files",
    )


def _recording(line: str, number: int) -> Recording:
    try:
        entry: object = json.loads(line)
    except (ValueError, RecursionError) as error:
        column = error.colno if isinstance(error, json.JSONDecodeError) else None
        fix = "write one JSON object on one line"
        raise _EntryError(f"not JSON: {error}", fix=fix, column=column) from error
    if not isinstance(entry, dict):
        raise _EntryError("an entry must be an object", fix="write one JSON object on one line")
    _check_keys(entry)
    return Recording(
        case_id=entry["caseId"],
        text=entry["text"],
        line=number,
        repeat=entry.get("repeat") or 0,
        turn=entry.get("turn") or 0,
        step=entry.get("step") or 0,
        model=entry.get("servedModel") or entry.get("model"),
        finish=Finish(entry.get("finish") or Finish.STOP),
        usage=_usage(entry.get("usage")),
        tool_calls=tuple(_tool_calls(entry.get("toolCalls"))),
    )


def _is_text(value: object) -> bool:
    return isinstance(value, str)


def _is_count(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _is_finish(value: object) -> bool:
    return isinstance(value, str) and value in {*Finish}


def _is_list(value: object) -> bool:
    return isinstance(value, list)


def _is_object(value: object) -> bool:
    return isinstance(value, dict)


_NEEDED = ("caseId", "text")
_KEYS: Mapping[str, tuple[str, Callable[[object], bool]]] = {
    "key": ("text", _is_text),
    "suite": ("text", _is_text),
    "caseId": ("text", _is_text),
    "model": ("text", _is_text),
    "servedModel": ("text", _is_text),
    "repeat": ("a whole number from 0", _is_count),
    "turn": ("a whole number from 0", _is_count),
    "step": ("a whole number from 0", _is_count),
    "promptSha": ("text", _is_text),
    "text": ("text", _is_text),
    "toolCalls": ("a list", _is_list),
    "finish": (f"one of {', '.join(Finish)}", _is_finish),
    "usage": ("an object", _is_object),
    "recordedAt": ("text", _is_text),
}
_USAGE_KEYS: Mapping[str, str] = {
    "inputTokens": "input_tokens",
    "outputTokens": "output_tokens",
    "cachedInputTokens": "cached_input_tokens",
    "reasoningTokens": "reasoning_tokens",
}


def _check_keys(entry: dict[str, object]) -> None:
    """Raises for the first key that is unknown, missing or of the wrong kind; null is no value."""
    for key in entry:
        if key not in _KEYS:
            near = difflib.get_close_matches(key, _KEYS, n=1)
            fix = f"did you mean {near[0]!r}?" if near else f"known keys: {', '.join(_KEYS)}"
            raise _EntryError(f"unknown key {key!r}", fix=fix)
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
        if key not in _USAGE_KEYS or not _is_count(value):
            fix = f"give whole numbers from 0: {', '.join(_USAGE_KEYS)}"
            raise _EntryError(f"'usage' cannot have {key!r}: {value!r:.40}", fix=fix)
    return Usage(**{_USAGE_KEYS[key]: value for key, value in usage.items()})


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
