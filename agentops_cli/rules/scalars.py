"""Values of frontmatter as they are written, for rules that mend them."""

from collections import deque

from agentops_cli.locate import Route
from agentops_cli.model.json import Json
from agentops_cli.model.place import Location
from agentops_cli.prompt.source import PromptFile, Span
from agentops_cli.rules.rule import Edit


def written(file: PromptFile, route: Route) -> Span | None:
    """Where a value is written on one line; None where it is not, or not written at all."""
    document = file.document
    end = document.end_at(route) if document else None
    if document is None or end is None:
        return None
    span = Span(start=file.offset(document.at(route)), end=file.offset(end))
    return None if "\n" in file.text[span.start : span.end] else span


def route_at(file: PromptFile, place: Location) -> Route | None:
    """The route of the value that begins at a place, the outermost first; None without one."""
    document = file.document
    if document is None or not isinstance(document.data, dict):
        return None
    left: deque[tuple[Route, Json]] = deque(((key,), part) for key, part in document.data.items())
    while left:
        route, value = left.popleft()
        if document.at(route) == place:
            return route
        if isinstance(value, dict):
            left += (((*route, key), part) for key, part in value.items())
        elif isinstance(value, list):
            left += (((*route, index), part) for index, part in enumerate(value))
    return None


def quoted(text: str) -> str:
    """A text as a scalar that no reader of YAML takes for anything else.

    What cannot be seen is written as an escape: raw, a reader of YAML refuses most of it.
    """
    if not text.isprintable():
        return '"' + "".join(map(_escaped, text)) + '"'
    if "'" in text and not set('"\\') & set(text):
        return f'"{text}"'
    return "'" + text.replace("'", "''") + "'"


def _escaped(character: str) -> str:
    code = ord(character)
    if character in {'"', "\\"}:
        return f"\\{character}"
    if character.isprintable():
        return character
    if 0xD800 <= code <= 0xDFFF:
        return "\N{REPLACEMENT CHARACTER}"  # It was no UTF-8, and YAML has no way to say that.
    return f"\\x{code:02x}" if code <= 0xFF else f"\\U{code:08x}"


def replaced(span: Span, text: str) -> tuple[Edit, ...]:
    """The one edit that puts a text in the place of a stretch."""
    return (Edit(start=span.start, end=span.end, text=text),)
