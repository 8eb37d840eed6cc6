"""Templates that have tags: compiled and rendered by Jinja, which takes 20 ms to load."""

from collections.abc import Callable, Mapping
from functools import partial
from types import CodeType, GeneratorType
from typing import cast

import jinja2

from agentops_cli.model.json import Json
from agentops_cli.template import explain
from agentops_cli.template.generate import generate
from agentops_cli.template.limits import Limits, TemplateError
from agentops_cli.template.meter import Meter, metered
from agentops_cli.template.reads import reads_of
from agentops_cli.template.rewrite import Outline, rewrite
from agentops_cli.template.sandbox import Sandbox


class Program:
    """A compiled template that has tags."""

    __slots__ = ("_jinja", "_meter", "optional", "variables")

    def __init__(
        self, jinja: jinja2.Template, *, outline: Outline, meter: Callable[[], Meter]
    ) -> None:
        self.variables = outline.variables
        self.optional = outline.optional
        self._jinja = jinja
        self._meter = meter

    def render(self, variables: Mapping[str, Json]) -> str:
        """The text, or a `TemplateError` with its place."""
        with metered(self._meter()) as meter:
            try:
                return _rendered(self._jinja, variables, meter)
            except TemplateError as error:
                _place(error, error)
                raise
            except jinja2.UndefinedError as error:
                needed = self.variables - self.optional
                problem = explain.undefined(error, needed=needed, given=variables)
                raise _place(problem, error) from error
            except Exception as error:
                # A template runs as Python and can fail in any way that Python can.
                raise _place(explain.failure(error), error) from error


class Compiler:
    """Compiles under one set of limits, and keeps what `loader` gave for as long as it lives."""

    def __init__(
        self,
        *,
        clock: Callable[[], float],
        limits: Limits,
        loader: Callable[[str], str | None] | None,
    ) -> None:
        self._limits = limits
        self._meter = partial(Meter, limits, clock)
        self._loader = loader
        self._parts: dict[str, CodeType] = {}
        self._outlines: dict[str, Outline] = {}
        self._sandbox = Sandbox(self._parts)

    def compile(self, source: str) -> Program:
        """Compiles a source and all that it includes; a `TemplateError` is the first mistake."""
        with metered(self._meter()):
            code, outline = self._build(source, None, ())
            sandbox = self._sandbox
            jinja = sandbox.template_class.from_code(sandbox, code, sandbox.globals)
        return Program(jinja, outline=outline, meter=self._meter)

    def _build(
        self, source: str, name: str | None, chain: tuple[str, ...]
    ) -> tuple[CodeType, Outline]:
        """Code and outline of the template `name`; `chain` are the names that led to it."""
        try:
            self._check_length(source)
            tree = self._sandbox.parse(source, name)
            outer = reads_of(tree).outer
            names = rewrite(tree, partial(self._outline, chain=chain))
            code, variables = generate(tree, self._sandbox, name)
            # Jinja takes what a branch sets for a name that is read; the walk knows better.
            return code, names.outline(variables & outer)
        except jinja2.TemplateSyntaxError as error:
            raise explain.syntax_error(error, source, self._sandbox) from error
        except TemplateError as error:
            error.name = error.name or name
            raise
        except Exception as error:
            # No source may crash us: some overrun Python's own limits.
            problem = explain.not_compiled(error, source)
            problem.name = name
            raise problem from error

    def _outline(self, name: str, *, chain: tuple[str, ...]) -> Outline | None:
        """Compiles what a template includes; `None` when the loader does not know it."""
        if name in chain:
            path = " → ".join((*chain, name))
            raise TemplateError(f"templates include each other: {path}", fix="break the circle")
        if name not in self._outlines:
            source = self._loader(name) if self._loader else None
            if source is None:
                return None
            self._parts[name], self._outlines[name] = self._build(source, name, (*chain, name))
        return self._outlines[name]

    def _check_length(self, source: str) -> None:
        if len(source) > self._limits.source:
            raise TemplateError(
                f"the template is {len(source):,} characters long;"
                f" the limit is {self._limits.source:,}",
                fix="move long texts into variables",
            )


def _rendered(jinja: jinja2.Template, variables: Mapping[str, Json], meter: Meter) -> str:
    pieces = []
    context = jinja.new_context(dict(variables))
    stream = cast("GeneratorType[str, None, None]", jinja.root_render_func(context))
    for piece in stream:
        pieces.append(piece)
        try:
            meter.write(piece)
        except TemplateError as error:
            if stream.gi_frame:
                error.line = jinja.get_corresponding_lineno(stream.gi_frame.f_lineno)
            raise
    return "".join(pieces)


def _place(problem: TemplateError, error: Exception) -> TemplateError:
    """The problem, with the place in the template where the error came from."""
    if problem.line is None:
        problem.line, problem.name = explain.place(error.__traceback__)
    return problem
