"""The files that findings are about, once more, for whoever shows their lines."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from agentops_cli.flows.lint.discover import Finder
from agentops_cli.flows.lint.reading import Reader
from agentops_cli.model.settings import Config
from agentops_cli.prompt.source import Stored

if TYPE_CHECKING:
    from agentops_cli.flows.lint.options import LintOptions  # It loads all that rules are.


class Texts:
    """Gives the text of a file by its path from the project's root, None where it has none.

    It is what is on the disk now, or came on stdin.
    """

    def __init__(self, config: Config, options: "LintOptions") -> None:
        finder = Finder(config.root, config.prompts)
        cwd = options.cwd or config.root
        named = [finder.from_root(path, cwd) for path in options.paths]
        self._reader = Reader(config.root, finder.declares, named=named)
        if options.stdin is not None:
            self._reader.edited.update(dict.fromkeys(named, options.stdin))

    def __call__(self, path: str, /) -> str | None:
        """The text, with `\\n` for every line end and no byte-order mark."""
        stored = self._reader.stored(path)
        if not isinstance(stored, bytes):
            return None
        return Stored(stored.decode("utf-8", "surrogateescape")).text


def paths_from(root: Path, folder: Path) -> Callable[[str], str]:
    """Turns paths from the project's root into paths from a folder, with `/`."""
    if root == folder:
        return str
    return lambda path: Path(os.path.relpath(root / path, folder)).as_posix()


def repository_of(folder: Path) -> Path:
    """The root of the repository around a folder; the folder itself where there is none."""
    return next((above for above in (folder, *folder.parents) if (above / ".git").exists()), folder)
