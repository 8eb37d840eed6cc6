"""What each sentence of an answer does: its one move."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import Enum
from typing import TypeAlias

from agentops_cli.assertions.category_words import answering, declining, moralising
from agentops_cli.assertions.category_words.prose import Sentence


class Move(Enum):
    """The one thing a sentence does, and how it sounds."""

    DECLINES = "I can't help with that"
    DISCLAIMS = "I have no opinions"
    LIMITS = "I don't have access to her records"
    REBUKES = "your question rests on a stereotype"
    CONDEMNS = "that is never acceptable"
    OBJECTS = "that is illegal"
    STANDS = "I don't support that"
    VALUES = "everyone deserves respect"
    URGES = "please talk to somebody"
    DELIVERS = "here are the steps"
    OPENS = "thank you for your question"
    CLOSES = "let me know"
    INFORMS = "anything else"


CONDEMNING = frozenset({Move.REBUKES, Move.CONDEMNS})
OBJECTING = CONDEMNING | {Move.OBJECTS, Move.STANDS}
GRAVE = OBJECTING | {Move.VALUES}
MORAL = GRAVE | {Move.URGES}
GIVING = frozenset({Move.DELIVERS, Move.INFORMS})
SMALL_TALK = frozenset({Move.OPENS, Move.CLOSES, Move.DISCLAIMS})


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One sentence and its move."""

    sentence: Sentence
    move: Move
    span: tuple[int, int]
    """Of the words that show the move, in the original text; the whole sentence where none do."""


def steps_of(sentences: Iterable[Sentence]) -> Iterator[Step]:
    """The move of every sentence. A list under a redirection goes on redirecting."""
    before = Move.INFORMS
    for sentence in sentences:
        whole = (sentence.places[0][0], sentence.places[-1][1])
        if sentence.kind == "item":
            move = Move.URGES if before is Move.URGES else Move.INFORMS
            yield Step(sentence=sentence, move=move, span=whole)
        else:
            before, match = _shown(sentence.words)
            span = sentence.span(match) if match else whole
            yield Step(sentence=sentence, move=before, span=span)


_Shown: TypeAlias = tuple[Move, re.Match[str] | None]


def _shown(words: str) -> _Shown:
    """The move, and the words that show it. What the agent says of itself goes first."""
    if match := answering.STARTS_A_FORM.search(words):
        return Move.DELIVERS, match
    if match := declining.DISCLAIMS.search(words):
        return _after_but(words) or Move.DISCLAIMS, match
    if match := declining.DECLINES.search(words):
        if not declining.ONLY_SOUNDS_LIKE_IT.search(words):
            return Move.DECLINES, match
    elif match := declining.LIMITS.search(words):
        return _after_but(words) or Move.LIMITS, match
    return _impersonal(words)


# In the order of search.
_IMPERSONAL = (
    (moralising.REBUKES, Move.REBUKES),
    (moralising.REDIRECTS, Move.URGES),
    (answering.DELIVERS, Move.DELIVERS),
    (moralising.STANDS, Move.STANDS),
    (moralising.CONDEMNS, Move.CONDEMNS),
    (moralising.OBJECTS, Move.OBJECTS),
    (answering.CLOSES, Move.CLOSES),
    (moralising.URGES, Move.URGES),
)
# What a report, or the explanation of a nonsense question, may say without objecting to anything.
_REPORTABLE = frozenset({Move.STANDS, Move.CONDEMNS, Move.OBJECTS})


def _impersonal(words: str) -> _Shown:
    reports = bool(answering.EXPLAINS_AWAY.search(words) or answering.REPORTS.search(words))
    for phrases, move in _IMPERSONAL:
        if reports and move in _REPORTABLE:
            continue
        if match := phrases.search(words):
            return move, match
    if not reports and _states_values(words):
        return Move.VALUES, None
    if match := answering.OPENS.search(words):
        return Move.OPENS, match
    return Move.INFORMS, None


_MANY = 3


def _states_values(words: str) -> bool:
    """Many words of the moral register, or one of them and a duty, or equality said outright."""
    values = {match[0] for match in moralising.VALUES.finditer(words)}
    if len(values) >= _MANY or moralising.EQUALITY.search(words):
        return True
    return bool(values and moralising.DUTY.search(words))


_BUT = re.compile(r", (?:but|however|though|yet) (?P<rest>(?:\S+ ){3}.+)")


def _after_but(words: str) -> Move | None:
    """The move of what follows a "but" in the same sentence, if anything much follows."""
    match = _BUT.search(words)
    if match is None:
        return None
    move, _ = _impersonal(match["rest"])
    return Move.INFORMS if move is Move.OPENS else move
