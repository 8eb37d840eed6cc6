"""What Markdown makes of a text: code, quotations, headings, each with its place.

Blocks are those of CommonMark 0.31, with three exceptions for the sake of prompts, which are read
and not rendered: an indented text is no code, HTML is text, and words above a line of hyphens are
no heading. All of it takes linear time.
"""

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.token import Token

Stretch = tuple[int, int]
"""Where something begins and ends in a text, the end not included."""

_RUNS: Final = re.compile(r"(?<![\\`])`+|\n[ \t>]*+(?=\n)")
_BLANK_LINE: Final = re.compile(r"\n[ \t>]*+\n")

_MANY: Final = 800
"""The most characters of one quoted stretch; quotation marks farther apart are no pair."""

_PAIRS: Final = ("\u201c\u201c\u201d", "\u201e\u201c\u201d", "\u00ab\u00bb", "\u300c\u300d")
"""Each opening mark, with those that may close it."""

_QUOTED: Final = re.compile(
    "|".join(
        (
            r'"""(?:(?!""").){1,20000}+"""',
            r"'''(?:(?!''').){1,20000}+'''",
            rf'(?<![\w"])"(?=\S)(?:[^"\n]|\n(?![ \t]*+\n)){{1,{_MANY}}}+"(?!\w)',
            *(
                rf"{pair[0]}(?:[^{pair}\n]|\n(?![ \t]*+\n)){{1,{_MANY}}}+[{pair[1:]}]"
                for pair in _PAIRS
            ),
            # An apostrophe between letters closes nothing.
            (
                r"(?<![\w'\u2019])['\u2018](?=\S)"
                rf"(?:[^'\u2019\n]|(?<=\w)['\u2019](?=\w)){{1,{_MANY}}}+(?<=\S)['\u2019](?!\w)"
            ),
        )
    ),
    re.DOTALL,
)
_SIGNS: Final = "\"'\u201c\u201e\u00ab\u2018\u300c"

_FEW: Final = 1_000
"""The most characters of the line that a line of equal signs makes a heading of."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Blocks:
    """What a text is made of; `plain` is the text with all code in it blanked out.

    A heading is its level, its words, and its lines.
    """

    code: tuple[Stretch, ...]
    quotes: tuple[Stretch, ...]
    headings: tuple[tuple[int, str, Stretch], ...]
    plain: str


def blocks_of(text: str) -> Blocks:
    """The blocks of a text, and its inline code and quoted stretches; never fails."""
    fences: list[Stretch] = []
    quotes: list[Stretch] = []
    headings: list[tuple[int, str, Stretch]] = []
    if any(sign in text for sign in ("```", "~~~", ">", "#", "==")):
        starts = [0, *(found.end() for found in re.finditer("\n", text)), len(text) + 1]
        for kind, level, words, first, end in _read(text):
            stretch = (starts[first], min(starts[end] - 1, len(text)))
            if kind == "fence":
                fences.append(stretch)
            elif kind == "blockquote_open":
                quotes.append(stretch)
            else:
                headings.append((level, words, stretch))
    plain = _blanked(text, fences, "\n")
    inline = [*_inline_code(plain)] if "`" in plain else []
    plain = _blanked(plain, inline, "\0")
    if any(sign in plain for sign in _SIGNS):
        quotes += (found.span() for found in _QUOTED.finditer(plain))
    return Blocks(
        code=merged([*fences, *inline]),
        quotes=merged(quotes),
        headings=tuple(headings),
        plain=plain,
    )


def merged(stretches: Iterable[Stretch]) -> tuple[Stretch, ...]:
    """The stretches in the order of the text, those that overlap as one."""
    found: list[Stretch] = []
    for start, end in sorted(stretches):
        if found and start < found[-1][1]:
            found[-1] = (found[-1][0], max(end, found[-1][1]))
        else:
            found.append((start, end))
    return tuple(found)


def holds(stretches: tuple[Stretch, ...], at: int) -> bool:
    """Whether an offset is in one of the stretches, which are in order and apart."""
    index = bisect_right(stretches, (at, float("inf"))) - 1
    return index >= 0 and at < stretches[index][1]


def paragraph_end(text: str, at: int) -> int:
    """Where the paragraph ends in which an offset stands: at a blank line, or with the text."""
    found = _BLANK_LINE.search(text, at)
    return found.start() if found else len(text)


def _read(text: str) -> Iterator[tuple[str, int, str, int, int]]:
    """Fences, outermost block quotes, and headings outside of them, with their lines."""
    tokens: list[Token] = []
    parser = _parser()
    parser.block.parse(text, parser, {}, tokens)
    depth = 0
    for index, token in enumerate(tokens):
        if token.type == "blockquote_open":
            depth += 1
        elif token.type == "blockquote_close":
            depth -= 1
            continue
        if token.map is None or depth > (token.type == "blockquote_open"):
            continue
        first, end = token.map
        if token.type in ("fence", "blockquote_open"):
            yield token.type, 0, "", first, end
        elif token.type == "heading_open" and token.markup != "-":
            words = tokens[index + 1].content
            if len(words) <= _FEW:
                yield token.type, int(token.tag[1:]), words, first, end


@cache
def _parser() -> "MarkdownIt":
    from markdown_it import MarkdownIt  # It takes long, and few files need it.

    names = ["fence", "blockquote", "hr", "list", "heading", "lheading"]
    return MarkdownIt("zero").enable(names)


def _blanked(text: str, stretches: Iterable[Stretch], sign: str) -> str:
    parts: list[str] = []
    at = 0
    for start, end in stretches:
        if start >= at:
            parts += (text[at:start], sign * (end - start))
            at = end
    return "".join((*parts, text[at:])) if parts else text


def _inline_code(text: str) -> Iterator[Stretch]:
    """Code between runs of as many backticks, in one paragraph (CommonMark 0.31, section 6.1)."""
    runs: list[Stretch] = []
    for found in _RUNS.finditer(text):
        if found[0][0] == "`":
            runs.append(found.span())
        else:
            yield from _pairs(runs)
            runs = []
    yield from _pairs(runs)


def _pairs(runs: list[Stretch]) -> Iterator[Stretch]:
    later: dict[int, list[int]] = {}
    for index in range(len(runs) - 1, -1, -1):
        start, end = runs[index]
        later.setdefault(end - start, []).append(index)
    index = 0
    while index < len(runs):
        start, end = runs[index]
        same = later[end - start]
        while same and same[-1] <= index:
            same.pop()
        if same:
            index = same[-1]
            yield start, runs[index][1]
        index += 1
