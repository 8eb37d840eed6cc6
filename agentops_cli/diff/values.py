"""The values of a diff: two sides, the prompts that differ between them, and all that is to say.

Everything here is plain and frozen, so that a format only lays it out. Texts are as the files have
them: they are redacted where they are printed, and nowhere before.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Literal

from agentops_cli.diff.evaluated import EvalDiff, Evaluation
from agentops_cli.model.finding import Finding
from agentops_cli.model.json import Json
from agentops_cli.model.place import Location
from agentops_cli.prompt.change_kinds import Bump, Change, ChangeKind, Level
from agentops_cli.prompt.source import PromptFile
from agentops_cli.tokens import Tokens

Status = Literal["added", "deleted", "renamed", "changed"]
"""What happened to a prompt's file; `renamed` ones may have changed as well."""

Mark = Literal["same", "removed", "added", "moved-from", "moved-to"]
"""What happened to a stretch of text. Moved text is in both versions, word for word."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """A state of all files: a commit, the index, or the working tree.

    `name` is what people call it (`origin/main`, `v1.2.0`, `the working tree`), `commit` its full
    id, None where it is no commit.
    """

    name: str
    commit: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """One prompt on both sides; None on the side that does not have it. One of them is there.

    `included` are the files that it includes and that differ.
    """

    before: PromptFile | None
    after: PromptFile | None
    included: tuple["Pair", ...] = ()

    @property
    def file(self) -> PromptFile:
        """The later version, or the last that there was."""
        found = self.after or self.before
        assert found is not None  # noqa: S101 # As the class says.
        return found

    @property
    def status(self) -> Status:
        """What happened to the file."""
        if self.before is None:
            return "added"
        if self.after is None:
            return "deleted"
        return "changed" if self.before.path == self.after.path else "renamed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Graded:
    """A change with the level that the project gives its class."""

    change: Change
    level: Level

    @property
    def kind(self) -> ChangeKind:
        """Its class."""
        return self.change.kind


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One value of the frontmatter that differs, by its path: `input.schema.tone`, `temperature`.

    None is a value that is not there; `place` is in the later file, or in the earlier one where the
    later has no such key.
    """

    path: str
    before: Json
    after: Json
    place: Location | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SchemaChange:
    """One difference of a schema: of `input`, `output`, or `tool NAME`, at a path of its own."""

    of: str
    path: str
    what: str
    level: Level


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """A stretch of one line, marked where words differ."""

    text: str
    mark: Mark = "same"


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A line of a message: its number in the earlier and the later file, and its pieces.

    A line of one side only has no number on the other. `mark` is what happened to the line as a
    whole; a line whose words differ is two: one removed, one added.
    """

    before: int | None
    after: int | None
    mark: Mark
    pieces: tuple[Piece, ...]

    @property
    def text(self) -> str:
        """The line without its marks."""
        return "".join(piece.text for piece in self.pieces)


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageDiff:
    """The text of one message, line by line, all lines of both versions in reading order.

    `role` is None where the format has no roles. Whoever prints collapses what is the same; one
    that is the same as a whole has no lines here.
    """

    role: str | None
    status: Literal["same", "changed", "added", "removed"]
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """How long a prompt is, in tokens as its model counts them, variables left empty.

    `by_role` has one number a role, `static` is the text that is the same in every call and that
    comes first, which providers cache; `total` is all of it.
    """

    by_role: Mapping[str, Tokens]
    static: Tokens
    total: Tokens


@dataclass(frozen=True, slots=True, kw_only=True)
class Price:
    """Dollars for 1,000 calls, and what was assumed of a call, in words for people.

    Of the input, `static_tokens` come first and are the same in every call, which providers that
    cache may bill for less; here they are not. `input_usd` and `output_usd` are None where the
    model has no known price.
    """

    model: str
    input_tokens: int
    static_tokens: int
    output_tokens: int
    input_usd: Decimal | None
    output_usd: Decimal | None
    assumed: tuple[str, ...]

    @property
    def static_share(self) -> float:
        """How much of the input a cache may hold, from 0 to 1."""
        return min(self.static_tokens / self.input_tokens, 1.0) if self.input_tokens else 0.0

    @property
    def usd(self) -> Decimal | None:
        """Both together."""
        if self.input_usd is None or self.output_usd is None:
            return None
        return self.input_usd + self.output_usd


@dataclass(frozen=True, slots=True, kw_only=True)
class Versioning:
    """The version on both sides, the part that has to go up, and the part that has gone up.

    `required` is None where nothing that counts has changed. `is_enough` is False where a higher
    version is needed, `needed` is then the lowest that would do.
    """

    before: str | None
    after: str | None
    required: Bump | None
    actual: Bump | None
    is_enough: bool
    needed: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Rendered:
    """What the model would see of one case, on both sides, as one line diff a message.

    `refused_by` is the side that there is and that cannot be given this case: its variables are
    others. All messages are of the other side then.
    """

    case: str
    messages: tuple[MessageDiff, ...]
    refused_by: Literal["before", "after"] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PromptDiff:
    """All that is to say of one prompt. `level` is that of its gravest change.

    `suites` are the paths of the suites that run it, `owners` who must approve it, by the
    earlier side's CODEOWNERS and by the prompt itself.
    `evaluated` is what both versions made of the cases, None where that was not asked for.
    """

    pair: Pair
    level: Level
    changes: tuple[Graded, ...]
    versioning: Versioning
    entries: tuple[Entry, ...] = ()
    schemas: tuple[SchemaChange, ...] = ()
    messages: tuple[MessageDiff, ...] = ()
    sizes: tuple[Size | None, Size | None] = (None, None)
    prices: tuple[Price | None, Price | None] = (None, None)
    suites: tuple[str, ...] = ()
    owners: tuple[str, ...] = ()
    rendered: Rendered | None = None
    evaluated: EvalDiff | None = None

    @property
    def name(self) -> str:
        """The name of the later version, or the last that there was."""
        return self.pair.file.name


@dataclass(frozen=True, slots=True, kw_only=True)
class DiffReport:
    """A whole diff: the sides, the prompts that differ, the gravest first, and what went wrong.

    `problems` are files that could not be compared: they are never "no changes". `looked_at` counts
    the prompts of both sides, changed or not. `notes` are lines for the reader of any format.
    `evaluation` is the run in which the versions were put to their cases, None without one.
    """

    before: Side
    after: Side
    prompts: tuple[PromptDiff, ...]
    looked_at: int
    problems: tuple[Finding, ...] = ()
    notes: tuple[str, ...] = field(default=())
    evaluation: Evaluation | None = None
