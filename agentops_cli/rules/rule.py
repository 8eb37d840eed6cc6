"""What a rule is, and what it says."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from importlib import import_module
from typing import Any, Final, Literal, TypeAlias, get_args

from agentops_cli.model.finding import Severity
from agentops_cli.model.place import Location
from agentops_cli.prompt.source import Kind, PromptFile, Span
from agentops_cli.rules.project import Part, Project

Profile = Literal["default", "strict", "all"]
"""How much a user wants to hear; each profile holds those before it."""

Safety = Literal["safe", "unsafe"]
"""A safe fix changes nothing that a prompt renders to, and so asks for no new version of it."""

ALL_KINDS: Final[frozenset[Kind]] = frozenset(get_args(Kind))

NATIVE: Final[frozenset[Kind]] = frozenset({"native"})

DECLARED: Final[frozenset[Kind]] = frozenset(
    {
        "native",
        "dotprompt",
        "prompty",
        "github-models",
        "semantic-kernel",
        "llm-template",
        "promptfoo",
    }
)
"""Formats that are read in full: messages, variables and model."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """One replacement. Offsets are of the file's text; of its stored characters if `stored`."""

    start: int
    end: int
    text: str
    stored: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """A place where a rule is broken.

    `at` is a stretch of the file that is being looked at, or a place in any file. `fix` tells the
    reader what to do, in the imperative. `edits` do it; they are as safe as the rule says, unless
    `safety` says otherwise. `severity` is the rule's own when None.
    """

    at: Span | Location
    message: str
    fix: str
    edits: tuple[Edit, ...] = ()
    safety: Safety | None = None
    severity: Severity | None = None


FileCheck: TypeAlias = Callable[[PromptFile, Project], Iterable[Hit]]
TreeCheck: TypeAlias = Callable[[Project], Iterable[Hit]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A row of the table of rules.

    The rule is the module of its name in the folder of its family, and the module's `check` is
    called for each file whose kind is in `kinds`; once for the whole project if `scope` is `tree`;
    by the linter itself if it is `linter`, for what came of a comment or of the baseline.
    `needs` names the parts of the project without which there is nothing to say, `wants` those that
    it looks at where they can be had. `fix` is how safe its fixes are, None when it has none.
    `statuses` are those of the prompts that it looks at, None for all; a rule that needs the tree
    costs little where it looks at few.
    A rule with `words` has nothing to say of a file in which none of them stands, as `WordIndex`
    finds them, and one that is `of_reader` nothing of a file without problems: it is not called.
    `security` is a score from 0 to 10 as SARIF's readers take it, for rules about security only.
    What a rule that `finds_secrets` points at is shown nowhere.
    """

    code: str
    name: str
    summary: str
    severity: Severity = Severity.ERROR
    profile: Profile = "default"
    kinds: frozenset[Kind] = ALL_KINDS
    fix: Safety | None = None
    scope: Literal["file", "tree", "linter"] = "file"
    needs: frozenset[Part] = frozenset()
    wants: frozenset[Part] = frozenset()
    statuses: frozenset[str] | None = None
    words: frozenset[str] = frozenset()
    of_reader: bool = False
    security: float | None = None
    finds_secrets: bool = False

    @property
    def family(self) -> str:
        """The first two letters of the code."""
        return self.code[:2]

    def module(self) -> Any:
        """The module of the rule, imported now."""
        return import_module(
            f"agentops_cli.rules.{FOLDERS[self.family]}.{self.name.replace('-', '_')}"
        )


FOLDERS: Final = {
    "PF": "frontmatter",
    "PV": "versioning",
    "PT": "templates",
    "PM": "models",
    "PD": "drift",
    "PS": "security",
    "PG": "governance",
    "PE": "evals",
    "PQ": "quality",
    "PX": "linter",
}
"""The folder of each family."""
