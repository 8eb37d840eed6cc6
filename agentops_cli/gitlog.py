"""What git remembers: the commits that changed a file, and the tags that name versions.

Whatever git refuses is a `StoreError` with its own words.
"""

import os
import re
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import IO, Final

from agentops_cli.errors import StoreError
from agentops_cli.gitrepo import Moved, git_command, seen_from


@dataclass(frozen=True, slots=True, kw_only=True)
class Revision:
    """A commit, and a file that it changed: what was there is the blob `before`, and now `blob`.

    Either is None where there is no ordinary file. A merge is compared with the first of its
    `parents`. `date` is that of the author, None where no calendar has it.
    """

    commit: str
    parents: tuple[str, ...]
    author: str
    email: str
    date: datetime | None
    path: str
    before: str | None
    blob: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Tag:
    """A tag by its short name, and the commit that it means; `is_annotated` has an author."""

    name: str
    commit: str
    is_annotated: bool


class GitLog:
    """The history of the repository around a folder; all paths are from that folder, with `/`."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def revisions(self, start: str, paths: Sequence[str]) -> Iterator[Revision]:
        """The changes of files in all commits up to one, the latest first, no renames followed.

        A path may be a folder. Git goes on for as long as somebody takes what it finds.
        """
        where = ("--", *(f":(literal){path or '.'}" for path in paths))
        with self._fields("log", *_HOW, "--end-of-options", start, *where) as fields:
            commit: tuple[str, ...] = ()
            for field in fields:
                facts = field.lstrip("\n")
                if facts.startswith(_COMMIT):
                    commit = (facts.removeprefix(_COMMIT), *(next(fields) for _ in range(4)))
                elif facts.startswith(":"):
                    yield self._revision(commit, facts, next(fields))

    def _revision(self, commit: Sequence[str], facts: str, path: str) -> Revision:
        old_mode, mode, before, after, _ = facts.removeprefix(":").split()
        name, parents, author, email, seconds = commit
        return Revision(
            commit=name,
            parents=tuple(parents.split()),
            author=author,
            email=email,
            date=_date(seconds),
            path=seen_from(self._prefix, path),
            before=before if old_mode in _FILES else None,
            blob=after if mode in _FILES else None,
        )

    def moves(self, parent: str, commit: str) -> list[Moved]:
        """The files that were renamed between two commits, and those that went."""
        how = ("--raw", "-r", "-z", "-M", "-l1000", "--no-relative", "--diff-filter=DR")
        found = []
        with self._fields("diff-tree", *how, parent, commit, "--") as fields:
            for facts in fields:
                before = seen_from(self._prefix, next(fields))
                is_renamed = facts.rpartition(" ")[2].startswith("R")
                after = seen_from(self._prefix, next(fields)) if is_renamed else None
                found.append(Moved(before=before, after=after))
        return found

    def tags(self, beginning: str) -> list[Tag]:
        """The tags of commits whose names begin so."""
        form = (
            "%(refname:lstrip=2)%00%(objecttype)%00%(objectname)%00%(*objecttype)%00%(*objectname)"
        )
        found = []
        with self._fields("for-each-ref", f"--format={form}%00", "refs/tags/prompt/") as fields:
            for first in fields:
                name = first.lstrip("\n")
                if not name:
                    break
                kind, own, meant_kind, meant = (next(fields) for _ in range(4))
                if not name.startswith(beginning):
                    continue
                is_annotated = kind == "tag"
                commit = (
                    self._meant(name) if meant_kind == "tag" else meant if is_annotated else own
                )
                if meant_kind == "tag" or "commit" in {kind, meant_kind}:
                    found.append(Tag(name=name, commit=commit, is_annotated=is_annotated))
        return found

    def _meant(self, name: str) -> str:
        """The commit that a tag of a tag leads to in the end; git peels one of them in a list."""
        with self._fields("rev-parse", "--verify", f"refs/tags/{name}^{{commit}}") as fields:
            return "".join(fields).strip()

    def make_tag(self, name: str, commit: str, message: str) -> None:
        """Makes an annotated tag; one that is there is never moved."""
        how = ("--annotate", "--file=-", "--cleanup=verbatim")
        with self._fields("tag", *how, name, commit, said=message) as fields:
            list(fields)

    @cached_property
    def _prefix(self) -> str:
        """The path from the root of the working tree to the folder; see `seen_from`."""
        with self._fields("rev-parse", "--show-prefix") as fields:
            return "".join(fields).removesuffix("\n")

    @contextmanager
    def _fields(self, *args: str, said: str | None = None) -> Iterator[Iterator[str]]:
        """What git prints, cut at each NUL, as it prints it; whoever leaves early ends it."""
        # A pipe for complaints could fill while nobody reads it.
        with tempfile.TemporaryFile() as complaints:
            try:
                process = subprocess.Popen(  # noqa: S603 # Fixed arguments, no shell.
                    [*git_command(self._folder), *args],
                    stdin=subprocess.DEVNULL if said is None else subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=complaints,
                )
            except OSError as error:
                raise StoreError(
                    f"git cannot be started: {error.strerror}", fix=_INSTALL
                ) from error
            with process:
                assert process.stdout is not None  # noqa: S101 # It is a pipe, as asked for above.
                try:
                    if said is not None:
                        _say(process, said)
                    yield _cut(process.stdout)
                    if process.stdout.read(1):
                        return  # Nobody wants the rest, which is no failure.
                    process.wait()
                finally:
                    process.stdout.close()
                    process.terminate()
            if process.returncode:
                complaints.seek(0)
                last = complaints.read().decode(errors="replace").strip().rpartition("\n")[2]
                raise StoreError(f"git {args[0]} fails: {last or process.returncode}", fix=_LOOK)


_FILES: Final = frozenset({"100644", "100755"})
_COMMIT: Final = "commit "
_HOW: Final = (
    *("-z", "--raw", "--no-abbrev", "--no-renames", "--no-relative", "--no-ext-diff"),
    *("--no-show-signature", "--no-follow", "--no-color", "--encoding=UTF-8"),
    *("--diff-merges=first-parent", f"--format={_COMMIT}%H%x00%P%x00%aN%x00%aE%x00%at"),
)
"""Whatever a user's own settings could change is said."""

_PIECE: Final = 64 * 1024
_INSTALL: Final = "install git"
_LOOK: Final = "see what 'git status' says"


def is_ref(name: str) -> bool:
    """Whether git takes a name for a tag. Source: git-check-ref-format(1)."""
    parts = name.split("/")
    return not (
        _NOT_IN_REF.search(name)
        or name.endswith(".")
        or any(not part or part.startswith(".") or part.endswith(".lock") for part in parts)
    )


_NOT_IN_REF: Final = re.compile(r"[\x00-\x20\x7f~^:?*\[\\]|\.\.|@\{")


def _say(process: "subprocess.Popen[bytes]", text: str) -> None:
    assert process.stdin is not None  # noqa: S101 # As of stdout.
    with suppress(BrokenPipeError), process.stdin as stream:
        stream.write(text.encode(errors="surrogateescape"))


def _cut(stream: IO[bytes]) -> Iterator[str]:
    left = b""
    while piece := stream.read1(_PIECE):  # type: ignore[attr-defined] # Pipes are buffered.
        *whole, left = (left + piece).split(b"\0")
        yield from map(os.fsdecode, whole)
    if left:
        yield os.fsdecode(left)


def _date(seconds: str) -> datetime | None:
    try:
        return datetime.fromtimestamp(int(seconds), UTC)
    except (ValueError, OverflowError, OSError):
        return None
