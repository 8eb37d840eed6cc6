"""Reads prompt files from the disk; what cannot be read is a file with one problem."""

import os
import stat
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from agentops_cli.prompt.source import MAX_BYTES, PromptFile


@dataclass(frozen=True, slots=True, kw_only=True)
class Unread:
    """Why a file has no bytes for us."""

    message: str
    fix: str = "make it readable, or leave it out of the paths"


class Reader:
    """Reads the prompt files of a project by their paths from its root.

    `edited` holds those that are not taken from the disk: what an editor has, or what fixes would
    write. `declares` tells whether the configuration names a path as a prompt.
    """

    def __init__(self, root: Path, declares: Callable[[str], bool]) -> None:
        self.edited: dict[str, bytes] = {}
        self._root = str(root)
        self._declares = declares

    def stored(self, path: str) -> bytes | Unread:
        """The bytes of a file, of a too large one as many as show it; or why there are none."""
        if path in self.edited:
            return self.edited[path]
        try:
            # A pipe that nobody writes to must not hold us up before its kind is known.
            handle = os.open(os.path.join(self._root, path), _READ)  # noqa: PTH118 # Ten times faster.
        except (OSError, ValueError) as error:
            return Unread(message=f"it cannot be read: {getattr(error, 'strerror', None) or error}")
        try:
            found = os.fstat(handle)
            if not stat.S_ISREG(found.st_mode):
                return Unread(message="it is no ordinary file", fix="name a file")
            return _all_of(handle, min(found.st_size, MAX_BYTES) + 1)
        except OSError as error:
            return Unread(message=f"it cannot be read: {error.strerror}")
        finally:
            os.close(handle)

    def file(self, path: str, stored: bytes | Unread) -> PromptFile:
        """The prompt file that the bytes are."""
        # Where every file is as it was, nothing is parsed.
        from agentops_cli.prompt.formats import read_bytes, unreadable

        if isinstance(stored, Unread):
            return unreadable(path, stored.message, fix=stored.fix)
        return read_bytes(stored, path=path, is_declared=self._declares(path))


_READ: Final[int] = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
_PIECE: Final = 64 * 1024


def _all_of(handle: int, size: int) -> bytes:
    data = os.read(handle, size)
    # It may have grown, and the system may give it piece by piece.
    while len(data) <= MAX_BYTES and (part := os.read(handle, _PIECE)):
        data += part
    return data
