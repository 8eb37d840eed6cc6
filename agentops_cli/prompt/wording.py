"""What differs between two texts of a message: nothing that is sent, a typo, or the words."""

import re
from collections.abc import Mapping, Sequence
from difflib import SequenceMatcher
from typing import Final, Literal

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
_HARMLESS: Final = frozenset(".,;:\u2026\u2018\u2019\u201c\u201d\u2013\u2014")
_SENSITIVE: Final = re.compile(
    r"no|not|nor|never|none|nothing|without|only|always|all|any|every|each|must|shall|should|may"
    r"|might|can|cannot|could|will|would|least|most|more|less|before|after|unless|except|until"
    r"|mini\w*|maxi\w*|under|over|above|below|first|last|\w*n['\u2019]t|\w*\d\w*",
    re.IGNORECASE,
)
_MOST_WORDS: Final = 2_000
_MOST_LINES: Final = 5_000
_TYPO: Final = 2
_SHORT: Final = 4


def wording(old: str, new: str, engine: Engine) -> Wording:
    """How two templates of one message differ.

    `same` also where only white space at the ends of lines differs. A `typo` changes white space,
    harmless punctuation, or words by at most two letters, but no number, no negation and no word
    that tells how much or how strictly. `template` is a change of branches, loops and includes.
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
    ours, theirs = list(_WORDS.finditer(old)), list(_WORDS.finditer(new))
    for one, other in zip(ours, theirs, strict=False):
        if one[0] != other[0]:
            return one.start(), other.start()
    at = min(len(ours), len(theirs))
    return _start(ours, at, old), _start(theirs, at, new)


def _start(words: list[re.Match[str]], at: int, text: str) -> int:
    if at < len(words):
        return words[at].start()
    return words[-1].start() if words else len(text)


def _flat(text: str) -> str:
    return "\n".join(line.rstrip(" \t") for line in text.split("\n")).strip("\n")


def _tags(text: str) -> list[str]:
    return [(control or block).strip("- \t\n") for control, block in _TAGS.findall(text)]


def _are_typos(before: str, after: str) -> bool:
    """Whether all that differs is misspelled; line by line first, which is quick on long texts."""
    if _WORDS.findall(before) == _WORDS.findall(after):
        return True
    old, new = before.split("\n"), after.split("\n")
    if max(len(old), len(new)) > _MOST_LINES:
        return False
    blocks = SequenceMatcher(None, old, new, autojunk=False).get_opcodes()
    return all(
        _is_typo(
            _WORDS.findall("\n".join(old[start:end])),
            _WORDS.findall("\n".join(new[new_start:new_end])),
        )
        for kind, start, end, new_start, new_end in blocks
        if kind != "equal"
    )


def _is_typo(old: list[str], new: list[str]) -> bool:
    if old == new:
        return True
    if max(len(old), len(new)) > _MOST_WORDS:
        return False
    matcher = SequenceMatcher(None, old, new, autojunk=False)
    for kind, start, end, new_start, new_end in matcher.get_opcodes():
        if kind == "equal":
            continue
        before = [word for word in old[start:end] if word not in _HARMLESS]
        after = [word for word in new[new_start:new_end] if word not in _HARMLESS]
        if len(before) != len(after):
            return False
        if not all(map(are_one_word, before, after)):
            return False
    return True


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
