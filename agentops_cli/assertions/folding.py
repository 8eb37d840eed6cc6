"""What counts as the same text: Unicode NFKC, case folding and white-space folding."""

from bisect import bisect_right
from functools import lru_cache
from unicodedata import normalize


def fold(text: str, *, keep_case: bool = False) -> str:
    """The form in which two texts are compared; folding it again changes nothing.

    Each run of white space becomes one space, and none is left at either end.
    """
    if text.isascii():
        folded = text if keep_case else text.lower()
    elif keep_case:
        folded = normalize("NFKC", text)
    else:
        # Folding the case of a normal form may leave it, and normalizing may bring a capital
        # back: the definition of NFKC_Casefold (Unicode, chapter 3.13) is done until it is stable.
        folded = normalize("NFKC", normalize("NFKC", text.casefold()).casefold())
    return " ".join(folded.split())


@lru_cache(maxsize=8)
def fold_answer(text: str, keep_case: bool) -> str:  # noqa: FBT001 - a key of the cache
    """The same for an answer, once for all the needles that are looked for in it."""
    return fold(text, keep_case=keep_case)


def unfold(text: str, place: int, *, keep_case: bool) -> int:
    """Where in a text the character at `place` of its folded form comes from.

    Found by bisection over the beginnings of the text, whose folded lengths only grow: some
    microseconds for a match that is shown, and nothing for one that is only counted.
    """

    def folded_length(end: int) -> int:
        # A space at the end would be folded away until the next word begins.
        return len(fold(text[:end] + "|", keep_case=keep_case)) - 1

    return min(bisect_right(range(len(text) + 1), place, key=folded_length) - 1, len(text))
