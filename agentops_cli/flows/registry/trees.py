"""The prompts of a project in one state of its files: on the disk, or at a commit."""

import io
import posixpath
from collections.abc import Callable, Iterator, Sequence
from functools import cache, cached_property, partial
from typing import Final, Literal, Protocol

from agentops_cli.errors import StoreError, UnreadableError
from agentops_cli.flows.links import leads_out
from agentops_cli.flows.lint.discover import Finder
from agentops_cli.flows.lint.globs import Glob
from agentops_cli.flows.lint.reading import Reader, Unread
from agentops_cli.gitrepo import Repository
from agentops_cli.model.settings import Config
from agentops_cli.ports import Source
from agentops_cli.prompt.source import PromptFile
from agentops_cli.sources import Disk


class PromptTree(Protocol):
    """A state of the project's files; paths are from its root.

    `name` is what people call it, `commit` its full id, None where it is no commit.
    """

    @property
    def name(self) -> str:
        """What people call it."""
        ...

    @property
    def commit(self) -> str | None:
        """The id of the commit that it is."""
        ...

    @property
    def source(self) -> Source:
        """The tree of all files, from which templates include."""
        ...

    @property
    def paths(self) -> Sequence[str]:
        """The paths of the prompts that the configuration names."""
        ...

    def has(self, path: str) -> bool:
        """Whether there is a file, be it one that cannot be read."""
        ...

    def stored(self, path: str) -> bytes | None:
        """The bytes of a file; None where there is none that can be read."""
        ...

    def file(self, path: str) -> PromptFile:
        """A prompt; one that cannot be read is a file with a problem."""
        ...


class WorkingTree:
    """The `PromptTree` on the disk; git is not asked."""

    name: Final = "the working tree"
    commit: Final = None

    def __init__(self, config: Config) -> None:
        self._root = config.root
        self._finder = Finder(config.root, config.prompts)
        self._reader = Reader(config.root, self._finder.declares)
        self._is_out = cache(partial(leads_out, config.root))
        self.source: Source = Disk(config.root)

    @cached_property
    def paths(self) -> Sequence[str]:
        """The paths of the prompts that the configuration names."""
        return self._finder.configured().paths

    def has(self, path: str) -> bool:
        """Whether there is a file, be it one that cannot be read."""
        where = self._root / path
        return where.is_symlink() or where.is_file()

    def stored(self, path: str) -> bytes | None:
        """The bytes of a file; None where there is none that can be read."""
        found = self._stored(path)
        return None if isinstance(found, Unread) else found

    def file(self, path: str) -> PromptFile:
        """A prompt; one that cannot be read is a file with a problem."""
        return self._reader.file(path, self._stored(path))

    def _stored(self, path: str) -> bytes | Unread:
        if (self._root / path).is_symlink() and leads_out(self._root, path):
            return Unread(message="it is a link that leads out of the project")
        if self._is_out(posixpath.dirname(path)):
            return Unread(message="it is outside the project", fix="name a file of the project")
        return self._reader.stored(path)


class CommitTree:
    """The `PromptTree` of a commit, and the `Source` of its files. Nothing is checked out."""

    def __init__(self, config: Config, repository: Repository, commit: str, name: str) -> None:
        self.name: Final = name
        self.commit: Final = commit
        self._repository = repository
        self._declares: Callable[[str], bool] = Finder(config.root, config.prompts).declares

    @property
    def source(self) -> Source:
        """The tree itself."""
        return self

    @cached_property
    def paths(self) -> Sequence[str]:
        """The paths of the prompts that the configuration names."""
        return [path for path in self._blobs if self._declares(path)]

    def has(self, path: str) -> bool:
        """Whether the commit has a file."""
        return posixpath.normpath(path) in self._blobs

    def stored(self, path: str) -> bytes | None:
        """The bytes of a file; None where the commit does not have it.

        Raises `StoreError` where git does not have what the commit has.
        """
        blob = self._blobs.get(posixpath.normpath(path))
        return None if blob is None else self._repository.content(blob)

    def file(self, path: str) -> PromptFile:
        """A prompt; one that cannot be read is a file with a problem."""
        from agentops_cli.prompt.formats import read_bytes, unreadable  # As late as in `Reader`.

        stored = self.stored(path)
        if stored is None:
            return unreadable(path, f"{self.name} does not have it")
        return read_bytes(stored, path=path, is_declared=self._declares(path))

    def read(self, path: str) -> str:
        """The text of a file."""
        stored = self.stored(path)
        if stored is None:
            raise UnreadableError(f"{path} is not in {self.name}", fix=None)
        try:
            return stored.decode()
        except UnicodeDecodeError as error:
            problem = f"{path} in {self.name} is not UTF-8 (byte {error.start})"
            raise UnreadableError(problem, fix=None) from error

    def lines(self, path: str, *, newline: Literal["", "\n"]) -> Iterator[str]:
        """The lines of a file, one at a time."""
        yield from io.StringIO(self.read(path), newline=newline)

    def glob(self, pattern: str) -> tuple[str, ...]:
        """The files that match a pattern, sorted."""
        matches = Glob.of(posixpath.normpath(pattern)).matches
        return tuple(sorted(path for path in self._blobs if matches.fullmatch(path)))

    @cached_property
    def _blobs(self) -> dict[str, str]:
        blobs = self._repository.blobs_at(self.commit)
        if blobs is None:
            raise StoreError(f"git cannot read the files of {self.name}", fix=_LOOK)
        return blobs


_LOOK: Final = "see what 'git status' says"
