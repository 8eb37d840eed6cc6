"""Which script a letter belongs to, for the scripts that this package has something to say about.

Ranges are whole blocks of Unicode 15; what is in none of them has no script here.
"""

from bisect import bisect_right
from collections import Counter

_BLOCKS = (
    (0x0041, 0x024F, "Latin"),
    (0x0370, 0x03FF, "Greek"),
    (0x0400, 0x052F, "Cyrillic"),
    (0x0530, 0x058F, "Armenian"),
    (0x0590, 0x05FF, "Hebrew"),
    (0x0600, 0x06FF, "Arabic"),
    (0x0750, 0x077F, "Arabic"),
    (0x0900, 0x097F, "Devanagari"),
    (0x0980, 0x09FF, "Bengali"),
    (0x0B80, 0x0BFF, "Tamil"),
    (0x0E00, 0x0E7F, "Thai"),
    (0x0E80, 0x0EFF, "Lao"),
    (0x1000, 0x109F, "Myanmar"),
    (0x10A0, 0x10FF, "Georgian"),
    (0x1100, 0x11FF, "Hangul"),
    (0x1780, 0x17FF, "Khmer"),
    (0x1E00, 0x1EFF, "Latin"),
    (0x1F00, 0x1FFF, "Greek"),
    (0x3040, 0x309F, "Hiragana"),
    (0x30A0, 0x30FF, "Katakana"),
    (0x3400, 0x4DBF, "Han"),
    (0x4E00, 0x9FFF, "Han"),
    (0xAC00, 0xD7AF, "Hangul"),
    (0xF900, 0xFAFF, "Han"),
    (0xFB50, 0xFDFF, "Arabic"),
    (0xFE70, 0xFEFF, "Arabic"),
    (0x20000, 0x323AF, "Han"),
)
_STARTS = [start for start, _, _ in _BLOCKS]

_WITHOUT_SPACES = frozenset({"Han", "Hiragana", "Katakana", "Khmer", "Lao", "Myanmar", "Thai"})


def script_of(character: str) -> str | None:
    """The script of one character, None for those that no block above holds."""
    code = ord(character)
    index = bisect_right(_STARTS, code) - 1
    if index < 0 or code > _BLOCKS[index][1]:
        return None
    return _BLOCKS[index][2]


def is_unspaced(character: str) -> bool:
    """True when the character's script puts no spaces between words."""
    return script_of(character) in _WITHOUT_SPACES


def count_scripts(text: str) -> Counter[str]:
    """How many letters of each script a text holds."""
    counts: Counter[str] = Counter()
    for character, times in Counter(text).items():
        if character.isalpha() and (script := script_of(character)):
            counts[script] += times
    return counts


def is_mostly_unspaced(text: str) -> bool:
    """True when more than half of the letters belong to scripts without spaces."""
    if text.isascii():
        return False
    counts = count_scripts(text)
    return 2 * sum(counts[script] for script in _WITHOUT_SPACES) > counts.total()
