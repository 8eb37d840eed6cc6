"""A tag is opened and never closed, or closed and never opened: where its content ends is a guess.

Tags mark off what is data and what is an instruction. Looked at are those that stand at the
beginning or the end of a line.

Quiet: about code, quotations, examples and comments; about `<tag/>`, and tags of HTML that need no
end; about what only looks like a tag, such as `List<T>`, `<your name>` or a tag that a sentence
mentions; about messages in which branches of the template open or close it.
"""

import re
from collections.abc import Iterator
from typing import Final

from agentops_cli.prompt.markup import markup_of_text, placed
from agentops_cli.prompt.source import Passage, PromptFile, Span
from agentops_cli.rules.project import Project
from agentops_cli.rules.rule import Hit

_MARK: Final = re.compile(r"<(/?[A-Za-z][\w.-]*+)")
_OPENED: Final = re.compile(
    r"^[ \t]*+<(?P<name>[A-Za-z][\w.-]*+)(?:[ ][^<>\n]*=[^<>\n]*)?(?<!/)>[ \t]*+$", re.MULTILINE
)
_CLOSED: Final = re.compile(r"</(?P<name>[A-Za-z][\w.-]*+)[ \t]*+>[ \t]*+$", re.MULTILINE)
_HTML: Final = frozenset(
    {
        *("area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param"),
        *("source", "track", "wbr", "p", "li", "dt", "dd", "td", "th", "tr", "thead", "tbody"),
        *("tfoot", "option", "body", "html", "head", "colgroup", "rb", "rt", "rp"),
    }
)
"""Elements whose end may be left out."""


def check(file: PromptFile, _project: Project) -> Iterator[Hit]:
    """The first tag of each name without its other half."""
    if ">\n" not in file.text and not file.text.endswith(">"):
        return
    marks = [mark for passage in file.passages for mark in _MARK.findall(passage.text)]
    opened = {mark for mark in marks if mark[0] != "/"}
    closed = {mark[1:] for mark in marks if mark[0] == "/"}
    if opened == closed:
        return
    told: set[str] = set()
    for passage in file.passages:
        for name, span, is_open in _halves(passage.text):
            if name in told or name in (closed if is_open else opened) or name.lower() in _HTML:
                continue
            markup = file.markup if passage.exact else markup_of_text(passage.text)
            if markup.is_own_voice(passage.offset(span.start) if passage.exact else span.start):
                told.add(name)
                yield _hit(passage, name, span, is_open=is_open)


def _halves(text: str) -> Iterator[tuple[str, Span, bool]]:
    """The tags of a text at the beginnings and ends of lines."""
    for found in _OPENED.finditer(text):
        start = text.index("<", found.start())
        yield found["name"], Span(start=start, end=found.end()), True
    for found in _CLOSED.finditer(text):
        yield found["name"], Span(start=found.start(), end=found.end()), False


def _hit(passage: Passage, name: str, span: Span, *, is_open: bool) -> Hit:
    if is_open:
        message, fix = f"<{name}> is never closed", f"write </{name}> where it ends"
    else:
        message, fix = f"</{name}> closes what was never opened", f"write <{name}> where it begins"
    return Hit(at=placed(passage, span), message=message, fix=fix)
