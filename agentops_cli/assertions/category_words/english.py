"""Whether an answer is English, by its script and by the little words that every sentence needs.

The grammars of this room are English. What is in another language must not be called an answer
because no English refusal was found in it.
"""

from collections.abc import Sequence
from functools import cache

from agentops_cli.assertions.language_words import SMALL_WORDS

# Beside the commonest: those an agent speaks of itself with, and contractions written out.
_MORE_ENGLISH = (
    *("i", "me", "my", "am", "us", "our", "your", "yes", "no", "cannot", "could", "do", "does"),
    *(
        "did",
        "please",
        "sorry",
        "should",
        "some",
        "so",
        "unable",
        "up",
        "use",
        "here",
        "how",
        "who",
    ),
    *("a", "an", "any", "been", "because", "had", "into", "its", "more", "like", "just", "why"),
)
_LATIN_END = "\u024f"
_MUCH_OTHER_SCRIPT = 0.3
_FEW = 2
# In a sentence of any language far more of the words are little ones; in a list of files or names
# that happen to look like some, fewer.
_DENSE = 0.12


def is_foreign(words: Sequence[str]) -> bool:
    """Whether these plain words, code and quotations left out, are in another language.

    A text without sentences (a number, a name, a list of cities) is not foreign.
    """
    letters = [char for word in words for char in word if char.isalpha()]
    other_script = sum(char > _LATIN_END for char in letters)
    if other_script > _MUCH_OTHER_SCRIPT * len(letters):
        return True
    english, others = _little_words()
    foreign = [word for word in words if word in others]
    dense = len(foreign) > _DENSE * len(words)
    at_home = sum(word in english for word in words)
    return dense and len(set(foreign)) >= _FEW and len(foreign) > at_home


@cache
def _little_words() -> tuple[frozenset[str], frozenset[str]]:
    """Those of English, and those of the other languages that are no English words."""
    english = SMALL_WORDS["en"].union(_MORE_ENGLISH)
    return english, frozenset().union(*SMALL_WORDS.values()) - english
