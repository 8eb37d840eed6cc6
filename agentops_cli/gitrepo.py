"""What git says about the working folder."""

import hashlib
import os
import posixpath
import re
import subprocess
import weakref
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Final

from agentops_cli.errors import StoreError

if TYPE_CHECKING:
    from agentops_cli.model.result import GitStamp


def stamp(folder: Path) -> "GitStamp | None":
    """The commit that is checked out; None outside a repository, before the first commit, or
    where git is not installed: a run needs no git.
    """
    from agentops_cli.model.result import GitStamp  # It takes longer to load than git to answer.

    commit = _git(folder, "rev-parse", "--verify", "--quiet", "HEAD")
    if commit is None:
        return None
    branch = _git(folder, "symbolic-ref", "--short", "--quiet", "HEAD")
    changed = _git(folder, "status", "--porcelain", "--untracked-files=no")
    return GitStamp(commit=commit, branch=branch, dirty=bool(changed))


def tracks_any(folder: Path) -> bool | None:
    """True when a file of a folder is part of the repository around it: committed, or about to be.

    None where there is a repository and git does not tell: it is not installed, or refuses one that
    belongs to somebody else.
    """
    if not _is_below_git(folder):
        return False
    listed = _git(folder, "ls-files", "--", ".")
    return None if listed is None else bool(listed)


def files_below(folder: Path) -> list[str] | None:
    """The files below a folder that git tracks or would, by their paths from it.

    None outside a repository, and where git is not installed. A link is one of them, never what is
    behind it. A folder that git cannot open is one of them too, with a `/` at its end.
    """
    done = _done(folder, "ls-files", "-z", "--cached", "--others", "--exclude-standard")
    if done is None or done.returncode:
        return None
    # A repository within this one has a `/` too.
    files = [path for path in os.fsdecode(done.stdout).split("\0")[:-1] if path[-1] != "/"]
    closed = _CLOSED.findall(os.fsdecode(done.stderr))
    prefix = Repository(folder).prefix() if closed else ""
    return files + [f"{seen_from(prefix, path)}/" for path in closed]


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    """A file that came, went or was renamed: its paths, None where it is not."""

    before: str | None
    after: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Commit:
    """A commit of the history, its author, and what it changed: each path with its new blob.

    `moved` leads from the path of a file that it renamed to the path that the file had before.
    """

    id: str
    name: str
    email: str
    blobs: Mapping[str, str]
    moved: Mapping[str, str]


class Repository:
    """The repository around a folder; all paths are from that folder, with `/`.

    Every question starts one process, but one process answers all those for commits and blobs.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._child: subprocess.Popen[bytes] | None = None

    def has_work_tree(self) -> bool:
        """Whether the folder is in a working tree that git knows."""
        return _git(self._folder, "rev-parse", "--is-inside-work-tree") == "true"

    def prefix(self) -> str:
        """The path from the root of the working tree to the folder, "" or with a `/` at its end."""
        shown = _output(self._folder, "rev-parse", "--show-prefix") or b""
        return os.fsdecode(shown).removesuffix("\n")

    def is_shallow(self) -> bool:
        """Whether the history ends where whoever fetched it cut it off."""
        return _git(self._folder, "rev-parse", "--is-shallow-repository") == "true"

    def commit(self, ref: str) -> str | None:
        """The commit that a ref means; None where it means nothing, or several."""
        found = None if "\n" in ref else next(self._objects([f"{ref}^{{commit}}"]), None)
        return found.name if found and found.kind == "commit" else None

    def branch(self) -> str | None:
        """The branch that is checked out; None where it is a commit only."""
        return _git(self._folder, "symbolic-ref", "--short", "--quiet", "HEAD")

    def refs(self, names: Sequence[str]) -> dict[str, str]:
        """Those of the refs that exist, named in full, with what git calls each for short.

        A ref that stands for another one is called as that one.
        """
        form = "--format=%(refname)%00%(refname:short)%00%(symref:short)"
        found = _git(self._folder, "for-each-ref", form, *names) or ""
        rows = (line.split("\0") for line in found.splitlines())
        return {full: stands_for or short for full, short, stands_for in rows}

    def merge_base(self, one: str, other: str) -> str | None:
        """The commit at which two began to differ; None where nothing is known of one."""
        return _git(self._folder, "merge-base", "--", one, other)

    def blobs_at(self, commit: str, *, whole: bool = False) -> dict[str, str] | None:
        """The files of a commit below the folder and their blobs; of all of it if `whole`."""
        how = ("--full-tree",) if whole else ()
        listed = _output(self._folder, "ls-tree", "-r", "-z", *how, commit)
        if listed is None:
            return None
        prefix = self.prefix() if whole else ""
        found = {}
        for row in listed.split(b"\0")[:-1]:
            facts, _, path = row.partition(b"\t")
            mode, _, blob = facts.decode().split()
            if mode in _FILES:
                found[seen_from(prefix, os.fsdecode(path))] = blob
        return found

    def moves_since(self, commit: str) -> list[Moved] | None:
        """The tracked files that came, went or were renamed since a commit.

        None where git does not tell, as of every question about files that it answers.
        """
        how = ("-M", "--raw", "-z", "--no-relative", "--no-ext-diff", "--diff-filter=ADR")
        listed = _output(self._folder, "diff", *how, "--ignore-submodules=all", commit, "--")
        if listed is None:
            return None
        prefix = self.prefix()
        moves = []
        fields = iter(os.fsdecode(listed).split("\0"))
        for facts in fields:
            if not facts:
                break
            status, path = facts.rpartition(" ")[2], seen_from(prefix, next(fields))
            after = seen_from(prefix, next(fields)) if status[0] == "R" else path
            before = None if status[0] == "A" else path
            moves.append(Moved(before=before, after=None if status[0] == "D" else after))
        return moves

    def changed_since(self, commit: str) -> frozenset[str] | None:
        """The files that are not as they were at a commit: also those that are new, or gone."""
        how = ("--name-only", "-z", "--no-relative", "--no-renames", "--no-ext-diff")
        listed = _output(self._folder, "diff", *how, "--ignore-submodules=all", commit, "--")
        if listed is None:
            return None
        prefix = self.prefix()
        names = os.fsdecode(listed).split("\0")[:-1]
        new = self.untracked()
        if new is None:
            return None
        return frozenset(seen_from(prefix, name) for name in names) | new

    def is_unmerged(self, path: str) -> bool:
        """Whether git has several versions of a file, and nobody has said yet which it will be."""
        return bool(
            _output(self._folder, "ls-files", "--unmerged", "-z", "--", f":(literal){path}")
        )

    def tracked(self) -> frozenset[str] | None:
        """The files below the folder that are committed or about to be; submodules as one each."""
        listed = _output(self._folder, "ls-files", "-z", "--cached")
        return None if listed is None else frozenset(os.fsdecode(listed).split("\0")[:-1])

    def untracked(self) -> frozenset[str] | None:
        """The files below the folder that git does not track, ignored ones apart."""
        listed = _output(self._folder, "ls-files", "-z", "--others", "--exclude-standard")
        return None if listed is None else frozenset(os.fsdecode(listed).split("\0")[:-1])

    def ignored(self, paths: Iterable[str]) -> frozenset[str] | None:
        """Those of the paths that git was told to ignore.

        It refuses to answer where one of them is behind a link, or in a submodule.
        """
        asked = "\0".join(paths).encode(errors="surrogateescape")
        if not asked:
            return frozenset()
        # It exits 1 where none is.
        listed = _output(self._folder, "check-ignore", "-z", "--stdin", asked=asked, good=(0, 1))
        return None if listed is None else frozenset(os.fsdecode(listed).split("\0")[:-1])

    def log(self, revision: str, *, most: int, first_parent: bool = False) -> list[Commit] | None:
        """The last commits that changed anything below the folder, the latest first."""
        how = ["-z", "--raw", "-M", "--no-abbrev", "--no-relative", "--no-ext-diff"]
        how += [f"--format={_COMMIT}%H%x00%aN%x00%aE", f"--max-count={most}"]
        how += ["--first-parent", "--diff-merges=first-parent"] if first_parent else []
        listed = _output(self._folder, "log", *how, "--end-of-options", revision, "--", ".")
        if listed is None:
            return None
        return [*_commits(os.fsdecode(listed).split("\0"), self.prefix())]

    def me(self) -> tuple[str, str] | None:
        """The name and the address that a commit would have now."""
        found = re.match(r"(.*) <(.*)>", _git(self._folder, "var", "GIT_AUTHOR_IDENT") or "")
        return (found[1], found[2]) if found else None

    def blob(self, name: str) -> bytes | None:
        """The content of a blob; None where the repository does not have it."""
        return next(self.blobs([name]), None)

    def content(self, blob: str) -> bytes:
        """The content of a blob that the history has; raises `StoreError` where git cannot give it.

        A partial clone whose remote is away knows of contents that it lacks: what they were is not
        known then, which is not that they were nothing.
        """
        found = self.blob(blob)
        if found is None:
            raise StoreError(f"git does not have the content of {blob}", fix=REFETCH)
        return found

    def blobs(self, names: Sequence[str], *, most: int | None = None) -> Iterator[bytes | None]:
        """The contents of blobs, in order, as `blob` gives each; the first `most` bytes of them."""
        for found in self._objects(names, most=most):
            yield found.content if found and found.kind == "blob" else None

    def _objects(
        self, names: Sequence[str], *, most: int | None = None
    ) -> Iterator["_Object | None"]:
        """What git has under names without a line end, in order."""
        child = self._reader()
        if child is None:
            yield from (None for _ in names)
            return
        asking, answer = child.stdin, child.stdout
        assert asking is not None  # noqa: S101 # Both are pipes, as asked for below.
        assert answer is not None  # noqa: S101 # As above.
        for start in range(0, len(names), _ASKED_AT_ONCE):
            asked = names[start : start + _ASKED_AT_ONCE]
            try:
                asking.write(b"".join(os.fsencode(name) + b"\n" for name in asked))
                asking.flush()
            except OSError:
                yield from (None for _ in names[start:])
                return
            # All are taken before the first is given: somebody may ask for more meanwhile.
            yield from [_answer(answer, most) for _ in asked]

    def _reader(self) -> "subprocess.Popen[bytes] | None":
        if self._child is None:
            try:
                self._child = subprocess.Popen(  # noqa: S603 # Fixed arguments, no shell.
                    [*git_command(self._folder), "cat-file", "--batch"],
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.DEVNULL,
                )
            except OSError:
                return None
            self._ended = weakref.finalize(self, _end, self._child)
        return self._child

    def close(self) -> None:
        """Ends the process that answers; the next question starts another."""
        if self._child is not None:
            self._ended()
            self._child = None


@dataclass(frozen=True, slots=True)
class _Object:
    name: str
    kind: str
    content: bytes


def _answer(stream: IO[bytes], most: int | None) -> _Object | None:
    line = stream.readline()
    facts = line.split()
    if len(facts) != _FACTS or line.endswith((b" missing\n", b" ambiguous\n")):
        return None
    size = int(facts[-1])
    kept = stream.read(size if most is None else min(size, most))
    left = size - len(kept) + 1
    while left and (part := stream.read(min(left, _PIECE))):
        left -= len(part)
    return _Object(facts[0].decode(), facts[1].decode(), kept)


_ASKED_AT_ONCE: Final = 512
"""So many names of blobs fit into a pipe, so that nobody waits for anybody who waits."""

REFETCH: Final = "the clone may be partial and its remote away: try git fetch --refetch"

_PIECE: Final = 64 * 1024
_FILES: Final = frozenset({"100644", "100755"})
_FACTS: Final = 3
_CLOSED: Final = re.compile(r"^warning: could not open directory '(.*)/': ", re.MULTILINE)
_COMMIT: Final = "commit "


def blob_name(content: bytes, like: str) -> str:
    """The name of a blob with this content, in the repository where another is named `like`."""
    made = hashlib.sha1 if len(like) == _SHA1 else hashlib.sha256
    return made(b"blob %d\0" % len(content) + content, usedforsecurity=False).hexdigest()


_SHA1: Final = 40


def _commits(fields: Iterable[str], prefix: str) -> Iterator[Commit]:
    """The commits of a log. No field is taken for another, whatever an author is called."""
    left = iter(fields)
    commit: tuple[str, str, str] | None = None
    blobs: dict[str, str] = {}
    moved: dict[str, str] = {}
    for field in left:
        facts = field.lstrip("\n")
        if facts.startswith(_COMMIT):
            if commit is not None:
                yield _commit(commit, blobs, moved)
            commit = facts.removeprefix(_COMMIT), next(left), next(left)
            blobs, moved = {}, {}
        elif facts.startswith(":"):
            *_, blob, status = facts.split()
            path = seen_from(prefix, next(left))
            if status[0] == "R":
                before, path = path, seen_from(prefix, next(left))
                moved[path] = before
            blobs[path] = blob
    if commit is not None:
        yield _commit(commit, blobs, moved)


def _commit(
    facts: tuple[str, str, str], blobs: Mapping[str, str], moved: Mapping[str, str]
) -> Commit:
    id_, name, email = facts
    return Commit(id=id_, name=name, email=email, blobs=blobs, moved=moved)


def seen_from(prefix: str, path: str) -> str:
    """A path from the root of the working tree as seen from the folder at `prefix`."""
    return path.removeprefix(prefix) if path.startswith(prefix) else posixpath.relpath(path, prefix)


def _end(child: "subprocess.Popen[bytes]") -> None:
    for pipe in (child.stdin, child.stdout):
        if pipe is not None:
            with suppress(OSError):  # It may have ended before it was asked.
                pipe.close()
    child.wait()


def _git(folder: Path, *args: str) -> str | None:
    """The output of a git command that only reads, as text; None when it fails."""
    output = _output(folder, *args)
    return None if output is None else output.decode(errors="replace").strip()


def _output(
    folder: Path, *args: str, asked: bytes = b"", good: Collection[int] = (0,)
) -> bytes | None:
    """What a git command prints that is asked on stdin; None when it ends otherwise than well."""
    done = _done(folder, *args, asked=asked)
    return done.stdout if done is not None and done.returncode in good else None


def _done(
    folder: Path, *args: str, asked: bytes = b""
) -> "subprocess.CompletedProcess[bytes] | None":
    """What came of a git command, in English; None where it cannot be run."""
    try:
        return subprocess.run(  # noqa: S603 # Fixed arguments, no shell.
            [*git_command(folder), *args],
            input=asked,
            capture_output=True,
            check=False,
            timeout=30,
            env={**os.environ, "LC_ALL": "C"},
        )
    except (OSError, subprocess.SubprocessError):
        return None


def git_command(folder: Path) -> tuple[str, ...]:
    """How every command of git begins: without what a stranger's repository could make it do."""
    offline = ("-c", "protocol.allow=never") if _OFFLINE.get() else ()
    embedded = ("-c", "safe.bareRepository=explicit") if _is_below_git(folder) else ()
    return "git", "--no-optional-locks", *_NO_MONITOR, *embedded, *offline, "-C", str(folder)


_NO_MONITOR: Final = ("-c", "core.fsmonitor=false")
"""A program that the settings of a repository name is not started only to see what has changed."""


def _is_below_git(folder: Path) -> bool:
    """Whether a folder is of a repository with a working tree.

    A bare one in there came with its files, and its settings with it: git could be made to run what
    they say. Source: git-config(1), safe.bareRepository.
    """
    return any((above / ".git").exists() for above in (folder, *folder.parents))


@contextmanager
def without_network() -> Iterator[None]:
    """While it lasts git fetches nothing, also not what a partial clone lacks.

    It holds for the thread that asks.
    """
    token = _OFFLINE.set(True)
    try:
        yield
    finally:
        _OFFLINE.reset(token)


_OFFLINE: Final = ContextVar("_OFFLINE", default=False)
