"""Which questions this process is asking, told to other processes that would ask them too."""

import fcntl
import os
from contextlib import suppress
from pathlib import Path

from agentops_cli.stores.answer_rows import number_of

NAME = "asking.lock"


class Claims:
    """Locks on single bytes of an empty file, one for each question by its fingerprint.

    No byte need be there to be locked.
    The system gives up those of a process that dies, however it dies. They are not kept between
    users of one file in one process. Where the disk knows no locks, every claim is granted.
    """

    def __init__(self, folder: Path) -> None:
        """Opens the file; raises `OSError` when that is not possible, or when it is a link."""
        flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
        self._file = os.open(folder / NAME, flags, 0o666)

    def claim(self, key: str) -> bool:
        """Takes a question on; False while another process has it."""
        try:
            fcntl.lockf(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, number_of(key))
        except (BlockingIOError, PermissionError):
            return False
        except OSError:
            return True
        return True

    def release(self, key: str) -> None:
        """Gives a question back."""
        with suppress(OSError):
            fcntl.lockf(self._file, fcntl.LOCK_UN, 1, number_of(key))

    def close(self) -> None:
        """Gives all questions back."""
        os.close(self._file)
