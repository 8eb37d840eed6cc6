"""Which script a letter belongs to, as its name in Unicode says."""

from collections import Counter
from unicodedata import name

_WITHOUT_SPACES = frozenset({"CJK", "HIRAGANA", "KATAKANA", "KHMER", "LAO", "MYANMAR", "THAI"})


def script_of(character: str) -> str:
    """The first word of a character's name: `LATIN`, `CJK`, `THAI`; empty without a name."""
    return name(character, "").partition(" ")[0].partition("-")[0]


def is_unspaced(character: str) -> bool:
    """True when the character's script puts no spaces between words."""
    return script_of(character) in _WITHOUT_SPACES


def count_scripts(text: str) -> Counter[str]:
    """How many letters of each script a text holds."""
    counts: Counter[str] = Counter()
    for character, times in Counter(text).items():
        if character.isalpha():
            counts[script_of(character)] += times
    return counts


def is_mostly_unspaced(text: str) -> bool:
    """True when more than half of the letters belong to scripts without spaces."""
    if text.isascii():
        return False
    counts = count_scripts(text)
    return 2 * sum(counts[script] for script in _WITHOUT_SPACES) > counts.total()
