"""No answer can be both as short and as long as the prompt asks.

Found are limits of the answer in one section: `answer in one sentence` and `the answer has at least
500 words`. Prose is understood in English only.

Quiet: about limits of parts of an answer, and of another section; where a condition stands in the
sentence; about code, quotations and examples.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from agentops_cli.prompt.markup import Said, spoken
from agentops_cli.prompt.source import PromptFile
from agentops_cli.rules.project import Project
from agentops_cli.rules.quality.branches import are_apart
from agentops_cli.rules.quality.sentences import is_conditional, sentence_around
from agentops_cli.rules.rule import Hit

_UNIT: Final = r"(?P<{0}>word|sentence|paragraph|character)s?\b"
_LENGTH: Final = re.compile(
    r"\b(?:(?:at[ ]most|no[ ]more[ ]than|up[ ]to|under|fewer[ ]than|less[ ]than|in|within)[ ]"
    r"(?P<most>one|two|three|a[ ]single|\d{1,5})[ ]"
    + _UNIT.format("most_of")
    + r"|(?:at[ ]least|no[ ](?:fewer|less)[ ]than|more[ ]than|a[ ]minimum[ ]of)[ ]"
    r"(?P<least>one|two|three|\d{1,5})[ ]" + _UNIT.format("least_of") + r")",
    re.IGNORECASE,
)
_ANSWER: Final = re.compile(r"\b(?:answers?|respon(?:d|se|ses)|repl(?:y|ies))\b", re.IGNORECASE)
_AT_LEAST: Final = ("at least", "fewer than", "less than", "more than", "minimum of")
_NUMBERS: Final = {"one": 1, "a single": 1, "two": 2, "three": 3}
_MOST_WORDS: Final = {"word": 1, "sentence": 60, "paragraph": 300, "character": 1}
"""How many words of English one of each may have."""


def check(file: PromptFile, _project: Project) -> Iterator[Hit]:
    """The first limit of a section that no other one leaves room for."""
    text = file.text.lower()
    if not any(map(text.__contains__, _AT_LEAST)):
        return
    sections: dict[tuple[int, ...], dict[tuple[bool, str], _Limit]] = {}
    for said in spoken(file, _LENGTH):
        if is_conditional(said.match) or not _ANSWER.search(sentence_around(said.match)):
            continue
        limit = _limit(said)
        over = tuple(heading.span.start for heading in file.markup.headings_over(limit.at))
        others = sections.setdefault(over, {})
        for other in others.values():
            most, least = (limit, other) if limit.is_most else (other, limit)
            if (
                limit.is_most != other.is_most
                and _is_impossible(most, least)
                and not are_apart(file, other.at, limit.at)
            ):
                line = file.location(other.at).line
                yield Hit(
                    at=said.span,
                    message=f"the answer is to have at least {least} and at most {most}: the other "
                    f"limit is on line {line}",
                    fix="keep one of the two, or say when each of them holds",
                )
                return
        known = others.setdefault((limit.is_most, limit.unit), limit)
        if limit.is_most == (limit.count < known.count):
            others[limit.is_most, limit.unit] = limit


@dataclass(frozen=True, slots=True, kw_only=True)
class _Limit:
    """What an answer may have at most, or must have at least, and where that is said."""

    is_most: bool
    count: int
    unit: str
    at: int

    def __str__(self) -> str:
        return f"{self.count} {self.unit}{'' if self.count == 1 else 's'}"


def _limit(said: Said) -> _Limit:
    match = said.match
    number = (match["most"] or match["least"]).lower()
    return _Limit(
        is_most=match["most"] is not None,
        count=_NUMBERS.get(number) or int(number),
        unit=(match["most_of"] or match["least_of"]).lower(),
        at=said.span.start,
    )


def _is_impossible(most: _Limit, least: _Limit) -> bool:
    if most.unit == least.unit:
        return least.count > most.count
    has_words = least.unit == "word" and most.unit != "character"
    return has_words and least.count > most.count * _MOST_WORDS[most.unit]
