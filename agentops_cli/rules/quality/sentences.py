"""The sentence around something that was found in English prose."""

import re
from typing import Final

_CONDITION: Final = re.compile(
    r"\b(?:if|when|whenever|where|unless|except|otherwise|until|before|after|while|without|instead"
    r"|for|in case|depending|either|or|optional(?:ly)?|not|no|don't|never)\b",
    re.IGNORECASE,
)
_END: Final = re.compile(r"[.!?;](?=\s|$)|\n[ \t]*(?=\n|[-*+#]|\d+[.)])")
_MOST: Final = 400


def sentence_around(match: re.Match[str]) -> str:
    """The sentence or list item in which a match stands."""
    text = match.string
    lowest, highest = max(match.start() - _MOST, 0), match.end() + _MOST
    start = lowest
    for end in _END.finditer(text, lowest, match.start()):
        start = end.end()
    following = _END.search(text, match.end(), highest)
    return text[start : following.start() if following else highest]


def is_conditional(match: re.Match[str]) -> bool:
    """Whether the sentence around a match says when it holds, or what it does not hold for."""
    sentence = sentence_around(match)
    rest = sentence.replace(match[0], "", 1)
    return _CONDITION.search(rest) is not None
