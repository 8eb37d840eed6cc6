"""Opening files that are files, and writing them so that a reader never sees half of one."""

import errno
import os
import secrets
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal, TextIO

from agentops_cli.errors import StoreError

_FIXES = {
    errno.ENOSPC: "free space on that disk, or write somewhere else",
    errno.EDQUOT: "free space in that quota, or write somewhere else",
    errno.EFBIG: "raise the file size limit (ulimit -f), or write somewhere else",
    errno.EROFS: "that file system is read-only: write somewhere else",
    errno.EACCES: "give yourself write permission there, or write somewhere else",
    errno.EPERM: "give yourself write permission there, or write somewhere else",
    errno.EISDIR: "that is a folder: name a file",
    errno.ENOTDIR: "a part of that path is a file, not a folder: name another path",
    errno.EEXIST: "a part of that path is a file, not a folder: name another path",
    errno.ENAMETOOLONG: "use a shorter name",
}


# What a system says of a link, a pipe that nobody reads, and a folder that is to be written.
_NO_FILE = frozenset({errno.ELOOP, errno.ENXIO, errno.EISDIR})


def open_ordinary(path: Path, flags: int = os.O_RDONLY, mode: int = 0o600) -> int:
    """A descriptor of an ordinary file, as `os.open` gives it.

    A pipe or a device may never end, or never begin, and a folder is no file: each is a
    `StoreError`. With `os.O_NOFOLLOW` so is a link: a repository can hold one that leads elsewhere.
    Raises `OSError` as `os.open` does. Programs that are started meanwhile do not inherit it.
    """
    try:
        descriptor = os.open(path, flags | os.O_NONBLOCK | os.O_NOCTTY, mode)
    except OSError as error:
        if error.errno in _NO_FILE:
            raise _not_ordinary(path) from error
        raise
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise _not_ordinary(path)
    return descriptor


@contextmanager
def atomic_write(path: Path) -> Iterator[TextIO]:
    """A UTF-8 text stream whose text appears under `path` all at once, when the block ends well.

    The text is written beside the file and renamed over it; when the block raises, what was there
    before is untouched and nothing is left beside it. Parent folders are created, links are
    followed. A pipe or a device (`/dev/stdout`) is written to directly. Lines end in `\\n` on
    every system. Raises `StoreError` for every `OSError` but a broken pipe, which is the reader's
    choice and not a fault.
    """
    try:
        if _is_special(path):
            with _open(path, mode="w") as stream:
                yield stream
            return
        target = Path(os.path.realpath(path))
        target.parent.mkdir(parents=True, exist_ok=True)
        if target.is_dir():
            raise IsADirectoryError(errno.EISDIR, "Is a directory")
        with replacing(target) as beside, _open(beside, mode="x") as stream:
            yield stream
    except BrokenPipeError:
        raise
    except OSError as error:
        raise unwritable(path, error) from error


@contextmanager
def replacing(target: Path) -> Iterator[Path]:
    """A path beside a file, to be created; it takes the place of the file when the block ends well.

    When the block raises, nothing is left beside it. Raises `OSError`.
    """
    # Created by name rather than by `tempfile`, so that the umask decides who may read it.
    # The name is short, so that a name that fits the disk also fits while it is written.
    beside = target.with_name(f".agentops-{secrets.token_hex(4)}.tmp")
    try:
        yield beside
        beside.replace(target)
    finally:
        beside.unlink(missing_ok=True)


def unwritable(path: Path, error: OSError) -> StoreError:
    """The error to raise when `path` cannot be written: what happened, and how to mend it."""
    name = errno.errorcode.get(error.errno or 0, type(error).__name__)
    what = error.strerror or str(error)
    fix = _FIXES.get(error.errno or 0, "write somewhere else")
    return StoreError(f"cannot write {str(path)!r}: {what} ({name})", fix=fix)


def _not_ordinary(path: Path) -> StoreError:
    return StoreError(f"{path} is no ordinary file", fix="name a file")


def _is_special(path: Path) -> bool:
    return path.exists() and not path.is_file() and not path.is_dir()


def _open(path: Path, *, mode: Literal["w", "x"]) -> TextIO:
    # A lone surrogate has no UTF-8: it is spelled out, rather than losing the file over it.
    return path.open(mode, encoding="utf-8", errors="backslashreplace", newline="\n")
