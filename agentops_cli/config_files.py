"""Which configuration files there are, and what stands in them.

The nearest `agentops.yaml`, or `[tool.agentops]` in `pyproject.toml`, upward from the working
folder. The search ends at the git root. Outside a repository it goes on to the root of the file
system, but not into a folder that everybody may write to: a file that another user left in /tmp
must not steer a run.
"""

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path

from agentops_cli.errors import InputError, UnreadableError
from agentops_cli.locate import Document, Route, parse_yaml
from agentops_cli.model.finding import Finding
from agentops_cli.model.json import Json
from agentops_cli.model.place import Location
from agentops_cli.sources import Disk, is_no_path
from agentops_cli.toml import parse_table

_YAML = "agentops.yaml"
_TOML = "pyproject.toml"
_TABLE = ("tool", "agentops")


@dataclass(frozen=True, slots=True, kw_only=True)
class Layer:
    """One place that settings come from: a file in `folder`, or the variable or flag `name`."""

    document: Document
    folder: Path
    name: str | None = None

    def source(self, route: Route) -> str:
        """Where a value of the layer was given, as `config show` prints it."""
        place = self.document.key_at(route)
        return self.name or str(Location(path=place.path, line=place.line))

    def leaves(self) -> Iterator[tuple[Route, Json]]:
        """Every value that is no mapping, with its route; lists are values."""
        return _leaves(self.document.data, ())


def exact(document: Document, route: Route, value: Json) -> Decimal:
    """A number of a document exactly as it was written, hexadecimal apart."""
    if isinstance(value, int):
        return Decimal(value)
    return Decimal(document.text_at(route) or str(value))


def git_root(start: Path) -> Path | None:
    """The nearest folder with a `.git`, which is a file in a worktree or a submodule."""
    return next((each for each in (start, *start.parents) if (each / ".git").exists()), None)


@dataclass(slots=True, kw_only=True)
class Search:
    """The search from the folder `start` up to the git root `top`, and what is wrong on the way."""

    start: Path
    top: Path | None
    findings: list[Finding] = field(default_factory=list)

    def layers(self) -> list[Layer]:
        """The configuration file and the files that it extends, nearest first."""
        layers: list[Layer] = []
        layer = self._nearest()
        while layer is not None:
            layers.append(layer)
            layer = self._extended(layers)
        return layers

    def _folders(self) -> Iterator[Path]:
        for folder in (self.start, *self.start.parents):
            if self.top is None and folder != self.start and _is_open_to_all(folder):
                return
            yield folder
            if folder == self.top:
                return

    def _nearest(self) -> Layer | None:
        for folder in self._folders():
            named = [folder / name for name in (_YAML, _TOML)]
            found = [layer for path in named if path.is_file() and (layer := self._read(path))]
            if len(found) == 2:
                first, second = (layer.document.at() for layer in found)
                message = f"both {first.path} and [tool.agentops] in {second.path} hold settings"
                self._add("two-configs", message, second, "keep one of the two")
            if (folder / "agentops.yml").exists():
                place = Location(path=self._shown(folder / "agentops.yml"))
                self._add("wrong-name", "this file is not read", place, f"rename it to {_YAML}")
            if found or self.findings:
                return found[0] if found else None
        return None

    def _extended(self, layers: list[Layer]) -> Layer | None:
        """The layer that the last one extends, if it does."""
        last = layers[-1]
        name = last.document.data.get("extends") if isinstance(last.document.data, dict) else None
        if not isinstance(name, str) or not name or is_no_path(name):
            return None  # What no file can be named is told with the other mistakes of the layer.
        place = last.document.at(("extends",))
        target = (last.folder / name).resolve()
        chain = [layer.document.path for layer in layers]
        if self.top is not None and not target.is_relative_to(self.top):
            problem = f"{name!r} leads out of the git repository"
            self._add("bad-extends", problem, place, "name a file inside it")
        elif self._shown(target) in chain:
            circle = " → ".join((*chain, self._shown(target)))
            problem = f"the files extend one another in a circle: {circle}"
            self._add("bad-extends", problem, place, "remove one 'extends'")
        else:
            before = len(self.findings)
            layer = self._read(target, named_at=place)
            if layer is None and len(self.findings) == before:
                problem = f"{self._shown(target)} has no [tool.agentops]"
                self._add("bad-extends", problem, place, "add that table, or name another file")
            return layer
        return None

    def _read(self, path: Path, *, named_at: Location | None = None) -> Layer | None:
        """The layer of a file; None when it cannot be read, or is TOML without our table."""
        shown = self._shown(path)
        try:
            text = Disk(self.start).read(shown).removeprefix("\ufeff")
            document: Document | None
            if path.suffix != ".toml":
                document = parse_yaml(text, path=shown)
            else:
                # A stranger's broken pyproject.toml is none of our business.
                document = parse_table(text, _TABLE, path=shown) if "agentops" in text else None
        except UnreadableError as error:
            self._add("unreadable", error.message, named_at or Location(path=shown), error.fix)
            return None
        except InputError as error:
            self.findings.extend(error.findings)
            return None
        return Layer(document=document, folder=path.parent) if document else None

    def _shown(self, path: Path) -> str:
        """The path as someone in the working folder would type it."""
        return Path(os.path.relpath(path, self.start)).as_posix()

    def _add(self, rule: str, message: str, place: Location, fix: str | None) -> None:
        self.findings.append(Finding(rule=rule, message=message, location=place, fix=fix))


def _is_open_to_all(folder: Path) -> bool:
    return bool(folder.stat().st_mode & stat.S_IWOTH)


def _leaves(data: Json, route: Route) -> Iterator[tuple[Route, Json]]:
    if isinstance(data, dict):
        for key, value in data.items():
            yield from _leaves(value, (*route, key))
    elif route:
        yield route, data
