"""Earlier versions of prompts, from git."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Final, TypeVar

from agentops_cli.errors import StoreError
from agentops_cli.flows.lint.base import Base, find_base
from agentops_cli.flows.lint.discover import Finder
from agentops_cli.flows.lint.parts import Scene
from agentops_cli.flows.lint.reading import Reader
from agentops_cli.flows.lint.touched import touched
from agentops_cli.gitrepo import Commit, Repository, blob_name
from agentops_cli.prompt.likeness import is_one_prompt
from agentops_cli.prompt.source import PromptFile
from agentops_cli.rules.history import Person, Tracking

if TYPE_CHECKING:
    # Where every file is as it was, nothing is parsed or compared.
    from agentops_cli.prompt.change_kinds import Change

T = TypeVar("T")

_LOOK: Final = "see what 'git status' says"
_MOST_COMMITS: Final = 2_000
_MOST_VERSIONS: Final = 200
_MOST_COMPARED: Final = 50


def gather(scene: Scene) -> "GitHistory":
    """The history of a project, up to the base that the options name; see `find_base`."""
    repository = Repository(scene.config.root)
    return GitHistory(repository, find_base(repository, scene), scene)


class GitHistory:
    """A `History`: git is asked when a rule asks, each question once."""

    def __init__(self, repository: Repository, base: Base, scene: Scene) -> None:
        self._repository = repository
        self._base = base
        self._scene = scene
        self._declares = Finder(scene.config.root, scene.config.prompts).declares
        self._reader = Reader(scene.config.root, self._declares)
        self._read: dict[tuple[str, str], PromptFile] = {}
        self._last: tuple[PromptFile | None, Sequence[Change]] = (None, ())

    @property
    def base(self) -> str:
        """What the base is called in messages."""
        return self._base.name

    @property
    def is_default_branch(self) -> bool:
        """Whether the default branch itself is checked out."""
        return self._base.is_default_branch

    def before(self, file: PromptFile) -> PromptFile | None:
        """The file as it was at the base; None where it is new, or the same."""
        path = self.origin(file.path)
        if path is None:
            return None
        blob = self._blobs[path]
        if path == file.path and _is_blob(file, blob):
            return None
        return self._version(path, blob, is_declared=self._declares(file.path))

    def changes(self, file: PromptFile) -> "Sequence[Change]":
        """What has changed since the base; several rules ask for one file, one after another."""
        from agentops_cli.prompt.changes import changes, regraded  # As above.

        last, found = self._last
        if last is not file:
            before = self.before(file)
            levels = self._scene.config.diff.levels
            found = regraded(changes(before, file), levels) if before else ()
            self._last = file, found
        return found

    def origin(self, path: str) -> str | None:
        """The path that a file had at the base; None where it is new."""
        return path if path in self._blobs else self._renames.get(path)

    def text_before(self, path: str) -> str | None:
        """The text of any file at the base."""
        blob = self._blobs.get(path) or self._wherever.get(path)
        content = self._repository.content(blob) if blob else None
        return None if content is None else content.decode(errors="replace").replace("\r\n", "\n")

    def published(self, file: PromptFile) -> Iterator[PromptFile]:
        """The versions of a prompt up to the base, the latest first, renames followed.

        What is the file, byte for byte, is the file.
        """
        name = self.origin(file.path)
        found = 0
        for commit in self._log if name else ():
            blob = commit.blobs.get(name or "")
            if name is None or blob is None:
                continue
            is_declared = self._declares(file.path)
            version = (
                file if _is_blob(file, blob) else self._version(name, blob, is_declared=is_declared)
            )
            yield version
            found += 1
            if found == _MOST_VERSIONS:
                return
            name = commit.moved.get(name, name)

    def editors(self, path: str) -> Collection[Person]:
        """Whoever has changed a file since the base; what is not committed is my doing."""
        people = {
            Person(name=commit.name, email=commit.email)
            for commit in self._branch_log
            if path in commit.blobs
        }
        me = self._repository.me() if path in self._uncommitted else None
        return people | ({Person(name=me[0], email=me[1])} if me else set())

    def is_committed(self, path: str) -> bool:
        """Whether the base has the file."""
        return path in self._blobs

    def tracking(self, path: str) -> Tracking:
        """Whether git knows a file; one of a submodule it knows there."""
        if self._scene.options.stdin is not None:
            return "tracked"  # An editor may save the file where it likes.
        if path.startswith("../") or path in self._tracked or self._is_in_submodule(path):
            return "tracked"
        return "ignored" if path in self._ignored else "untracked"

    def stamp(self, path: str) -> str:
        """What all that is said of a file depends on."""
        base = self._base
        origin = self.origin(path) or ""
        facts = (base.commit, base.name, base.head, base.is_default_branch)
        return repr((*facts, self.tracking(path), origin))

    @cached_property
    def changed(self) -> Collection[str]:
        """The prompts that are not as they were at the base, and those that others' changes touch.

        Raises `StoreError` where git does not tell: nothing must pass for unchanged by mistake.
        """
        files = _told(self._repository.changed_since(self._base.commit), "what has changed")
        return touched(files, self._scene, self)

    @cached_property
    def gone(self) -> Sequence[PromptFile]:
        """The prompts that the configuration names and that are no more, renamed ones apart."""
        renamed = set(self._renames.values())
        return [
            self._version(path, self._blobs[path], is_declared=True)
            for path in self._lost
            if path not in renamed
        ]

    @cached_property
    def people(self) -> Collection[Person]:
        """Whoever has committed something, of late."""
        commits = (*self._branch_log, *self._log)
        return {Person(name=commit.name, email=commit.email) for commit in commits}

    @cached_property
    def _blobs(self) -> Mapping[str, str]:
        """The blobs of the base by their paths."""
        is_outside = any(path.startswith("../") for path in self._scene.paths)
        found = self._repository.blobs_at(self._base.commit, whole=is_outside)
        return _told(found, f"the files of {self._base.name}")

    @cached_property
    def _wherever(self) -> Mapping[str, str]:
        """The same of the whole repository, for files above the project."""
        found = self._repository.blobs_at(self._base.commit, whole=True)
        return _told(found, f"the files of {self._base.name}")

    @cached_property
    def _lost(self) -> Sequence[str]:
        """The configured prompts of the base that are not there any more."""
        root = self._scene.config.root
        return [path for path in self._blobs if self._declares(path) and not (root / path).exists()]

    @cached_property
    def _renames(self) -> Mapping[str, str]:
        """What renamed files were called at the base, by what they are called now.

        Git goes by lines, of which two short prompts have many in common, so prompts are looked at
        again. A new file that git has not been told of may be a lost one too.
        """
        moves = _told(self._repository.moves_since(self._base.commit), "what has moved")
        found = {
            move.after: move.before
            for move in moves
            if move.after is not None and move.before is not None and move.before in self._blobs
        }
        cards = self._scene.cards() if found or self._lost else {}
        found = {
            after: before
            for after, before in found.items()
            if after not in cards or self._is_renamed(before, after)
        }
        left = [path for path in self._lost if path not in found.values()][:_MOST_COMPARED]
        new = cards.keys() - self._blobs.keys() - found.keys() if left else set()
        for after in sorted(new):
            before = next((each for each in left if self._is_renamed(each, after)), None)
            if before is not None:
                left.remove(before)
                found[after] = before
        return found

    def _is_renamed(self, before: str, after: str) -> bool:
        """Whether a prompt is an earlier one: of one name that both write, or much the same."""
        old = self._version(before, self._blobs[before], is_declared=True)
        new = self._now(after)
        return new is not None and is_one_prompt(old, new)

    def _now(self, path: str) -> PromptFile | None:
        content = self._reader.stored(path)
        return _file(content, path, is_declared=True) if isinstance(content, bytes) else None

    @cached_property
    def _tracked(self) -> frozenset[str]:
        return _told(self._repository.tracked(), "which files it tracks")

    @cached_property
    def _ignored(self) -> frozenset[str]:
        asked = {*self._scene.paths, *self._scene.cards()}
        unknown = [path for path in asked - self._tracked if self._is_here(path)]
        return _told(self._repository.ignored(unknown), "which files it ignores")

    def _is_here(self, path: str) -> bool:
        """Whether a path is git's matter: in the project, in no submodule and behind no link."""
        if path.startswith("../") or self._is_in_submodule(path):
            return False
        root = self._scene.config.root
        above = (root / folder for folder in PurePosixPath(path).parents)
        return not any(folder.is_symlink() for folder in above if folder != root)

    def _is_in_submodule(self, path: str) -> bool:
        parts = path.split("/")
        return any("/".join(parts[:count]) in self._tracked for count in range(1, len(parts)))

    @cached_property
    def _log(self) -> Sequence[Commit]:
        log = self._repository.log(self._base.commit, most=_MOST_COMMITS, first_parent=True)
        return _told(log, "its history")

    @cached_property
    def _branch_log(self) -> Sequence[Commit]:
        log = self._repository.log(f"{self._base.commit}..HEAD", most=_MOST_COMMITS)
        return _told(log, "its history")

    @cached_property
    def _uncommitted(self) -> frozenset[str]:
        return _told(self._repository.changed_since("HEAD"), "what is not committed")

    def _version(self, path: str, blob: str, *, is_declared: bool) -> PromptFile:
        if (path, blob) not in self._read:
            self._read[path, blob] = _file(
                self._repository.content(blob),
                path,
                is_declared=is_declared or self._declares(path),
            )
        return self._read[path, blob]


def _told(answer: T | None, what: str) -> T:
    """What git says; where it fails, nothing must pass for unchanged or new by mistake."""
    if answer is None:
        raise StoreError(f"git does not tell {what}", fix=_LOOK)
    return answer


def _file(content: bytes, path: str, *, is_declared: bool) -> PromptFile:
    from agentops_cli.prompt.formats import read_bytes  # As above.

    return read_bytes(content, path=path, is_declared=is_declared)


def _is_blob(file: PromptFile, blob: str) -> bool:
    """Whether a file is what git has; it may have been checked out with other line ends."""
    content = file.stored.characters.encode(errors="surrogateescape")
    return blob_name(content, blob) == blob or (
        not file.stored.is_plain and blob_name(content.replace(b"\r\n", b"\n"), blob) == blob
    )
