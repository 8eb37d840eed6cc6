"""GitHub-flavoured Markdown in which foreign text stays text.

Foreign text stands in code spans only. There it makes no HTML, link, heading or emphasis, and
GitHub finds no @mention, issue number or emoji name in it; entities and backslashes stop none of
these for certain.
"""

import re
from collections.abc import Iterable, Iterator, Sequence

from agentops_cli.reporters.wording import one_line

_SPAN_CHARACTERS = 300


def code(text: str) -> str:
    """The text on one line as a code span, shortened."""
    text = one_line(text, _SPAN_CHARACTERS)
    if not text.strip():
        return "(blank)"
    fence = "`" * (1 + max(map(len, re.findall("`+", text)), default=0))
    # One blank on each side is not shown; without it a backtick at an end would join the fence.
    pad = " " if text[0] in "` " or text[-1] in "` " else ""
    return f"{fence}{pad}{text}{pad}{fence}"


def cell(text: str) -> str:
    """A code span for a table.

    A `|` ends a cell even in a code span, and how a backslash before it is read differs between
    renderers, so a look-alike stands in for it.
    """
    return code(text.replace("|", "\N{BOX DRAWINGS LIGHT VERTICAL}"))


def table(heads: Sequence[str], rows: Iterable[Sequence[str]], *, words: int = 1) -> Iterator[str]:
    """The lines of a table: so many columns of words to the left, figures to the right."""
    yield _row(heads)
    yield _row([":---"] * words + ["---:"] * (len(heads) - words))
    for row in rows:
        yield _row(row)


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |\n"
