"""Texts that are looked for in an answer: what an author may write for one, and how it is found."""

import difflib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TypeAlias, cast
from unicodedata import category

from agentops_cli.assertions.arguments import arguments, string, switch
from agentops_cli.assertions.bounds import COUNT, Bounds, bounds_of_count
from agentops_cli.assertions.excerpt import at, counted, listed, opening, quote
from agentops_cli.assertions.folding import fold, fold_answer, unfold
from agentops_cli.assertions.verdict import bad_argument, expression_of
from agentops_cli.assertions.writing import is_unspaced
from agentops_cli.expression import Expression
from agentops_cli.model.json import Json, JsonObject
from agentops_cli.model.suite import AssertionSpec

Span: TypeAlias = tuple[int, int]

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


def _list_of(title: str, *items: Json) -> JsonObject:
    return {"title": title, "type": "array", "minItems": 1, "items": {"anyOf": [*items]}}


_ANY_OF = _list_of("a list of which one is enough", _TEXT, _MAPPING)

NEEDLES: JsonObject = {
    "description": "a text, {text, caseSensitive, word, regex, count}, or a list of them; "
    "a list inside the list means any of them",
    "anyOf": [_TEXT, _MAPPING, _list_of("a list", _TEXT, _MAPPING, _ANY_OF)],
}

# The closest passage is looked for in this much of an answer, for this much of a text.
_NEAR_ANSWER = 10_000
_NEAR_TEXT = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """A text that is found whatever its white space, and its case unless that is kept."""

    text: str
    folded: str
    keep_case: bool
    word: bool

    def spans(self, answer: str) -> Iterator[Span]:
        """Its places in the folded answer, which `original` leads back."""
        folded, size = fold_answer(answer, self.keep_case), len(self.folded)
        start = folded.find(self.folded)
        while start >= 0:
            end = start + size
            whole = not self.word or _is_whole(folded, start, end)
            if whole:
                yield start, end
            start = folded.find(self.folded, end if whole else start + 1)

    def original(self, answer: str, span: Span) -> Span:
        """The place in the answer as it came."""
        first = unfold(answer, span[0], keep_case=self.keep_case)
        return first, unfold(answer, span[1] - 1, keep_case=self.keep_case) + 1

    def __str__(self) -> str:
        return quote(self.text)


@dataclass(frozen=True, slots=True, kw_only=True)
class One:
    """A text or an expression that an answer holds: at least once, or so many `times`."""

    what: Text | Expression
    times: Bounds | None = None

    @property
    def label(self) -> str:
        """What a reason calls it."""
        return str(self.what)

    def met(self, answer: str) -> bool:
        """True when the answer holds it."""
        if self.times:
            return self.times.hold(self._count(answer))
        return next(self.what.spans(answer), None) is not None

    def found(self, answer: str) -> str:
        """What of it an answer holds that holds it, after "found"."""
        return f"{self.label} {counted(self._count(answer), 'time')}" if self.times else self.label

    def miss(self, answer: str) -> str:
        """What came in its place, as a clause after the label."""
        if self.times:
            return f"found {counted(self._count(answer), 'time')}, wanted {self.times}"
        near = _nearest(self.what.text, answer) if isinstance(self.what, Text) else None
        return f"not found; nearest: {near}" if near else f"not found in {opening(answer)}"

    def place(self, answer: str) -> Span | None:
        """Where it stands first in the answer as it came."""
        span = next(self.what.spans(answer), None)
        if span and isinstance(self.what, Text):
            return self.what.original(answer, span)
        return span

    def _count(self, answer: str) -> int:
        return sum(1 for _ in self.what.spans(answer))


@dataclass(frozen=True, slots=True, kw_only=True)
class AnyOf:
    """Several needles of which one is enough; the first that is met speaks for all."""

    needles: tuple[One, ...]

    @property
    def label(self) -> str:
        """All of their labels."""
        return f"any of {listed([needle.label for needle in self.needles])}"

    def met(self, answer: str) -> bool:
        """True when one of them is."""
        return any(needle.met(answer) for needle in self.needles)

    def found(self, answer: str) -> str:
        """The first that is met."""
        return self._chosen(answer).found(answer)

    def miss(self, answer: str) -> str:
        """What came in place of the first."""
        return self.needles[0].miss(answer)

    def place(self, answer: str) -> Span | None:
        """Where the first that is met stands."""
        return self._chosen(answer).place(answer)

    def _chosen(self, answer: str) -> One:
        return next((one for one in self.needles if one.met(answer)), self.needles[0])


Needle: TypeAlias = One | AnyOf


def read_needles(spec: AssertionSpec, *, countable: bool = True) -> tuple[Needle, ...]:
    """The needles of a spec that fits `NEEDLES`; all of them are meant.

    The options beside `value` count for each needle that does not say otherwise. Raises
    `InputError` for a needle that could never, or would always, be found.
    """
    value = spec.args["value"]
    common = {key: option for key, option in spec.args.items() if key != "value"}
    groups = [
        [_read(spec, one, common) for one in (item if isinstance(item, list) else [item])]
        for item in (value if isinstance(value, list) else [value])
    ]
    if not countable and any(one.times for group in groups for one in group):
        problem = "count means nothing for a text that must not occur at all"
        fix = "write mustContain with count: {min: 0, max: n}"
        raise bad_argument(spec, problem, fix=fix)
    return tuple(AnyOf(needles=(*group,)) if group[1:] else group[0] for group in groups)


def read_needle(spec: AssertionSpec, given: Mapping[str, Json]) -> One:
    """One needle, written as a mapping."""
    what = _read_what(spec, given)
    if "count" not in given:
        return One(what=what)
    times = bounds_of_count(spec, given["count"], least=1)
    if times.most == 0:
        raise bad_argument(spec, "count 0 contradicts the kind", fix="write mustNotContain")
    return One(what=what, times=times)


def _read(spec: AssertionSpec, item: Json, common: Mapping[str, Json]) -> One:
    if item and isinstance(item, str) and not common:  # As most are written.
        return One(what=_read_text(spec, item, keep_case=False, word=False))
    return read_needle(spec, {**common, **(item if isinstance(item, dict) else {"text": item})})


def _read_what(spec: AssertionSpec, given: Mapping[str, Json]) -> Text | Expression:
    text, regex = given.get("text"), given.get("regex", False)
    keep_case, word = bool(given.get("caseSensitive")), bool(given.get("word"))
    if isinstance(regex, str) and text is not None:
        fix = "keep one of them, or write {text: …, regex: true}"
        raise bad_argument(spec, "it has a text and a regular expression", fix=fix)
    source = cast("str | None", regex if isinstance(regex, str) else text)
    if not source:
        raise bad_argument(spec, "it has no text", fix="add text: the text to find")
    if regex is False:
        return _read_text(spec, source, keep_case=keep_case, word=word)
    if word:
        raise bad_argument(spec, "word and regex stand together", fix=r"write \b in the regex")
    return expression_of(spec, source, ignore_case=not keep_case)


def _read_text(spec: AssertionSpec, text: str, *, keep_case: bool, word: bool) -> Text:
    folded = fold(text, keep_case=keep_case)
    if not folded:
        problem = f"{quote(text)} is white space only, which every answer holds"
        raise bad_argument(spec, problem, fix="write the text to find")
    if word and (is_unspaced(folded[0]) or is_unspaced(folded[-1])):
        problem = f"word: true cannot find {quote(text)}, whose script has no spaces between words"
        raise bad_argument(spec, problem, fix="leave word out")
    return Text(text=text, folded=folded, keep_case=keep_case, word=word)


def _nearest(text: str, answer: str) -> str | None:
    """The words around the longest stretch of a text that occurs, if that is half of it."""
    text = fold(text)[:_NEAR_TEXT]
    folded = fold_answer(answer, False)[:_NEAR_ANSWER]  # noqa: FBT003 - a key of the cache
    matcher = difflib.SequenceMatcher(None, folded, text, autojunk=False)
    start, _, size = matcher.find_longest_match()
    if size * 2 < len(text) or size < 3:
        return None
    start = folded.rfind(" ", 0, start + 1) + 1
    end = folded.find(" ", start + size)
    last = (len(folded) if end < 0 else end) - 1
    first = unfold(answer, start, keep_case=False)
    return f"{quote(answer[first : unfold(answer, last, keep_case=False) + 1])} {at(first)}"


def _is_whole(folded: str, start: int, end: int) -> bool:
    """True when no letter, digit, mark or underscore touches the occurrence on either side.

    So "C++" is whole in "C++," and not in "C++11"; "mail" is whole in "e-mail".
    """
    return not any(map(_is_of_word, folded[max(0, start - 1) : start] + folded[end : end + 1]))


def _is_of_word(character: str) -> bool:
    # Vowel signs of Indic scripts are marks, and parts of their words.
    return character.isalnum() or character == "_" or category(character).startswith("M")
