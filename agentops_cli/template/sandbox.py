"""The Jinja environment in which templates run.

It reads no Python attributes: a value has the methods of `functions.METHODS`, a loop its counters,
a mapping its keys, and that is all.
"""

from collections.abc import Iterable, Mapping
from functools import partial
from types import CodeType
from typing import Any

import jinja2
from jinja2 import StrictUndefined, Undefined
from jinja2.environment import TemplateModule
from jinja2.lexer import TokenStream
from jinja2.runtime import BlockReference, Context, LoopContext, Macro, TemplateReference
from jinja2.sandbox import ImmutableSandboxedEnvironment
from jinja2.utils import Namespace, missing

from agentops_cli.template.functions import (
    FILTERS,
    GLOBALS,
    MAPPING_METHODS,
    OPERATORS,
    TESTS,
    Function,
    method_of,
    methods_of,
)
from agentops_cli.template.generate import counted
from agentops_cli.template.limits import TemplateError
from agentops_cli.template.lists import turns
from agentops_cli.template.meter import METER, describe
from agentops_cli.template.suggest import did_you_mean

_LOOP_FIELDS = frozenset(
    ("depth", "depth0", "first", "index", "index0", "last", "length", "nextitem", "previtem")
) | {"revindex", "revindex0"}
_LOOP_METHODS = frozenset(("changed", "cycle"))

_PASSED_BY_JINJA = frozenset(("caller", "_loop_vars", "_block_vars"))

_HINTS = {
    **dict.fromkeys(("format", "format_map"), "use the filter: '%.2f'|format(price)"),
    **dict.fromkeys(
        ("append", "clear", "extend", "insert", "pop", "remove", "setdefault", "sort", "update"),
        "templates change nothing that they are given; make a new value, with + or dict()",
    ),
}


class Sandbox(ImmutableSandboxedEnvironment):
    """Jinja without access to Python, strict about undefined names.

    `parts` holds the compiled templates that others include, extend or import.
    """

    def __init__(self, parts: Mapping[str, CodeType]) -> None:
        super().__init__(
            undefined=StrictUndefined,
            autoescape=False,
            keep_trailing_newline=True,
        )
        self._parts = parts
        self.filters = FILTERS | OPERATORS
        self.tests = dict(TESTS)
        self.globals = dict(GLOBALS)

    def _tokenize(
        self, source: str, name: str | None, filename: str | None = None, state: str | None = None
    ) -> TokenStream:
        """What the parser reads. An extension could do it too, for a module more to load."""
        stream = super()._tokenize(source, name, filename, state)
        return TokenStream(counted(stream), name, filename)

    def getattr(self, obj: Any, attribute: str) -> Any:
        """`obj.attribute`: a method or field first, then a key, as in Jinja."""
        if isinstance(obj, dict) and attribute in obj and attribute not in MAPPING_METHODS:
            return obj[attribute]  # A shortcut: nearly all that prompts ever look up.
        found = _field(obj, attribute)
        if found is not missing:
            return found
        try:
            return _item(obj, attribute)
        except (TypeError, LookupError):
            return self._undefined(obj, attribute)

    def getitem(self, obj: Any, argument: Any) -> Any:
        """`obj[argument]`: a key or place first, then a method or field, as in Jinja."""
        METER.get().tick()
        try:
            return _item(obj, argument)
        except (TypeError, LookupError):
            found = _field(obj, argument) if isinstance(argument, str) else missing
            return self._undefined(obj, argument) if found is missing else found

    def call(self, context: Context, obj: Any, /, *args: Any, **kwargs: Any) -> Any:
        """Calls what a template may call: functions of ours, macros, blocks, recursive loops."""
        METER.get().tick()
        if isinstance(obj, LoopContext):
            args = tuple(map(turns, args))
        elif isinstance(obj, Macro):
            _pay_for_extras(obj, args, kwargs)
        elif not isinstance(obj, Function | BlockReference | Undefined):
            raise TemplateError(f"{describe(obj)} cannot be called", fix="remove the ()")
        return context.call(obj, *args, **kwargs)

    def get_template(
        self,
        name: str | jinja2.Template,
        parent: str | None = None,  # noqa: ARG002 # Jinja passes it
        globals: Any = None,  # noqa: A002, ARG002 # Jinja passes it
    ) -> jinja2.Template:
        """A fresh template each time: what a module keeps must not outlive a rendering."""
        METER.get().tick()
        return self.template_class.from_code(self, self._parts[str(name)], self.globals)

    def _undefined(self, obj: Any, name: object) -> Undefined:
        """Nothing, which complains as soon as it is used."""
        if isinstance(obj, Undefined):
            str(obj)  # Raises: what is undefined has no parts.
        return self.undefined(obj=obj, name=name, exc=partial(_no_such_part, obj, name))  # type: ignore[arg-type] # Jinja only calls it


def _item(obj: Any, key: Any) -> Any:
    if isinstance(obj, str | list | tuple | range | dict | TemplateReference):
        return obj[key]
    raise LookupError


def _field(obj: Any, name: str) -> Any:
    """The method or field of a value that a template may read, or `missing`."""
    if name.startswith("_"):
        return missing
    if isinstance(obj, LoopContext) and name in _LOOP_METHODS:
        return Function(getattr(obj, name))
    if (
        isinstance(obj, Namespace | TemplateModule)
        or (isinstance(obj, LoopContext) and name in _LOOP_FIELDS)
        or (isinstance(obj, BlockReference) and name == "super")
        or (isinstance(obj, tuple) and name in getattr(obj, "_fields", ()))
    ):
        return getattr(obj, name, missing)
    return method_of(obj, name) or missing


def _pay_for_extras(macro: Macro, args: tuple[object, ...], kwargs: dict[str, object]) -> None:
    """Pays for `varargs` and `kwargs`, a list and a mapping that the call makes."""
    named = {*macro.arguments, *_PASSED_BY_JINJA}
    extras = [*args[len(macro.arguments) :]]
    extras += [value for key, value in kwargs.items() if key not in named]
    METER.get().keep(extras)


def _no_such_part(obj: object, name: object, _message: str) -> TemplateError:
    """Explains why a part of a value cannot be read."""
    if isinstance(name, str) and name.startswith("__"):
        return TemplateError(f"{name!r} is not available: templates cannot reach into Python")
    if isinstance(obj, dict):
        hint = _HINTS.get(str(name)) or _near(name, obj)
        return TemplateError(f"the mapping has no key {name!r}", fix=hint)
    if isinstance(name, int) and isinstance(obj, str | list | tuple | range):
        return TemplateError(f"there is no item {name}: {describe(obj)} of {len(obj)}")
    hint = _HINTS.get(str(name)) or _near(name, methods_of(obj))
    return TemplateError(f"{describe(obj)} has no {name!r} here", fix=hint)


def _near(name: object, known: Iterable[object]) -> str | None:
    return did_you_mean(str(name), map(str, known))
