"""What a rule may know beside the file that it looks at; gathered once, before any rule runs.

Rules open no file, start no process and read no clock: all of that is here.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Literal

from agentops_cli.catalog import Catalog
from agentops_cli.model.settings import LintSettings
from agentops_cli.prompt.source import Kind
from agentops_cli.rules.attributes import Attributes
from agentops_cli.rules.history import History
from agentops_cli.rules.owners import Owners
from agentops_cli.rules.partials import Partials
from agentops_cli.rules.suites import Suites

Part = Literal["tree", "history", "owners", "suites", "models", "attributes", "partials", "today"]
"""A part of the project that a rule needs; `tree` is the other prompts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """What the project remembers of each prompt file: enough for rules about several of them.

    `tests` are the suites that it says it has, as it writes them. `includes` has the paths of the
    templates that it takes in, each with the line of the tag.
    """

    path: str
    kind: Kind
    name: str
    name_line: int
    version: str | None = None
    status: str = "active"
    source: str | None = None
    tests: Sequence[str] = field(default_factory=list)
    includes: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Project:
    """The project around a prompt. A part that could not be had is None, and `missing` says why.

    `tree` has every prompt file that the settings name, and those given on the command line, by
    path; `linted` are those of them that somebody asks after. Paths are relative to the project's
    folder, with `/`.
    """

    today: date
    settings: LintSettings = LintSettings()
    tree: Mapping[str, Card] = field(default_factory=dict)
    linted: Collection[str] = frozenset()
    history: History | None = None
    owners: Owners | None = None
    suites: Suites | None = None
    models: Catalog | None = None
    attributes: Attributes | None = None
    partials: Partials | None = None
    missing: Mapping[Part, str] = field(default_factory=dict)
