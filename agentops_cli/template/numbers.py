"""Arithmetic of templates: the operators that can grow a value, and checks on counts."""

from typing import Any

from jinja2 import filters

from agentops_cli.template.limits import TemplateError
from agentops_cli.template.meter import METER, check_bits, describe

MAX_DIGITS = 100
MAX_RANGE = 100_000


def whole(value: object, what: str, *, least: int = 0, most: int) -> int:
    """A whole number within bounds; `what` names it in the message."""
    if not isinstance(value, int) or not least <= value <= most:
        raise TemplateError(
            f"{what} has to be a whole number from {least:,} to {most:,}, not {_shown(value)}"
        )
    return value


def number(value: Any) -> Any:
    """A number as it is. Python's operators would also take, and multiply, texts and lists."""
    if not isinstance(value, int | float):
        raise TemplateError(f"a number is needed here, not {describe(value)}", fix="use int first")
    return value


def add(left: Any, right: Any) -> object:
    if isinstance(left, str) and isinstance(right, str):
        METER.get().afford(len(left) + len(right))
    return left + right


def multiply(left: Any, right: Any) -> object:
    if isinstance(right, str | list | tuple):
        left, right = right, left
    if isinstance(left, str | list | tuple) and isinstance(right, int):
        meter = METER.get()
        meter.afford(right * meter.weigh(left))
    return left * right


def power(left: Any, right: Any) -> object:
    if isinstance(left, int) and isinstance(right, int):
        check_bits(left.bit_length() * right)
    return left**right


def is_even(value: object) -> bool:
    return bool(number(value) % 2 == 0)


def is_odd(value: object) -> bool:
    return bool(number(value) % 2 == 1)


def is_divisible(value: object, by: object) -> bool:
    return bool(number(value) % number(by) == 0)


def rounded(value: object, precision: int = 0, method: Any = "common") -> float:
    whole(precision, "the precision", least=-MAX_DIGITS, most=MAX_DIGITS)
    return filters.do_round(number(value), precision, method)


def counted(*args: int) -> range:
    """Jinja's `range`, at most 100,000 long."""
    made = range(*args)
    if made[MAX_RANGE:]:
        raise TemplateError(
            f"range() makes at most {MAX_RANGE:,} numbers", fix="use a smaller range"
        )
    return made


def _shown(value: object) -> str:
    """A number itself, anything else in words."""
    return f"{value:,}" if isinstance(value, int | float) else describe(value)
