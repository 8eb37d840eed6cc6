"""Templates of other languages in ours, where one says exactly what the other does.

Every function keeps the number of lines, so that a mistake is placed where it was written. What has
no equal raises `NoEqualError`.
"""

import re
from collections.abc import Iterator
from typing import Final

import jinja2
from jinja2 import nodes

from agentops_cli.prompt.interface import is_name

PLACEHOLDER: Final = re.compile(r"\{\{[ \t]*+(?P<name>[^\W\d][\w-]*+)[ \t]*+\}\}")
_DOLLAR: Final = re.compile(
    r"\$(?:(?P<escaped>\$)|(?P<name>[_a-zA-Z][_a-zA-Z0-9]*+)"
    r"|\{(?P<braced>[_a-zA-Z][_a-zA-Z0-9]*+)\}|(?P<wrong>))"
)
_KERNEL: Final = re.compile(
    r"\{\{\s*(?:\$(?P<name>\w+)|(?P<quote>[\"'])(?P<text>[^\"'{}\\]*)(?P=quote)|(?P<other>[^}]*))\s*\}\}"
)
_BRACE: Final = re.compile(r"\{(?=[{%#]|\Z)")


class NoEqualError(Exception):
    """A part of a template, at an offset of it, that ours cannot say."""

    def __init__(self, at: int, message: str, fix: str) -> None:
        super().__init__(message)
        self.at = at
        self.message = message
        self.fix = fix


def literal(text: str) -> str:
    """Text that stands for itself in Jinja."""
    return _BRACE.sub("{{ '{' }}", text) if "{" in text else text


def of_placeholders(text: str) -> str:
    """`{{name}}`, and nothing else."""
    return "".join(
        literal(part) if name is None else _output(name, at)
        for part, name, at in _parts(text, PLACEHOLDER, "name")
    )


def of_dollars(text: str) -> str:
    """`$name`, `${name}` and `$$`, as `string.Template` has them."""
    pieces, at = [], 0
    plain = ""
    for found in _DOLLAR.finditer(text):
        plain += text[at : found.start()]
        at = found.end()
        if found["escaped"]:
            plain += "$"
            continue
        name = found["name"] or found["braced"]
        if name is None:
            raise NoEqualError(found.start(), "'$' is followed by no name", "write $$ for the sign")
        pieces += [literal(plain), _output(name, found.start())]
        plain = ""
    return "".join(pieces) + literal(plain + text[at:])


def of_kernel(text: str) -> str:
    """`{{$name}}` and `{{'text'}}` of Semantic Kernel's own language; calls have no equal."""
    pieces, at = [], 0
    for found in _KERNEL.finditer(text):
        pieces.append(literal(text[at : found.start()]))
        at = found.end()
        if found["name"]:
            pieces.append(_output(found["name"], found.start(), lines=found[0].count("\n")))
        elif found["quote"]:
            pieces.append(literal(found["text"]) + "{#" + "\n" * found[0].count("\n") + "#}")
        else:
            message = f"'{{{{{found['other'].strip()}}}}}' calls a function of the program"
            fix = "pass what it gives as a variable"
            raise NoEqualError(found.start(), message, fix)
    return "".join(pieces) + literal(text[at:])


_SAME: Final = (
    *(nodes.Template, nodes.Output, nodes.TemplateData, nodes.Name, nodes.Const),
    *(nodes.Getattr, nodes.Getitem, nodes.If, nodes.For, nodes.Compare, nodes.Operand),
    *(nodes.And, nodes.Or, nodes.Not, nodes.Filter),
)
_AS_JINJA: Final = "write it as Jinja would"
_SAME_FILTERS: Final = frozenset(("upper", "lower", "trim", "length", "first", "last"))


def of_nunjucks(text: str) -> str:
    """Nunjucks that is Jinja too: values, parts of values, conditions, loops and a few filters."""
    if "{{" not in text and "{%" not in text and "{#" not in text:
        return text
    try:
        tree = jinja2.Environment().parse(text)  # noqa: S701 # It is not rendered.
    except jinja2.TemplateSyntaxError as error:
        start = _start_of(text, error.lineno)
        raise NoEqualError(
            start, f"the template cannot be read: {error.message}", _AS_JINJA
        ) from error
    except Exception as error:
        # No source may crash us: some overrun Python's own limits.
        raise NoEqualError(0, "the template is too much for the parser", "split it") from error
    for node in tree.find_all(nodes.Node):
        if isinstance(node, _SAME) and not (
            isinstance(node, nodes.Filter) and node.name not in _SAME_FILTERS
        ):
            continue
        name = node.name if isinstance(node, nodes.Filter) else type(node).__name__.lower()
        message = f"{name!r} may mean something else in Nunjucks than in Jinja"
        fix = "use plain values, conditions and loops, or write the prompt as *.prompt.md"
        raise NoEqualError(_start_of(text, node.lineno), message, fix)
    return text


def _start_of(text: str, line: int) -> int:
    at = 0
    for _ in range(line - 1):
        at = text.find("\n", at) + 1
    return at


def _parts(
    text: str, pattern: re.Pattern[str], group: str
) -> Iterator[tuple[str, str | None, int]]:
    at = 0
    for found in pattern.finditer(text):
        yield text[at : found.start()], None, at
        yield found[0], found[group], found.start()
        at = found.end()
    yield text[at:], None, at


def _output(name: str, at: int, *, lines: int = 0) -> str:
    demand_name(name, at)
    return "{{ " + name + " " + "\n" * lines + "}}"


def demand_name(name: str, at: int) -> None:
    """Raises where no variable of ours can have the name."""
    if not is_name(name):
        message = f"a template cannot use a variable named {name!r}"
        fix = "use letters, digits and underscores; not a word of the template language"
        raise NoEqualError(at, message, fix)
