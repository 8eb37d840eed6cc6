"""The values of the registry: a prompt among others, and one version among those of a prompt.

Texts are as files and git have them: they are redacted where they are printed, and nowhere before.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from agentops_cli.diff.values import Versioning
from agentops_cli.model.finding import Finding
from agentops_cli.model.json import JsonObject
from agentops_cli.model.money import Price
from agentops_cli.model.prompt import Message
from agentops_cli.model.settings import Tier
from agentops_cli.model.tool import Tool
from agentops_cli.prompt.source import PromptFile
from agentops_cli.tokens import Tokens

Verdict = Literal["passed", "failed", "no verdict"]
"""What the gates of all suites said of a version, where a result is at hand.

There is no verdict where trials are missing that could have turned a no into a yes.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Authored:
    """A commit, by whom and when; `date` is None where no calendar has it."""

    commit: str
    author: str
    email: str
    date: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """A prompt of the project. `owners` are those of CODEOWNERS, `suites` paths from the root.

    `changed` is the last commit that changed it, None where none has or git does not tell.
    `problems` are what the reader says of it.
    """

    name: str
    path: str
    version: str | None
    models: Sequence[str]
    status: str
    tier: Tier
    authors: Sequence[str]
    owners: Sequence[str]
    suites: Sequence[str]
    changed: Authored | None = None
    problems: Sequence[Finding] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """The prompts of a project by name, and lines about what could not be told."""

    prompts: Sequence[Listed]
    notes: Sequence[str] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Logged:
    """A version as the last of the `commits` in a row that had it left it.

    `by` is that commit, None for what is not committed. `versioning` compares it with the version
    before, None where that is not known; of the first one `versioning.before` is None. It
    `was_kept` where the prompt changed under it as no version may.
    """

    version: str | None
    name: str
    path: str
    by: Authored | None
    versioning: Versioning | None
    commits: int = 1
    was_kept: bool = False
    tag: str | None = None
    verdict: Verdict | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionLog:
    """The versions of a prompt, the latest first, and lines about what could not be told."""

    name: str
    versions: Sequence[Logged]
    notes: Sequence[str] = ()


def version_of(file: PromptFile) -> str | None:
    """The version that a prompt gives itself."""
    version = file.meta.get("version")
    return None if version is None else str(version)


def version_fix(file: PromptFile) -> str:
    """What helps a prompt without a version: not every format has a place for one."""
    if file.path.lower().endswith((".json", ".txt")):
        return "keep it in a .prompt.md file, which has a place for a version"
    return "write version: 1.0.0"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sized:
    """A message as the model gets it, and its length in tokens as the model counts them."""

    message: Message
    tokens: Tokens


@dataclass(frozen=True, slots=True, kw_only=True)
class Rendering:
    """What a model would be sent in each turn, and what a call costs.

    `tools` and `output_schema` are sent beside the messages, and are not in their tokens.
    `price` is None where the model has no known one. `max_tokens` is what an answer may have,
    `is_limit_given` False where `eval` sets it. `suite` is where the case is from.
    """

    name: str
    version: str | None
    turns: tuple[tuple[Sized, ...], ...]
    model: str | None
    price: Price | None
    max_tokens: int
    is_limit_given: bool
    tools: tuple[Tool, ...] = ()
    output_schema: JsonObject | None = None
    suite: str | None = None
