"""Jinja templates read for their places: where each name, filter and mistake stands.

Jinja knows lines only. Here the number that it carries as the line of a token is the offset of that
token in the source, and so the `lineno` of each node, and the `line` of each `TemplateError`, is an
offset from 0. Nothing else in Jinja's parser depends on lines.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from jinja2 import TemplateSyntaxError, nodes
from jinja2.lexer import TokenStream
from jinja2.parser import Parser

from agentops_cli.template import explain
from agentops_cli.template.generate import counted, generate
from agentops_cli.template.limits import Limits, TemplateError
from agentops_cli.template.meter import Meter, metered
from agentops_cli.template.rewrite import Outline, rewrite
from agentops_cli.template.sandbox import Sandbox

_LIMITS: Final = Limits()
_AT: Final = re.compile(r" at (\d+)\Z")
_BEGINS: Final = frozenset(("block_begin", "variable_begin"))
_ENDS: Final = frozenset(("block_end", "variable_end"))
_NEVER_CLOSED: Final = "'{{' or '{%' is never closed"


@dataclass(frozen=True, slots=True, kw_only=True)
class PlacedTemplate:
    """A template with offsets for lines.

    `tags` are the stretches of its tags, in order, without comments and what stands in `raw`.
    `tree` is None where `problem` says that the source is no template.
    """

    tree: nodes.Template | None
    tags: tuple[tuple[int, int], ...]
    problem: TemplateError | None = None


def read_placed(source: str) -> PlacedTemplate:
    """Parses a source, whose lines end in `\\n`; never fails, and takes linear time."""
    sandbox = _Placed()
    tree: nodes.Template | None = None
    problem: TemplateError | None = None
    if len(source) > _LIMITS.source:
        problem = TemplateError(
            f"the template is {len(source):,} characters long; the limit is {_LIMITS.source:,}",
            line=0,
            fix="move long texts into variables",
        )
        return PlacedTemplate(tree=None, tags=(), problem=problem)
    try:
        tree = Parser(sandbox, source).parse()
    except TemplateSyntaxError as error:
        problem = explain.syntax_error(error, source, sandbox)
        if problem.message == _NEVER_CLOSED and sandbox.begin is not None:
            problem.line = sandbox.begin
    except TemplateError as error:
        problem = error
    except Exception as error:  # noqa: BLE001 # Some sources overrun Python's own limits.
        problem = explain.not_compiled(error, source)
        problem.line = _start_of_line(source, problem.line)
    return PlacedTemplate(tree=tree, tags=tuple(sandbox.tags), problem=problem)


def refusal_of(tree: nodes.Template) -> TemplateError | None:
    """What a run would refuse in a tree that it parses; the tree is changed."""
    try:
        with metered(Meter(_LIMITS, _no_clock)):
            rewrite(tree, _anything)
    except TemplateError as error:
        return error
    except RecursionError as error:
        return explain.failure(error)
    return None


def undeclared_in(tree: nodes.Template) -> frozenset[str]:
    """The names that a template reads from outside, as a run finds them; the tree is changed.

    Raises `TemplateError` where a run would refuse the template, other templates apart.
    """
    try:
        with metered(Meter(_LIMITS, _no_clock)):
            names = rewrite(tree, _anything)
            _, variables = generate(tree, _Placed(), None)
            return names.outline(variables).variables
    except TemplateSyntaxError as error:
        raise explain.syntax_error(error, "", _Placed()) from error
    except TemplateError:
        raise
    except Exception as error:
        # Python's own limits.
        raise explain.failure(error) from error


def _anything(_name: str) -> Outline:
    """Takes any other template for one that is there and reads nothing."""
    return Outline()


def _no_clock() -> float:
    """Sources are short enough, and are only read."""
    return 0.0


def _start_of_line(source: str, line: int | None) -> int:
    at = 0
    for _ in range((line or 1) - 1):
        at = source.find("\n", at) + 1
    return at


class _Placed(Sandbox):
    """Jinja as it runs prompts, with the offset of each token for its line.

    `tags` are those that were read so far; `begin` is where one begins that is not closed yet.
    """

    def __init__(self) -> None:
        super().__init__({})
        self.tags: list[tuple[int, int]] = []
        self.begin: int | None = None

    def lex(
        self, source: str, name: str | None = None, filename: str | None = None
    ) -> Iterator[tuple[int, str, str]]:
        """The tokens of a source, each with its offset."""
        at = begin = 0
        try:
            for _, kind, value in self.lexer.tokeniter(source, name, filename):
                # Only white space is left out, where `{%-` takes it away.
                begin = source.find(value, at)
                at = begin + len(value)
                yield begin, kind, value
        except TemplateSyntaxError as error:
            found = _AT.search(error.message or "")
            is_missing_end = (error.message or "").startswith("Missing end")
            error.lineno = int(found[1]) if found else begin if is_missing_end else at
            raise

    def _tokenize(
        self, source: str, name: str | None, filename: str | None = None, state: str | None = None
    ) -> TokenStream:
        """What the parser reads."""
        del state  # Sources are read from their beginning.
        stream = TokenStream(self.lexer.wrap(self._noted(source)), name, filename)
        return TokenStream(counted(stream), name, filename)

    def _noted(self, source: str) -> Iterator[tuple[int, str, str]]:
        for token in self.lex(source):
            at, kind, value = token
            if kind in _BEGINS:
                self.begin = at
            elif kind in _ENDS and self.begin is not None:
                self.tags.append((self.begin, at + len(value.rstrip())))
                self.begin = None
            yield token
