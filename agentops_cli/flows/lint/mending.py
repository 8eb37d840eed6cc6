"""Fixes on the disk: which files they change, and writing them so that nothing is ever lost."""

import os
import re
import stat
from collections.abc import Callable, Iterable, Mapping, Sequence
from difflib import unified_diff
from pathlib import Path
from typing import Final, TypeAlias

from agentops_cli.errors import StoreError
from agentops_cli.files import replacing, unwritable
from agentops_cli.flows.lint.reading import Unread
from agentops_cli.flows.lint.session import Session
from agentops_cli.flows.lint.tree import Tree
from agentops_cli.lint.finding import LintFinding
from agentops_cli.lint.fix import MOST_ROUNDS, Fixed, Read, fixed, fixed_elsewhere, fixed_once
from agentops_cli.lint.outcome import Change
from agentops_cli.prompt.source import PromptFile
from agentops_cli.redact import Redact

_LINE: Final = re.compile(r"[^\n]*\n|[^\n]+")

New: TypeAlias = Callable[[Iterable[LintFinding]], list[LintFinding]]
"""Those of the findings that count: neither left alone nor in the baseline."""


class Mender:
    """Mends the files of a session in memory: `reader.edited` has them afterwards."""

    def __init__(self, session: Session, tree: Tree, *, new: New, unsafe: bool) -> None:
        self.mended: Final[list[LintFinding]] = []
        self._before: dict[str, bytes] = {}
        self._session = session
        self._tree = tree
        self._reader = tree.reader
        self._new = new
        self._unsafe = unsafe

    @property
    def changes(self) -> tuple[Change, ...]:
        """What became of the files, in the order of their paths."""
        return tuple(
            Change(path=path, before=before, after=self._reader.edited[path])
            for path, before in sorted(self._before.items())
            if self._reader.edited[path] != before
        )

    def mend(self, found: Mapping[str, list[LintFinding]]) -> Mapping[str, list[LintFinding]]:
        """Applies what may be applied, and gives what is found afterwards."""
        for is_first in (True, *(False,) * (MOST_ROUNDS - 1)):
            touched = [
                path
                for path, mine in found.items()
                if (offered := self._offered(mine))
                and (self._alone(path) if is_first else self._once(path, offered))
            ]
            if not touched:
                break
            self._tree.forget(touched)
            found = self._session.findings()
        return found

    def write(self, root: Path) -> StoreError | None:
        """Writes what was changed below the root; see `write`.

        What could not be written is as it was again, and what is wrong with the first is given.
        """
        failures = write(self.changes, root)
        if not failures:
            return None
        for path in failures:
            del self._before[path], self._reader.edited[path]
        self._tree.forget([*failures])
        self.mended[:] = [each for each in self.mended if each.place.path not in failures]
        first, more = next(iter(failures.values())), len(failures) - 1
        others = f", and {more} more like it" if more else ""
        return StoreError(f"{first.message}{others}", fix=first.fix)

    def _offered(self, found: Iterable[LintFinding]) -> list[LintFinding]:
        wanted = ("safe", "unsafe") if self._unsafe else ("safe",)
        return [each for each in self._new(found) if each.edits and each.safety in wanted]

    def _alone(self, path: str) -> bool:
        """Mends a prompt as far as it gets by itself; tells whether that changed it."""
        if path not in self._session.paths:
            return False
        return self._edit(
            path,
            lambda text: fixed(
                text,
                read=self._reader_of(path),
                look=lambda file: self._new(self._session.of_file(file)),
                unsafe=self._unsafe,
            ),
        )

    def _once(self, path: str, offered: Sequence[LintFinding]) -> bool:
        """Applies what rules about the project offer, to prompts and to files around them."""
        if path not in self._session.paths:
            return self._edit(path, lambda text: fixed_elsewhere(text, offered))
        return self._edit(
            path, lambda text: fixed_once(self._parsed(path, text), offered, self._reader_of(path))
        )

    def _reader_of(self, path: str) -> Read:
        return lambda characters: self._parsed(path, characters)

    def _parsed(self, path: str, characters: str) -> PromptFile:
        return self._reader.file(path, characters.encode(errors="surrogateescape"))

    def _edit(self, path: str, change: Callable[[str], Fixed]) -> bool:
        before = self._reader.stored(path)
        if isinstance(before, Unread):
            return False
        result = change(before.decode(errors="surrogateescape"))
        after = result.characters.encode(errors="surrogateescape")
        if after == before:
            return False
        self._before.setdefault(path, before)
        self._reader.edited[path] = after
        self.mended.extend(result.findings)
        return True


def diff_lines(changes: Iterable[Change], redact: Redact) -> list[str]:
    """The changes as one unified diff, in lines with their ends.

    `git apply` takes it, unless a secret had to be hidden in it.
    """
    lines: list[str] = []
    for change in changes:
        before, after = (
            _LINE.findall(redact(text.decode(errors="backslashreplace")))
            for text in (change.before, change.after)
        )
        old, new = _quoted(f"a/{change.path}"), _quoted(f"b/{change.path}")
        for line in unified_diff(before, after, old, new):
            lines.append(line)
            if not line.endswith("\n"):
                lines.append("\n\\ No newline at end of file\n")
    return lines


def _quoted(path: str) -> str:
    """A path as git writes it: in quotes where it has a line break or the like."""
    if path.isprintable() and '"' not in path:
        return path
    return '"' + path.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n") + '"'


def write(changes: Sequence[Change], root: Path) -> dict[str, StoreError]:
    """Writes what was changed, each file at once and as a whole.

    A file is left as it is where it is no longer what was looked at, where it is read-only, or
    where a link leads it out of the project. Gives the paths of these, each with the reason.
    """
    failures = {}
    for change in changes:
        try:
            _replace(root / change.path, change, root)
        except StoreError as error:
            failures[change.path] = error
    return failures


def _replace(path: Path, change: Change, root: Path) -> None:
    target = Path(os.path.realpath(path))
    name = change.path
    # A path with `..` was typed by the user; below the root only a link leads out, of any folder.
    is_below = os.pardir not in Path(os.path.relpath(path, root)).parts
    if is_below and not target.is_relative_to(os.path.realpath(root)):
        problem = f"cannot write {name!r}: a link leads to {target}, outside the project"
        raise StoreError(problem, fix="write that file where it belongs")
    try:
        mode = stat.S_IMODE(target.stat().st_mode)
        if not mode & stat.S_IWUSR or not os.access(target, os.W_OK):
            raise StoreError(f"cannot write {name!r}: it is read-only", fix="make it writable")
        now = target.read_bytes()
        if now == change.after:
            return  # Another link to the same file was mended before.
        if now != change.before:
            problem = f"{name!r} was changed meanwhile, so it is left as it is"
            raise StoreError(problem, fix="run it again")
        with replacing(target) as beside:
            with beside.open("xb") as stream:
                stream.write(change.after)
            beside.chmod(mode)
    except OSError as error:
        raise unwritable(path, error) from error
