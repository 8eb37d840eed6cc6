"""What frontmatter says, under the keys of the native format."""

from collections.abc import Mapping
from typing import Final

from agentops_cli.locate import Route
from agentops_cli.model.json import Json, JsonObject
from agentops_cli.prompt.meta import SAMPLING_NAMES

_INNER: Final[Mapping[str, Mapping[str, str]]] = {
    "config": {name: key for key, names in SAMPLING_NAMES.items() for name in names},
    "metadata": {"version": "version", "author": "author", "authors": "author"},
}
"""Keys that may stand inside others, with their names on the top level, which wins."""


def canonical(written: JsonObject) -> tuple[JsonObject, dict[str, Route]]:
    """What is written, under the native keys, and where each of them is written."""
    meta = dict(written)
    routes: dict[str, Route] = {key: (key,) for key in written}
    for outer, keys in _INNER.items():
        inner = _mapping(written.get(outer))
        for key, name in keys.items() if inner else ():
            if key in inner and name not in meta:
                meta[name], routes[name] = inner[key], (outer, key)
    if "authors" in meta and "author" not in meta:
        meta["author"], routes["author"] = meta["authors"], routes["authors"]
    return meta, routes


def _mapping(value: Json) -> JsonObject:
    return value if isinstance(value, dict) else {}
