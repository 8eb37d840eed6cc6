"""Functions of templates that make text. Those that can grow a text ask the meter first."""

import json
import re
from collections.abc import Callable, Iterable
from typing import Any

from jinja2 import filters
from jinja2.runtime import Context

from agentops_cli.template.limits import TemplateError
from agentops_cli.template.meter import METER
from agentops_cli.template.numbers import whole

MAX_STRIPPED = 100
"""CPython compares each character at the ends of a text with each that is to be stripped."""

MAX_INDENT = 16

_escape: Callable[[str], str] = filters.FILTERS["escape"]

_SPEC = re.compile(r"%(?:\(\w+\))?[#0\- +]*(\d+)?(?:\.(\d+))?[sdifFeEgGxXoc%]")
_LONGEST_FLOAT = 350
"""Characters of the largest float under `%f`, rounded up."""


def text(value: object) -> str:
    """The text of plain data, as `{{ value }}` writes it."""
    return METER.get().text(value)


def on_text(run: Callable[..., object]) -> Callable[..., object]:
    """A function whose first argument is turned into text. It may take it to pieces."""

    def call(value: object, *args: object, **kwargs: object) -> object:
        subject = text(value)
        METER.get().afford(len(subject))
        return run(subject, *args, **kwargs)

    return call


def padded(pad: Callable[..., str]) -> Callable[..., str]:
    """One of `str.center`, `ljust`, `rjust`, `zfill`, with a width that can be afforded."""

    def run(value: object, width: int = 80, *fill: str) -> str:
        METER.get().afford(width)
        return pad(text(value), width, *fill)

    return run


def stripped(strip: Callable[..., str]) -> Callable[..., str]:
    """One of `str.strip`, `lstrip`, `rstrip`, with few characters to strip."""

    def run(value: object, characters: str | None = None) -> str:
        if characters is not None:
            whole(len(characters), "the length of what to strip", most=MAX_STRIPPED)
        return strip(text(value), characters)

    return run


def concatenated(*parts: object) -> str:
    return joined(parts)


def joined(items: Iterable[object], separator: object = "") -> str:
    meter = METER.get()
    parts = [meter.text(item) for item in items]
    between = meter.text(separator)
    meter.afford(sum(map(len, parts)) + len(between) * len(parts))
    return between.join(parts)


def replaced(value: object, old: object, new: object, count: int | None = None) -> str:
    subject, old, new = text(value), text(old), text(new)
    times = subject.count(old)
    if count is not None and count >= 0:
        times = min(times, count)
    METER.get().afford(len(subject) + times * max(0, len(new) - len(old)))
    return subject.replace(old, new, times)


def indented(
    value: object,
    width: int | str = 4,
    first: bool = False,  # noqa: FBT001, FBT002 # Jinja's own signature
    blank: bool = False,  # noqa: FBT001, FBT002 # Jinja's own signature
) -> str:
    subject = text(value)
    step = len(width) if isinstance(width, str) else width
    METER.get().afford(len(subject) + step * (len(subject.splitlines()) + 1))
    return filters.do_indent(subject, width, first, blank)


def truncated(context: Context, value: object, *args: Any, **kwargs: Any) -> str:
    return filters.do_truncate(context.environment, text(value), *args, **kwargs)


def escaped(value: object) -> str:
    """HTML-escaped text, as plain text: nothing is ever marked safe."""
    return str(_escape(text(value)))


def to_json(value: object, indent: int | None = None) -> str:
    """JSON as a model should read it: keys in their order and no HTML escapes, unlike Jinja's."""
    if indent is not None:
        whole(indent, "the indent", most=MAX_INDENT)
    METER.get().readable(value)
    return json.dumps(value, ensure_ascii=False, allow_nan=False, indent=indent)


def formatted(pattern: object, *args: object, **kwargs: object) -> str:
    """`'%.2f'|format(price)`: C's formats, without `*` widths and Python's `%r` and `%a`."""
    pattern = text(pattern)
    if "%" in _SPEC.sub("", pattern):
        raise TemplateError(
            "a '%' in a format is not followed by a conversion",
            fix="use %s, %d or %.2f, and %% for a percent sign",
        )
    plain = tuple(_printable(value) for value in args)
    named = {key: _printable(value) for key, value in kwargs.items()}
    longest = max(len(text(value)) for value in (*plain, *named.values(), "·" * _LONGEST_FLOAT))
    widths = (max(longest, *map(_digits, spec)) for spec in _SPEC.findall(pattern))
    METER.get().afford(len(pattern) + sum(widths))
    return pattern % (named or plain)


def modulo(left: Any, right: Any) -> object:
    """`%`: the remainder of numbers, or the same as the filter `format`."""
    if not isinstance(left, str):
        return left % right
    if isinstance(right, dict):
        return formatted(left, **right)
    return formatted(left, *(right if isinstance(right, tuple) else (right,)))


def _printable(value: object) -> object:
    return value if isinstance(value, int | float) else text(value)


def _digits(width: str) -> int:
    return int(width or 0)
