"""What stands around a variable and shows where its text begins and ends."""

import re
from typing import Final, Literal

from agentops_cli.prompt.source import PromptFile, Span
from agentops_cli.prompt.uses import Use

Delimiter = Literal[
    "alone", "tag", "code", "quotes", "triple quotes", "line", "heading", "json", "own"
]
"""What shows it; `alone` where the message is nothing but the variable.

`own` where the value has text of the template in it, which may be a delimiter.
"""

_NEAR: Final = 4_000
"""How many characters on each side are looked at."""

_TAG: Final = re.compile(r"<(?P<close>/?)(?P<name>[A-Za-z][\w:.-]*)[^<>\n]*?(?P<empty>/?)>")
_TEMPLATE: Final = re.compile(r"\{\{.*?\}\}|\{%.*?%\}|\{#.*?#\}", re.DOTALL)
_LINE: Final = re.compile(
    r"[ \t]*(?:[-=#*_~+.]{3,}[\w :]{0,40}[-=#*_~+.]*|<{3,}.*|>{3,}.*"
    r"|.*\b(?:BEGIN|START|END)\b.*)[ \t]*"
)
_HEADING: Final = re.compile(
    r"[ \t]*(?:\#{1,6}[ \t]+\S.*|[*_]{2}[^*_\n]+[*_]{2}:?|\[[^\]\n]+\]:?)[ \t]*"
)
_PAIRS: Final = ('""', "\u201c\u201d", "\u00ab\u00bb", "``", "[]", "()")
_JSON: Final = frozenset(("tojson", "json"))


def delimiter_of(file: PromptFile, use: Use) -> Delimiter | None:
    """What shows where the text of a variable begins and ends in its message; None if nothing."""
    if not _JSON.isdisjoint(use.filters):
        return "json"
    if "~" in use.filters:
        return "own"
    passage = file.passages[use.passage]
    begin = passage.offset(0)
    end = passage.offset(len(passage.text) - 1) + 1
    before = file.text[max(begin, use.tag.start - _NEAR) : use.tag.start]
    after = file.text[use.tag.end : min(end, use.tag.end + _NEAR)]
    before, after = _TEMPLATE.sub("", before), _TEMPLATE.sub("", after)
    if not before.strip() and not after.strip():
        return "alone"
    return _around(file, use.tag, before, after)


def _around(file: PromptFile, tag: Span, before: str, after: str) -> Delimiter | None:
    if _is_tagged(before, after):
        return "tag"
    for mark in ('"""', "'''"):
        if before.count(mark) % 2 and mark in after:
            return "triple quotes"
    if _is_quoted(before.rpartition("\n")[2], after.partition("\n")[0]):
        return "quotes"
    if file.markup.is_code(tag.start):
        return "code"
    line_before = _last_line(before)
    if _LINE.fullmatch(line_before) and any(map(_LINE.fullmatch, after.split("\n")[1:])):
        return "line"
    return "heading" if _HEADING.fullmatch(line_before) else None


def _is_tagged(before: str, after: str) -> bool:
    """Whether a tag opens before and is closed behind."""
    opened: list[str] = []
    for tag in _TAG.finditer(before):
        if tag["empty"]:
            continue
        if not tag["close"]:
            opened.append(tag["name"])
        elif tag["name"] in opened:
            del opened[len(opened) - 1 - opened[::-1].index(tag["name"]) :]
    return any(f"</{name}>" in after for name in opened)


def _is_quoted(before: str, after: str) -> bool:
    """Whether a pair of marks stands around it on its line."""
    for first, last in _PAIRS:
        inside = (
            before.count(first) % 2 if first == last else before.rfind(first) > before.rfind(last)
        )
        if inside and last in after:
            return True
    single = before.rfind("'")
    return before[-1:] == "'" and single >= 0 and after[:1] == "'"


def _last_line(before: str) -> str:
    """The last line above that is not blank; "" where words stand before it on its own."""
    own = before.rpartition("\n")
    if own[2].strip():
        return ""
    return own[0].rstrip().rpartition("\n")[2]
