"""The ids of the passages that a model was given, wherever they stand in what it was given."""

import re
from collections.abc import Iterator, Mapping

from agentops_cli.assertions.citation_marks import cited_in, plain
from agentops_cli.assertions.json_path import Path
from agentops_cli.assertions.verdict import CannotTell
from agentops_cli.model.json import Json

# How a context that is one text marks its passages: at the start of a line, or as a tag.
_LINE_START = re.compile(r"^\s*(?:[-*]\s+)?\[(?P<id>[^][\n]{1,200})\]", re.MULTILINE)
_TAG = re.compile(r"<\w+\s[^<>]{0,200}?\b(?:id|index)\s*=\s*[\"']?(?P<id>[^\"'<>\s]{1,200})")

_LONGEST = 200


def is_id(value: Json) -> bool:
    """True for a number and a short text; a passage itself is no id of anything."""
    if isinstance(value, str):
        return len(value) <= _LONGEST and "\n" not in value
    return isinstance(value, int) and not isinstance(value, bool)


def ids_at(path: Path, value: Json, *, noun: str) -> set[str]:
    """The ids at a path, or in the lists there; raises `CannotTell`."""
    found = [id_ for one in path.find(value) for id_ in (one if isinstance(one, list) else [one])]
    if not found:
        raise CannotTell(f"nothing at {path.source} of {noun}; {path.miss(value)}")
    if not all(map(is_id, found)):
        raise CannotTell(f"{path.source} of {noun} leads to something other than ids")
    return set(map(str, found))


def ids_of(value: Json, *, noun: str) -> set[str]:
    """The ids of a variable: a text with marks, a mapping by id, or a list; or `CannotTell`."""
    if isinstance(value, str):
        return _marks(value)
    ids: list[Json] = [None]
    if isinstance(value, Mapping):
        ids = list(value)
    elif isinstance(value, list):
        ids = [one.get("id") if isinstance(one, dict) else one for one in value]
    if not all(map(is_id, ids)):
        problem = f"{noun} holds no ids: neither texts nor mappings with one"
        raise CannotTell(f"{problem}; name the path to them with ids")
    return set(map(str, ids))


def ids_within(value: Json) -> Iterator[str]:
    """Every `id` in a value, however deep, and the marks in its texts.

    A mapping with an `id` is a passage: what is in brackets in its texts are its own footnotes.
    """
    if isinstance(value, str):
        yield from _marks(value)
    elif isinstance(value, list):
        for one in value:
            yield from ids_within(one)
    elif isinstance(value, dict):
        own = value.get("id")
        if own is not None and is_id(own):
            yield str(own)
            value = {key: one for key, one in value.items() if isinstance(one, dict | list)}
        for one in value.values():
            yield from ids_within(one)


def _marks(context: str) -> set[str]:
    """The ids of a context that is one text.

    Where its passages begin with ids, brackets inside of them are the passages' own footnotes.
    """
    marks = {match["id"].strip() for match in _LINE_START.finditer(context)}
    marks |= {match["id"] for match in _TAG.finditer(context)}
    return marks or set(cited_in(plain(context), known=()))
