"""Whether values that were read from a file are what their classes say that they are.

Who reads a file of JSON fills dataclasses with whatever stands in it. What is of another type would
be found out only where it is used, long after the file could be named.
"""

from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from datetime import datetime
from decimal import Decimal
from functools import cache
from types import UnionType
from typing import Any, Literal, TypeAlias, Union, get_args, get_origin, get_type_hints

MOST = 2**53
"""No figure of a result is greater: other readers of JSON would round it."""

_Holds: TypeAlias = Callable[[Any], bool]


def demand_sound(value: Any) -> None:
    """Raises `TypeError`, with the field, unless all of a dataclass is as it is declared.

    Whole numbers are counts, so none is negative; nor are seconds, the fields that end in `_s`. A
    moment has a time zone. What is declared as JSON may be anything.
    """
    kind: Any = type(value)
    for name, holds in _fields_of(kind):
        found = getattr(value, name)
        if not holds(found):
            raise TypeError(f"{name} cannot be {found!r:.60}")


@cache
def _fields_of(kind: Any) -> tuple[tuple[str, _Holds], ...]:
    # JSON is declared in terms of itself; it is told from the rest by having lists.
    hints = get_type_hints(kind, localns={"Json": Any})
    return tuple((one.name, _holds(one.name, hints[one.name])) for one in fields(kind))


def _holds(name: str, hint: Any) -> _Holds:
    """What tells whether a value is of a type."""
    if hint is float and name.endswith("_s"):
        return _is_duration
    if hint in _PLAIN:
        return _PLAIN[hint]
    if isinstance(hint, type) and is_dataclass(hint):
        return _of_class(hint)
    return _of_several(name, hint)


def _of_several(name: str, hint: Any) -> _Holds:
    """The same of types that are made of others."""
    origin, inner = get_origin(hint), get_args(hint)
    if origin in {Union, UnionType}:
        if any(get_origin(one) is list for one in inner):
            return _is_anything
        # The plain ones first: a broken dataclass raises.
        some = sorted((_holds(name, one) for one in inner), key=lambda one: one is not _is_none)
        return lambda value: any(holds(value) for holds in some)
    if origin is Literal:
        return lambda value: value in inner
    if origin is tuple and inner[-1] is not ...:
        each = [_holds(name, one) for one in inner]
        return lambda value: (
            isinstance(value, tuple)
            and len(value) == len(each)
            and all(holds(one) for holds, one in zip(each, value, strict=True))
        )
    if origin in {tuple, frozenset}:
        of = _holds(name, inner[0])
        return lambda value: isinstance(value, origin) and all(map(of, value))
    if origin in {Mapping, dict}:
        key, of = (_holds(name, one) for one in inner)
        return lambda value: (
            isinstance(value, Mapping) and all(map(key, value)) and all(map(of, value.values()))
        )
    kind = origin or hint
    return lambda value: isinstance(value, kind)


def _of_class(kind: type[Any]) -> _Holds:
    def holds(value: Any) -> bool:
        if isinstance(value, kind):
            demand_sound(value)
            return True
        return False

    return holds


def _is_none(value: Any) -> bool:
    return value is None


def _is_anything(_: Any) -> bool:
    return True


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _is_truth(value: Any) -> bool:
    return isinstance(value, bool)


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= MOST


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) <= MOST


def _is_duration(value: Any) -> bool:
    return _is_number(value) and value >= 0


def _is_amount(value: Any) -> bool:
    return isinstance(value, Decimal) and value.is_finite() and abs(value) <= MOST


def _is_moment(value: Any) -> bool:
    return isinstance(value, datetime) and value.tzinfo is not None


_PLAIN: Mapping[Any, _Holds] = {
    type(None): _is_none,
    str: _is_text,
    bool: _is_truth,
    int: _is_count,
    float: _is_number,
    Decimal: _is_amount,
    datetime: _is_moment,
}
