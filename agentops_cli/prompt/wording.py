"""What differs between two texts of a message: nothing that is sent, a typo, or the words."""

import re
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from functools import cached_property
from itertools import zip_longest
from typing import Final, Literal

from agentops_cli.prompt.misspelled import MISSPELLED
from agentops_cli.prompt.source import Engine

Wording = Literal["same", "comment", "typo", "template", "text"]

# No tag holds a brace: each search ends at the next one, so that a stranger's text takes no longer.
_WORDS: Final = re.compile(r"\{\{[^{}]*\}\}|\{%[^{}]*%\}|\w+(?:['\u2019]\w+)*|[^\w\s]")
_TAGS: Final = re.compile(r"\{%-?([^{}]*)%\}|\{\{([#/^>][^{}]*|else)\}\}")
COMMENTS: Final[Mapping[str, Sequence[tuple[str, str]]]] = {
    "jinja2": (("{#", "#}"),),
    "handlebars": (("{{!--", "--}}"), ("{{!", "}}")),
    "mustache": (("{{!", "}}"),),
}
_BLACK: Final = re.compile(r"[^\n]")
_CHUNK: Final = re.compile(r"(?P<gap>\s*)(?P<word>\S+)")
_LITERAL: Final = re.compile(
    r"^[ \t]*(?P<fence>```|~~~).*?(?:^[ \t]*(?P=fence)|\Z)|`[^`\n]*`|\{[{%][^{}]*\}|\"[^\"\n]*\""
    r"|\u201c[^\u201c\u201d\n]*\u201d",
    re.DOTALL | re.MULTILINE,
)
_STOPS: Final = ".,;!?"
_SENSITIVE: Final = re.compile(
    r"no|not|nor|never|none|nothing|without|only|always|all|any|every|each|must|shall|should|may"
    r"|might|can|cannot|could|will|would|least|most|more|less|before|after|unless|except|until"
    r"|mini\w*|maxi\w*|under|over|above|below|first|last|\w*n['\u2019]t|\w*\d\w*",
    re.IGNORECASE,
)
_TYPO: Final = 2
_SHORT: Final = 4


def wording(old: str, new: str, engine: Engine) -> Wording:
    """How two templates of one message differ.

    `same` also where only white space at the ends of lines differs. A `typo` is what surely means
    the same: white space in prose, and common misspellings that are mended; near words are others
    (`deny` and `defy`), and so is what a comma parts. `template` is a change of branches, loops and
    includes.
    """
    if old == new:
        return "same"
    if _flat(old) == _flat(new):
        return "same"
    before, after = essence(old, engine), essence(new, engine)
    if before == after:
        return "comment"
    if _tags(before) != _tags(after):
        return "template"
    return "typo" if _are_typos(before, after) else "text"


def essence(text: str, engine: Engine) -> str:
    """The text without comments, and without white space at the ends of lines and of itself."""
    for opened, closed in COMMENTS.get(engine, ()):
        text = blanked(text, opened, closed, keep_length=False)
    return _flat(text)


def blanked(text: str, opened: str, closed: str, *, keep_length: bool = True) -> str:
    """The text without what stands between two marks, which may be kept as white space."""
    parts: list[str] = []
    at = 0
    while (start := text.find(opened, at)) >= 0:
        end = text.find(closed, start + len(opened))
        if end < 0:
            break
        end += len(closed)
        parts.append(text[at:start])
        if keep_length:
            parts.append(_BLACK.sub(" ", text[start:end]))
        at = end
    return "".join((*parts, text[at:])) if at else text


def first_difference(old: str, new: str) -> tuple[int, int]:
    """Where two texts begin to differ: the offset of the first word in each that is another."""
    last = last_now = None
    for one, other in zip_longest(_WORDS.finditer(old), _WORDS.finditer(new)):
        if one is None or other is None or one[0] != other[0]:
            return _start(one or last, old), _start(other or last_now, new)
        last, last_now = one, other
    return _start(last, old), _start(last_now, new)


def _start(word: re.Match[str] | None, text: str) -> int:
    return word.start() if word else len(text)


def _flat(text: str) -> str:
    return "\n".join(line.rstrip(" \t") for line in text.split("\n")).strip("\n")


def _tags(text: str) -> list[str]:
    return [(control or block).strip("- \t\n") for control, block in _TAGS.findall(text)]


def _are_typos(before: str, after: str) -> bool:
    """Whether it is sure that all that differs is white space in prose, or a misspelling mended.

    A mended word stays one word, so both texts are read side by side, in one pass.
    """
    old, new = _Literals(before), _Literals(after)
    for one, other in zip_longest(_CHUNK.finditer(before), _CHUNK.finditer(after)):
        if one is None or other is None:
            return False
        if one[0] == other[0]:
            continue
        if old.hold(one.start("word")) or new.hold(other.start("word")):
            return False
        is_mended = one["word"] == other["word"] or _is_mended(one["word"], other["word"])
        if not (is_mended and _is_one_gap(one["gap"], other["gap"], other["word"])):
            return False
    return True


def _is_mended(old: str, new: str) -> bool:
    """Whether a word of plain letters, known to be a misspelling, is spelled right now."""
    word, word_now = old.rstrip(_STOPS), new.rstrip(_STOPS)
    if old[len(word) :] != new[len(word_now) :]:
        return False
    right = MISSPELLED.get(word.casefold())
    return word_now in (right, right.capitalize()) if right else False


def _is_one_gap(old: str, new: str, word: str) -> bool:
    """Whether white space before a word is only laid out otherwise: no indentation is another."""
    if not (old and new):
        return old == new
    (_, line, indent), (_, line_now, indent_now) = old.rpartition("\n"), new.rpartition("\n")
    if line and line_now:
        return indent == indent_now
    # Prose that is wrapped elsewhere; not what may be an item, a heading, a key or a row.
    wrapped = indent if line else indent_now
    plain = word.rstrip(_STOPS)
    return line == line_now or (not wrapped and plain.isalpha() and plain.islower())


class _Literals:
    """Where a text has code and quotations, in which every character counts."""

    def __init__(self, text: str) -> None:
        self._text = text

    def hold(self, at: int) -> bool:
        """Whether a place stands in one of them."""
        index = bisect_right(self._spans, (at, len(self._text))) - 1
        return index >= 0 and at < self._spans[index][1]

    @cached_property
    def _spans(self) -> list[tuple[int, int]]:
        return [match.span() for match in _LITERAL.finditer(self._text)]


def are_one_word(one: str, other: str) -> bool:
    """Whether one of two words is the other, misspelled."""
    if one == other:
        return True
    if not (one[0].isalpha() and one[0].casefold() == other[0].casefold()):
        return False
    if _SENSITIVE.fullmatch(one) or _SENSITIVE.fullmatch(other):
        return False
    if one.casefold() == other.casefold():
        return True
    shorter = min(len(one), len(other))
    return shorter >= _SHORT and _distance(one, other) <= (_TYPO if shorter > _SHORT + 1 else 1)


def _distance(one: str, other: str) -> int:
    """How many letters have to be added, dropped, changed or swapped with the next."""
    if abs(len(one) - len(other)) > _TYPO:
        return _TYPO + 1
    earlier: list[int] = []
    row = list(range(len(other) + 1))
    for at, letter in enumerate(one, start=1):
        below = [at]
        for to, theirs in enumerate(other, start=1):
            cost = min(row[to] + 1, below[-1] + 1, row[to - 1] + (letter != theirs))
            if earlier and to > 1 and letter == other[to - 2] and one[at - 2] == theirs:
                cost = min(cost, earlier[to - 2] + 1)
            below.append(cost)
        earlier, row = row, below
    return row[-1]
