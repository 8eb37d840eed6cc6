"""Gathers how files are to be stored: the `.gitattributes` of the project's root.

Source: https://git-scm.com/docs/gitattributes (the last line that matches a path wins).
"""

from dataclasses import dataclass

from pathspec import GitIgnoreSpec

from agentops_cli.errors import UnreadableError
from agentops_cli.flows.lint.parts import Scene
from agentops_cli.sources import Disk


@dataclass(frozen=True, slots=True, kw_only=True)
class GitAttributes:
    """The patterns that say something of line ends, in order, and whether that is Windows'."""

    lines: tuple[tuple[GitIgnoreSpec, bool], ...] = ()

    def has_windows_lines(self, path: str) -> bool:
        """Whether git is told to check the file out with the line ends of Windows."""
        found = (says for pattern, says in reversed(self.lines) if pattern.match_file(path))
        return next(found, False)

    def stamp(self, path: str) -> str:
        """A text that changes with all that is said of a file."""
        return str(self.has_windows_lines(path))


def gather(scene: Scene) -> GitAttributes:
    """The attributes; none where there is no such file, or none that can be read."""
    try:
        text = Disk(scene.config.root).read(".gitattributes")
    except UnreadableError:
        return GitAttributes()
    lines = (line.split() for line in text.splitlines() if not line.lstrip().startswith("#"))
    return GitAttributes(
        lines=tuple(
            (GitIgnoreSpec.from_lines([words[0]]), "eol=crlf" in words[1:])
            for words in lines
            if any(word.startswith("eol=") for word in words[1:])
        )
    )
