"""A word has a letter of another script that looks like one of its own.

The first `a` of `paypal.com` can be a Cyrillic one: nobody sees it, and it is another address,
another name for a model, a word that no filter finds. A word is only taken for one when it mixes
Latin letters with Greek or Cyrillic ones each of which has a Latin twin, so that it reads as plain
ASCII.

The fix puts the Latin letters in, which changes what the model is sent.

Quiet: for words whose line has other words of that script, as a foreign ending on a Latin name has
in Russian; for Greek letters in formulas (`µs`, `Δx`, `kΩ`): at least three Latin letters must
stand beside them.

Source: the confusables of Unicode Technical Standard 39, by the package confusable-homoglyphs.
"""

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from functools import cache
from itertools import islice
from typing import Final

from agentops_cli.prompt.source import PromptFile
from agentops_cli.rules.project import Project
from agentops_cli.rules.rule import Edit, Hit
from agentops_cli.rules.security.characters import by_line, named, stretch

_OTHER: Final = "\u0370-\u03ff\u0400-\u052f"
_MIXED: Final = re.compile(rf"[A-Za-z][{_OTHER}]|[{_OTHER}][A-Za-z]")
_WORD: Final = re.compile(rf"[A-Za-z{_OTHER}]+")
_WHOLE: Final = re.compile(rf"(?<![A-Za-z{_OTHER}])[{_OTHER}]{{2,}}(?![A-Za-z{_OTHER}])")
_LETTER: Final = re.compile(f"[{_OTHER}]")
_NEAR: Final = 500
"""How many characters of its line on each side tell which language a word is of."""

_MOST: Final = 500
"""So many words of a file are told and mended at once."""

_FEWEST_LATIN: Final = 3
_OF_FORMULAS: Final = frozenset(
    "\u00b5\u03bc\u03a9\u0394\u03c0\u03bb\u03b1\u03b2\u03b3\u03b8\u03c3"
)


def check(file: PromptFile, _project: Project) -> Iterator[Hit]:
    """Each line with such words."""
    if file.text.isascii() or not _MIXED.search(file.text):
        return
    whole = [found.span() for found in _WHOLE.finditer(file.text)]
    words = (word for word in _WORD.finditer(file.text) if _is_disguised(file, word, whole))
    for found in by_line(file, islice(words, _MOST)):
        word = found[0]
        letter = _LETTER.search(word[0])
        assert letter is not None  # noqa: S101 # A disguised word has one.
        yield Hit(
            at=stretch(word),
            message=f"{word[0]!r} reads {_plain(word[0])!r}, but has {named(letter[0])}",
            fix=f"write {_plain(word[0])!r} with Latin letters, or spell the word in one script",
            edits=tuple(
                Edit(start=each.start(), end=each.end(), text=_plain(each[0])) for each in found
            ),
        )


def _is_disguised(file: PromptFile, word: re.Match[str], whole: Sequence[tuple[int, int]]) -> bool:
    letters = _LETTER.findall(word[0])
    if not letters or len(word[0]) - len(letters) < _FEWEST_LATIN:
        return False
    if any(letter in _OF_FORMULAS or _twin(letter) is None for letter in letters):
        return False
    line = file.line_at(word.start())
    first, last = max(line.start, word.start() - _NEAR), min(line.end, word.end() + _NEAR)
    index = bisect_left(whole, (first, 0))
    return index == len(whole) or whole[index][1] > last


def _plain(word: str) -> str:
    return "".join(_twin(letter) or letter for letter in word)


@cache
def _twin(letter: str) -> str | None:
    """The ASCII letter that another one looks like; None when there is none."""
    if letter.isascii():
        return letter
    # It reads tables of half a megabyte.
    from confusable_homoglyphs import confusables  # type: ignore[import-untyped] # It has none.

    found = confusables.is_confusable(letter, greedy=True, preferred_aliases=[])
    twins = [each["c"] for entry in found or () for each in entry["homoglyphs"]]
    return next((twin for twin in twins if twin.isascii() and twin.isalpha()), None)
