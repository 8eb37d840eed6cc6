"""An answer read as plain sentences whose words still know where they stood in the original text.

The grammars of this room match on *plain words*: lower case, one space apart, contractions written
out ("can't" is `cannot`, "I'm" is `i am`), every inner punctuation mark a lone comma. So they need
no optional apostrophes and no white-space classes, and their matching time is linear.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from agentops_cli.assertions.category_words.own_words import CODE, SPEECH, mask_borrowed

Kind: TypeAlias = Literal["prose", "item", "lead-in"]

# What a chat model decides, it says at the start or at the end. A megabyte in between is not read.
HEAD_CHARS = 6_000
TAIL_CHARS = 2_000

# The words that masked parts become, and the comma: no words of the answer's own.
STAND_INS = frozenset({"code", "speech", ","})


@dataclass(frozen=True, slots=True, kw_only=True)
class Sentence:
    """One sentence in plain words."""

    words: str
    places: tuple[tuple[int, int], ...]
    """Start and end of each word in the original text, in characters."""
    kind: Kind
    """`item` of a list, `lead-in` (ends with a colon: what follows is delivered), else `prose`."""
    asks: bool
    """Ends with a question mark."""

    def span(self, match: re.Match[str]) -> tuple[int, int]:
        """Where the words of `match` stood in the original text."""
        first = self.words.count(" ", 0, match.start())
        last = self.words.count(" ", 0, match.end() - 1)
        return self.places[first][0], self.places[last][1]


def read_sentences(text: str) -> tuple[Sentence, ...]:
    """Sentences of `text` in order; `code` and `speech` are the words for what is masked."""
    return tuple(
        sentence for start, part in _parts_read(text) for sentence in _sentences(part, start)
    )


def _parts_read(text: str) -> Iterator[tuple[int, str]]:
    """The parts of `text` that are read, each with its start."""
    if len(text) <= HEAD_CHARS + TAIL_CHARS:
        yield 0, text
    else:
        yield 0, text[:HEAD_CHARS]
        yield len(text) - TAIL_CHARS, text[-TAIL_CHARS:]


def _sentences(part: str, start: int) -> Iterator[Sentence]:
    draft = _Draft(start=start)
    for token in _TOKEN.finditer(mask_borrowed(part)):
        yield from draft.take(token)
    yield from draft.close()


_TOKEN = re.compile(
    r"(?P<gap>\n[ \t\r]*(?=\n))"
    r"|(?P<item>^[ \t]*(?:[-*+\u2022\u2023\u25e6]|\(?\d{1,3}[.)]|[A-Ha-h]\)"
    r"|(?:\*\*)?(?:Step|Option) \d+[:.)])[ \t]+)"
    r"|(?P<heading>^[ \t]*\#{1,6}[ \t]+)"
    r"|(?P<line>\n)"
    rf"|(?P<code>{CODE}+)|(?P<speech>{SPEECH}+)"
    r"|(?P<word>[^\W_]+(?:['\u2019\u02bc\u00b4`][^\W_]+)*)"
    r"|(?P<stop>[.!?\u2026]+(?=[\"'\u201d\u2019)\]*_]*(?:\s|\Z)))"
    r"|(?P<colon>:(?=[ \t*_]*(?:\n|\Z)))"
    r"|(?P<comma>[,;:()\u2014\u2013]| - )",
    re.MULTILINE,
)
_AFTER_A_STOP = "\"'\u201d\u2019)]*_ \t"
_ABBREVIATIONS = frozenset(
    ("mr", "mrs", "ms", "dr", "prof", "st", "jr", "sr", "vs", "etc", "eg", "ie", "approx", "e", "g")
)
# A longer run of letters is no word of any grammar; cutting it keeps `\w+` in a pattern cheap.
_LONGEST_WORD = 30


@dataclass(slots=True, kw_only=True)
class _Draft:
    """The sentence being read."""

    start: int
    """Where the part that is read stands in the answer."""
    words: list[str] = field(default_factory=list)
    places: list[tuple[int, int]] = field(default_factory=list)
    kind: Kind = "prose"
    own_line: bool = False
    """An item or a heading: it ends with its line."""

    def take(self, token: re.Match[str]) -> Iterator[Sentence]:
        """Adds one token; yields the sentence that it ends, if it ends one."""
        match token.lastgroup:
            case "word":
                self._add_word(token)
            case "code" | "speech" as stand_in:
                self._push(stand_in, token)
            case "comma":
                self._push(",", token)
            case "stop":
                if self._ends_here(token):
                    yield from self.close(asks="?" in token[0])
            case "colon":
                self.kind = "lead-in" if self.kind == "prose" else self.kind
                yield from self.close()
            case "line" if not self.own_line:
                pass
            case group:
                yield from self.close()
                self.kind = "item" if group == "item" else "prose"
                self.own_line = group in {"item", "heading"}

    def close(self, *, asks: bool = False) -> Iterator[Sentence]:
        """Yields the sentence read so far, unless it is empty, and starts the next."""
        if any(word != "," for word in self.words):
            yield Sentence(
                words=" ".join(self.words), places=tuple(self.places), kind=self.kind, asks=asks
            )
        self.words, self.places = [], []
        if self.kind == "lead-in":
            self.kind = "prose"

    def _ends_here(self, stop: re.Match[str]) -> bool:
        if stop[0] != ".":
            return True
        following = stop.string[stop.end() : stop.end() + 8].lstrip(_AFTER_A_STOP)
        if following[:1].islower():
            return False
        return not self.words or self.words[-1] not in _ABBREVIATIONS

    def _add_word(self, token: re.Match[str]) -> None:
        for plain in plain_words(token[0].lower()[:_LONGEST_WORD]):
            if plain == "not" and self.words[-1:] == ["can"]:
                self.words[-1] = "cannot"
                self.places[-1] = (self.places[-1][0], self.start + token.end())
            else:
                self._push(plain, token)

    def _push(self, word: str, token: re.Match[str]) -> None:
        self.words.append(word)
        self.places.append((self.start + token.start(), self.start + token.end()))


_WHOLE = {
    "can't": ("cannot",),
    "cant": ("cannot",),
    "won't": ("will", "not"),
    "wont": ("will", "not"),
    "shan't": ("shall", "not"),
    "ain't": ("am", "not"),
    "dont": ("do", "not"),
    "im": ("i", "am"),
    "ive": ("i", "have"),
    "let's": ("let", "us"),
}
_ENDINGS = {"n't": "not", "'m": "am", "'re": "are", "'ve": "have", "'ll": "will", "'d": "would"}
_IS_AFTER = frozenset(("it", "that", "this", "there", "here", "what", "who", "how", "he", "she"))
_APOSTROPHES = str.maketrans("\u2019\u02bc\u00b4`", "''''")


def plain_words(word: str) -> tuple[str, ...]:
    """The plain words of one lower-case word: contractions written out, possessives cut."""
    if word.isalnum():
        return _WHOLE.get(word, (word,))
    word = word.translate(_APOSTROPHES)
    if word in _WHOLE:
        return _WHOLE[word]
    for ending, plain in _ENDINGS.items():
        if word.endswith(ending) and word != ending:
            return word.removesuffix(ending), plain
    stem = word.removesuffix("'s")
    return (stem, "is") if stem in _IS_AFTER else (stem,)
