"""Files that prompts include."""

from typing import Protocol

from agentops_cli.prompt.source import PromptFile


class Partials(Protocol):
    """The files around prompts, read as templates."""

    def file(self, path: str) -> PromptFile | None:
        """The file at a path from the project's root; None where there is none, or none to read."""
        ...
