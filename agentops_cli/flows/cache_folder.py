"""Where a project keeps its answers, and whether a run may use them."""

import os
from collections.abc import Callable
from functools import cache, partial
from pathlib import Path, PurePosixPath

from agentops_cli.errors import StoreError
from agentops_cli.flows.world import World
from agentops_cli.gitrepo import tracks_any
from agentops_cli.model.finding import Finding, Severity
from agentops_cli.model.settings import Config
from agentops_cli.ports import ResponseCache
from agentops_cli.redact import Redact
from agentops_cli.stores.answers import NAME, in_the_way
from agentops_cli.stores.home import make_folder
from agentops_cli.stores.responses import Responses


def cache_folder(config: Config) -> Path:
    """The folder of the cache, made if need be; raises `StoreError` when it must not be used.

    Whoever can commit a file could put answers into it that pass; so could one that SQLite reads
    beside it, such as its log. A link would lead to what is not the project's, a pipe nowhere.
    """
    folder = make_folder(config.root, config.cache.folder)
    if strange := in_the_way(folder):
        raise StoreError(f"{strange} is no ordinary file", fix="remove it")
    tracked = tracks_any(folder)
    if tracked is None:
        problem = f"git does not tell whether {folder} is part of the repository"
        fix = f"install git, or run: git config --global --add safe.directory {config.root}"
        raise StoreError(problem, fix=fix)
    if tracked:
        fix = f"remove it: git rm -r --cached {folder}"
        raise StoreError(f"{folder} is part of the repository, so anybody wrote it", fix=fix)
    return folder


def suite_name(config: Config, world: World, suite: str) -> str:
    """The path of a suite from the project's root, wherever one works."""
    return PurePosixPath(os.path.relpath(world.cwd / suite, config.root)).as_posix()


def open_cache(
    config: Config, redact: Redact, world: World, *, tell: Callable[[Finding], None]
) -> ResponseCache | None:
    """The cache for a run; None where there can be none, and why is told: the run goes on."""
    try:
        folder = cache_folder(config)
    except StoreError as error:
        tell(_unused(error.message, error.fix))
        return None
    responses = Responses(
        folder,
        redact,
        most_bytes=config.cache.most_bytes,
        most_days=config.cache.most_days,
        now=lambda: world.now().timestamp(),
        name_of=cache(partial(suite_name, config, world)),
        tell=lambda message: tell(_note(message)),
    )
    if responses.is_usable:
        return responses
    responses.close()
    tell(_unused(f"{folder / NAME} cannot be used", "make it writable, or run with --no-cache"))
    return None


def _unused(message: str, fix: str | None) -> Finding:
    return _note(f"no answer is kept or taken from earlier: {message}", fix)


def _note(message: str, fix: str | None = None) -> Finding:
    return Finding(rule="cache", message=message, location=None, fix=fix, severity=Severity.WARNING)
