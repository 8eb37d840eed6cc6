"""What git says about the working folder."""

import hashlib
import os
import posixpath
import re
import subprocess
import weakref
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from agentops_cli.model.result import GitStamp


def stamp(folder: Path) -> GitStamp | None:
    """The commit that is checked out; None outside a repository, before the first commit, or
    where git is not installed: a run needs no git.
    """
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
    if not any((above / ".git").exists() for above in (folder, *folder.parents)):
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
    return files + [f"{_seen_from(prefix, path)}/" for path in closed]


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

    name: str
    email: str
    blobs: Mapping[str, str]
    moved: Mapping[str, str]


class Repository:
    """The repository around a folder; all paths are from that folder, with `/`.

    Every question starts one process, but for `blob`: one process answers all of them.
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
        """The commit that a ref means."""
        wanted = f"{ref}^{{commit}}"
        return _git(self._folder, "rev-parse", "--verify", "--quiet", "--end-of-options", wanted)

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
                found[_seen_from(prefix, os.fsdecode(path))] = blob
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
            status, path = facts.rpartition(" ")[2], _seen_from(prefix, next(fields))
            after = _seen_from(prefix, next(fields)) if status[0] == "R" else path
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
        return frozenset(_seen_from(prefix, name) for name in names) | new

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
        if self._child is None:
            try:
                self._child = subprocess.Popen(  # noqa: S603 # Fixed arguments, no shell.
                    [*_command(self._folder), "cat-file", "--batch"],
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.DEVNULL,
                )
            except OSError:
                return None
            weakref.finalize(self, _end, self._child)
        asking, answer = self._child.stdin, self._child.stdout
        assert asking is not None  # noqa: S101 # Both are pipes, as asked for above.
        assert answer is not None  # noqa: S101 # As above.
        try:
            asking.write(f"{name}\n".encode())
            asking.flush()
        except OSError:
            return None
        facts = answer.readline().split()
        if len(facts) != _FACTS or facts[1] != b"blob":
            return None  # It says that it is missing.
        content = answer.read(int(facts[-1]) + 1)
        return content[:-1]


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
    name = email = None
    blobs: dict[str, str] = {}
    moved: dict[str, str] = {}
    for field in left:
        facts = field.lstrip("\n")
        if facts.startswith(_COMMIT):
            if name is not None and email is not None:
                yield Commit(name=name, email=email, blobs=blobs, moved=moved)
            name, email, blobs, moved = next(left), next(left), {}, {}
        elif facts.startswith(":"):
            *_, blob, status = facts.split()
            path = _seen_from(prefix, next(left))
            if status[0] == "R":
                before, path = path, _seen_from(prefix, next(left))
                moved[path] = before
            blobs[path] = blob
    if name is not None and email is not None:
        yield Commit(name=name, email=email, blobs=blobs, moved=moved)


def _seen_from(prefix: str, path: str) -> str:
    """A path from the root of the working tree as seen from the folder at `prefix`."""
    return path.removeprefix(prefix) if path.startswith(prefix) else posixpath.relpath(path, prefix)


def _end(child: "subprocess.Popen[bytes]") -> None:
    for pipe in (child.stdin, child.stdout):
        if pipe is not None:
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
            [*_command(folder), *args],
            input=asked,
            capture_output=True,
            check=False,
            timeout=30,
            env={**os.environ, "LC_ALL": "C"},
        )
    except (OSError, subprocess.SubprocessError):
        return None


def _command(folder: Path) -> tuple[str, ...]:
    return "git", "--no-optional-locks", "-C", str(folder)
