"""The parts of a project, each gathered by a module of its own, and only where a rule needs it.

The module has `gather(scene)`. It gives the part, or raises `MissingPartError` where there is none:
the rules that need it are then left out, and the run says why. Any other error ends the run.

A part may have `notes`, lines for the user that are about no prompt. It may have a method
`stamp(path)`: a text that changes with all that the part says of a file.
Findings of an unchanged file are then kept as long as its stamp is the same.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any, Final

from agentops_cli.model.settings import Config

if TYPE_CHECKING:
    # Whoever only asks after owners or suites needs no rules.
    from agentops_cli.flows.lint.options import LintOptions
    from agentops_cli.rules.project import Card, Part

GATHERERS: Final["Mapping[Part, str]"] = {
    "history": "agentops_cli.flows.lint.history",
    "owners": "agentops_cli.flows.lint.owners",
    "suites": "agentops_cli.flows.lint.suites",
    "models": "agentops_cli.flows.lint.models",
    "attributes": "agentops_cli.flows.lint.attributes",
    "partials": "agentops_cli.flows.lint.partials",
}
"""The module of each part; what is not here is there in every project."""


class MissingPartError(Exception):
    """A part cannot be had in this project; the text says why, for people."""


def _nothing(_path: str) -> None:
    """Knows no card."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """A project: its settings, and the prompts that are looked at.

    `cards` reads the tree of prompts, which takes its time: a part asks when a rule asks it.
    `known` gives the card of a file that was looked at already.
    """

    config: Config
    paths: tuple[str, ...]
    cards: "Callable[[], Mapping[str, Card]]"
    known: "Callable[[str], Card | None]" = _nothing


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene(Stage):
    """What a part is gathered from: a project, and what is asked of the linter."""

    options: "LintOptions"


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """The parts that were gathered, and why others are missing."""

    values: Mapping[str, Any]
    missing: "Mapping[Part, str]"

    @property
    def notes(self) -> tuple[str, ...]:
        """What parts have to tell, a line each."""
        return tuple(note for part in self.values.values() for note in getattr(part, "notes", ()))

    def stamp(self, parts: "Collection[Part]", path: str) -> str | None:
        """One text for all that some parts say of a file; None where one of them does not tell."""
        stamps = []
        for part in sorted(parts):
            of = getattr(self.values.get(part), "stamp", None)
            mine = of(path) if of else None
            if mine is None:
                return None
            stamps.append(mine)
        return "\0".join(stamps)


def gather(scene: Scene, needed: "Collection[Part]") -> Parts:
    """Gathers the parts that are needed, those without a module apart."""
    values: dict[str, Any] = {}
    missing: dict[Part, str] = {}
    for part, module in GATHERERS.items():
        if part in needed:
            try:
                values[part] = import_module(module).gather(scene)
            except MissingPartError as error:
                missing[part] = str(error)
    return Parts(values=values, missing=missing)
