"""The file in which findings are kept between runs, and whether it may be believed."""

import json
import os
from collections.abc import Sequence
from datetime import date
from hashlib import sha256
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Final

import agentops_cli
from agentops_cli.errors import StoreError
from agentops_cli.files import atomic_write
from agentops_cli.gitrepo import tracks_any
from agentops_cli.lint.cache import Cache
from agentops_cli.model.settings import Config, LintSettings
from agentops_cli.rules.rule import Rule
from agentops_cli.rules.table import BY_CODE
from agentops_cli.stores.home import make_home

NAME: Final = "lint.json"
_MOST_BYTES: Final = 256 * 1024 * 1024


class CacheFile:
    """The cache of a project, in its `.agentops`.

    Two processes may use it at once: each reads the whole and puts the whole in place, so that one
    of them may be forgotten, and nothing is ever half. Whoever can commit a file could put a clean
    bill into it, so one that git tracks is not read, nor one behind a link.
    """

    def __init__(self, root: Path, key: str) -> None:
        self._path = _path(root)
        self.cache = Cache(key, BY_CODE, _text(self._path) if self._path else None)

    def save(self) -> None:
        """Keeps what was found; where that cannot be, the next run has to look again."""
        if self._path is None or not self.cache.is_changed:
            return
        try:
            with atomic_write(self._path) as stream:
                stream.write(self.cache.text())
        except StoreError:
            return


def key_of(config: Config, settings: LintSettings, rules: Sequence[Rule], *, today: date) -> str:
    """What all findings depend on, beside the bytes of a file and the parts of the project."""
    parts = (
        agentops_cli.__version__,
        _version("litellm"),
        _print_of_code(),
        sorted(rule.code for rule in rules),
        [today.isoformat()] if any("today" in rule.needs | rule.wants for rule in rules) else [],
        config.prompts,
        repr(settings),
        repr(sorted(config.models.items())),
        repr(sorted(config.agents)),
        repr(config.budget),
        repr(sorted(config.diff.levels.items())),
    )
    return sha256(json.dumps(parts).encode()).hexdigest()


def _path(root: Path) -> Path | None:
    try:
        folder = make_home(root, "lint")
        if (folder / NAME).is_symlink() or tracks_any(folder) is not False:
            return None
    except (StoreError, OSError):
        return None
    return folder / NAME


def _text(path: Path) -> str | None:
    try:
        with path.open("rb") as stream:
            return stream.read(_MOST_BYTES).decode()
    except (OSError, ValueError):
        return None


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return ""


def _print_of_code() -> str:
    """Changes with our own code, which has the same version all the while that we work on it.

    All of it counts: what suites are read with, and how history is told, is nowhere near the rules.
    """
    found = []
    waiting = [str(Path(agentops_cli.__file__).parent)]
    while waiting:
        for entry in os.scandir(waiting.pop()):
            if entry.name.endswith((".py", ".json")):
                facts = entry.stat()
                found.append(f"{entry.path} {facts.st_mtime_ns} {facts.st_size}")
            elif entry.name != "__pycache__" and entry.is_dir(follow_symlinks=False):
                waiting.append(entry.path)
    return sha256("\n".join(sorted(found)).encode()).hexdigest()
