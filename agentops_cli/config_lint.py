"""The settings of the linter, from and to the form that files hold them in.

A setting is a field of `LintSettings`, and the schema says what it may be: whoever adds one writes
no code here.
"""

import re
from collections.abc import Mapping
from dataclasses import fields
from typing import Any, Final

from agentops_cli.model.json import Json, JsonObject
from agentops_cli.model.settings import LintSettings

LINT_KEYS: Final = {
    re.sub(r"_([a-z])", lambda found: found[1].upper(), field.name): field.name
    for field in fields(LintSettings)
}
"""The key of each setting in a file, and its field."""


def lint_settings(values: Mapping[str, Json]) -> LintSettings:
    """The settings that files give, by key; those of no file have their defaults."""
    given: dict[str, Any] = {LINT_KEYS[key]: _frozen(value) for key, value in values.items()}
    return LintSettings(**given)


def lint_shape(settings: LintSettings) -> JsonObject:
    """The settings as a file would hold them; those without a value are left out."""
    shape = {key: _plain(getattr(settings, name)) for key, name in LINT_KEYS.items()}
    return {key: value for key, value in shape.items() if value is not None}


def _frozen(value: Json) -> Any:
    if isinstance(value, list):
        return tuple(value)
    return {key: _frozen(part) for key, part in value.items()} if isinstance(value, dict) else value


def _plain(value: Any) -> Any:
    if isinstance(value, tuple):
        return list(value)
    return {key: _plain(part) for key, part in value.items()} if isinstance(value, dict) else value
