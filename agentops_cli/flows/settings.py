"""`agentops config show`: every setting, its value and where it came from."""

import json
from collections.abc import Iterator

from agentops_cli.config import in_force, load_config
from agentops_cli.flows.world import World
from agentops_cli.model.json import Json


def settings_lines(world: World, prefix: str) -> Iterator[str]:
    """One line a setting, `key = value  (source)`, for keys that begin with the prefix."""
    config = load_config(world.cwd, environ=world.environ)
    for key, value in _flat(in_force(config), ()):
        name = ".".join(key)
        if name.startswith(prefix):
            source = _source(key, config.sources)
            yield f"{name} = {json.dumps(value, ensure_ascii=False)}  ({source})"


def settings_json(world: World) -> str:
    """The same as one JSON object: `{schema, path, settings, sources}`."""
    config = load_config(world.cwd, environ=world.environ)
    shown: Json = {
        "schema": 1,
        "path": config.path,
        "settings": in_force(config),
        "sources": dict(config.sources),
    }
    return json.dumps(shown, indent=2, ensure_ascii=False)


def _flat(value: Json, key: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Json]]:
    if isinstance(value, dict) and value:
        for name, inner in value.items():
            yield from _flat(inner, (*key, name))
    elif value != {}:
        yield key, value


def _source(key: tuple[str, ...], sources: object) -> str:
    """The source of a key, or of the nearest key above it that has one."""
    known = sources if isinstance(sources, dict) else {}
    for length in range(len(key), 0, -1):
        found = known.get(".".join(key[:length]))
        if found:
            return str(found)
    return "default"
