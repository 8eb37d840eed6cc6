"""Which suites the user has asked pytest for, by what was typed after it.

A suite calls models and may spend money, so that none is run for being somewhere below: neither by
a bare `pytest` nor by `pytest tests`.
"""

import os
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path, PurePosixPath

from agentops_cli.config import load_config
from agentops_cli.config_files import git_root
from agentops_cli.errors import InputError, UnreadableError
from agentops_cli.flows.world import World
from agentops_cli.model.settings import Config
from agentops_cli.sources import YAML_SUFFIXES, Disk

_CASES = re.compile(r"^(?:cases|datasets)\s*:", re.MULTILINE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """The suites that may be collected, and the folder that their run is started from.

    With a `problem` there are none: what was typed cannot be one run.
    """

    suites: frozenset[Path]
    folder: Path
    problem: str | None = None


class _Settings:
    """The settings in force in a folder, and which suites they name.

    Where they are broken they are the defaults: who runs other tests is not bothered.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.root: Path | None = None
        self.broken: InputError | None = None
        world = World(cwd=folder)
        try:
            self._config = load_config(folder, environ=world.environ)
            self.root = self._config.root
        except InputError as error:
            self._config = Config(root=git_root(folder) or folder)
            self.broken = error

    @cached_property
    def taken(self) -> frozenset[Path]:
        """The files that the configured patterns take."""
        from agentops_cli.flows.load import find_suites  # And with it all that reads suites.

        found = find_suites((), self._config, Disk(self._folder), World(cwd=self._folder))
        return frozenset((self._folder / path).resolve() for path in found.paths)

    @cached_property
    def beginnings(self) -> frozenset[Path]:
        """The folders that the configured patterns begin with."""
        config = self._config
        begins = (_beginning(pattern, config.root) for pattern in config.suites)
        return frozenset(begin for begin in begins if begin)

    def asked_by(self, path: Path) -> frozenset[Path]:
        """The suites that a path asks for which is this folder, or a file in it."""
        if not path.is_dir():
            return frozenset({path} if path.suffix in YAML_SUFFIXES and path.is_file() else ())
        if not _is_below(path, self.beginnings):
            return frozenset()
        return frozenset(file for file in self.taken if _is_below(file, [path]))

    def start(self, cwd: Path) -> Path:
        """Where a run is started for these settings to hold: in `cwd`, if that will do."""
        return cwd if _Settings(cwd).root == self.root else self.root or self._folder


def asked_for(typed: Sequence[Path], cwd: Path) -> Asked:
    """What the typed paths ask for: a suite file itself, or configured suites by a folder.

    A folder asks for them when it is that in which a configured pattern begins, `evals` of
    `evals/**/*.yaml`, or lies below it. Folders above are for other tests too. The configuration is
    the one nearest to the path.
    """
    suites: set[Path] = set()
    starts: dict[Path, Path] = {}
    for path in typed:
        settings = _settings_of(path)
        if asked := settings.asked_by(path):
            suites |= asked
            starts.setdefault(settings.start(cwd), path)
    if len(starts) > 1:
        shown = " and ".join(_shown(path, cwd) for path in starts.values())
        problem = f"{shown} have configurations of their own: run pytest for each"
        return Asked(suites=frozenset(), folder=cwd, problem=problem)
    return Asked(suites=frozenset(suites), folder=next(iter(starts), cwd))


def left_out(folder: Path, cwd: Path) -> str | None:
    """Why a typed folder asks for none of the suites in it, and what to type; None without any."""
    settings_of = cache(_Settings)
    suites = list(_suites_in(folder))
    for suite in suites:
        settings = settings_of(suite.parent)
        for begin in settings.beginnings:
            if suite in settings.taken and _is_below(suite, [begin]):
                return f"there are suites in {_shown(begin, cwd)}; name it to run them"
    if not suites:
        return None
    suite, settings = suites[0], settings_of(suites[0].parent)
    shown = f"{_shown(suite, cwd)} looks like a suite"
    if settings.broken:
        return f"{shown}, but its configuration is broken: {settings.broken}"
    if suite in settings.taken:
        return f"{shown}, of a pattern that begins with no folder; name the file to run it"
    where = _shown(settings.root or folder, cwd)
    return f"{shown} that no pattern of the configuration in {where} takes; name the file to run it"


def _settings_of(path: Path) -> _Settings:
    return _Settings(path if path.is_dir() else path.parent)


def _suites_in(folder: Path) -> Iterator[Path]:
    """The files below a folder that look like suites."""
    disk = Disk(folder)
    for path in disk.glob("**/*"):
        if PurePosixPath(path).suffix in YAML_SUFFIXES:
            try:
                text = disk.read(path)
            except UnreadableError:
                continue
            if _CASES.search(text):
                yield (folder / path).resolve()


def _shown(path: Path, cwd: Path) -> str:
    return Path(os.path.relpath(path, cwd)).as_posix()


def _is_below(path: Path, folders: Iterable[Path]) -> bool:
    return any(path.is_relative_to(folder) for folder in folders)


def _beginning(pattern: str, root: Path) -> Path | None:
    """The folder that a pattern begins with; None when that is the root, or above it."""
    fixed = root
    for part in PurePosixPath(pattern).parts[:-1]:
        if any(mark in part for mark in "*?["):
            break
        fixed /= part
    fixed = Path(os.path.normpath(fixed)).resolve()
    return None if root.resolve().is_relative_to(fixed) else fixed
