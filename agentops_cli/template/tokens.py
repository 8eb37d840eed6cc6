"""Whether two templates are the same but for their comments."""

import re
from collections.abc import Iterator
from functools import cache
from itertools import groupby

import jinja2

_BLANK_LINES = re.compile(r"(?:[ \t\r]*+\n)*+")
_SILENT = frozenset(("comment", "comment_begin", "comment_end", "whitespace"))
_MARKS = frozenset(("block_begin", "block_end", "variable_begin", "variable_end"))


def same_message(one: str, other: str) -> bool:
    """True only where both templates surely render to the same message, whatever they are given.

    Comments are taken out, with the white space that they take with them; all else has to be the
    same. Blank lines before the text of a message and white space after it are no part of it. False
    where a template cannot be read.
    """
    try:
        return _trimmed([*_essence(one)]) == _trimmed([*_essence(other)])
    except jinja2.TemplateSyntaxError:
        return False


def _trimmed(tokens: list[tuple[str, str]]) -> list[tuple[str, str]]:
    if tokens and tokens[0][0] == "data":
        tokens[0] = ("data", _BLANK_LINES.sub("", tokens[0][1], count=1))
    if tokens and tokens[-1][0] == "data":
        tokens[-1] = ("data", tokens[-1][1].rstrip(" \t\r\n"))
    return [token for token in tokens if token != ("data", "")]


@cache
def _environment() -> jinja2.Environment:
    return jinja2.Environment(keep_trailing_newline=True)  # noqa: S701 # It splits, never renders.


def _essence(source: str) -> Iterator[tuple[str, str]]:
    """The tokens that decide what is rendered; text that a comment parted is one."""
    tokens = (
        # What `{%-` takes away is gone from the text before it already.
        (kind, "" if kind in _MARKS else value)
        for _, kind, value in _environment().lex(source)
        if kind not in _SILENT
    )
    for kind, group in groupby(tokens, key=lambda token: token[0]):
        if kind == "data":
            if text := "".join(value for _, value in group):
                yield kind, text
        else:
            yield from group
