"""Answers from cassettes, never from a model."""

import difflib
from collections.abc import Mapping

from agentops_cli.errors import GatewayError, InputError
from agentops_cli.guards.recordings import Recordings
from agentops_cli.model.call import Completion, Fault, FaultKind, Purpose, Request
from agentops_cli.model.cassette import Cassette, Recording, Slot
from agentops_cli.model.finding import Finding
from agentops_cli.model.place import Location


class Replay:
    """A gateway whose answers are recorded: the model `replay/<file>`.

    A recording is found by case, repeat, turn and step: each answer with tool calls that were
    answered is followed by another step. One repeat never stands in for another: that would make a
    model look steadier than it was seen to be. Opinions of judges are none of its answers.

    Raises `InputError` when it is constructed and two answers belong to one place.
    """

    def __init__(self, cassette: Cassette) -> None:
        self._path = cassette.path
        self._recordings = _by_slot(cassette)

    async def complete(self, request: Request) -> Completion:
        """The recorded answer, or a `GatewayError` that says which recording is missing."""
        case_id = request.tags.case_id if request.tags else ""
        slot = (case_id, request.repeat, request.turn, request.step)
        recording = self._recordings.get(slot)
        if recording is None:
            raise GatewayError(self._miss(slot))
        return recording.completion(request.model)

    async def close(self) -> None:
        """Has nothing to release."""

    def _miss(self, slot: Slot) -> Fault:
        message = f"{self._path} has no answer for {_place(slot)}"
        case_id = slot[0]
        recorded = sorted(found for found in self._recordings if found[0] == case_id)
        near = difflib.get_close_matches(case_id, {found[0] for found in self._recordings}, n=1)
        if recorded:
            places = ", ".join(f"{repeat}/{turn}/{step}" for _, repeat, turn, step in recorded)
            message += f"; it has repeat/turn/step {places}"
        elif near:
            message += f"; the nearest case in it is {near[0]!r}"
        fix = "add the answer to the cassette, or take the case out"
        return Fault(kind=FaultKind.MISS, message=message, fix=fix, final=True)


class FromCassettes:
    """A gateway for whatever model is asked: it answers what was recorded, and makes no call."""

    def __init__(self, recordings: Recordings) -> None:
        self._recordings = recordings

    async def complete(self, request: Request) -> Completion:
        """The recorded answer, or a `GatewayError` that says why there is none."""
        call = self._recordings.call_of(request)
        found = self._recordings.find(call, request)
        if found is None:
            raise GatewayError(self._recordings.miss(call, request))
        return found

    async def close(self) -> None:
        """Has nothing to release."""


def _by_slot(cassette: Cassette) -> Mapping[Slot, Recording]:
    """The answers of subjects by their place; raises `InputError` where there are several."""
    found: dict[Slot, Recording] = {}
    mistakes: list[Finding] = []
    for recording in cassette.recordings:
        if recording.purpose is Purpose.SUBJECT:
            first = found.setdefault(recording.slot, recording)
            if first is not recording:
                mistakes.append(_twice(recording, first, cassette.path))
    if mistakes:
        raise InputError(mistakes)
    return found


def _twice(recording: Recording, first: Recording, path: str) -> Finding:
    models = [first.model, recording.model]
    several = f" ({first.model} and {recording.model})" if len(set(models)) > 1 else ""
    return Finding(
        rule="duplicate-recording",
        message=f"{_place(recording.slot)} is recorded a second time{several}; "
        f"the first is on line {first.line}",
        location=Location(path=path, line=recording.line),
        fix="delete one of them, or name the real models in the suite and run it with --replay"
        if several
        else "delete one of them",
    )


def _place(slot: Slot) -> str:
    case_id, repeat, turn, step = slot
    return f"case {case_id!r}, repeat {repeat}, turn {turn}, step {step}"
