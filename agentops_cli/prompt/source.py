"""A prompt file as the linter sees it: what it says, and where each part of it stands.

Reading is tolerant. What cannot be read is a problem in `PromptFile.problems`, and the rest of the
file is read all the same. Offsets count characters of `PromptFile.text`, from 0.
"""

import re
from bisect import bisect_right
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final, Literal, TypeVar

from agentops_cli.locate import Document, Route
from agentops_cli.model.finding import Finding
from agentops_cli.model.json import Json
from agentops_cli.model.place import Location
from agentops_cli.model.prompt import PromptInput, Role

if TYPE_CHECKING:
    from agentops_cli.prompt.branches import Branches
    from agentops_cli.prompt.guardrails import Guardrail
    from agentops_cli.prompt.markup import Markup
    from agentops_cli.prompt.uses import TemplateView

T = TypeVar("T")

Kind = Literal[
    "native",
    "dotprompt",
    "prompty",
    "github-models",
    "semantic-kernel",
    "llm-template",
    "promptfoo",
    "copilot-prompt",
    "copilot-instructions",
    "copilot-agent",
    "skill",
    "claude-agent",
    "claude-command",
    "cursor-rule",
    "agents-md",
    "plain",
]
"""The convention that a file follows. `plain` is text without a convention of its own."""

Engine = Literal["jinja2", "handlebars", "mustache", "placeholders", "dollar", "none"]
"""What puts variables into the text; `placeholders` is `{{name}}` and nothing else."""

MAX_BYTES: Final = 1024 * 1024
"""The size of a file, in bytes, above which it is not read."""

_TWO = re.compile("\r\n")
_SURROGATE = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """A stretch of a file's text, `end` not included."""

    start: int
    end: int


class Stored:
    """The characters of a file as they are stored, beside the text that rules look at.

    The text has no byte-order mark and one kind of line end. An offset of the text leads back to
    the stored file, so that a fix changes nothing but what it names. A byte that is not UTF-8 is a
    lone surrogate in `characters`, as the error handler `surrogateescape` writes and reads it, and
    U+FFFD in the text.
    """

    __slots__ = ("_starts", "characters", "newline", "text")

    def __init__(self, characters: str) -> None:
        self.characters = characters
        mark = 1 if characters.startswith("\ufeff") else 0
        self._starts: list[tuple[int, int]] = [(0, mark)]
        text = characters[mark:]
        if "\r" in text:
            # The text's line feed stands for both characters, so what is shifted begins after it.
            self._starts += (
                (found.end() - mark - removed, found.end())
                for removed, found in enumerate(_TWO.finditer(characters), start=1)
            )
            text = text.replace("\r\n", "\n").replace("\r", "\n")
        if not text.isascii() and _SURROGATE.search(text):
            text = _SURROGATE.sub("\ufffd", text)
        self.text = text
        self.newline = "\r\n" if self._starts[1:] else "\n"

    @property
    def is_plain(self) -> bool:
        """Whether the stored characters are the text: no mark, and line feeds only."""
        return self.text == self.characters

    def offset(self, at: int) -> int:
        """Where the character of the text at `at` is stored."""
        index = bisect_right(self._starts, at, key=lambda pair: pair[0]) - 1
        start, stored = self._starts[index]
        return stored + at - start


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """The text of one message, as a template. `role` is None where the format has no roles.

    `segments` lead from offsets of the passage to offsets of the file, in rising order: what stands
    at `passage` and after it is written at `file` and after it. Where a notation hides the place of
    each character, as an escaped YAML string does, one segment of `exact=False` names its start.
    """

    role: Role | None
    text: str
    segments: tuple[tuple[int, int], ...]
    exact: bool = True

    def offset(self, at: int) -> int:
        """Where in the file the character of the passage at `at` is written."""
        index = 0
        if len(self.segments) > 1:
            index = max(bisect_right(self.segments, at, key=lambda pair: pair[0]) - 1, 0)
        start, written = self.segments[index]
        return written + (at - start if self.exact else 0)


@dataclass(frozen=True, kw_only=True)
class PromptFile:
    """One file. Where a part is missing or unreadable it is empty, and `problems` says why.

    `meta` holds what the frontmatter says under the keys of the native format, whatever the format
    calls them; `routes` leads from such a key to where `document` has it. `block` is the
    frontmatter without its fences, None where the file has none; of a YAML format it is the whole
    file. `body` is the text below the frontmatter, None in a YAML format. `inputs` is None when the
    file declares no variables. A problem's `rule` is the name that the reader gave.
    """

    path: str
    kind: Kind
    stored: Stored
    engine: Engine = "none"
    block: Span | None = None
    body: Span | None = None
    document: Document | None = None
    meta: Mapping[str, Json] = field(default_factory=dict)
    routes: Mapping[str, Route] = field(default_factory=dict)
    passages: tuple[Passage, ...] = ()
    inputs: Mapping[str, PromptInput] | None = None
    defaults: Mapping[str, Json] = field(default_factory=dict)
    problems: tuple[Finding, ...] = ()
    _done: dict[Callable[["PromptFile"], Any], Any] = field(
        default_factory=dict, init=False, compare=False, repr=False
    )

    @property
    def text(self) -> str:
        """All characters of the file, with `\\n` for every line end and no byte-order mark."""
        return self.stored.text

    @cached_property
    def name(self) -> str:
        """What others call the prompt: its own `name`, or that of the file."""
        from agentops_cli.prompt.read import default_name  # It imports this module.

        given = self.meta.get("name")
        return given if isinstance(given, str) and given else default_name(self.path)

    @cached_property
    def template(self) -> "TemplateView":
        """What the template reads and includes; parsed when first asked for."""
        from agentops_cli.prompt.uses import view_of  # It imports this module.

        return view_of(self)

    @cached_property
    def markup(self) -> "Markup":
        """The Markdown of the file: what is code, quotation or heading; parsed when asked for."""
        from agentops_cli.prompt.markup import markup_of  # It imports this module.

        return markup_of(self)

    def once(self, work: Callable[["PromptFile"], T]) -> T:
        """What `work` makes of the file, which is done when somebody first asks for it."""
        if work not in self._done:
            self._done[work] = work(self)
        done: T = self._done[work]
        return done

    @cached_property
    def sentences(self) -> "tuple[Guardrail, ...]":
        """The sentences of its messages, those of declared sections marked; told when asked for."""
        from agentops_cli.prompt.guardrails import declared_sections, sentences_of  # As above.

        return tuple(sentences_of(self, declared_sections(self)))

    @cached_property
    def branches(self) -> "Branches":
        """Under which branches of its template each place stands; parsed when first asked for."""
        from agentops_cli.prompt.branches import branches_of  # It imports this module.

        return branches_of(self)

    @cached_property
    def _line_starts(self) -> list[int]:
        return [0, *(found.end() for found in re.finditer("\n", self.text))]

    def location(self, at: int) -> Location:
        """The line and column of an offset, both from 1."""
        line = bisect_right(self._line_starts, at)
        return Location(path=self.path, line=line, column=at - self._line_starts[line - 1] + 1)

    def offset(self, place: Location) -> int:
        """The offset of a line and column of this file; the nearest where it has no such."""
        starts = self._line_starts
        line = min(max(place.line or 1, 1), len(starts))
        end = starts[line] - 1 if line < len(starts) else len(self.text)
        return min(starts[line - 1] + (place.column or 1) - 1, end)

    def line_at(self, at: int) -> Span:
        """The line in which an offset stands, without its end."""
        starts = self._line_starts
        index = bisect_right(starts, at)
        last = starts[index] - 1 if index < len(starts) else len(self.text)
        return Span(start=starts[index - 1], end=last)

    def key_at(self, key: str) -> int:
        """Where the key stands that gave `meta[key]`; the start of the frontmatter without it."""
        if self.document is None or key not in self.routes:
            return self.block.start if self.block else 0
        return self.offset(self.document.key_at(self.routes[key]))

    def value_at(self, key: str, *rest: str | int) -> int:
        """Where the value of `meta[key]` begins, or the part of it that `rest` leads to."""
        if self.document is None or key not in self.routes:
            return self.block.start if self.block else 0
        return self.offset(self.document.at((*self.routes[key], *rest)))
