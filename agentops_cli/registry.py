"""One way to look things up by name: built-in tables and entry points, nothing loaded until asked.

A built-in is written exactly as an entry point is, `"name": "package.module:attribute"`.
"""

import difflib
import sys
from collections.abc import Mapping
from functools import lru_cache
from importlib import import_module
from importlib.metadata import EntryPoint, EntryPoints, entry_points
from typing import Generic, TypeVar, cast

from agentops_cli.errors import PluginError
from agentops_cli.model.finding import Finding
from agentops_cli.model.place import Location

T = TypeVar("T")


class Registry(Generic[T]):
    """Names of one group, each resolving to one object.

    `group` is the entry-point group that third parties use, such as `agentops.assertions`; `noun`
    is what messages call a member. `ready` has the built-ins that need something which an import
    cannot give them.
    """

    def __init__(
        self,
        group: str,
        builtin: Mapping[str, str],
        *,
        noun: str,
        ready: Mapping[str, T] | None = None,
    ) -> None:
        self._group = group
        self._builtin = builtin
        self._noun = noun
        self._ready = ready or {}
        self._loaded: dict[str, T] = {}
        self._plugins: Mapping[str, list[EntryPoint]] | None = None

    def names(self) -> tuple[str, ...]:
        """Every name, built-ins and plugins, sorted."""
        return tuple(sorted({*self._builtin, *self._found()}))

    def knows(self, name: str) -> bool:
        """True when `get` would find something under the name; a built-in costs no look-up."""
        return name in self._builtin or name in self._found()

    def has_built_in(self, name: str) -> bool:
        """True when the name is one of ours."""
        return name in self._builtin

    def get(self, name: str, *, location: Location | None = None) -> T:
        """Loads a member; `location` is where the user named it.

        Raises `PluginError` when there is none of the name, when two distributions claim it, or
        when it does not load: a gate must not get weaker because an import failed.
        """
        if name not in self._loaded:
            self._loaded[name] = self._load(name, location)
        return self._loaded[name]

    def _load(self, name: str, location: Location | None) -> T:
        claims = [(_distribution(point), point.value) for point in self._found().get(name, [])]
        if name in self._builtin:
            claims.append(("agentops-cli", self._builtin[name]))
        if not claims:
            problem = f"unknown {self._noun} {name!r}"
            raise self._error("unknown", problem, location, fix=self._near(name))
        if len(claims) > 1:
            owners = " and ".join(sorted(owner for owner, _ in claims))
            problem = f"{self._noun} {name!r} is claimed by {owners}"
            raise self._error("ambiguous", problem, location, fix="uninstall one of them")
        if name in self._ready:
            return self._ready[name]
        [(owner, target)] = claims
        try:
            return cast("T", _resolve(target))
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # sys.exit(0) in a module, too, is one that does not load.
            problem = f"{self._noun} {name!r} does not load: {type(error).__name__}: {error}"
            fix = f"mend or uninstall {owner}"
            raise self._error("broken", problem, location, fix=fix) from error

    def _found(self) -> Mapping[str, list[EntryPoint]]:
        if self._plugins is None:
            plugins: dict[str, list[EntryPoint]] = {}
            for point in _installed(tuple(sys.path)).get(self._group, ()):
                plugins.setdefault(point.name, []).append(point)
            self._plugins = plugins
        return self._plugins

    def _near(self, name: str) -> str:
        near = difflib.get_close_matches(name, self.names(), n=1)
        known = f"known: {', '.join(self.names())}"
        return f"did you mean {near[0]!r}? {known}" if near else known

    def _error(
        self, rule: str, message: str, location: Location | None, *, fix: str
    ) -> PluginError:
        rule = f"{rule}-{self._noun.replace(' ', '-')}"
        return PluginError([Finding(rule=rule, message=message, location=location, fix=fix)])


@lru_cache(maxsize=1)
def _installed(path: tuple[str, ...]) -> Mapping[str, EntryPoints]:  # noqa: ARG001 # See below.
    """All entry points by their group, as found on `sys.path`.

    They are read once for all groups: that opens a file of each distribution there is.
    """
    found = entry_points()
    return {group: found.select(group=group) for group in found.groups}


def _resolve(target: str) -> object:
    """Imports what `package.module:attribute` names."""
    module, _, attribute = target.partition(":")
    return getattr(import_module(module), attribute)


def _distribution(point: EntryPoint) -> str:
    return point.dist.name if point.dist else point.value
