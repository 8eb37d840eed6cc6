"""JSON that every program reads in the same way."""

import json
from typing import Never

from agentops_cli.assertions.excerpt import shown
from agentops_cli.model.json import Json, JsonObject


class TwiceError(ValueError):
    """An object has a key twice, of which each program takes another; the message is a clause."""


def loads(text: str) -> Json:
    """The value of a text by RFC 8259.

    Raises `json.JSONDecodeError` where it is no JSON, `TwiceError` where an object has a key twice,
    another `ValueError` for NaN and the infinities, and `RecursionError`.
    """
    value: Json = json.loads(text, parse_constant=_refuse_constant, object_pairs_hook=_object)
    return value


def _refuse_constant(word: str) -> Never:
    raise ValueError(f"{word} is not a JSON number")


def _object(pairs: list[tuple[str, Json]]) -> JsonObject:
    value = dict(pairs)
    if len(value) < len(pairs):
        keys = [key for key, _ in pairs]
        twice = next(key for key in keys if keys.count(key) > 1)
        raise TwiceError(f"the key {shown(twice)} stands twice")
    return value
