"""Text as a model may read it through a disguise: another alphabet's twins, digits for letters."""

import re
import unicodedata
from dataclasses import dataclass
from typing import Final

_DIGITS: Final = bytes.maketrans(
    b"ABCDEFGHIJKLMNOPQRSTUVWXYZ0134578@$", b"abcdefghijklmnopqrstuvwxyzoieastbas"
)
_HIDDEN: Final = "\u00ad\u200b-\u200d\u2060-\u2064\ufeff"
_DISGUISED: Final = re.compile(
    # Letters with nothing visible between them; of full width; of mathematics; in circles.
    rf"[A-Za-z][{_HIDDEN}]+[A-Za-z]|[\uff21-\uff5a\u24b6-\u24e9\U0001d400-\U0001d6a3\U0001f130-\U0001f169]"
)
_HIDDEN_RUN: Final = re.compile(f"[{_HIDDEN}]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Folded:
    """Lower-case ASCII, with `?` for everything else. Digits that stand for letters are letters.

    `places` leads to where each character comes from, None where it is the same offset.
    """

    text: str
    places: tuple[int, ...] | None = None

    def at(self, offset: int) -> int:
        """Where in the original the character at an offset comes from."""
        if self.places is None:
            return offset
        return self.places[offset] if offset < len(self.places) else self.places[-1] + 1


def quickly(text: str) -> bytes:
    """The folded text as bytes, of as many characters, blind to disguises by Unicode."""
    return text.encode("ascii", "replace").translate(_DIGITS)


def is_disguised(text: str) -> bool:
    """Whether there may be more to a text than `quickly` sees."""
    return not text.isascii() and _DISGUISED.search(text) is not None


def folded(text: str) -> Folded:
    """The text without its disguises: compatibility forms (NFKC), invisible characters, digits."""
    if not is_disguised(text):
        return Folded(text=quickly(text).decode("ascii"))
    letters: list[str] = []
    places: list[int] = []
    for at, character in enumerate(text):
        if not _HIDDEN_RUN.match(character):
            form = character if character < "\x80" else unicodedata.normalize("NFKC", character)
            letters.append(form)
            places += [at] * len(form)
    return Folded(text=quickly("".join(letters)).decode("ascii"), places=tuple(places) or (0,))
