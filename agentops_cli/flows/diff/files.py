"""All files of one state, for whoever reads what prompts include; nothing is checked out."""

import io
import posixpath
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final, Literal

from agentops_cli.errors import UnreadableError
from agentops_cli.flows.diff.ends import End, Ends
from agentops_cli.flows.links import leads_out
from agentops_cli.flows.lint.reading import Reader
from agentops_cli.gitrepo import Repository
from agentops_cli.prompt.source import MAX_BYTES


class StateFiles:
    """The `Source` of a state of a project at `root`; `prefix` leads there from git's.

    The process that gives prompts gives these files too. They are known by their names only: a
    pattern matches the one file that it spells.
    """

    def __init__(self, repository: Repository, root: Path, prefix: str, end: End) -> None:
        self._repository = repository
        self._root = root
        self._disk = Reader(root, lambda _path: True)
        self._prefix = prefix
        self._end = end
        self._known: dict[str, bytes | None] = {}

    def stored(self, path: str) -> bytes | None:
        """The bytes of a file; None where the state has none, or one that leads elsewhere."""
        if path not in self._known:
            self._known[path] = self._stored(path)
        return self._known[path]

    def read(self, path: str) -> str:
        """The text of a file."""
        stored = self.stored(path)
        if stored is None:
            raise UnreadableError(f"{path} is not in {self._end.name}", fix=None)
        try:
            return stored.decode()
        except UnicodeDecodeError as error:
            problem = f"{path} in {self._end.name} is not UTF-8 (byte {error.start})"
            raise UnreadableError(problem, fix=None) from error

    def lines(self, path: str, *, newline: Literal["", "\n"]) -> Iterator[str]:
        """The lines of a file, one at a time."""
        yield from io.StringIO(self.read(path), newline=newline)

    def glob(self, pattern: str) -> tuple[str, ...]:
        """The file that a pattern spells, where the state has it."""
        path = _ESCAPED.sub(r"\1", pattern)
        return () if self.stored(path) is None else (path,)

    def _stored(self, path: str) -> bytes | None:
        if "\n" in path or "\0" in path:
            return None  # Git is asked line by line.
        if self._end.state == "the working tree":
            found = None if leads_out(self._root, path) else self._disk.stored(path)
            return found if isinstance(found, bytes) else None
        if self._end.state is None:
            return None
        whole = posixpath.normpath(self._prefix + path)
        name = f"{self._end.commit or ''}:{whole}"
        return next(self._repository.blobs([name], most=MAX_BYTES + 1))


def state_files(repository: Repository, root: Path, ends: Ends) -> tuple[StateFiles, StateFiles]:
    """The files of both states."""
    prefix = ends.facts.prefix
    before, after = (StateFiles(repository, root, prefix, end) for end in (ends.before, ends.after))
    return before, after


_ESCAPED: Final = re.compile(r"\[([*?[])\]")
