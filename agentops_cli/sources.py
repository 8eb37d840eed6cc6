"""The disk as a tree of files, for readers that take text and a path."""

import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import Literal

from agentops_cli.errors import UnreadableError

MAX_BYTES = 64 * 1024 * 1024

# In bytes, as Linux has them; other systems take less of the one or of the other.
_MOST_OF_PATH, _MOST_OF_NAME = 4095, 255

YAML_SUFFIXES = frozenset({".yaml", ".yml"})
"""How the names of YAML files end."""


class Disk:
    """Files below a folder; an absolute path or `..` leads outside, as the user wrote it."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def read(self, path: str) -> str:
        """The text of a file, line ends and a byte-order mark as they are."""
        with self._reading(path) as (file, size):
            if size > MAX_BYTES:
                problem = f"{path} is larger than {MAX_BYTES // 2**20} MiB"
                raise UnreadableError(problem, fix="split the file")
            return file.read_bytes().decode()

    def lines(self, path: str, *, newline: Literal["", "\n"]) -> Iterator[str]:
        """The lines of a file of any size, as they are, one at a time."""
        with (
            self._reading(path) as (file, _),
            file.open(encoding="utf-8", newline=newline) as stream,
        ):
            while line := stream.readline(MAX_BYTES):
                if len(line) == MAX_BYTES:
                    problem = f"{path} has a line of more than {MAX_BYTES:,} characters"
                    raise UnreadableError(problem, fix="split the file into lines")
                yield line

    @contextmanager
    def _reading(self, path: str) -> Iterator[tuple[Path, int]]:
        """Gives an ordinary file and its size; what goes wrong becomes an `UnreadableError`."""
        file = self._root / path
        try:
            found = file.stat()
            if stat.S_ISDIR(found.st_mode):
                raise UnreadableError(f"{path} is a folder", fix="name a file in it")
            if not stat.S_ISREG(found.st_mode):  # A device or a pipe may never end.
                raise UnreadableError(f"{path} is no ordinary file", fix="name a file")
            yield file, found.st_size
        except FileNotFoundError as error:
            raise UnreadableError(f"{path} does not exist", fix=self._near(path)) from error
        except UnicodeDecodeError as error:
            problem = f"{path} is not UTF-8 (byte {_undecoded(file)})"
            raise UnreadableError(problem, fix="save the file as UTF-8") from error
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or error
            raise UnreadableError(f"{path} cannot be read: {reason}", fix=None) from error

    def glob(self, pattern: str) -> tuple[str, ...]:
        """The files that match, sorted; `**` is any number of folders, no links and none hidden."""
        wanted = PurePosixPath(pattern)
        base = Path(wanted.anchor) if wanted.anchor else self._root
        relative = wanted.relative_to(wanted.anchor) if wanted.anchor else wanted
        if not relative.parts or is_no_path(pattern):
            return ()
        shown = {part for part in relative.parts if part.startswith(".")}
        # Path.glob follows no link to a folder below `**`, which could lead round in circles.
        found = (path for path in base.glob(str(relative)) if path.is_file())
        names = (path if wanted.anchor else path.relative_to(self._root) for path in found)
        return tuple(
            sorted(
                name.as_posix()
                for name in names
                if not any(part.startswith(".") and part not in shown for part in name.parts)
            )
        )

    def _near(self, path: str) -> str | None:
        from difflib import get_close_matches  # Wanted by mistakes only.

        folder = (self._root / path).parent
        if not folder.is_dir():
            return f"the folder {Path(path).parent.as_posix()} does not exist either"
        near = get_close_matches(Path(path).name, [p.name for p in folder.iterdir()], n=1)
        return f"did you mean {(Path(path).parent / near[0]).as_posix()!r}?" if near else None


def is_no_path(path: str) -> bool:
    """True for what no file can be named: with a NUL, or longer than a system takes."""
    raw = path.encode("utf-8", "surrogatepass")
    longest = max(map(len, raw.split(b"/")))
    return b"\0" in raw or len(raw) > _MOST_OF_PATH or longest > _MOST_OF_NAME


def _undecoded(file: Path) -> int:
    """Where the first byte is that is not UTF-8; whoever reads piece by piece does not know."""
    start = 0
    with file.open("rb") as lines:
        for line in lines:
            try:
                line.decode()
            except UnicodeDecodeError as error:
                return start + error.start
            start += len(line)
    return start
