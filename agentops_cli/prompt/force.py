"""Whether one sentence forbids as much as another one. English only, and by its words."""

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Final, Literal

from agentops_cli.prompt.wording import are_one_word

Loss = Literal["weaker", "doubtful"]
"""Doubtful: it forbids something else, which may be as much."""

_WORD: Final = re.compile(r"[\w']+|\{\{[^{}]*\}\}")
_ENDING: Final = re.compile(r"(?:ing|ed|es|s|e)$")
_INVENT: Final = re.compile(r"\bmak(?:e|ing) up\b", re.IGNORECASE)
_SHORT: Final = 4

_ALIKE: Final = (
    "reveal disclose expose leak divulge share show output print repeat tell mention",
    "give offer provide",
    "invent fabricate hallucinate",
    "discuss talk",
    "answer respond reply",
    "delete remove erase",
    "help assist",
    "execute run",
    "refuse decline reject",
    "illegal unlawful",
    "harmful dangerous unsafe",
    "instruction prompt rule directive guideline",
    "customer user client person people",
    "data information info details",
    "message input text content",
    "confidential private secret sensitive",
    "ask request",
)

NEGATION: Final = re.compile(
    r"\b(?:never|cannot|(?<!if )(?<!or )not(?! only\b)|no(?! matter\b| exceptions?\b)|none|nothing"
    r"|nobody|say no|as data"
    r"|(?:refus|declin|reject|hesitat|neglect|omit|avoid|refrain|ceas)\w*|fail|stop|forget"
    r"|forbidden|prohibited|banned|disallowed)\b|n['\u2019]t\b",
    re.IGNORECASE,
)
_FLIPS: Final = re.compile(
    r"say no|(?:refus|declin|reject|hesitat|neglect|omit|avoid|refrain|ceas)\w*|fail|stop|forget"
    r"|forbidden|prohibited|banned|disallowed",
    re.IGNORECASE,
)
_APART: Final = re.compile(
    r",|\b(?:and|or|nor|but|tell\w*|says?|asks?|claims?|if|when|who|which|circumstances)\b",
    re.IGNORECASE,
)
_CLAUSE: Final = re.compile(
    r"[;:]\s|,\s+(?=always\b)|,?\s+(?:and|or)\s+(?=always\b|(?:you\s+)?(?:may|can)\b)"
    r"|\b(?:but|instead)\s",
    re.IGNORECASE,
)
_WHEN: Final = re.compile(r"\s*(?:if|when|whenever)\b", re.IGNORECASE)
_LIMITS: Final = re.compile(r"\b(?:only|solely|exclusively|nothing else)\b", re.IGNORECASE)
_OTHERS: Final = re.compile(r"\b(?:any|another|other)\b", re.IGNORECASE)
_SOFT: Final = re.compile(
    r"\btry(?:ing)? (?:to (?:never|not|avoid)|not)\b|\b(?:preferably|ideally|usually|generally"
    r"|normally|typically|when(?:ever)? possible|if possible|as appropriate|where appropriate)\b",
    re.IGNORECASE,
)
_ASKS: Final = r"(?:ask|request|requir|insist|confirm|agree|want|tell|told|say)\w*"
_ASKED: Final = rf"(?:{_ASKS}|needed|necessary|appropriate)"
_EXCEPTION: Final = re.compile(
    rf"""\b(?:unless|except(?:ing|\ if|\ when|\ for)?|other\ than|apart\ from|aside\ from|excluding
    |(?:up)?on\ request|but\ (?:you\ )?(?:may|can|could)(?!\ not)
    |(?<!even\ )(?:if|when|whenever)\ (?:\w+ly\ )?{_ASKED}(?=[^,;:]*$)
    |(?<!even\ )(?:if|when|whenever)\ (?:(?:the|a|an|some)\ )?\w+\ (?:\w+ly\ )?{_ASKS}(?=[^,;:]*$)
    )(?!\w)""",
    re.IGNORECASE | re.VERBOSE,
)
_NARROWER: Final = re.compile(
    r"\bwithout(?! (?:any )?(?:exceptions?|fail))\b|\buntil\b"
    r"|(?<!even )(?<!except )\b(?:if|when|whenever|while)\b",
    re.IGNORECASE,
)
_TO_ALL: Final = re.compile(r" (?:to|with|for) any\w*(?: (?:user|customer|one)s?)?$", re.IGNORECASE)
_PART: Final = re.compile(
    r" (?:(?:to|with|for|from) (?!any|all\b|every|no\b|no-|whom|nobody"
    r"|(?:the |your )?(?:users?|customers?)\b)"
    r"|(?:in|on|during|at) (?!any|all\b|every|no\b|your\b|the answer|answers|whole or)"
    r"|(?:verbatim|word for word|literally|fully|completely|entirely|twice|publicly)\b)"
    r"[^,;:]*$",
    re.IGNORECASE,
)
_ANSWERED: Final = re.compile(r"[,:]\s*\w")
_PLAIN: Final = frozenset(
    (
        *("a", "an", "the", "you", "your", "i", "it", "its", "is", "are", "be", "been", "being"),
        *("to", "of", "at", "in", "on", "by", "for", "with", "about", "and", "or", "nor", "as"),
        *("must", "shall", "should", "may", "might", "can", "could", "will", "would", "do", "does"),
        *("not", "no", "never", "always", "only", "cannot", "please", "ever", "even", "if", "when"),
        *("any", "all", "every", "anyone", "anybody", "anything", "this", "that", "these", "those"),
        *("them", "they", "under", "circumstance", "reason", "matter", "whatever", "who", "so"),
        *("refuse", "decline", "forbidden", "prohibited", "strictly", "allowed", "permitted"),
        *("unless", "except", "other", "than", "apart"),
    )
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Clause:
    """`lead` are the words before the first negation; all of them where there is none."""

    words: frozenset[str]
    lead: frozenset[str]
    negative: bool


def plain_word(word: str) -> str:
    """A word without its ending; one word for all of the same meaning."""
    word = _stem(word.casefold())
    return _MEANING.get(word, word)


def loss(old: str, new: str, *, elsewhere: Collection[str], is_asked: bool) -> Loss | None:
    """What is lost where a new sentence stands for an old one; None if it forbids as much.

    `elsewhere` are the words, as `plain_word` has them, of all that is newly forbidden besides.
    With `is_asked`, a sentence that asks for something may not forbid it afterwards either.
    """
    if (
        _is_turned(old, new, is_asked=is_asked)
        or _is_cut_down(old, new)
        or _more(_SOFT, old, new)
        or _more(_EXCEPTION, old, new)
    ):
        return "weaker"
    if _is_narrower(old, new) or _is_wider_exception(old, new):
        return "doubtful"
    return "doubtful" if _forbids_else(old, new, elsewhere) else None


def _stem(word: str) -> str:
    stem = _ENDING.sub("", word)
    return stem if len(stem) >= _SHORT - 1 else word


_MEANING: Final = {
    _stem(word): _stem(words.split()[0]) for words in _ALIKE for word in words.split()
}
_UNTOLD: Final = frozenset(map(plain_word, _PLAIN))


def _words(text: str) -> list[str]:
    """The words that tell what a sentence is about."""
    told = _INVENT.sub("invent", text)
    return [word for word in map(plain_word, _WORD.findall(told)) if word not in _UNTOLD]


def _more(pattern: re.Pattern[str], old: str, new: str) -> bool:
    return len(pattern.findall(new)) > len(pattern.findall(old))


def _is_turned(old: str, new: str, *, is_asked: bool) -> bool:
    ours, theirs = list(_clauses(old)), list(_clauses(new))
    for mine in ours:
        best = max(theirs, key=lambda each: (len(mine.words & each.words), each.negative))
        shared = mine.words & best.words
        if not shared or 2 * len(shared) < len(mine.words):
            continue
        if mine.negative and not best.negative:
            return True
        if is_asked and not mine.negative and best.negative and not shared & best.lead:
            is_limit = _LIMITS.search(old) or _OTHERS.search(new)
            if not is_limit and not any(each.negative for each in ours):
                return True
    is_free = not _LIMITS.search(new) and not any(each.negative for each in theirs)
    return is_free and _LIMITS.search(old) is not None


def _clauses(text: str) -> Iterator[_Clause]:
    """Its parts that say yes or no each for itself."""
    start = 0
    for match in _CLAUSE.finditer(text):
        part = text[start : match.start()]
        is_opening = match[0].startswith(":") or _WHEN.match(part)
        if is_opening and not NEGATION.search(part):
            continue  # `Prices: never tell them` is one.
        yield _clause(part)
        start = match.end()
    yield _clause(text[start:])


def _clause(text: str) -> _Clause:
    first = NEGATION.search(text)
    return _Clause(
        words=frozenset(_words(text)),
        lead=frozenset(_words(text[: first.start()] if first else text)),
        negative=_is_negative(text),
    )


def _is_negative(text: str) -> bool:
    """Whether it says no: two negations of which one bears on the other say yes."""
    says_no = False
    last: re.Match[str] | None = None
    for match in NEGATION.finditer(text):
        says_no = not says_no if last and _bears_on(text, last, match) else True
        last = match
    return says_no


def _bears_on(text: str, last: re.Match[str], match: re.Match[str]) -> bool:
    between = text[last.end() : match.start()]
    if _FLIPS.fullmatch(match[0]):
        return "," not in between and not _words(between)
    one, other = last[0].casefold(), match[0].casefold()
    return (one == "never") != (other == "never") and _APART.search(between) is None


def _is_narrower(old: str, new: str) -> bool:
    """Whether it holds in some cases only; `if asked, say no` tells what to do, not when."""
    first = NEGATION.search(new)
    if not _more(_NARROWER, old, new) or first is None:
        return False
    added = [match for match in _NARROWER.finditer(new) if match.start() > first.end()]
    return any(
        not _ANSWERED.search(new, match.end()) and not NEGATION.search(new, match.end())
        for match in added
    )


def _is_cut_down(old: str, new: str) -> bool:
    """Whether it is the old sentence, and then to whom, how or how much of it alone."""
    if NEGATION.search(old) is None:
        return False
    said = [plain_word(word) for word in _WORD.findall(_TO_ALL.sub("", old.rstrip(".! ")))]
    now = list(_WORD.finditer(new))[: len(said)]
    if not now or [plain_word(match[0]) for match in now] != said:
        return False
    return _PART.match(new, now[-1].end()) is not None


def _is_wider_exception(old: str, new: str) -> bool:
    was, now = _EXCEPTION.search(old), _EXCEPTION.search(new)
    if was is None or now is None:
        return False
    ours, theirs = _tail(old, was), _tail(new, now)
    return not ours <= theirs or ("or" in theirs and "or" not in ours)


def _tail(text: str, match: re.Match[str]) -> set[str]:
    words = map(plain_word, _WORD.findall(text[match.start() :]))
    return {word for word in words if word == "or" or word not in _UNTOLD}


def _forbids_else(old: str, new: str, elsewhere: Collection[str]) -> bool:
    ours, theirs = _words(old), _words(new)
    listed = {
        word
        for pair in re.findall(r"([\w']+),? (?:or|and|nor) ([\w']+)", old)
        for word in map(plain_word, pair)
    }
    matcher = SequenceMatcher(None, ours, theirs, autojunk=False)
    for _, start, end, new_start, new_end in matcher.get_opcodes():
        lost = [word for word in ours[start:end] if word not in theirs and word not in elsewhere]
        gained = [word for word in theirs[new_start:new_end] if word not in ours]
        lost = [word for word in lost if not any(are_one_word(word, each) for each in gained)]
        if lost and (gained or not listed.isdisjoint(lost)):
            return True
    return False
