"""What a Jinja template reads.

Most prompts have only tags such as `{{ name }}` and `{{ name | upper }}`: those are found by one
pass of an expression. With the first tag that is more than that, Jinja's own parser reads the
template, as it does in a run.
"""

import re
from typing import Final

from agentops_cli.prompt.source import PromptFile
from agentops_cli.prompt.uses import Piece, Source, TemplateView, Use

_TAG: Final = re.compile(
    r"""
    \{ (?:
      \{ [-+]?+ \s*+ (?P<name>[^\W\d]\w*+) \s*+ (?P<filters>(?:\|\s*+[^\W\d]\w*+\s*+)*+) -?+\}\}
    | \# .*? \#\}
    | (?P<other>[{%#])
    )
    """,
    re.VERBOSE | re.DOTALL,
)
_FILTER: Final = re.compile(r"[^\W\d]\w*+")
_WORDS: Final = frozenset(
    ("true", "false", "none", "True", "False", "None", "not", "and", "or", "in", "is", "if", "else")
)
_OF_JINJA: Final = frozenset(
    ("loop", "self", "super", "caller", "varargs", "kwargs", "range", "dict", "namespace")
)
_NOT_SIMPLE: Final = _WORDS | _OF_JINJA
_DEFAULTS: Final = frozenset(("default", "d"))
PLAIN: Final = frozenset(
    ("e", "escape", "upper", "lower", "trim", "title", "capitalize", "length", "join", "tojson")
)
"""Filters that are known without looking them up."""

_MOST_SIMPLE: Final = 1_000
_LONGEST_SIMPLE: Final = 100_000
"""Templates beyond these the parser looks at: it knows how large one may be."""

_NO_VIEW: Final = TemplateView()


def view(source: Source, file: PromptFile) -> TemplateView:
    """The view of one template."""
    if "{" not in source.text:
        return _NO_VIEW
    found = _simple(source) if len(source.text) <= _LONGEST_SIMPLE else None
    if found is not None:
        return found
    # Jinja is slow to load.
    from agentops_cli.prompt.jinja_tree import view_by_parser

    return view_by_parser(source, file)


def _simple(source: Source) -> TemplateView | None:
    """The view of a template of plain variables; None where there is anything else in it."""
    uses: list[Use] = []
    pieces: list[Piece] = []
    for tag in _TAG.finditer(source.text):
        name = tag["name"]
        if name is None:
            if tag["other"]:
                return None
            continue
        if name in _NOT_SIMPLE or len(uses) == _MOST_SIMPLE or not name.isidentifier():
            return None
        filters = [*_filters(tag, source)] if tag["filters"] else ()
        pieces += filters
        start, end = tag.span("name")
        span = source.span(start, end)
        passage, role = source.message(span)
        uses.append(
            Use(
                name=name,
                span=span,
                tag=source.span(tag.start(), tag.end()),
                kind="output",
                role=role,
                passage=passage,
                filters=tuple(each.name for each in filters),
            )
        )
    if pieces:
        return _with_filters(uses, pieces)
    return TemplateView(uses=tuple(uses))


def _filters(tag: re.Match[str], source: Source) -> list[Piece]:
    found = _FILTER.finditer(tag.string, *tag.span("filters"))
    return [
        Piece(kind="filter", name=each[0], span=source.span(each.start(), each.end()))
        for each in found
    ]


def _with_filters(uses: list[Use], pieces: list[Piece]) -> TemplateView | None:
    """The view where all filters are known and none makes a variable optional; None elsewhere."""
    names = {piece.name for piece in pieces}
    if not names <= PLAIN:
        # It loads Jinja.
        from agentops_cli.template.functions import FILTERS

        if not names <= FILTERS.keys() or not _DEFAULTS.isdisjoint(names):
            return None
    return TemplateView(uses=tuple(uses), pieces=tuple(pieces))
