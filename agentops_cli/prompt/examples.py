"""Which parts of a prompt are examples: they show what may be said, and say nothing themselves."""

import re
from collections.abc import Iterator
from typing import Final

from agentops_cli.prompt.markdown import Blocks, Stretch, merged, paragraph_end

_WORD: Final = r"(?:examples?|samples?|demonstrations?|few[-_ ]?shots?|illustrations?)"

_TAG: Final = re.compile(
    rf"<(?P<close>/?)(?P<name>(?:[\w.-]{{0,40}}[-_.])?{_WORD}(?:[-_.]?\w{{1,40}})?)(?:\s[^<>\n]{{0,200}})?>",
    re.IGNORECASE,
)
_IN_HEADING: Final = re.compile(rf"\b{_WORD}\b", re.IGNORECASE)

# `Example:`, `**Examples**:`, `- Example 2 (refund):`, `For example:`, `E.g.:`
_LABEL: Final = re.compile(
    rf"^[ \t]*+(?P<bullet>[-*+][ \t]+|\d{{1,3}}[.)][ \t]+)?[*_\[(]{{0,3}}"
    rf"(?:(?:for|here[ ](?:is|are)|the[ ]following|some|an?|good|bad|wrong|right|correct|incorrect"
    rf"|[\u2705\u274c\u2714\u2718]\ufe0f?)[ ]+){{0,3}}"
    rf"{_WORD}(?:[ ][\w()\#, -]{{1,60}})?[*_\])]{{0,3}}:[*_]{{0,3}}",
    re.IGNORECASE | re.MULTILINE,
)
_TURN: Final = re.compile(
    r"[ \t]*+(?:[-*>][ \t]++)?[*_]{0,2}"
    r"(?:input|output|q|a|question|answer|user|assistant|human|ai|bot|model|agent|customer|request"
    r"|response|reply|query|thought|action|observation|result|expected|good|bad|wrong|right)"
    r"(?:[ ]\d{1,3})?[*_]{0,2}:",
    re.IGNORECASE,
)
_ITEM: Final = re.compile(r"^[ \t]*+(?:[-*+]|\d{1,3}[.)])[ \t]", re.MULTILINE)
_BLANK_LINES: Final = re.compile(r"(?:[ \t]*+\n)*+")


def examples_in(blocks: Blocks) -> tuple[Stretch, ...]:
    """The examples of a text: of tags, below headings, and after labels."""
    text = blocks.plain
    found: list[Stretch] = []
    if _IN_HEADING.search(text) is not None or "<" in text:
        found += _tagged(text)
        found += _below_headings(blocks)
        found += _labelled(text)
    return merged(found)


def _tagged(text: str) -> Iterator[Stretch]:
    """Between a tag that is called so and its end; one that has no end holds nothing."""
    opened: dict[str, list[int]] = {}
    for tag in _TAG.finditer(text):
        name = tag["name"].lower()
        if not tag["close"]:
            opened.setdefault(name, []).append(tag.start())
        elif opened.get(name):
            yield opened[name].pop(), tag.end()


def _below_headings(blocks: Blocks) -> Iterator[Stretch]:
    """The sections whose heading says so, down to the next heading that is not below theirs."""
    start: int | None = None
    outer = 0
    for level, words, (begin, _) in blocks.headings:
        if start is not None and level <= outer:
            yield start, begin
            start = None
        if start is None and _IN_HEADING.search(words):
            start, outer = begin, level
    if start is not None:
        yield start, len(blocks.plain)


def _labelled(text: str) -> Iterator[Stretch]:
    """The paragraph that a label begins, and the turns of a conversation that follow it."""
    at = 0
    for label in _LABEL.finditer(text):
        if label.start() < at:
            continue
        end = paragraph_end(text, label.end())
        if label["bullet"]:
            following = _ITEM.search(text, label.end(), end)
            end = following.start() if following else end
        if not text[label.end() : end].strip():
            end = paragraph_end(text, _skipped(text, end))
        while _TURN.match(text, _skipped(text, end)):
            end = paragraph_end(text, _skipped(text, end))
        at = end
        yield label.start(), end


def _skipped(text: str, at: int) -> int:
    blank = _BLANK_LINES.match(text, at + 1)
    return blank.end() if blank else at
