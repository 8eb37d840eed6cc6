"""What the configuration of an earlier state says."""

import posixpath
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from typing import Final

from agentops_cli.errors import AgentopsError
from agentops_cli.flows.diff.ends import End
from agentops_cli.gitrepo import Repository
from agentops_cli.locate import Document, parse_yaml
from agentops_cli.model.json import JsonObject
from agentops_cli.model.settings import Config
from agentops_cli.prompt.change_kinds import Level
from agentops_cli.toml import PlacedDocument, parse_table

_YAML: Final = "agentops.yaml"
_TOML: Final = "pyproject.toml"
_TABLE: Final = ("tool", "agentops")
_DEEPEST: Final = 10
_LEVELS: Final[Mapping[object, Level]] = {
    "breaking": "breaking",
    "risky": "risky",
    "safe": "safe",
}


def settings_at(end: End, repository: Repository, prefix: str) -> Iterator[JsonObject]:
    """The configurations that a commit has, the first before the others.

    One that cannot be read says nothing; that it is so was somebody's to say.
    """
    if end.commit is None:
        return
    names = [f"{end.commit}:{prefix}{name}" for name in (_YAML, _TOML)]
    for name, content in zip((_YAML, _TOML), repository.blobs(names), strict=True):
        with suppress(AgentopsError):
            if content is not None:
                yield _settings_in(content, name)


def levels_at(
    end: End, repository: Repository, prefix: str, config: Config
) -> tuple[Mapping[str, Level], str | None]:
    """How changes since a state are graded, and a note where the configuration says otherwise now.

    A branch must not call its own changes safe: the grades are those of the earlier state. What
    stands in no file of the project is nobody's change.
    """
    now = config.diff.levels
    if end.commit is None:
        return now, None
    known = next(settings_at(end, repository, prefix), {})
    levels = _levels_in(known, lambda path: _extended(end, repository, prefix, path))
    others = sorted(key for key in {*levels, *now} if levels.get(key) != now.get(key))
    if not others:
        return levels, None
    names = ", ".join(others)
    return levels, f"the configuration grades {names} otherwise now; what counts is {end.name}"


def _levels_in(
    data: JsonObject, extended: Callable[[str], JsonObject], folder: str = "", depth: int = 0
) -> dict[str, Level]:
    """The levels of a configuration, over those of the files that it extends."""
    levels: dict[str, Level] = {}
    above = data.get("extends")
    for name in above if isinstance(above, list) else [above]:
        if isinstance(name, str) and depth < _DEEPEST:
            path = posixpath.normpath(posixpath.join(folder, name))
            levels |= _levels_in(extended(path), extended, posixpath.dirname(path), depth + 1)
    diff = data.get("diff")
    given = diff.get("levels") if isinstance(diff, dict) else None
    for key, level in given.items() if isinstance(given, dict) else ():
        if isinstance(level, str) and level in _LEVELS:
            levels[key] = _LEVELS[level]
    return levels


def _extended(end: End, repository: Repository, prefix: str, path: str) -> JsonObject:
    """A configuration file of a commit; an empty one where it has none that can be read."""
    content = repository.blob(f"{end.commit}:{posixpath.normpath(prefix + path)}")
    with suppress(AgentopsError):
        if content is not None:
            return _settings_in(content, _TOML if path.endswith(".toml") else _YAML)
    return {}


def _settings_in(content: bytes, name: str) -> JsonObject:
    text = content.decode(errors="replace").removeprefix("\ufeff")
    document: Document | PlacedDocument | None
    if name == _YAML:
        document = parse_yaml(text, path=name)
    else:
        document = parse_table(text, _TABLE, path=name) if "agentops" in text else None
    data = document.data if document else None
    return data if isinstance(data, dict) else {}
