"""What the guards of calls take from outside, so that a test can hand in something else."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from agentops_cli.ports import Clock


def _say_nothing(_words: str) -> None:
    """Nobody listens."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outside:
    """A clock, a way to wait, chance, and who is told.

    `sleep` takes seconds; `random` gives a number from 0 up to 1. `on_incident` hears the name of a
    guard and what it did, for the report; `on_wait` what calls wait for, for whoever watches.
    """

    clock: Clock
    sleep: Callable[[float], Awaitable[None]]
    random: Callable[[], float]
    on_incident: Callable[[str, str], None]
    on_wait: Callable[[str], None] = _say_nothing
