"""What one rendering may use, counted.

Three rules bound every template, whatever it does:

1. Every step that is not constant in time looks at the clock first (`Meter.tick`).
2. Every value that a template makes is paid for at its full size, counted as a tree
   (`Meter.keep`); the budget bounds memory, and with it the time of any later step on the value.
3. A step whose result can be much larger than what it is given is paid for before it runs
   (`Meter.afford`).
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TypeVar

from jinja2 import Undefined
from jinja2.environment import TemplateModule
from jinja2.runtime import LoopContext, TemplateReference

from agentops_cli.template.limits import Limits, TemplateError, check_unicode, overlong

Value = TypeVar("Value")

MAX_DEPTH = 100
"""Levels of lists and mappings in one value; CPython hashes nested tuples on the C stack."""

MAX_BITS = 14_000
"""Size of an integer: just under the 4,300 digits that CPython agrees to print."""

SLOT = 16
"""What a place in a list weighs, so that each unit is worth about 5 bytes, as a character is."""

MAPPING_SLOT = 32

WEIGHT_OF_TEXT = 4
"""Lists and mappings may weigh this many times the longest text, as most weigh more than theirs."""


class Meter:
    """The account of one rendering. `clock` is monotonic, in seconds."""

    __slots__ = ("_clock", "_deadline", "_limits", "_room", "_unwritten")

    def __init__(self, limits: Limits, clock: Callable[[], float]) -> None:
        self._limits = limits
        self._clock = clock
        self._deadline = clock() + limits.seconds
        self._room = limits.memory
        self._unwritten = limits.characters

    def tick(self) -> None:
        """Refuses to go on past the deadline."""
        if self._clock() > self._deadline:
            raise TemplateError(
                f"the template takes longer than {self._limits.seconds:g} s",
                fix="loop over less, or do the work before the prompt is rendered",
            )

    def afford(self, characters: int) -> None:
        """Refuses a text, or a padded list, that would be larger than the rendered text may be."""
        if characters > self._limits.characters:
            raise TemplateError(
                f"the template makes a value of {characters:,} characters;"
                f" the limit is {self._limits.characters:,}",
                fix="use a smaller width, count or text",
            )

    def keep(self, value: Value) -> Value:
        """Pays for a value that a template made and gives it back."""
        if isinstance(value, str):
            self.afford(len(value))
            self._spend(SLOT + len(value))
        elif isinstance(value, int):
            check_bits(value.bit_length())
        elif isinstance(value, list | tuple | dict):
            self._spend(self.weigh(value))
        return value

    def weigh(self, value: object) -> int:
        """The weight of plain data, refused as soon as it is more than is left."""
        return _weigh(value, self._room, MAX_DEPTH)

    def readable(self, value: object) -> None:
        """Refuses what is no plain data, or far too large to be written."""
        self.afford(self.weigh(value) // WEIGHT_OF_TEXT)

    def text(self, value: object) -> str:
        """The text of plain data, as `{{ value }}` writes it."""
        if isinstance(value, str):
            return value
        if not isinstance(value, Undefined):  # Strict ones raise; `{{ 'a' if b }}` writes nothing.
            self.readable(value)
        return str(value)

    def written(self, value: object) -> str:
        """Pays for the text of a value, on its way into the rendered text or into a block.

        Null is written as nothing: `None` in the middle of a prompt is never what was meant.
        """
        if value is None:
            return ""
        if not isinstance(value, str):
            self.tick()
            value = self.text(value)
        self._spend(SLOT + len(value))
        return value

    def write(self, text: str) -> None:
        """Counts a piece of the rendered text, and refuses what cannot be sent or stored."""
        self._unwritten -= len(text)
        if self._unwritten < 0:
            raise overlong(self._limits)
        if not text.isascii():
            check_unicode(text)

    def _spend(self, amount: int) -> None:
        self._room -= amount
        if self._room < 0:
            raise _too_much()


METER: ContextVar[Meter] = ContextVar("METER")
"""The meter of the rendering that runs in this thread or task."""


@contextmanager
def metered(meter: Meter) -> Iterator[Meter]:
    """Makes a meter the one that counts, until the block ends."""
    token = METER.set(meter)
    try:
        yield meter
    finally:
        METER.reset(token)


def check_bits(bits: int) -> None:
    """Refuses an integer that is too long to print."""
    if bits > MAX_BITS:
        raise TemplateError(
            f"the template makes a number of more than {MAX_BITS:,} bits",
            fix="use smaller numbers",
        )


def describe(value: object) -> str:
    """What a value is, in a template author's words."""
    for kind, words in _WORDS:
        if isinstance(value, kind):
            return words
    return f"a {type(value).__name__.lower()}"


_WORDS: tuple[tuple[type | tuple[type, ...], str], ...] = (
    (str, "a text"),
    (bool, "a truth value"),
    ((int, float), "a number"),
    ((list, tuple, range), "a list"),
    (dict, "a mapping"),
    (type(None), "none"),
    (LoopContext, "the loop"),
    (TemplateReference, "'self'"),
    (Undefined, "an inline `if` without `else`"),
    (TemplateModule, "an imported template"),
)


def _weigh(value: object, room: int, levels: int) -> int:
    """The size of plain data as a tree: a part that appears twice counts twice."""
    if isinstance(value, str):
        return len(value)
    if isinstance(value, int):
        return value.bit_length() >> 3
    if value is None or isinstance(value, float):
        return 0
    if isinstance(value, range):
        return SLOT * len(value)
    if isinstance(value, list | tuple):
        return _weigh_parts(value, SLOT * (1 + len(value)), room, levels)
    if isinstance(value, dict):
        parts = [*value.keys(), *value.values()]
        return _weigh_parts(parts, MAPPING_SLOT * (1 + len(value)), room, levels)
    if isinstance(value, Undefined):
        str(value)  # Raises if it is strict.
    raise TemplateError(
        f"{describe(value)} is no data: it cannot be written or kept in a list",
        fix="call it with (), or write one of its fields",
    )


def _weigh_parts(parts: Iterable[object], weight: int, room: int, levels: int) -> int:
    if not levels:
        raise TemplateError(f"a value nests deeper than {MAX_DEPTH} levels", fix="nest less")
    for part in parts:
        if weight > room:
            raise _too_much()
        weight += _weigh(part, room - weight, levels - 1)
    if weight > room:
        raise _too_much()
    return weight


def _too_much() -> TemplateError:
    return TemplateError(
        "the template makes more text and lists than one rendering may hold",
        fix="loop over less, or do the work before the prompt is rendered",
    )
