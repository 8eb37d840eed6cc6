"""Files that one process at a time may hold."""

import errno
import fcntl
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from agentops_cli.errors import StoreError
from agentops_cli.files import unwritable


class HeldError(StoreError):
    """Another process holds the file."""


@contextmanager
def held(path: Path) -> Iterator[int]:
    """Holds a file for as long as the block lasts, and gives its descriptor; it is made if need be.

    The operating system lets it go when the process ends, however that ends: nothing is left to
    clean up after a SIGKILL. Programs that are started meanwhile do not inherit it. Raises
    `HeldError` when another process has it, at once, and `StoreError` when it is no ordinary file,
    cannot be opened, or lies where files cannot be held.
    """
    try:
        # Python opens files so that a program that is started does not get them.
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK, 0o666)
    except OSError as error:
        if error.errno in {errno.ELOOP, errno.ENXIO, errno.EISDIR}:
            raise _not_ordinary(path) from error
        raise unwritable(path, error) from error
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise _not_ordinary(path)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise HeldError(f"{path} is in use by another process") from error
        except OSError as error:
            why = error.strerror or str(error)
            fix = "use a disk that can lock files; some network drives cannot"
            raise StoreError(f"cannot lock {str(path)!r}: {why}", fix=fix) from error
        yield descriptor
    finally:
        os.close(descriptor)


def _not_ordinary(path: Path) -> StoreError:
    return StoreError(f"{path} is no ordinary file", fix="name a file")
