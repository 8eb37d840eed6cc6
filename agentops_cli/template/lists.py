"""Functions of templates for lists and mappings. What Jinja makes lazily is a list here."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from jinja2 import Undefined, filters
from jinja2.runtime import Context
from jinja2.utils import Namespace

from agentops_cli.template.limits import TemplateError
from agentops_cli.template.meter import METER, SLOT, describe
from agentops_cli.template.numbers import number, whole
from agentops_cli.template.text import joined

MAX_SORT_KEYS = 5
"""Names in `sort(attribute='a,b')`; Jinja makes a key of each for each item."""


class Turns:
    """The items of a `for` loop; each turn looks at the clock."""

    __slots__ = ("_items",)

    def __init__(self, items: Sequence[object] | Mapping[object, object]) -> None:
        self._items = items

    def __len__(self) -> int:
        return len(self._items)

    def __iter__(self) -> Iterator[object]:
        tick = METER.get().tick
        for item in self._items:
            tick()
            yield item


def items(value: Any) -> Any:
    """Plain data that has items, as it is; of texts only short ones, as each character is one."""
    if isinstance(value, str):
        METER.get().afford(SLOT * len(value))
    return _sized(value)


def length(value: object) -> int:
    return len(_sized(value))


def turns(value: object) -> Turns:
    return Turns(items(value))


def pairs(value: object) -> list[object]:
    return list(_mapping(value).items())


def sorted_pairs(value: object, *args: Any, **kwargs: Any) -> list[tuple[str, object]]:
    return filters.do_dictsort(_mapping(value), *args, **kwargs)


def storable(value: object) -> object:
    """Data for a namespace. Macros and namespaces could build chains there that nobody pays for."""
    if not isinstance(value, list | tuple | dict):
        METER.get().weigh(value)
    return value


def first(context: Context, value: object) -> object:
    for item in items(value):
        return item
    return context.environment.undefined("there is no first item: the list is empty")


def last(context: Context, value: object) -> object:
    for item in reversed(items(value)):
        return item
    return context.environment.undefined("there is no last item: the list is empty")


def backwards(value: object) -> object:
    found = items(value)
    return found[::-1] if isinstance(found, str) else list(reversed(found))


def rows(value: object, length: int, fill: object = None) -> list[object]:
    """Jinja's `batch`."""
    if fill is not None:
        METER.get().afford(SLOT * length)
    return list(filters.do_batch(items(value), length, fill))


def columns(context: Context, value: object, count: int, fill: object = None) -> list[object]:
    """Jinja's `slice`."""
    METER.get().afford(SLOT * count)
    return list(filters.do_slice(context.eval_ctx, items(value), count, fill))


def part(value: Any, start: object, stop: object, step: object) -> object:
    """`value[start:stop:step]`."""
    return value[start:stop:step]


def join(
    context: Context, value: object, separator: object = "", attribute: str | int | None = None
) -> str:
    if attribute is None:
        return joined(items(value), separator)
    return joined(in_context(filters.do_map)(context, value, attribute=attribute), separator)


def ordered(
    context: Context,
    value: object,
    reverse: bool = False,  # noqa: FBT001, FBT002 # Jinja's own signature
    case_sensitive: bool = False,  # noqa: FBT001, FBT002 # Jinja's own signature
    attribute: str | int | None = None,
) -> list[object]:
    if isinstance(attribute, str):
        whole(1 + attribute.count(","), "the number of names to sort by", most=MAX_SORT_KEYS)
    return filters.do_sort(context.environment, items(value), reverse, case_sensitive, attribute)


def in_context(run: Callable[..., Any]) -> Callable[..., list[object]]:
    """A filter of Jinja that takes the context and yields items."""
    return lambda context, value, *args, **kwargs: list(run(context, items(value), *args, **kwargs))


def in_environment(run: Callable[..., Any]) -> Callable[..., Any]:
    """A filter of Jinja that takes the environment."""
    return lambda context, value, *args, **kwargs: run(
        context.environment, items(value), *args, **kwargs
    )


def distinct(context: Context, value: object, *args: Any, **kwargs: Any) -> list[object]:
    return list(filters.do_unique(context.environment, items(value), *args, **kwargs))


def total(
    context: Context, value: object, attribute: str | int | None = None, start: object = 0
) -> object:
    """The sum of numbers; adding up lists would take the square of their length."""
    return filters.do_sum(context.environment, items(value), attribute, number(start))


def namespace(*args: Any, **kwargs: Any) -> Namespace:
    METER.get().keep(dict(*args, **kwargs))
    return Namespace(*args, **kwargs)


def _mapping(value: object) -> dict[Any, object]:
    if isinstance(value, dict):
        return value
    if isinstance(value, Undefined):
        return dict(value)  # Raises if it is strict.
    raise TemplateError(f"a mapping is needed here, not {describe(value)}")


def _sized(value: Any) -> Any:
    if isinstance(value, str | list | tuple | dict | range):
        return value
    if isinstance(value, Undefined):
        return list(value)  # Raises if it is strict.
    raise TemplateError(f"{describe(value)} has no items", fix="use a list, a mapping or a text")
