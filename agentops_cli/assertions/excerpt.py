"""Answers quoted in reasons: short, on one line, and with nothing that a terminal obeys."""

import json

from agentops_cli.model.json import Json

_QUOTE = 80
_CONTEXT = 30


def quote(text: str, limit: int = _QUOTE) -> str:
    """A text in double quotes, cut with a visible mark after `limit` characters."""
    mark = "…" if len(text) > limit else ""
    return f'"{_escaped(text[:limit])}{mark}"'


def excerpt(text: str, start: int, end: int) -> str:
    """What stands at `start` to `end` of a text, with what is around it, in double quotes."""
    end = min(end, start + _QUOTE)
    left, right = max(0, start - _CONTEXT), min(len(text), end + _CONTEXT)
    before = "…" if left else ""
    after = "…" if right < len(text) else ""
    return f'"{before}{_escaped(text[left:right])}{after}"'


def shown(value: Json) -> str:
    """A JSON value as JSON on one line, cut with a visible mark."""
    try:
        text = json.dumps(value, ensure_ascii=False)
    except RecursionError:
        return "a value that is nested too deeply to show"
    mark = "…" if len(text) > _QUOTE else ""
    return f"{_escaped(text[:_QUOTE])}{mark}"


def shortened(text: str, limit: int = 2 * _QUOTE) -> str:
    """A message on one line, without its middle when it is long: some quote whole values."""
    if len(text) > limit:
        text = f"{text[: limit // 2]}…{text[-(limit // 2) :]}"
    return _escaped(text)


def counted(number: int, noun: str) -> str:
    """So many of something, in the singular for one."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def at(start: int) -> str:
    """A place in an answer as reasons name it, counted from 1."""
    return f"at character {start + 1}"


def opening(text: str) -> str:
    """How an answer begins, and how long it is when that is not all of it."""
    if not text.strip():
        return "an empty answer"
    return (
        quote(text) if len(text) <= _QUOTE else f"{quote(text)} ({counted(len(text), 'character')})"
    )


def listed(items: list[str], *, limit: int = 3, sep: str = ", ") -> str:
    """The first few items, and how many more there are."""
    more = len(items) - limit
    return sep.join(items[:limit]) + (f" and {more} more" if more > 0 else "")


def _escaped(text: str) -> str:
    """The text with control, formatting and unpaired surrogate characters written out."""
    if text.isprintable():
        return text
    return "".join(
        character
        if character.isprintable() or character == "\N{NO-BREAK SPACE}"
        else character.encode("unicode_escape", "surrogatepass").decode("ascii")
        for character in text
    )
