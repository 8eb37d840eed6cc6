"""Frozen dataclasses of many fields, made in half the time.

A frozen object refuses assignments, so the `__init__` that `dataclass` writes for it calls
`object.__setattr__` for each field, which takes five times as long as to assign it. That is felt
with the large objects that are made for each case.
"""

from dataclasses import MISSING, fields
from typing import Any, TypeVar

T = TypeVar("T")

_UNSET: Any = object()


def quickly_made(frozen: type[T]) -> type[T]:
    """The same frozen, slotted, keyword-only dataclass, with an `__init__` that assigns its fields.

    Until all are set the object is of a class of the same layout that refuses nothing; nobody else
    has it yet. Everything but `__init__` stays as it was.
    """
    made: Any = frozen
    takes: list[str] = []
    sets: list[str] = []
    # None of these can be the name of a field as well.
    known: dict[str, Any] = {
        "__name__": made.__module__,
        "__frozen__": made,
        "__open__": type(made.__name__, (), {"__slots__": made.__slots__}),
        "__become__": object.__setattr__,
        "__unset__": _UNSET,
    }
    for field in fields(made):
        name, usual = field.name, f"__usual_{field.name}__"
        if field.default_factory is not MISSING:
            known[usual] = field.default_factory
            takes.append(f"{name}=__unset__")
            sets.append(f"self.{name} = {usual}() if {name} is __unset__ else {name}")
            continue
        known[usual] = field.default
        takes.append(name if field.default is MISSING else f"{name}={usual}")
        sets.append(f"self.{name} = {name}")
    lines = (
        f"def __init__(self, *, {', '.join(takes)}):",
        "__become__(self, '__class__', __open__)",
        *sets,
        "self.__class__ = __frozen__",
    )
    exec("\n    ".join(lines), known)  # noqa: S102 - as `dataclass` does, of nothing but field names
    known["__init__"].__qualname__ = made.__init__.__qualname__
    known["__init__"].__annotations__ = made.__init__.__annotations__
    made.__init__ = known["__init__"]
    return frozen
