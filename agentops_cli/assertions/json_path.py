"""A subset of JSONPath (RFC 9535) that names values without computing anything.

`$` is the whole, `.key` and `['key']` a member, `[n]` an element and `[-n]` one from the end,
`[*]` and `.*` all children. Descendants, slices, unions and filters are refused.
"""

import json
import re
from dataclasses import dataclass

from agentops_cli.assertions.excerpt import at, listed, quote, shown
from agentops_cli.assertions.json_value import kind_of
from agentops_cli.model.json import Json

FORMS = "$, .key, ['key'], [n], [-n], [*] and .*"

_STEP = re.compile(
    r"""
      \.(?P<name>[^\W\d]\w*)
    | (?P<every>\.\*|\[\*\])
    | \[(?P<index>0|-?[1-9][0-9]*)\]
    | \[(?P<key>'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")\]
    """,
    re.VERBOSE,
)


class BadPath(ValueError):  # noqa: N818 - named for what the author wrote
    """A path cannot be read; the message says where."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One step of a path: to the member or element `key`, to all children where it is None."""

    source: str
    key: str | int | None

    def follow(self, value: Json) -> list[Json]:
        """The values one step further, in order."""
        if self.key is None:
            if isinstance(value, dict):
                return list(value.values())
            return value if isinstance(value, list) else []
        if isinstance(self.key, str):
            return [value[self.key]] if isinstance(value, dict) and self.key in value else []
        if not isinstance(value, list) or not -len(value) <= self.key < len(value):
            return []
        return [value[self.key]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Path:
    """A path that has been read."""

    source: str
    steps: tuple[Step, ...]

    def find(self, value: Json) -> list[Json]:
        """All values that the path names, in order."""
        found = [value]
        for step in self.steps:
            found = [child for parent in found for child in step.follow(parent)]
        return found

    def miss(self, value: Json) -> str:
        """Where a path that names nothing ends, and what is there."""
        found, walked = [value], "$"
        for step in self.steps:
            further = [child for parent in found for child in step.follow(parent)]
            if not further:
                break
            found, walked = further, walked + step.source
        return f"{walked} is {_described(found[0])}"


def read_path(source: str) -> Path:
    """Reads a path; raises `BadPath`."""
    if not source.startswith("$"):
        raise BadPath(f"the path {quote(source)} does not start with $")
    steps: list[Step] = []
    place = 1
    while place < len(source):
        match = _STEP.match(source, place)
        if match is None:
            raise BadPath(f"the path {quote(source)} has no form that is known {at(place)}")
        steps.append(Step(source=match.group(), key=_key(match)))
        place = match.end()
    return Path(source=source, steps=tuple(steps))


def _key(match: re.Match[str]) -> str | int | None:
    if match["every"]:
        return None
    if match["index"]:
        return int(match["index"])
    return match["name"] or _unquoted(match["key"])


def _unquoted(quoted: str) -> str:
    """The key in quotes of either kind, whose escapes are those of JSON."""
    body = quoted[1:-1]
    if quoted.startswith("'"):
        body = body.replace("\\'", "'").replace('"', '\\"')
    try:
        return str(json.loads(f'"{body}"', strict=False))
    except ValueError:
        raise BadPath(f"the key {quoted} is not quoted as in JSON") from None


def _described(value: Json) -> str:
    match value:
        case list():
            return f"an array of {len(value)}"
        case dict() if value:
            return f"an object with {listed([quote(key) for key in value], limit=8)}"
        case dict():
            return "an empty object"
        case _:
            return f"the {kind_of(value)} {shown(value)}"
