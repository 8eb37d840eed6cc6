"""Writes what a run recorded into the cassette beside its suite."""

import errno
import fcntl
import os
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from agentops_cli.errors import InputError, StoreError
from agentops_cli.files import atomic_write, open_ordinary, unwritable
from agentops_cli.model.cassette import Cassette, Recording
from agentops_cli.model.cassette_lines import read_cassette, text_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Merged:
    """What became of a cassette: how many answers are new, changed or as before, and which left."""

    added: int
    changed: int
    same: int
    dropped: tuple[Recording, ...]


def demand_place(path: Path) -> None:
    """Raises `StoreError` where a cassette cannot be written; asked before anything is paid for.

    A link is refused: a repository can hold one that leads elsewhere.
    """
    folder = path.parent
    for part in (folder, path):
        if part.is_symlink():
            raise StoreError(f"{part} is a link", fix="remove the link")
    if path.exists() and not path.is_file():
        raise StoreError(f"{path} is no ordinary file", fix="remove it")
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise unwritable(folder, error) from error
    if not os.access(folder, os.W_OK | os.X_OK):
        raise unwritable(path, PermissionError(errno.EACCES, "Permission denied"))


def merge(
    path: Path, made: Collection[Recording], *, is_spent: Callable[[Recording], bool]
) -> Merged:
    """Puts recordings into a cassette, in place of those of the same call, and drops the spent.

    An answer that is as before keeps its day, its tokens and its ids, so that recording the same
    again gives the same bytes. The file is read again while no other process may write it: what
    another run has put there meanwhile stays, unless it answers the same call. The new text appears
    at once or not at all. Raises `StoreError`.
    """
    with _locked(path.parent):
        before = _read(path)
        made_by_call = {(one.case_id, one.key): one for one in made}
        kept: list[Recording] = []
        dropped: list[Recording] = []
        same = changed = 0
        for old in before.recordings:
            new = made_by_call.pop((old.case_id, old.key), None)
            if new is None:
                (dropped if is_spent(old) else kept).append(old)
            elif new.says_the_same(old):
                same += 1
                kept.append(replace(old, suite=new.suite, prompt_sha=new.prompt_sha))
            else:
                changed += 1
                kept.append(new)
        added = len(made_by_call)
        kept += made_by_call.values()
        if kept or before.recordings:
            _write(path, text_of(kept))
        return Merged(added=added, changed=changed, same=same, dropped=tuple(dropped))


def _read(path: Path) -> Cassette:
    try:
        with os.fdopen(open_ordinary(path), "rb") as file:
            return read_cassette(file.read().decode(), str(path))
    except FileNotFoundError:
        return Cassette(path=str(path))
    except (InputError, UnicodeDecodeError) as error:
        problem = f"{str(path)!r} was changed while the run went on, and cannot be read: {error}"
        raise StoreError(problem, fix="mend it, and record again") from error
    except OSError as error:
        raise StoreError(f"cannot read {str(path)!r}: {error.strerror}") from error


def _write(path: Path, text: str) -> None:
    with atomic_write(path) as out:
        out.write(text)


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Holds a folder, waiting for whoever has it: only for as long as a merge takes.

    The folder rather than a file in it: a file would be one more thing to commit or to ignore.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    except OSError as error:
        raise unwritable(folder, error) from error
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    except OSError as error:
        raise unwritable(folder, error) from error
    finally:
        os.close(descriptor)
