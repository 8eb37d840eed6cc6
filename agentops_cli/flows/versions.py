"""Which versions of prompts suites mean by `name@1.2.0`, `name@^1.2` and `name@{REF}`."""

import os
import posixpath
from dataclasses import replace
from pathlib import Path, PurePosixPath

from agentops_cli.flows.registry.resolve import Registry, Resolved
from agentops_cli.flows.registry.wanted import read_wanted
from agentops_cli.model.settings import Config


class Versions:
    """The versions of the prompts of a project, each looked for once.

    The paths of suites are from the folder `cwd`.
    """

    def __init__(self, config: Config, cwd: Path) -> None:
        self._root = config.root
        self._cwd = cwd
        self._registry = Registry(config)
        self._found: dict[str, Resolved] = {}

    def of(self, suite: str, text: str) -> Resolved:
        """The version that the suite at a path asks for. See `Registry.resolve`.

        Where it names a path, that is from the suite. What it includes is of the same commit.
        """
        wanted = read_wanted(text)
        if "/" in wanted.name or PurePosixPath(wanted.name).suffix:
            path = posixpath.join(posixpath.dirname(suite), wanted.name)
            from_root = PurePosixPath(os.path.relpath(self._cwd / path, self._root))
            wanted = replace(wanted, name=from_root.as_posix())
        key = str(wanted)
        if key not in self._found:
            self._found[key] = self._registry.resolve(key)
        return self._found[key]

    def close(self) -> None:
        """Ends the process of git that answers; the next question starts another."""
        self._registry.repository.close()
