"""Two states of all files, as git tells them apart.

A state is a commit, the index, or the working tree. Paths are from the folder, with `/`; those of
other folders begin with `../`.
"""

import os
import re
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, Literal

from agentops_cli.gitrepo import git_command, seen_from

Live = Literal["the index", "the working tree"]
"""The states that are no commit."""

LINK: Final = "120000"
SUBMODULE: Final = "160000"

_TIMEOUT_S: Final = 600.0
_NOWHERE: Final = "000000"
_COMMIT_LINE: Final = re.compile(r"\^?[0-9a-f]{40,64}")

# Settings of the user must not change what is found; a clone without its blobs is asked for all of
# them at once, which git does only for whoever wants statistics.
_HOW: Final = ("--raw", "-z", "--no-abbrev", "--no-relative", "--no-ext-diff", "-M", "-C", "-l1000")


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What there is to know of a repository before anything is compared.

    `prefix` is the path from its root to the folder, "" or with a `/` at its end; `base` the last
    commit that two have in common, None where there is none or nobody asked.
    """

    prefix: str
    is_shallow: bool
    has_work_tree: bool
    base: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Blob:
    """A file of a state. `name` is that of its blob, None where only the disk has the content."""

    path: str
    name: str | None
    mode: str

    @property
    def is_file(self) -> bool:
        """Whether it is an ordinary file, neither a link nor a submodule."""
        return self.mode not in {LINK, SUBMODULE}


@dataclass(frozen=True, slots=True, kw_only=True)
class FileChange:
    """A file that is not as it was: None is a side that does not have it.

    One that `is_copy` came as a copy of `before`, which is there still. Of one that
    `is_unmerged` nobody knows what it will be.
    """

    before: Blob | None
    after: Blob | None
    is_copy: bool = False
    is_unmerged: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """The files of a state: all of them, and which of them are apart.

    Git was not told of the `untracked` ones; it has several versions of the `unmerged` ones.
    `links` has the blobs that tell where each leads.
    """

    paths: frozenset[str]
    untracked: frozenset[str] = frozenset()
    unmerged: frozenset[str] = frozenset()
    links: Mapping[str, str] = field(default_factory=dict)


class Question:
    """A git process that is at work from the beginning, so that several are at the same time."""

    def __init__(self, folder: Path, *args: str) -> None:
        self._what = args[0]
        try:
            self._process: subprocess.Popen[bytes] | None = subprocess.Popen(  # noqa: S603 # No shell.
                [*git_command(folder), *args],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
            )
        except OSError:
            self._process = None

    def answer(self) -> bytes | None:
        """What git prints; None where it fails, and `complaint` then says why."""
        self.complaint = ""
        if self._process is None:
            return None
        try:
            found, said = self._process.communicate(timeout=_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.communicate()
            self.complaint = f"git {self._what} took longer than {_TIMEOUT_S:.0f} s"
            return None
        self.complaint = said.decode(errors="replace").strip().rpartition("\n")[2]
        return found if self._process.returncode == 0 else None


def facts(folder: Path, commits: tuple[str, str] | None) -> Facts | None:
    """What there is to know, and where two commits began to differ; None where git fails."""
    asked = ("--is-shallow-repository", "--is-inside-work-tree", "--show-prefix")
    between = () if commits is None else ("...".join(commits),)
    found = Question(folder, "rev-parse", *asked, *between).answer()
    if found is None:
        return None
    shallow, inside, *rest = os.fsdecode(found).removesuffix("\n").split("\n")
    base = None
    while len(rest) > 1 and _COMMIT_LINE.fullmatch(rest[-1]):
        line = rest.pop()
        base = line[1:] if line.startswith("^") else base
    return Facts(
        prefix="\n".join(rest),
        is_shallow=shallow == "true",
        has_work_tree=inside == "true",
        base=base,
    )


def ask_changes(
    folder: Path, before: str | None, after: str | Live, *, fetch_first: bool = False
) -> Question:
    """Asks for the files that differ; `before` is a commit, None for one that has no files yet.

    `fetch_first` gets all contents that a partial clone lacks at once, not one after another.
    """
    how = (*_HOW, "--shortstat") if fetch_first else _HOW
    commit = () if before is None else (before,)
    match after:
        case "the index":
            args = ("diff", *how, "--cached", "--ignore-submodules=dirty", *commit, "--")
        case "the working tree":
            args = ("diff", *how, "--ignore-submodules=untracked", *commit, "--")
        case _:
            args = ("diff-tree", "-r", *how, *commit, after, "--")
    return Question(folder, *args)


def changes_in(answer: bytes, prefix: str) -> list[FileChange]:
    """The files that differ, from what git printed; in the order of their paths."""
    found = []
    fields = iter(os.fsdecode(answer).split("\0"))
    for facts_of in fields:
        if not facts_of.startswith(":"):
            break
        old_mode, new_mode, old, new, status = facts_of[1:].split(" ")
        path = seen_from(prefix, next(fields))
        new_path = seen_from(prefix, next(fields)) if status[0] in "RC" else path
        found.append(
            FileChange(
                before=_blob(path, old_mode, old),
                after=_blob(new_path, new_mode, new),
                is_copy=status[0] == "C",
                is_unmerged=status[0] == "U",
            )
        )
    return found


def _blob(path: str, mode: str, name: str) -> Blob | None:
    if mode == _NOWHERE:
        return None
    return Blob(path=path, mode=mode, name=name if name.strip("0") else None)


def ask_listing(folder: Path, state: str | Live, below: Sequence[str]) -> Question:
    """Asks for all files of a state below some folders."""
    where = ("--", *(f":(literal){each or '.'}" for each in below))
    match state:
        case "the index":
            return Question(folder, "ls-files", "-z", "-t", "-s", "--cached", *where)
        case "the working tree":
            others = ("--others", "--exclude-standard")
            return Question(folder, "ls-files", "-z", "-t", "-s", "--cached", *others, *where)
        case _:
            return Question(folder, "ls-tree", "-r", "-z", state, *where)


def listing_in(answer: bytes, state: str | Live) -> Listing:
    """The files of a state, from what git printed."""
    paths, links = set(), {}
    tagged: dict[str, set[str]] = {"?": set(), "M": set()}
    is_tagged = state in {"the index", "the working tree"}
    for row in os.fsdecode(answer).split("\0")[:-1]:
        tag, text = (row[0], row[2:]) if is_tagged else ("", row)
        path = text if tag == "?" else text.partition("\t")[2]
        paths.add(path)
        if tag in tagged:
            tagged[tag].add(path)
        elif text.startswith(LINK):
            # The index says: mode, blob, stage; a commit: mode, kind, blob.
            links[path] = text.partition("\t")[0].split(" ")[1 if is_tagged else 2]
    return Listing(
        paths=frozenset(paths),
        untracked=frozenset(tagged["?"]),
        unmerged=frozenset(tagged["M"]),
        links=links,
    )
