"""Compiles and renders templates from sources that nobody vouches for."""

from collections.abc import Callable, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Protocol, TypeAlias

from agentops_cli.model.json import Json
from agentops_cli.template.limits import Limits, check_unicode, overlong

if TYPE_CHECKING:  # Jinja: paid for by templates that have tags.
    from agentops_cli.template.compiler import Compiler

Loader: TypeAlias = Callable[[str], str | None]
"""Gives the source of an included template by the name in the tag, `None` when there is none."""

_MARKS = ("{{", "{%", "{#")


class Template(Protocol):
    """A compiled template. Rendering leaves no trace in it, so threads may share it."""

    @property
    def variables(self) -> frozenset[str]:
        """The names that it, or a template that it includes, reads from outside."""

    @property
    def optional(self) -> frozenset[str]:
        """Those of them that have a default or an `is defined` somewhere."""

    def render(self, variables: Mapping[str, Json]) -> str:
        """The text for these variables: the same every time, and the variables stay as they are.

        Raises `TemplateError` when a name is missing, a step fails or a limit is reached.
        """


class Text:
    """A template without tags, which is its own rendering."""

    __slots__ = ("_text",)

    variables: frozenset[str] = frozenset()
    optional: frozenset[str] = frozenset()

    def __init__(self, text: str) -> None:
        self._text = text

    def render(self, variables: Mapping[str, Json]) -> str:  # noqa: ARG002 # It reads none.
        """The text."""
        return self._text


class Templates:
    """Compiles templates under one set of limits; `clock` is monotonic, in seconds.

    A source that `loader` gave is compiled once, and kept as long as this object.
    """

    def __init__(
        self,
        *,
        clock: Callable[[], float],
        limits: Limits | None = None,
        loader: Loader | None = None,
    ) -> None:
        self._clock = clock
        self._limits = limits or Limits()
        self._loader = loader

    def compile(self, source: str) -> Template:
        """Compiles a source and all that it includes. Text without `{{`, `{%`, `{#` is itself.

        Raises `TemplateError` at the first mistake.
        """
        if any(mark in source for mark in _MARKS):
            return self._compiler.compile(source)
        source = source.replace("\r\n", "\n").replace("\r", "\n")  # As Jinja does.
        if len(source) > self._limits.characters:
            raise overlong(self._limits)
        check_unicode(source)
        return Text(source)

    @cached_property
    def _compiler(self) -> "Compiler":
        from agentops_cli.template.compiler import Compiler  # Late: it loads Jinja.

        return Compiler(clock=self._clock, limits=self._limits, loader=self._loader)
