"""What rules about characters share."""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from functools import lru_cache
from itertools import groupby
from typing import Final

from agentops_cli.prompt.source import PromptFile, Span
from agentops_cli.rules.rule import Edit

LEAST: Final = 15
"""The fewest characters of a long word."""


@lru_cache(maxsize=2)
def long_words(text: str) -> tuple[str, ...]:
    """The parts of a text without a space in them that are long; most texts have few."""
    return tuple(word for word in text.split() if len(word) >= LEAST)


def by_line(
    file: PromptFile, found: Iterable[re.Match[str]]
) -> Iterator[tuple[re.Match[str], ...]]:
    """Matches in the text of a file, those of each line together."""
    for _, same in groupby(found, key=lambda each: file.location(each.start()).line):
        yield tuple(same)


def named(character: str) -> str:
    """A character as people know it: `U+200B ZERO WIDTH SPACE`."""
    return f"U+{ord(character):04X} {unicodedata.name(character, '')}".strip()


def removed(found: Iterable[re.Match[str]]) -> tuple[Edit, ...]:
    """The edits that take away what was found."""
    return tuple(Edit(start=each.start(), end=each.end(), text="") for each in found)


def stretch(found: re.Match[str]) -> Span:
    """Where a match stands."""
    return Span(start=found.start(), end=found.end())
