"""Which suites the user has asked pytest for, by what was typed after it.

A suite calls models and may spend money, so that none is run for being somewhere below: neither by
a bare `pytest` nor by `pytest tests`.
"""

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from agentops_cli.config import load_config
from agentops_cli.config_files import git_root
from agentops_cli.errors import InputError
from agentops_cli.flows.world import World
from agentops_cli.model.settings import Config
from agentops_cli.sources import YAML_SUFFIXES, Disk


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """The suites that may be collected, and the folders of others that would have to be named."""

    suites: frozenset[Path]
    left_alone: tuple[str, ...]


def asked_for(typed: Sequence[Path], cwd: Path) -> Asked:
    """What the typed paths ask for: a suite file itself, or configured suites by a folder.

    A folder asks for them when it is that in which a configured pattern begins, `evals` of
    `evals/**/*.yaml`, or lies below it. Folders above are for other tests too.
    """
    world = World(cwd=cwd)
    suites = {path for path in typed if path.suffix in YAML_SUFFIXES and path.is_file()}
    config = _settings(world)
    begins = {begin for pattern in config.suites if (begin := _beginning(pattern, config.root))}
    asking = [path for path in typed if _is_below(path, begins)]
    if asking:
        from agentops_cli.flows.load import find_suites  # And with it all that reads suites.

        found = find_suites((), config, Disk(cwd), world)
        files = {(cwd / path).resolve() for path in found.paths}
        suites |= {file for file in files if _is_below(file, asking)}
    others = {begin for begin in begins if begin.is_dir() and not _is_below(begin, asking)}
    return Asked(
        suites=frozenset(suites),
        left_alone=tuple(
            sorted(os.path.relpath(folder, cwd) for folder in others if _is_below(folder, typed))
        ),
    )


def _is_below(path: Path, folders: Iterable[Path]) -> bool:
    return any(path.is_relative_to(folder) for folder in folders)


def _settings(world: World) -> Config:
    """The settings, or the defaults where they are broken: who runs other tests is not bothered."""
    try:
        return load_config(world.cwd, environ=world.environ)
    except InputError:
        return Config(root=git_root(world.cwd) or world.cwd)


def _beginning(pattern: str, root: Path) -> Path | None:
    """The folder that a pattern begins with; None when that is the root, or above it."""
    fixed = root
    for part in PurePosixPath(pattern).parts[:-1]:
        if any(mark in part for mark in "*?["):
            break
        fixed /= part
    fixed = Path(os.path.normpath(fixed)).resolve()
    return None if root.resolve().is_relative_to(fixed) else fixed
