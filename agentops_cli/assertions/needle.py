"""Texts that are looked for in an answer: what an author may write for one, and how it is found."""

import difflib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Protocol, cast
from unicodedata import category

from agentops_cli.assertions.arguments import arguments, string, switch
from agentops_cli.assertions.bounds import COUNT, Bounds, bounds_of_count
from agentops_cli.assertions.excerpt import at, counted, listed, opening, quote
from agentops_cli.assertions.expression import Expression, compile_expression
from agentops_cli.assertions.folding import fold, fold_answer, unfold
from agentops_cli.assertions.script import is_unspaced
from agentops_cli.assertions.verdict import bad_argument
from agentops_cli.model.json import Json, JsonObject
from agentops_cli.model.suite import AssertionSpec

Span = tuple[int, int]

OPTIONS: dict[str, JsonObject] = {
    "caseSensitive": switch("true tells a from A; default false"),
    "word": switch("true finds whole words only; default false"),
    "count": COUNT,
}

_TEXT: JsonObject = {"title": "a text", "type": "string", "minLength": 1}
_REGEX: JsonObject = {
    "type": ["boolean", "string"],
    "description": "true: the text is a regular expression; or the expression itself",
}
_MAPPING: JsonObject = {
    "title": "a mapping",
    "minProperties": 1,
    **arguments(text=string("the text to find"), regex=_REGEX, **OPTIONS),
}
_ANY_OF: JsonObject = {
    "title": "a list of which one is enough",
    "type": "array",
    "minItems": 1,
    "items": {"anyOf": [_TEXT, _MAPPING]},
}

NEEDLES: JsonObject = {
    "description": "a text, {text, caseSensitive, word, regex, count}, or a list of them; "
    "a list inside the list means any of them",
    "anyOf": [
        _TEXT,
        _MAPPING,
        {
            "title": "a list",
            "type": "array",
            "minItems": 1,
            "items": {"anyOf": [_TEXT, _MAPPING, _ANY_OF]},
        },
    ],
}

# The closest passage is looked for in this much of an answer, for this much of a text.
_NEAR_ANSWER = 10_000
_NEAR_TEXT = 100


class Needle(Protocol):
    """Something that an answer holds or does not hold."""

    @property
    def label(self) -> str:
        """What a reason calls it."""
        ...

    def spans(self, answer: str) -> Iterator[Span]:
        """Its occurrences, as places of whatever form it searches; see `original`."""
        ...

    def original(self, answer: str, span: Span) -> Span:
        """The place of an occurrence in the answer as it came."""
        ...

    def met(self, answer: str) -> bool:
        """True when the answer holds it."""
        ...

    def found(self, answer: str) -> str:
        """What of it an answer holds that holds it, after "found"."""
        ...

    def miss(self, answer: str) -> str:
        """What came in its place, as a clause after the label."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """A text that is found whatever its case and white space."""

    text: str
    folded: str
    keep_case: bool
    word: bool

    @property
    def label(self) -> str:
        """The text in quotes."""
        return quote(self.text)

    def spans(self, answer: str) -> Iterator[Span]:
        """Places in the folded answer."""
        folded, size = fold_answer(answer, self.keep_case), len(self.folded)
        start = folded.find(self.folded)
        while start >= 0:
            end = start + size
            if not self.word or _is_whole(folded, start, end):
                yield start, end
                start = folded.find(self.folded, end)
            else:
                start = folded.find(self.folded, start + 1)

    def original(self, answer: str, span: Span) -> Span:
        """Undoes the folding."""
        first = unfold(answer, span[0], keep_case=self.keep_case)
        last = unfold(answer, span[1] - 1, keep_case=self.keep_case)
        return first, last + 1

    def met(self, answer: str) -> bool:
        """True when it occurs."""
        if self.word:
            return any(True for _ in self.spans(answer))
        return self.folded in fold_answer(answer, self.keep_case)

    def found(self, answer: str) -> str:  # noqa: ARG002 - the protocol's
        """The label."""
        return self.label

    def miss(self, answer: str) -> str:
        """The passage that is closest to it, or how the answer begins."""
        near = self._nearest(answer)
        if near is None:
            return f"not found in {opening(answer)}"
        start, end = near
        return f"not found; nearest: {quote(answer[start:end])} {at(start)}"

    def _nearest(self, answer: str) -> Span | None:
        """The words around the longest stretch of it that occurs, if that is half of it."""
        text = fold(self.text)[:_NEAR_TEXT]
        folded = fold_answer(answer, False)[:_NEAR_ANSWER]  # noqa: FBT003 - a key of the cache
        matcher = difflib.SequenceMatcher(None, folded, text, autojunk=False)
        start, _, size = matcher.find_longest_match()
        if size * 2 < len(text) or size < 3:
            return None
        start = folded.rfind(" ", 0, start + 1) + 1
        end = folded.find(" ", start + size)
        last = (len(folded) if end < 0 else end) - 1
        return unfold(answer, start, keep_case=False), unfold(answer, last, keep_case=False) + 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Matched:
    """A regular expression, searched for in the answer as it came."""

    expression: Expression

    @property
    def label(self) -> str:
        """The expression between slashes."""
        return self.expression.label

    def spans(self, answer: str) -> Iterator[Span]:
        """Places in the answer."""
        return self.expression.spans(answer)

    def original(self, answer: str, span: Span) -> Span:  # noqa: ARG002 - the protocol's
        """The same place."""
        return span

    def met(self, answer: str) -> bool:
        """True when it matches somewhere."""
        return self.expression.matches(answer)

    def found(self, answer: str) -> str:  # noqa: ARG002 - the protocol's
        """The label."""
        return self.label

    def miss(self, answer: str) -> str:
        """How the answer begins."""
        return f"not found in {opening(answer)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """A needle that must occur so many times."""

    needle: Needle
    bounds: Bounds

    @property
    def label(self) -> str:
        """The needle's."""
        return self.needle.label

    def spans(self, answer: str) -> Iterator[Span]:
        """The needle's."""
        return self.needle.spans(answer)

    def original(self, answer: str, span: Span) -> Span:
        """The needle's."""
        return self.needle.original(answer, span)

    def met(self, answer: str) -> bool:
        """True when the number of occurrences that do not overlap is right."""
        return self.bounds.hold(self._count(answer))

    def found(self, answer: str) -> str:
        """The label, and how often it occurs."""
        return f"{self.label} {counted(self._count(answer), 'time')}"

    def miss(self, answer: str) -> str:
        """How often it occurs."""
        return f"found {counted(self._count(answer), 'time')}, wanted {self.bounds}"

    def _count(self, answer: str) -> int:
        return sum(1 for _ in self.needle.spans(answer))


@dataclass(frozen=True, slots=True, kw_only=True)
class AnyOf:
    """Several needles of which one is enough."""

    needles: tuple[Needle, ...]

    @property
    def label(self) -> str:
        """All of their labels."""
        return f"any of {listed([needle.label for needle in self.needles])}"

    def spans(self, answer: str) -> Iterator[Span]:
        """Those of the first that is met."""
        return self._chosen(answer).spans(answer)

    def original(self, answer: str, span: Span) -> Span:
        """The place of an occurrence of the first that is met."""
        return self._chosen(answer).original(answer, span)

    def met(self, answer: str) -> bool:
        """True when one of them is."""
        return any(needle.met(answer) for needle in self.needles)

    def found(self, answer: str) -> str:
        """The first that is met."""
        return self._chosen(answer).found(answer)

    def miss(self, answer: str) -> str:
        """What came in place of the first."""
        return self.needles[0].miss(answer)

    def _chosen(self, answer: str) -> Needle:
        return next((one for one in self.needles if one.met(answer)), self.needles[0])


def first_place(needle: Needle, answer: str) -> Span | None:
    """Where a needle occurs first in the answer as it came, None when it does not."""
    for span in islice(needle.spans(answer), 1):
        return needle.original(answer, span)
    return None


def read_needles(spec: AssertionSpec, *, countable: bool = True) -> tuple[Needle, ...]:
    """The needles of a spec that fits `NEEDLES`; all of them are meant.

    The options beside `value` count for each needle that does not say otherwise. Raises
    `InputError` for a needle that could never, or would always, be found.
    """
    value = spec.args["value"]
    common = {key: option for key, option in spec.args.items() if key != "value"}
    items = value if isinstance(value, list) else [value]
    return tuple(_read(spec, item, common, countable=countable) for item in items)


def read_needle(spec: AssertionSpec, value: Json) -> Needle:
    """One needle, written as a text or a mapping."""
    return _read(spec, value, {}, countable=True)


def _read(
    spec: AssertionSpec, item: Json, common: Mapping[str, Json], *, countable: bool
) -> Needle:
    if isinstance(item, list):
        return AnyOf(needles=tuple(_read(spec, one, common, countable=countable) for one in item))
    given = {**common, **(item if isinstance(item, dict) else {"text": item})}
    needle = _read_one(spec, given)
    if "count" not in given:
        return needle
    if not countable:
        problem = "count means nothing for a text that must not occur at all"
        fix = "write mustContain with count: {min: 0, max: n}"
        raise bad_argument(spec, problem, fix=fix)
    bounds = bounds_of_count(spec, given["count"], least=1)
    if bounds.most == 0:
        raise bad_argument(spec, "count 0 contradicts the kind", fix="write mustNotContain")
    return Counted(needle=needle, bounds=bounds)


def _read_one(spec: AssertionSpec, given: Mapping[str, Json]) -> Needle:
    text, expression = given.get("text"), given.get("regex", False)
    keep_case, word = bool(given.get("caseSensitive")), bool(given.get("word"))
    if isinstance(expression, str) and text is not None:
        fix = "keep one of them, or write {text: …, regex: true}"
        raise bad_argument(spec, "it has a text and a regular expression", fix=fix)
    if isinstance(expression, str) or expression:
        source = expression if isinstance(expression, str) else cast("str | None", text)
        if not source:
            raise bad_argument(spec, "the regular expression is empty", fix="add it")
        if word:
            raise bad_argument(spec, "word and regex stand together", fix=r"write \b in the regex")
        compiled = compile_expression(spec, source, ignore_case=not keep_case)
        return Matched(expression=compiled)
    return _read_text(spec, cast("str | None", text), keep_case=keep_case, word=word)


def _read_text(spec: AssertionSpec, text: str | None, *, keep_case: bool, word: bool) -> Text:
    if text is None:
        raise bad_argument(spec, "it has no text", fix="add text: the text to find")
    folded = fold(text, keep_case=keep_case)
    if not folded:
        problem = f"{quote(text)} is white space only, which every answer holds"
        raise bad_argument(spec, problem, fix="write the text to find")
    if word and (is_unspaced(folded[0]) or is_unspaced(folded[-1])):
        problem = f"word: true cannot find {quote(text)}, whose script has no spaces between words"
        raise bad_argument(spec, problem, fix="leave word out")
    return Text(text=text, folded=folded, keep_case=keep_case, word=word)


def _is_whole(folded: str, start: int, end: int) -> bool:
    """True when no letter, digit, mark or underscore touches the occurrence on either side.

    So "C++" is whole in "C++," and not in "C++11"; "mail" is whole in "e-mail".
    """
    return not (start and _is_word(folded[start - 1])) and not (
        end < len(folded) and _is_word(folded[end])
    )


def _is_word(character: str) -> bool:
    # Vowel signs of Indic scripts are marks, and parts of their words.
    return character.isalnum() or character == "_" or category(character).startswith("M")
