"""A table of a TOML file as a located document, so that it is checked and explained as YAML is.

`tomllib` tells no places, so the line of a key is found by reading table headers and `key =` lines
again. That finds every key that begins a line; a key inside an inline table is placed at the
nearest key around it.
"""

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Self

from agentops_cli.errors import InputError
from agentops_cli.locate import Document, Route
from agentops_cli.model.finding import Finding
from agentops_cli.model.json import Json
from agentops_cli.model.place import Location

_HEADER = re.compile(r"^\s*\[(?P<keys>[^\[\]]+)\]\s*(?:#.*)?$")
_ENTRY = re.compile(r"^\s*(?P<keys>(?:[\w.\- \t]|\"[^\"]*\"|'[^']*')+?)\s*=")
_MARK = re.compile(r"\s*\((?:at line (?P<line>\d+), column (?P<column>\d+)|at end of document)\)$")


class WrittenFloat(float):
    """A float that remembers its digits: 0.10 dollars are exactly that."""

    written: str

    def __new__(cls, text: str) -> Self:
        """Raises `ValueError` for text that is no number."""
        number = super().__new__(cls, text)
        number.written = text
        return number


@dataclass(frozen=True, slots=True, kw_only=True)
class PlacedDocument(Document):
    """Data that was not YAML, with the places that are known of it; `()` is the whole."""

    places: Mapping[Route, Location]
    _root: Any = None
    _places: Any = None

    def at(self, route: Route = ()) -> Location:
        """The place of the key that ends the route; of the nearest one around it if unknown."""
        while route and route not in self.places:
            route = route[:-1]
        return self.places.get(route, Location(path=self.path))

    def key_at(self, route: Route) -> Location:
        """The same as `at`: keys and values are not told apart."""
        return self.at(route)

    def text_at(self, route: Route) -> str | None:
        """The scalar as written; None for what is no text or number."""
        value: Any = self.data
        for step in route:
            value = value[step]
        if isinstance(value, bool) or not isinstance(value, str | int | float):
            return None
        return value.written if isinstance(value, WrittenFloat) else str(value)


def parse_table(text: str, table: tuple[str, ...], *, path: str) -> PlacedDocument | None:
    """The table of that name, None when the file has none; floats are `WrittenFloat`.

    Raises `InputError` when the file is not TOML.
    """
    try:
        data: Any = tomllib.loads(text, parse_float=WrittenFloat)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise InputError([_syntax(str(error), path)]) from error
    for key in table:
        data = data.get(key) if isinstance(data, dict) else None
    if data is None:
        return None
    depth = len(table)
    places = {keys[depth:]: place for keys, place in _places(text, path) if keys[:depth] == table}
    return PlacedDocument(path=path, data=_plain(data), places=places)


def _places(text: str, path: str) -> Iterator[tuple[Route, Location]]:
    """Every header and `key =` line with its full route, in file order."""
    table: Route = ()
    for number, line in enumerate(text.splitlines(), start=1):
        if header := _HEADER.match(line):
            table = _keys(header["keys"])
            yield table, Location(path=path, line=number, column=header.start("keys"))
        elif entry := _ENTRY.match(line):
            place = Location(path=path, line=number, column=entry.start("keys") + 1)
            yield (*table, *_keys(entry["keys"])), place


def _keys(text: str) -> tuple[str, ...]:
    """The parts of a dotted key, quotes undone; empty when it is none after all."""
    try:
        inner: Any = tomllib.loads(f"{text} = 0")
    except tomllib.TOMLDecodeError:
        return ()
    keys = []
    while isinstance(inner, dict):
        [(key, inner)] = inner.items()
        keys.append(key)
    return tuple(keys)


def _plain(value: Any) -> Json:
    """TOML's dates and times as the text that they are in YAML."""
    if isinstance(value, dict):
        return {key: _plain(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_plain(inner) for inner in value]
    return value if isinstance(value, str | int | float) else str(value)


def _syntax(problem: str, path: str) -> Finding:
    mark = _MARK.search(problem)
    place = Location(path=path)
    if mark and mark["line"]:
        place = Location(path=path, line=int(mark["line"]), column=int(mark["column"]))
    what = _MARK.sub("", problem)
    return Finding(
        rule="bad-toml",
        message=f"not valid TOML: {what[:1].lower()}{what[1:]}",
        location=place,
        fix="look at that line: a quote, bracket or equals sign may be missing",
    )
