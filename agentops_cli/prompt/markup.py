"""What of a prompt is its own voice, and what is code, quotation or example."""

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Final

from agentops_cli.prompt.examples import examples_in
from agentops_cli.prompt.markdown import Stretch, blocks_of, holds, merged
from agentops_cli.prompt.roles import comments_of
from agentops_cli.prompt.source import Passage, PromptFile, Span

_HANDLEBARS_COMMENT: Final = re.compile(r"\{\{~?!(?:--.*?--~?\}\}|.*?\}\})", re.DOTALL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Heading:
    """A heading: its level from 1, its words, and where it stands."""

    level: int
    text: str
    span: Span


@dataclass(frozen=True, kw_only=True)
class Markup:
    """The parts of a text by what they are, in its order.

    `code` is fenced and inline code; `quotes` are block quotes and what stands in quotation marks;
    `examples` are what tags, headings or labels call so; `comments` those of the template, which no
    model sees. One part may stand in another one. Headings are Markdown's, outside of quotations.
    """

    code: tuple[Span, ...] = ()
    quotes: tuple[Span, ...] = ()
    examples: tuple[Span, ...] = ()
    comments: tuple[Span, ...] = ()
    headings: tuple[Heading, ...] = ()

    def is_own_voice(self, at: int) -> bool:
        """Whether the prompt itself speaks here: in no code, quotation, example or comment."""
        return not holds(self._foreign, at)

    def is_code(self, at: int) -> bool:
        """Whether an offset is in a fence or between backticks."""
        return holds(self._code, at)

    def headings_over(self, at: int) -> tuple[Heading, ...]:
        """The heading of the section in which an offset stands and those above it, outermost first.

        A heading belongs to its own section.
        """
        over: list[Heading] = []
        index = bisect_right(self.headings, at, key=lambda heading: heading.span.start) - 1
        while index >= 0:
            over.append(self.headings[index])
            index = self._above[index]
        return tuple(reversed(over))

    @cached_property
    def _above(self) -> tuple[int, ...]:
        """For each heading the one above it, by its index; -1 for the outermost."""
        above: list[int] = []
        for index, heading in enumerate(self.headings):
            upper = index - 1
            while upper >= 0 and self.headings[upper].level >= heading.level:
                upper = above[upper]
            above.append(upper)
        return tuple(above)

    @cached_property
    def _code(self) -> tuple[Stretch, ...]:
        return merged((span.start, span.end) for span in self.code)

    @cached_property
    def _foreign(self) -> tuple[Stretch, ...]:
        spans = (*self.code, *self.quotes, *self.examples, *self.comments)
        return merged((span.start, span.end) for span in spans)


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """Something that a prompt says. `match` is in the text of `passage`, `span` in the file."""

    match: re.Match[str]
    span: Span
    passage: Passage


def markup_of(file: PromptFile) -> Markup:
    """The markup of a file's messages, as spans of the file; its frontmatter is no part of it.

    Each message is Markdown of its own. Where a passage is not exact, all that is in it stands
    where it begins: `spoken` and `markup_of_text` know better.
    """
    found = [(passage, markup_of_text(passage.text, file.engine)) for passage in file.passages]
    comments = [span for passage, own in found for span in _placed(passage, own.comments)]
    if file.body and file.engine == "jinja2":
        # A comment may reach over role lines, and so over several messages.
        start = file.body.start
        comments = [
            Span(start=start + begin, end=start + end)
            for begin, end in comments_of(file.text[start:])
        ]
    return Markup(
        code=tuple(span for passage, own in found for span in _placed(passage, own.code)),
        quotes=tuple(span for passage, own in found for span in _placed(passage, own.quotes)),
        examples=tuple(span for passage, own in found for span in _placed(passage, own.examples)),
        comments=tuple(comments),
        headings=tuple(
            Heading(level=each.level, text=each.text, span=placed(passage, each.span))
            for passage, own in found
            for each in own.headings
        ),
    )


def markup_of_text(text: str, engine: str = "none") -> Markup:
    """The markup of one text, as spans of it; `engine` tells what a comment looks like."""
    blocks = blocks_of(text)
    return Markup(
        code=_spans(blocks.code),
        quotes=_spans(blocks.quotes),
        examples=_spans(examples_in(blocks)),
        comments=_spans(_comments(text, engine)),
        headings=tuple(
            Heading(level=level, text=words, span=Span(start=start, end=end))
            for level, words, (start, end) in blocks.headings
        ),
    )


def spoken(file: PromptFile, pattern: re.Pattern[str]) -> Iterator[Said]:
    """What of the messages a pattern finds that the prompt says in its own voice, in order.

    The markup is parsed at the first match, so a pattern that finds nothing costs its search.
    """
    for passage in file.passages:
        for match in pattern.finditer(passage.text):
            if is_spoken(file, passage, match.start()):
                span = Span(start=match.start(), end=match.end())
                yield Said(match=match, span=placed(passage, span), passage=passage)


def is_spoken(file: PromptFile, passage: Passage, at: int) -> bool:
    """Whether the prompt itself speaks at an offset of one of its passages."""
    if passage.exact:
        return file.markup.is_own_voice(passage.offset(at))
    return _markup_of_passage(passage.text, file.engine).is_own_voice(at)


@lru_cache(maxsize=8)
def _markup_of_passage(text: str, engine: str) -> Markup:
    return markup_of_text(text, engine)


def placed(passage: Passage, span: Span) -> Span:
    """Where in the file a stretch of a passage is written."""
    start = passage.offset(span.start)
    if not passage.exact or span.end <= span.start:
        return Span(start=start, end=start)
    return Span(start=start, end=passage.offset(span.end - 1) + 1)


def _placed(passage: Passage, spans: Iterable[Span]) -> Iterator[Span]:
    return (placed(passage, span) for span in spans)


def _comments(text: str, engine: str) -> Iterable[Stretch]:
    if engine == "jinja2" and "{#" in text:
        return comments_of(text)
    if engine in ("handlebars", "mustache") and "!" in text:
        return (found.span() for found in _HANDLEBARS_COMMENT.finditer(text))
    return ()


def _spans(stretches: Iterable[Stretch]) -> tuple[Span, ...]:
    return tuple(Span(start=start, end=end) for start, end in stretches)
