"""Files that one process at a time may hold."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from agentops_cli.errors import StoreError
from agentops_cli.files import open_ordinary, unwritable


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
        descriptor = open_ordinary(path, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o666)
    except OSError as error:
        raise unwritable(path, error) from error
    try:
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
