"""Which place a prompt is loaded from, and what is kept of it for as long as the process lives."""

import os
import time
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from agentops_cli.errors import UsageError
from agentops_cli.flows.loading.loaded import LoadedPrompt, fixes_noted

if TYPE_CHECKING:
    from agentops_cli.flows.registry.resolve import Resolved


def load(
    wanted: str,
    *,
    package: str | None,
    folder: str | os.PathLike[str] | None,
    repository: str | os.PathLike[str] | None,
) -> LoadedPrompt:
    """See `agentops_cli.loading.load_prompt`."""
    with fixes_noted():
        if repository is not None and (package is not None or folder is not None):
            problem = "a prompt is loaded from a repository, or from a package or a folder"
            raise UsageError(problem, fix="leave one of them out")
        if package is not None:
            return _of_package(wanted, package, "prompts" if folder is None else os.fspath(folder))
        if folder is not None:
            from agentops_cli.flows.loading.folders import folder_of

            return LoadedPrompt.of(folder_of(Path(folder)).find(wanted).renderer(time.monotonic))
        return _of_repository(wanted, Path(repository or "."))


@cache
def _of_package(wanted: str, package: str, folder: str) -> LoadedPrompt:
    """What a package has does not change while it is imported."""
    from agentops_cli.flows.loading.folders import package_of

    return LoadedPrompt.of(package_of(package, folder).find(wanted).renderer(time.monotonic))


def _of_repository(wanted: str, folder: Path) -> LoadedPrompt:
    """Git is asked what a range or a ref means each time: both may mean another commit then."""
    # Whoever has packages or folders needs no git.
    from agentops_cli.config import load_config
    from agentops_cli.flows.registry.resolve import Registry
    from agentops_cli.gitrepo import without_network

    if not folder.is_dir():
        raise UsageError(f"there is no folder {str(folder)!r}", fix="name the repository's")
    with without_network():
        # The environment of an application is not that of a command.
        config = load_config(folder, environ={})
        registry = Registry(config)
        try:
            return _compiled(registry.resolve(wanted), config.root)
        finally:
            registry.repository.close()  # What is kept must not keep a process.


def _compiled(found: "Resolved", root: Path) -> LoadedPrompt:
    if found.commit is None:
        return LoadedPrompt.of(found.renderer(time.monotonic))
    key = (str(root), found.commit, found.file.path)
    known = _of_commits.get(key)
    # Of two threads that compile it at once both have the first one's.
    return known or _of_commits.setdefault(key, LoadedPrompt.of(found.renderer(time.monotonic)))


_of_commits: dict[tuple[str, str, str], LoadedPrompt] = {}
"""The prompts of commits, by the root of the project, the commit and the path."""
