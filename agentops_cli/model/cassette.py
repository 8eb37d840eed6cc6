"""Recorded answers, found by case, repeat, turn and step."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from agentops_cli.model.call import Finish
from agentops_cli.model.money import Usage
from agentops_cli.model.tool import ToolCall

Slot: TypeAlias = tuple[str, int, int, int]
"""Case, repeat, turn and step."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recording:
    """One recorded answer; `line` is where it stands in its file.

    `model` is what the answer is said to come from, None where the file does not say.
    """

    case_id: str
    text: str
    line: int
    repeat: int = 0
    turn: int = 0
    step: int = 0
    model: str | None = None
    finish: Finish = Finish.STOP
    usage: Usage | None = None
    tool_calls: tuple[ToolCall, ...] = ()

    @property
    def slot(self) -> Slot:
        """Where it belongs: at most one recording is there."""
        return (self.case_id, self.repeat, self.turn, self.step)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cassette:
    """The recordings of one file, by their slot; `path` is the file as the user knows it."""

    path: str
    recordings: Mapping[Slot, Recording] = field(default_factory=dict)

    @property
    def case_ids(self) -> frozenset[str]:
        """The cases that have at least one recording."""
        return frozenset(recording.case_id for recording in self.recordings.values())
