"""Everything that a template can call: filters, tests, methods, functions, and the operators.

What is not in these tables does not exist in a prompt; `REFUSED` says why for names that people
know from Jinja. Each entry keeps the rules of `meter`: the clock is looked at before it runs, what
it makes is paid for after, and a function whose result can outgrow its arguments calls `afford`
itself. None changes a value that it is given, or depends on time or chance.
"""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, TypeAlias

from jinja2 import filters, pass_context, tests
from jinja2.runtime import Context

from agentops_cli.template import lists, numbers, text
from agentops_cli.template.meter import METER

Run: TypeAlias = Callable[..., Any]
"""A function of template values, which have no static type."""


class Function:
    """What a template can call by name, or as a method."""

    __slots__ = ("_run",)

    def __init__(self, run: Run) -> None:
        self._run = run

    def __call__(self, *args: object, **kwargs: object) -> object:
        METER.get().tick()
        return self._run(*args, **kwargs)


def method_of(value: object, name: str) -> Function | None:
    """The method of that name, or `None` when values of this kind have none."""
    run = methods_of(value).get(name)
    return None if run is None else Function(partial(run, value))


def methods_of(value: object) -> dict[str, Run]:
    """All methods of a value."""
    for kind, methods in METHODS:
        if isinstance(value, kind):
            return methods
    return {}


def _paid(run: Run) -> Run:
    """A function that makes values, which the meter is told about."""

    def call(*args: object, **kwargs: object) -> object:
        return METER.get().keep(run(*args, **kwargs))

    return call


def _paid_all(table: dict[str, Run]) -> dict[str, Run]:
    return {name: _paid(run) for name, run in table.items()}


def _alone(run: Run) -> Run:
    """A filter or test under the clock. Its mark keeps Jinja from running it at compile time."""

    @pass_context
    def call(_context: Context, *args: object, **kwargs: object) -> object:
        METER.get().tick()
        return run(*args, **kwargs)

    return call


def _in_context(run: Run) -> Run:
    """A filter under the clock that is given the context."""

    @pass_context
    def call(context: Context, *args: object, **kwargs: object) -> object:
        METER.get().tick()
        return run(context, *args, **kwargs)

    return call


@pass_context
def _written(_context: Context, value: object) -> str:
    """`{{ value }}`. Runs more often than everything else together."""
    return METER.get().written(value)


_TEXT_METHODS = _paid_all(
    {
        "capitalize": str.capitalize,
        "casefold": str.casefold,
        "center": text.padded(str.center),
        "count": str.count,
        "endswith": str.endswith,
        "find": str.find,
        "index": str.index,
        "isalnum": str.isalnum,
        "isalpha": str.isalpha,
        "isdigit": str.isdigit,
        "islower": str.islower,
        "isnumeric": str.isnumeric,
        "isspace": str.isspace,
        "isupper": str.isupper,
        "join": lambda separator, items: text.joined(lists.items(items), separator),
        "ljust": text.padded(str.ljust),
        "lower": str.lower,
        "lstrip": text.stripped(str.lstrip),
        "partition": str.partition,
        "removeprefix": str.removeprefix,
        "removesuffix": str.removesuffix,
        "replace": text.replaced,
        "rjust": text.padded(str.rjust),
        "rstrip": text.stripped(str.rstrip),
        "split": text.on_text(str.split),
        "splitlines": text.on_text(str.splitlines),
        "startswith": str.startswith,
        "strip": text.stripped(str.strip),
        "title": str.title,
        "upper": str.upper,
        "zfill": text.padded(str.zfill),
    }
)

_LIST_METHODS: dict[str, Run] = {
    "count": lambda items, value: items.count(value),
    "index": lambda items, value: items.index(value),
}

MAPPING_METHODS: dict[str, Run] = {
    "get": dict.get,
    **_paid_all(
        {
            "items": lists.pairs,
            "keys": list,
            "values": lambda mapping: list(mapping.values()),
        }
    ),
}

METHODS: tuple[tuple[type | tuple[type, ...], dict[str, Run]], ...] = (
    (str, _TEXT_METHODS),
    ((list, tuple), _LIST_METHODS),
    (dict, MAPPING_METHODS),
)

_MAKING: dict[str, Run] = {
    "abs": abs,
    "batch": lists.rows,
    "capitalize": text.on_text(str.capitalize),
    "center": text.padded(str.center),
    "dictsort": lists.sorted_pairs,
    "e": text.escaped,
    "escape": text.escaped,
    "filesizeformat": filters.do_filesizeformat,
    "float": filters.do_float,
    "format": text.formatted,
    "indent": text.indented,
    "int": filters.do_int,
    "items": lists.pairs,
    "list": lambda value: list(lists.items(value)),
    "lower": text.on_text(str.lower),
    "replace": text.replaced,
    "reverse": lists.backwards,
    "round": numbers.rounded,
    "string": text.text,
    "title": text.on_text(filters.do_title),
    "tojson": text.to_json,
    "trim": text.stripped(str.strip),
    "upper": text.on_text(str.upper),
    "wordcount": text.on_text(filters.do_wordcount),
}

_MAKING_IN_CONTEXT: dict[str, Run] = {
    "groupby": lists.in_environment(filters.do_groupby),
    "join": lists.join,
    "map": lists.in_context(filters.do_map),
    "reject": lists.in_context(filters.do_reject),
    "rejectattr": lists.in_context(filters.do_rejectattr),
    "select": lists.in_context(filters.do_select),
    "selectattr": lists.in_context(filters.do_selectattr),
    "slice": lists.columns,
    "sort": lists.ordered,
    "sum": lists.total,
    "truncate": text.truncated,
    "unique": lists.distinct,
}

_READING: dict[str, Run] = {
    "count": lists.length,
    "d": filters.do_default,
    "default": filters.do_default,
    "length": lists.length,
}

_READING_IN_CONTEXT: dict[str, Run] = {
    "first": lists.first,
    "last": lists.last,
    "max": lists.in_environment(filters.do_max),
    "min": lists.in_environment(filters.do_min),
}

FILTERS: dict[str, Run] = {
    **{name: _alone(_paid(run)) for name, run in _MAKING.items()},
    **{name: _in_context(_paid(run)) for name, run in _MAKING_IN_CONTEXT.items()},
    **{name: _alone(run) for name, run in _READING.items()},
    **{name: _in_context(run) for name, run in _READING_IN_CONTEXT.items()},
}

OPERATORS: dict[str, Run] = {
    "+": _alone(_paid(numbers.add)),
    "*": _alone(_paid(numbers.multiply)),
    "**": _alone(_paid(numbers.power)),
    "%": _alone(_paid(text.modulo)),
    "~": _alone(_paid(text.concatenated)),
    "[:]": _alone(_paid(lists.part)),
    "[]": _alone(_paid(lambda made: made)),
    "{{}}": _written,
    "for": _alone(lists.turns),
    "set": _alone(lists.storable),
    "==": _alone(lambda operand: operand),
}
"""What `rewrite` puts into a template as filters, under names that nobody can type.

`[]` takes a list, tuple or mapping that was just built, `==` the first operand of a comparison,
`set` what a namespace is to hold.
"""

_JINJA_TESTS: Mapping[str, Any] = tests.TESTS

TESTS: dict[str, Run] = {
    **{
        name: _alone(_JINJA_TESTS[name])
        for name in (
            *("boolean", "defined", "false", "float", "in", "integer", "iterable", "mapping"),
            *("none", "number", "sameas", "sequence", "string", "true", "undefined"),
            *("==", "eq", "equalto", "!=", "ne", ">", "gt", "greaterthan", ">=", "ge"),
            *("<", "lt", "lessthan", "<=", "le"),
        )
    },
    "divisibleby": _alone(numbers.is_divisible),
    "even": _alone(numbers.is_even),
    "lower": _alone(text.on_text(str.islower)),
    "odd": _alone(numbers.is_odd),
    "upper": _alone(text.on_text(str.isupper)),
}

GLOBALS: dict[str, Function] = {
    "dict": Function(_paid(dict)),
    "namespace": Function(lists.namespace),
    "range": Function(numbers.counted),
}

REFUSED: dict[str, str] = {
    "attr": "it reads Python's attributes; write value.name",
    "cycler": "use loop.cycle",
    "forceescape": "nothing is marked safe here; use escape",
    "joiner": "use `if not loop.last`, or the filter join",
    "lipsum": "a prompt must render the same text twice",
    "pprint": "use tojson",
    "random": "a prompt must render the same text twice",
    "safe": "nothing is escaped here, so it would change nothing",
    "striptags": "its time grows with the square of the text",
    "urlencode": "a prompt is no web page",
    "urlize": "a prompt is no web page",
    "wordwrap": "its time grows with the square of the text",
    "xmlattr": "a prompt is no web page",
}
"""Filters and functions of Jinja that are left out, and why."""
