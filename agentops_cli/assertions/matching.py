"""A JSON value as a suite expects it: written out, in part, or as what it must match.

An object is expected in part: the keys that are written must be there, others may be. A list is
expected element by element. A mapping of matchers alone, such as `{regex: ^AC-}`, says what the
value must be in place of the value itself.
"""

from collections.abc import Callable, Mapping
from typing import TypeAlias

from agentops_cli.assertions.demands import demands_of
from agentops_cli.assertions.excerpt import counted, shown
from agentops_cli.assertions.json_value import is_meant
from agentops_cli.model.json import Json
from agentops_cli.model.suite import AssertionSpec
from agentops_cli.user_schema.values import is_of

Miss: TypeAlias = Callable[[Json, str], str | None]
"""Why a value, found at a path, is not the expected one; None when it is."""

MATCHERS = "{equals}, {regex}, {oneOf: […]}, {contains}, {min, max}"


def miss_of(spec: AssertionSpec, written: Json) -> Miss:
    """How to tell an expected value; raises `InputError` for a matcher that means nothing."""
    if isinstance(written, Mapping):
        in_part = _object(spec, written)
        return _demanded(spec, written, in_part) if is_matcher(written) else in_part
    if isinstance(written, list):
        return _list(spec, written)
    return lambda value, path: None if is_meant(value, written) else _got(path, written, value)


# What makes a mapping a matcher; one that has other values, or other keys, is an object.
_NUMBER: list[Json] = ["number"]
_FITS: Mapping[str, Callable[[Json], bool]] = {
    "equals": lambda _: True,
    "regex": lambda value: isinstance(value, str),
    "oneOf": lambda value: isinstance(value, list) and bool(value),
    "contains": lambda value: not isinstance(value, dict | list),
    "min": lambda value: is_of(value, _NUMBER),
    "max": lambda value: is_of(value, _NUMBER),
}


MATCHER_KEYS = tuple(_FITS)


def is_matcher(written: Mapping[str, Json]) -> bool:
    """True for a mapping that says what a value must be, rather than what it is."""
    return bool(written) and all(key in _FITS and _FITS[key](part) for key, part in written.items())


def _demanded(spec: AssertionSpec, written: Mapping[str, Json], in_part: Miss) -> Miss:
    demands = tuple(demands_of(spec, written))

    def miss(value: Json, path: str) -> str | None:
        unmet = next((demand for demand in demands if not demand.is_met(value)), None)
        # An object with keys of these names may be meant as it is written.
        if unmet is None or (isinstance(value, dict) and in_part(value, path) is None):
            return None
        return f"{path}: expected {unmet.words}, got {shown(value)}"

    return miss


def _object(spec: AssertionSpec, written: Mapping[str, Json]) -> Miss:
    parts = {key: miss_of(spec, part) for key, part in written.items()}

    def miss(value: Json, path: str) -> str | None:
        if not isinstance(value, dict):
            return _got(path, dict(written), value)
        for key, part in parts.items():
            if key not in value:
                return f"{path} has no {key}"
            if reason := part(value[key], f"{path}.{key}"):
                return reason
        return None

    return miss


def _list(spec: AssertionSpec, written: list[Json]) -> Miss:
    parts = [miss_of(spec, part) for part in written]

    def miss(value: Json, path: str) -> str | None:
        if not isinstance(value, list):
            return _got(path, written, value)
        if len(value) != len(parts):
            return f"{path}: expected {counted(len(parts), 'element')}, got {len(value)}"
        found = (part(value[at], f"{path}[{at}]") for at, part in enumerate(parts))
        return next(filter(None, found), None)

    return miss


def _got(path: str, written: Json, value: Json) -> str:
    return f"{path}: expected {shown(written)}, got {shown(value)}"
