"""A subset of JSONPath (RFC 9535) that names values without computing anything.

`$` is the whole, `.key` and `['key']` a member, `[n]` an element and `[-n]` one from the end,
`[*]` and `.*` all children. Descendants, slices, unions, filters and escapes are refused.
"""

import re
from dataclasses import dataclass

from agentops_cli.assertions.excerpt import at, listed, quote, shown
from agentops_cli.model.json import Json
from agentops_cli.user_schema.values import kind_of

FORMS = "$, .key, ['key'], [n], [-n], [*] and .*"

_STEP = re.compile(
    r"""
      \.(?P<name>[^\W\d]\w*)
    | (?P<every>\.\*|\[\*\])
    | \[(?P<index>0|-?[1-9][0-9]*)\]
    | \[(?P<quote>['"])(?P<key>[^\\]+?)(?P=quote)\]
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

    def follow(self, values: list[Json]) -> list[Json]:
        """The values one step further, in order."""
        return [child for value in values for child in self._children(value)]

    def _children(self, value: Json) -> list[Json]:
        key = self.key
        if isinstance(value, dict):
            if key is None:
                return list(value.values())
            return [value[key]] if isinstance(key, str) and key in value else []
        if isinstance(value, list):
            if key is None:
                return value
            return [value[key]] if isinstance(key, int) and -len(value) <= key < len(value) else []
        return []


@dataclass(frozen=True, slots=True, kw_only=True)
class Path:
    """A path that has been read."""

    source: str
    steps: tuple[Step, ...]

    def find(self, value: Json) -> list[Json]:
        """All values that the path names, in order."""
        found = [value]
        for step in self.steps:
            found = step.follow(found)
        return found

    def miss(self, value: Json) -> str:
        """Where a path that names nothing ends, and what is there."""
        found, walked = [value], "$"
        for step in self.steps:
            if not (further := step.follow(found)):
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
    return match["name"] or match["key"]


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
