"""Recorded answers, and which of them answers a request."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import NamedTuple, TypeAlias

from agentops_cli.model.call import Completion, Finish, Purpose, Request
from agentops_cli.model.json import Json
from agentops_cli.model.money import Usage
from agentops_cli.model.prompt import Message
from agentops_cli.model.tool import ToolCall


class CassetteUse(StrEnum):
    """What a run does with the cassettes beside its suites.

    RECORD asks everything and keeps it, MISSING asks what is not recorded and keeps that, REPLAY
    asks nothing.
    """

    NONE = "none"
    RECORD = "record"
    MISSING = "missing"
    REPLAY = "replay"


Slot: TypeAlias = tuple[str, int, int, int]
"""Case, repeat, turn and step."""


class Call(NamedTuple):
    """What one call of a run is known by: the suite's path, the case, and what was asked.

    Two cases that ask the same thing have an answer each: they were asked twice.
    """

    suite: str
    case_id: str
    key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Recording:
    """One recorded answer; `line` is where it stands in its file.

    `key` is the `key_of` the request; one that was written by hand has none. `suite` is the suite's
    path from the project's root. `model` is what was asked, `served_model` what the provider says
    it served, None where the file does not say. `prompt_sha` is that of the prompt file then.
    `recorded_at` is a day, in UTC. `failure` and what follows it are as in `Completion`.
    """

    case_id: str
    text: str
    line: int
    key: str | None = None
    suite: str | None = None
    repeat: int = 0
    turn: int = 0
    step: int = 0
    purpose: Purpose = Purpose.SUBJECT
    model: str | None = None
    served_model: str | None = None
    prompt_sha: str | None = None
    finish: Finish = Finish.STOP
    usage: Usage | None = None
    tool_calls: tuple[ToolCall, ...] = ()
    recorded_at: str | None = None
    failure: str | None = None
    trace: Json = None
    stopped_after: int | None = None
    provider_faults: int = 0
    met: Mapping[str, int] | None = None
    answered_by: str | None = None

    @property
    def slot(self) -> Slot:
        """Where it belongs in its case."""
        return (self.case_id, self.repeat, self.turn, self.step)

    def completion(self, asked: str) -> Completion:
        """The answer as it was given to a request for the model `asked`; no call, no cost."""
        return Completion(
            text=self.text,
            finish=self.finish,
            model=self.served_model or self.model or asked,
            latency_s=0.0,
            usage=self.usage,
            tool_calls=self.tool_calls,
            cached=True,
            failure=self.failure,
            trace=self.trace,
            stopped_after=self.stopped_after,
            provider_faults=self.provider_faults,
            met=self.met,
            answered_by=self.answered_by,
        )

    def says_the_same(self, other: "Recording") -> bool:
        """True when both are one answer to one request, whenever each was recorded.

        Ids of tool calls and counts of tokens differ from call to call and are no part of it.
        """
        return _essence(self) == _essence(other)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cassette:
    """The recordings of one file, in its order; `path` is the file as the user knows it."""

    path: str
    recordings: tuple[Recording, ...] = field(default=())

    @property
    def case_ids(self) -> frozenset[str]:
        """The cases that have at least one recording."""
        return frozenset(recording.case_id for recording in self.recordings)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reel:
    """A suite and its cassette; `cassette` is None where there is no file.

    `path` is the file and `suite` the suite as the user knows them, `name` is the suite's path from
    the project's root. `prompt_sha` is that of the prompt file of today, None without one.
    """

    suite: str
    name: str
    path: str
    cassette: Cassette | None
    prompt_sha: str | None


def key_of(request: Request) -> str:
    """The fingerprint of a request without what is another at every run, though nothing changed.

    That is the id of an agent's conversation, and the ids that providers give to tool calls.
    """
    if request.agent is not None:
        request = replace(request, agent=replace(request.agent, conversation=""))
    if any(message.tool_calls or message.tool_call_id for message in request.messages):
        request = replace(request, messages=_numbered(request.messages))
    return request.fingerprint()


def _numbered(messages: tuple[Message, ...]) -> tuple[Message, ...]:
    """The messages with ids of tool calls that count from 0 in the order in which they come up."""
    numbers: dict[str, str] = {}

    def number(found: str) -> str:
        return numbers.setdefault(found, str(len(numbers)))

    return tuple(
        replace(
            message,
            tool_calls=tuple(replace(call, id=number(call.id)) for call in message.tool_calls),
            tool_call_id=None if message.tool_call_id is None else number(message.tool_call_id),
        )
        for message in messages
    )


def _essence(recording: Recording) -> Recording:
    return replace(
        recording,
        line=0,
        suite=None,
        prompt_sha=None,
        usage=None,
        tool_calls=tuple(replace(call, id="") for call in recording.tool_calls),
        recorded_at=None,
    )
