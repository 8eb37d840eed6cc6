"""What a template reads: each use of a variable, and where it stands."""

from bisect import bisect_right
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING, Final

from agentops_cli.model.finding import Finding
from agentops_cli.model.prompt import Role
from agentops_cli.prompt.source import Engine, Passage, PromptFile, Span

if TYPE_CHECKING:
    # Jinja is slow to load.
    from agentops_cli.template.reads import PieceKind, UseKind


TAKES_IN: Final = r"\{%[-+]?\s*(?:include|import|from|extends)\b|\{\{~?>"
"""A pattern of what a template has that takes another file in; it may match more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Use:
    """One use of a variable of the case.

    `span` is the name itself, `tag` the whole tag around it, both in the file. `kind` tells what
    for: an `output` puts it into the text. `role` is that of the message in which it stands.
    `filters` are those applied to it, in order; `[:]` stands for a slice. `optional` where the
    template gives a default, or asks anywhere whether it is defined. `alias` is the name that
    stands there where the template has given the value another one.
    """

    name: str
    span: Span
    tag: Span
    kind: "UseKind"
    role: Role | None
    passage: int
    filters: tuple[str, ...] = ()
    optional: bool = False
    alias: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Include:
    """A template that another one takes in; `name` is None where a variable decides which.

    `optional` where the author allows for there being no such template. `role` is that of the
    message in which it stands. `given` has the names that are set there and that it reads as its
    own, each with the outer names that it is made of and the filters surely between.
    """

    name: str | None
    span: Span
    optional: bool = False
    role: Role | None = None
    given: Mapping[str, Mapping[str, frozenset[str]]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """A filter, test, function, attribute or tag by its name, wherever the template has it."""

    kind: "PieceKind"
    name: str
    span: Span


@dataclass(frozen=True, slots=True, kw_only=True)
class TemplateView:
    """A template, as far as it could be parsed; `problems` say where it could not.

    A problem's `rule` is `syntax`, `unknown-filter`, `unsafe` or `include`. `aliases` are uses of
    variables by names that the template itself has set from them.
    """

    uses: tuple[Use, ...] = ()
    aliases: tuple[Use, ...] = ()
    includes: tuple[Include, ...] = ()
    problems: tuple[Finding, ...] = ()
    pieces: tuple[Piece, ...] = ()

    @property
    def names(self) -> frozenset[str]:
        """The variables that it reads."""
        return frozenset(use.name for use in self.uses)


class Source:
    """One template of a file, and where each of its characters stands there.

    A file with a body is one template; role lines only part what comes of it. In a YAML format each
    message is one.
    """

    __slots__ = ("_first", "_passage", "_passages", "_starts", "path", "text")

    def __init__(self, file: PromptFile, index: int | None) -> None:
        self._passages = file.passages
        self._passage: Passage | None = None
        self._starts: list[int] | None = None
        self.path = file.path
        if index is not None:
            self._passage = file.passages[index]
            self._first = index
            self.text = self._passage.text
        else:
            self._first = file.body.start if file.body else 0
            self.text = file.text[self._first :]

    def span(self, start: int, end: int) -> Span:
        """A stretch of the template, in the file."""
        if self._passage is None:
            return Span(start=self._first + start, end=self._first + end)
        begin = self._passage.offset(start)
        if not self._passage.exact:
            return Span(start=begin, end=begin)
        return Span(start=begin, end=self._passage.offset(max(end - 1, start)) + 1)

    def message(self, span: Span) -> tuple[int, Role | None]:
        """The passage in which a stretch of the file stands, and its role."""
        if self._passage is not None:
            return self._first, self._passage.role
        if self._starts is None:
            self._starts = [each.segments[0][1] for each in self._passages]
        index = max(bisect_right(self._starts, span.start) - 1, 0)
        return index, self._passages[index].role if self._passages else None


def sources_of(file: PromptFile) -> Iterator[Source]:
    """The templates of a file."""
    if file.body is not None:
        yield Source(file, None)
    else:
        for index in range(len(file.passages)):
            yield Source(file, index)


_MODULES: Final[dict[Engine, str]] = {
    "jinja2": "jinja_view",
    "handlebars": "handlebars_view",
    "mustache": "handlebars_view",
    "placeholders": "small_views",
    "dollar": "small_views",
}
"""Each has `view(source, file)`, the view of one template."""


def view_of(file: PromptFile) -> TemplateView:
    """The view of a file's template, by its engine; never fails, and takes linear time."""
    if file.engine == "none":
        return _NOTHING
    view = _view(file.engine)
    views = [view(source, file) for source in sources_of(file)]
    if len(views) == 1:
        return views[0]
    return TemplateView(
        uses=tuple(use for each in views for use in each.uses),
        aliases=tuple(use for each in views for use in each.aliases),
        includes=tuple(include for each in views for include in each.includes),
        problems=tuple(problem for each in views for problem in each.problems),
        pieces=tuple(piece for each in views for piece in each.pieces),
    )


@cache
def _view(engine: Engine) -> Callable[[Source, PromptFile], TemplateView]:
    view: Callable[[Source, PromptFile], TemplateView]
    view = import_module(f"agentops_cli.prompt.{_MODULES[engine]}").view
    return view


_NOTHING: Final = TemplateView()
