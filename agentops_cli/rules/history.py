"""Earlier versions of prompts, as git has them."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from agentops_cli.prompt.change_kinds import Change
from agentops_cli.prompt.source import PromptFile

Tracking = Literal["tracked", "untracked", "ignored"]
"""Whether git knows a file; an ignored one it was told not to know."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Somebody who has committed, as the mail map of the repository calls them."""

    name: str
    email: str


class History(Protocol):
    """The prompts as they were at the base, a commit of git; each answer is found when asked for.

    Paths are from the project's root, as everywhere.
    """

    @property
    def base(self) -> str:
        """What the base is called in messages, such as `origin/main`."""
        ...

    @property
    def is_default_branch(self) -> bool:
        """Whether the default branch itself is checked out."""
        ...

    @property
    def gone(self) -> Sequence[PromptFile]:
        """The prompts that the configuration names and that are no more, renamed ones apart."""
        ...

    @property
    def people(self) -> Collection[Person]:
        """Whoever has committed something."""
        ...

    def before(self, file: PromptFile) -> PromptFile | None:
        """The file as it was at the base, renames followed.

        None where it is new, and where not a byte has changed: there is nothing to compare.
        """
        ...

    def changes(self, file: PromptFile) -> Sequence[Change]:
        """What has changed since the base; nothing where `before` is None."""
        ...

    def origin(self, path: str) -> str | None:
        """The path that a file had at the base; None where it is new."""
        ...

    def text_before(self, path: str) -> str | None:
        """The text of any file at the base; None where there was none."""
        ...

    def published(self, file: PromptFile) -> Iterable[PromptFile]:
        """The versions of a prompt up to the base, the latest first, renames followed.

        What is the file, byte for byte, is the file itself.
        """
        ...

    def editors(self, path: str) -> Collection[Person]:
        """Whoever has changed a file since the base."""
        ...

    def is_committed(self, path: str) -> bool:
        """Whether the base has the file."""
        ...

    def tracking(self, path: str) -> Tracking:
        """Whether git knows a file."""
        ...
