"""Which words stand in a file, for rules that have nothing to say of a file without one of theirs.

To look for each of some hundred words takes longer than all else that rules do. But prompts are
made of words that other prompts have too, so each is looked at when it is first met, and then
known.
"""

import re
from collections.abc import Iterable, Sequence
from typing import Final

from agentops_cli.prompt.source import PromptFile
from agentops_cli.rules.security.folded import folded

_MOST_KEPT: Final = 4_000_000
"""So many characters are remembered, then it begins anew."""


class WordIndex:
    """Finds which of some words stand in texts.

    A word is any part of what stands between white space; one that begins or ends with a space
    begins or ends that. Several with a space between stand in the text as they are. Small letters
    stand for capitals too, and for what is read as such a letter: `folded` knows the disguises.
    """

    def __init__(self, words: Iterable[str]) -> None:
        self._words: dict[str, set[str]] = {}
        for word in words:
            self._words.setdefault(_head(word), set()).add(word)
        self._any = re.compile(_one_of(self._words))
        self._without: set[str] = set()
        self._with: dict[str, frozenset[str]] = {}
        self._kept = 0

    def in_file(self, file: PromptFile) -> frozenset[str]:
        """The words that stand in the text of a file, or in a message that it spells otherwise."""
        if not self._words:
            return frozenset()
        found = self.in_text(file.text)
        for passage in file.passages:
            if not passage.exact:
                found |= self.in_text(passage.text)
        return found

    def in_text(self, text: str) -> frozenset[str]:
        """The words that stand in a text."""
        parts = set(text.split()) - self._without
        heads = frozenset[str]().union(*(self._with[part] for part in parts & self._with.keys()))
        new = [*(parts - self._with.keys())]
        heads |= self._learnt(new) if new else frozenset()
        words = frozenset[str]().union(*(self._words[head] for head in heads))
        if words <= heads:
            return words
        forms = _forms(text)
        return frozenset(word for word in words if word in heads or word in forms)

    def _learnt(self, parts: Sequence[str]) -> frozenset[str]:
        """The heads in parts of texts that are met for the first time."""
        forms = _forms(" ".join(parts))
        if self._any.search(forms) is None:
            self._keep(parts, len(forms))
            return frozenset()
        if len(parts) > 1:
            half = len(parts) // 2
            return self._learnt(parts[:half]) | self._learnt(parts[half:])
        found = frozenset(word for word in self._words if word in forms)
        self._keep((), len(forms))
        self._with[parts[0]] = found
        return found

    def _keep(self, without: Sequence[str], characters: int) -> None:
        self._kept += characters
        if self._kept > _MOST_KEPT:
            self._without.clear()
            self._with.clear()
            self._kept = characters
        self._without.update(without)


def _head(word: str) -> str:
    """What of a word stands within white space: all, or the first of several with its end."""
    rest = word.lstrip(" ").partition(" ")[2]
    return word.removesuffix(rest)


def _forms(text: str) -> str:
    """The text as it is written, and as it may be read."""
    return f" {text} \n {folded(text).text} "


def _one_of(words: Iterable[str]) -> str:
    """An expression for any of the words; one branch for each first letter is tried the fastest."""
    rests: dict[str, list[str]] = {}
    for word in words:
        rests.setdefault(word[0], []).append(re.escape(word[1:]))
    return "|".join(f"{re.escape(first)}(?:{'|'.join(rest)})" for first, rest in rests.items())
