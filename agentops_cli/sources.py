"""The disk as a tree of files, for readers that take text and a path."""

import glob
from pathlib import Path

from agentops_cli.errors import UnreadableError

MAX_BYTES = 64 * 1024 * 1024


class Disk:
    """Files below a folder; an absolute path or `..` leads outside, as the user wrote it."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def read(self, path: str) -> str:
        """The text of a file, line ends and a byte-order mark as they are."""
        file = self._root / path
        try:
            if file.stat().st_size > MAX_BYTES:
                problem = f"{path} is larger than {MAX_BYTES // 2**20} MiB"
                raise UnreadableError(problem, fix="split the file")
            return file.read_bytes().decode()
        except FileNotFoundError as error:
            raise UnreadableError(f"{path} does not exist", fix=self._near(path)) from error
        except IsADirectoryError as error:
            raise UnreadableError(f"{path} is a folder", fix="name a file in it") from error
        except UnicodeDecodeError as error:
            problem = f"{path} is not UTF-8 (byte {error.start})"
            raise UnreadableError(problem, fix="save the file as UTF-8") from error
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or error
            raise UnreadableError(f"{path} cannot be read: {reason}", fix=None) from error

    def glob(self, pattern: str) -> tuple[str, ...]:
        """The files that match, sorted; `**` matches any number of folders, hidden ones apart."""
        root = str(self._root)
        # Path.glob takes no absolute pattern and matches hidden files.
        found = glob.iglob(pattern, root_dir=root, recursive=True)  # noqa: PTH207
        return tuple(sorted(Path(p).as_posix() for p in found if (self._root / p).is_file()))

    def _near(self, path: str) -> str | None:
        from difflib import get_close_matches  # Wanted by mistakes only.

        folder = (self._root / path).parent
        if not folder.is_dir():
            return f"the folder {Path(path).parent.as_posix()} does not exist either"
        near = get_close_matches(Path(path).name, [p.name for p in folder.iterdir()], n=1)
        return f"did you mean {(Path(path).parent / near[0]).as_posix()!r}?" if near else None
