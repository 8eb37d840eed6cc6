"""Reads prompt files from the disk; what cannot be read is a file with one problem."""

import errno
import os
import stat
from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from agentops_cli.config_files import git_root
from agentops_cli.prompt.source import MAX_BYTES, PromptFile


@dataclass(frozen=True, slots=True, kw_only=True)
class Unread:
    """Why a file has no bytes for us."""

    message: str
    fix: str = "make it readable, or leave it out of the paths"


class Reader:
    """Reads the prompt files of a project by their paths from its root.

    `edited` holds those that are not taken from the disk: what an editor has, or what fixes would
    write. `declares` tells whether the configuration names a path as a prompt. A link that leads
    out of the repository is not followed, but for those that the user `named`.
    """

    def __init__(
        self, root: Path, declares: Callable[[str], bool], *, named: Collection[str] = ()
    ) -> None:
        self.edited: dict[str, bytes] = {}
        self._root = str(root)
        self._declares = declares
        self._named = frozenset(named)

    def stored(self, path: str) -> bytes | Unread:
        """The bytes of a file, of a too large one as many as show it; or why there are none."""
        if path in self.edited:
            return self.edited[path]
        try:
            # A pipe that nobody writes to must not hold us up before its kind is known.
            handle = self._opened(path)
        except (OSError, ValueError) as error:
            return Unread(message=f"it cannot be read: {getattr(error, 'strerror', None) or error}")
        if isinstance(handle, Unread):
            return handle
        try:
            found = os.fstat(handle)
            if not stat.S_ISREG(found.st_mode):
                return Unread(message="it is no ordinary file", fix="name a file")
            return _all_of(handle, min(found.st_size, MAX_BYTES) + 1)
        except OSError as error:
            return Unread(message=f"it cannot be read: {error.strerror}")
        finally:
            os.close(handle)

    def _opened(self, path: str) -> int | Unread:
        where = os.path.join(self._root, path)  # noqa: PTH118 # Ten times faster.
        if path not in self._named:
            try:
                return os.open(where, _READ | _NO_LINK)
            except OSError as error:
                if error.errno not in _IS_LINK:
                    raise
            if not is_at_home(where, self._root):
                return Unread(
                    message="it is a link that leads out of the repository",
                    fix="name it on the command line to have it read, or put the file in its place",
                )
        return os.open(where, _READ)

    def file(self, path: str, stored: bytes | Unread) -> PromptFile:
        """The prompt file that the bytes are."""
        # Where every file is as it was, nothing is parsed.
        from agentops_cli.prompt.formats import read_bytes, unreadable

        if isinstance(stored, Unread):
            return unreadable(path, stored.message, fix=stored.fix)
        return read_bytes(stored, path=path, is_declared=self._declares(path))


_READ: Final[int] = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
_NO_LINK: Final[int] = getattr(os, "O_NOFOLLOW", 0)
_IS_LINK: Final = frozenset({errno.ELOOP, errno.EMLINK})
_PIECE: Final = 64 * 1024


def is_at_home(path: str, root: str) -> bool:
    """Whether links lead to a place in the repository around a root; in the root without one."""
    home = os.path.realpath(git_root(Path(root)) or root)
    return Path(os.path.realpath(path)).is_relative_to(home)


def _all_of(handle: int, size: int) -> bytes:
    data = os.read(handle, size)
    # It may have grown, and the system may give it piece by piece.
    while len(data) <= MAX_BYTES and (part := os.read(handle, _PIECE)):
        data += part
    return data
