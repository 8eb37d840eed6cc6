"""Jinja's and Python's complaints about a template, in plain words."""

import re
from collections.abc import Iterable, Iterator
from types import TracebackType

from jinja2 import Environment, TemplateSyntaxError, UndefinedError

from agentops_cli.template.limits import TemplateError
from agentops_cli.template.suggest import did_you_mean

MAX_HINTS = 10

_BLOCKS = ("block", "call", "filter", "for", "if", "macro", "raw", "set", "with")
_TAGS = (*_BLOCKS, "elif", "else", "extends", "from", "import", "include")
_END_TAGS = tuple(f"end{block}" for block in _BLOCKS)

_RAW = "to write the braces themselves, put {% raw %} before and {% endraw %} after"

_TOKENS = {
    "begin of print statement": "{{",
    "end of print statement": "}}",
    "begin of statement block": "{%",
    "end of statement block": "%}",
}

_SYNTAX = (
    (r"expected token '(?:\}\}|%\})', got (.*)", r"\1 is not expected here", _RAW),
    (r"unexpected char .['\"].*", "a text in quotes is never closed", "add the closing quote"),
    (r"unexpected char (.*) at \d+", r"the character \1 does not belong here", _RAW),
    (r"unexpected end of template.*", "'{{' or '{%' is never closed", _RAW),
    (r"missing end of comment tag", "'{#' is never closed", "add #} after the comment"),
    (r"missing end of raw directive", "'{% raw %}' is never closed", "add {% endraw %}"),
    (r"tag name expected", "'{%' is followed by no name of a tag", _RAW),
    (r"((?:un)?expected .*)", r"\1", _RAW),
)
"""Jinja's message, ours, and the fix."""

_ONLY_INSIDE = {
    "caller": "a macro that {% call %} calls",
    "kwargs": "a macro",
    "loop": "a {% for %} loop",
    "super": "a block of a template that extends another",
    "varargs": "a macro",
}


def syntax_error(
    error: TemplateSyntaxError, source: str, environment: Environment
) -> TemplateError:
    """A source that is no template. A tag that is never closed is reported where it was opened."""
    message = _plain(error.message or "")
    fix: str | None
    line: int | None = error.lineno
    open_tag = re.search(r"closed is '(\w+)'", message)
    if unknown := re.match(r"encountered unknown tag '(\w+)'", message):
        message, fix = _misplaced(unknown[1], open_tag and open_tag[1])
    elif open_tag:
        message = f"'{{% {open_tag[1]} %}}' is never closed"
        fix = f"add {{% end{open_tag[1]} %}}"
        opened = _opened(open_tag[1], source, environment)
        line = line if opened is None else opened
    else:
        message, fix = _reworded(message)
    return TemplateError(message, line=line, fix=fix, name=error.name)


def undefined(
    error: UndefinedError, *, needed: frozenset[str], given: Iterable[str]
) -> TemplateError:
    """Names every variable that is not given, the one that was read first before the others.

    Given names that begin with an underscore are the program's own and are not suggested.
    """
    found = re.fullmatch(r"'(\w+)' is undefined", error.message or "")
    if not found:
        return TemplateError(_plain(error.message or "a value is undefined"))
    first = found[1]
    if first in _ONLY_INSIDE:
        return TemplateError(f"{first!r} exists only inside {_ONLY_INSIDE[first]}")
    names = [first, *sorted(needed.difference(given, (first,)))]
    known = [name for name in given if not name.startswith("_")]
    hints = {name: hint for name in names[:MAX_HINTS] if (hint := did_you_mean(name, known))}
    if len(names) == 1:
        message = f"the variable {first!r} is not given"
        fix = hints.get(first)
    else:
        message = f"{len(names)} variables are not given: {', '.join(map(repr, names))}"
        fix = "; ".join(f"{name!r}: {hint}" for name, hint in hints.items())
    fallback = f"give it, or write {{{{ {first}|default('') }}}}"
    return TemplateError(message, fix=fix or fallback)


def failure(error: Exception) -> TemplateError:
    """Anything else that went wrong while a template was rendered."""
    if isinstance(error, RecursionError | MemoryError):
        return TemplateError(
            "the template nests too deeply, or calls itself without end", fix="nest less"
        )
    message, fix = _plain(str(error)) or type(error).__name__, None
    if isinstance(error, TypeError):
        message = re.sub(r"^[\w.<>]+\(\) ", "wrong arguments: ", message)
        if "operand" in message or "concatenate" in message:
            fix = "join text with ~; turn text into a number with `int` or `float`"
    return TemplateError(message, fix=fix)


def not_compiled(error: Exception, source: str) -> TemplateError:
    """Anything that went wrong while a source was compiled."""
    long_number = re.search(r"\d[\d_]{4299}", source)
    if isinstance(error, ValueError) and long_number:
        line = source.count("\n", 0, long_number.start()) + 1
        return TemplateError("a number has more than 4,300 digits", line=line, fix="quote it")
    return failure(error)


def place(traceback: TracebackType | None) -> tuple[int | None, str | None]:
    """Line and name of the innermost template in a traceback."""
    line, name = None, None
    while traceback is not None:
        template = traceback.tb_frame.f_globals.get("__jinja_template__")
        if template is not None:
            line, name = template.get_corresponding_lineno(traceback.tb_lineno), template.name
        traceback = traceback.tb_next
    return line, name


def _misplaced(tag: str, open_tag: str | None) -> tuple[str, str]:
    """Message and fix for a tag that Jinja does not know at this place."""
    if tag not in {*_TAGS, *_END_TAGS}:
        near = did_you_mean(tag, (*_TAGS, *_END_TAGS))
        return f"unknown tag {tag!r}", near or f"there are: {', '.join(_TAGS)}"
    fix = f"close {{% {open_tag} %}} before it" if open_tag else "remove it"
    return f"the tag {tag!r} does not belong here", fix


def _reworded(message: str) -> tuple[str, str | None]:
    for pattern, ours, fix in _SYNTAX:
        if found := re.fullmatch(pattern, message, re.DOTALL):
            return found.expand(ours), fix
    return message, None


def _opened(tag: str, source: str, environment: Environment) -> int | None:
    """The line of the last `tag` that no end tag closes."""
    open_lines: list[int] = []
    for line, words in _tags(source, environment):
        if words[0] == f"end{tag}" and open_lines:
            open_lines.pop()
        elif words[0] == tag and not _assigns(words):
            open_lines.append(line)
    return open_lines[-1] if open_lines else None


def _assigns(words: list[str]) -> bool:
    """True for `set x = 1`, which opens no block, unlike `set x` and `set x | indent(width=2)`."""
    sign = next((word for word in words if word in {"=", "|"}), None)
    return words[0] == "set" and sign == "="


def _tags(source: str, environment: Environment) -> Iterator[tuple[int, list[str]]]:
    """The line and the words of each tag; the source has been parsed, so no tag is empty."""
    words: list[str] = []
    begin = 0
    for line, kind, value in environment.lex(source):
        if kind == "block_begin":
            begin, words = line, []
        elif kind == "block_end":
            yield begin, words
        elif kind != "whitespace":
            words.append(value)


def _plain(message: str) -> str:
    """A message without Jinja's names for `{{`, capital and full stop."""
    for name, token in _TOKENS.items():
        message = message.replace(name, token)
    return message[:1].lower() + message[1:].rstrip(".")
