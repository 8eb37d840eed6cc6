"""The values of two frontmatters that differ, by their paths."""

from collections.abc import Collection, Iterator, Mapping
from typing import Final

from agentops_cli.diff.values import Entry
from agentops_cli.locate import Route
from agentops_cli.model.json import Json
from agentops_cli.model.place import Location
from agentops_cli.prompt.changes import TOLD_BELOW
from agentops_cli.prompt.source import PromptFile

_DEEPEST: Final = 20


def entries(before: PromptFile, after: PromptFile) -> tuple[Entry, ...]:
    """Each value that differs, under the keys of the native format, in the order of the later file.

    Mappings are looked into, and so are lists of things with names; other lists are values.
    """
    found: list[Entry] = []
    elsewhere = _elsewhere(before) | _elsewhere(after)
    told = TOLD_BELOW.get(after.kind, frozenset()) - {"inputs", "input_variables"}
    for key in dict.fromkeys((*after.meta, *before.meta)):
        if key in told:
            continue
        old, new = before.meta.get(key), after.meta.get(key)
        for route, was, now in _differences((key,), old, new, elsewhere):
            path = ".".join(str(step) for step in route)
            place = _place(after, route) if now is not None else _place(before, route)
            found.append(Entry(path=path, before=was, after=now, place=place))
    return tuple(found)


def _elsewhere(file: PromptFile) -> frozenset[Route]:
    """Where values are written that `meta` has on the top level too: they are told there."""
    return frozenset(route for key, route in file.routes.items() if route != (key,))


def _differences(
    route: Route, old: Json, new: Json, elsewhere: Collection[Route]
) -> Iterator[tuple[Route, Json, Json]]:
    if route in elsewhere or _are_same(old, new):
        return
    one, other = _parts(old), _parts(new)
    if one is None or other is None or not (one or other) or len(route) > _DEEPEST:
        yield route, old, new
        return
    for key in dict.fromkeys((*other, *one)):
        yield from _differences((*route, key), one.get(key), other.get(key), elsewhere)


def _parts(value: Json) -> Mapping[str, Json] | None:
    """What a value consists of: nothing where it is not there; None where it is looked at whole."""
    if value is None or isinstance(value, dict):
        return value or {}
    if not isinstance(value, list) or not value:
        return None
    named = {name: each for each in value if (name := _name(each))}
    return named if len(named) == len(value) else None


def _name(value: Json) -> str | None:
    """What a tool or the like is called; OpenAI has the name one level down."""
    if not isinstance(value, dict):
        return None
    inner = value.get("function")
    name = inner.get("name") if isinstance(inner, dict) else value.get("name")
    return name if isinstance(name, str) else None


def _are_same(old: Json, new: Json) -> bool:
    """Whether two values are one; to Python, `true` is 1."""
    return old == new and isinstance(old, bool) == isinstance(new, bool)


def _place(file: PromptFile, route: Route) -> Location | None:
    """Where a value is written, or the nearest around it."""
    key = str(route[0])
    if file.document is None:
        return None
    return file.document.key_at((*file.routes.get(key, (key,)), *route[1:]))
