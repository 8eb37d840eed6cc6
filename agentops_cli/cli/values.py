"""What was typed, as values: texts, choices, and numbers in digits, read without typer's help.

Typer reads each value through pydantic, and to import that and to build a reader for every option
takes 40 ms. It still has the last word: what is not read here is left to it, and so is every
refusal.
"""

import re
from typing import Any, get_args, get_origin

_DIGITS = {int: re.compile(r"[0-9]{1,9}"), float: re.compile(r"[0-9]{1,9}(\.[0-9]{1,9})?")}


def reading_plain_values(command: Any) -> Any:
    """The command, which reads plain values by itself; so do those below it."""
    for below in getattr(command, "commands", {}).values():
        reading_plain_values(below)
    listed = command.get_params  # More than its `params`: `--help` is made when it is asked for.

    def get_params(ctx: Any) -> list[Any]:
        found: list[Any] = listed(ctx)
        for param in found:
            if not isinstance(param.process_value, _Reader):
                param.process_value = _Reader(param)
        return found

    command.get_params = get_params
    return command


class _Reader:
    """Does what `process_value` of a parameter does, which it calls for what is not plain."""

    def __init__(self, param: Any) -> None:
        self._param = param
        self._by_typer = param.process_value
        # Older versions of typer have no such descriptor, nor do they need pydantic.
        self._kind = getattr(getattr(param, "type_descriptor", None), "annotation", None)
        if (getattr(param, "min", None), getattr(param, "max", None)) != (None, None):
            self._kind = None  # Whoever knows the range looks whether a number is in it.

    def __call__(self, ctx: Any, value: Any) -> Any:
        param = self._param
        try:
            read = _read(value, self._kind, several=param.multiple or param.nargs == -1)
        except ValueError:
            return self._by_typer(ctx, value)
        if param.required and param.value_is_missing(read):
            return self._by_typer(ctx, value)
        return read if param.callback is None else param.callback(ctx, param, read)


def _read(value: Any, kind: Any, *, several: bool = False) -> Any:
    """A value of its kind; raises `ValueError` for one that takes more than a look to read."""
    if value is None:
        return () if several else None
    if several and get_origin(kind) is list and isinstance(value, list | tuple):
        [item_kind] = get_args(kind)
        return [_read(item, item_kind) for item in value]
    if type(value) is kind or (isinstance(value, str) and value in get_args(kind)):
        return value
    if kind in _DIGITS and isinstance(value, str) and _DIGITS[kind].fullmatch(value):
        return kind(value)
    raise ValueError(value)
