"""Sentences of a prompt that forbid or limit something, and what became of them."""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import cached_property, lru_cache, partial
from typing import Final, Literal

from agentops_cli.model.prompt import Role
from agentops_cli.prompt.branches import Branch, Branches, without_tags
from agentops_cli.prompt.force import NEGATION, Loss, loss, plain_word
from agentops_cli.prompt.source import Passage, PromptFile, Span
from agentops_cli.prompt.wording import COMMENTS, blanked

STRONG: Final = 2
WEAK: Final = 1

_STRONG: Final = re.compile(
    r"\b(?:never|must|shall|cannot|can't|won't|may not|always|only|refuse|decline|reject"
    r"|forbidden|prohibited|strictly|do not|don't|does not"
    r"|under no circumstances|not allowed|no exceptions|as data|nothing else)\b",
    re.IGNORECASE,
)
_PROHIBITS: Final = re.compile(
    r"\b(?:never|do not|don't|(?:must|shall|may|will|should) not|mustn't|cannot|can't|won't"
    r"|under no circumstances|not allowed|forbidden|prohibited|(?:refuse|decline)(?: to| any| such"
    r"| all| it| them| politely)?|as data|nothing else|answer only|only answer)\b",
    re.IGNORECASE,
)
_BINDS: Final = re.compile(
    r"""\b(?:never|(?:do|does|did|must|shall|may|can|will|you\ are)\ not|cannot
    |(?:don|doesn|mustn|shan|won|can)'t|not\ (?:allowed|permitted)|no\ circumstances
    |forbidden|prohibited|banned|disallowed|no\ exceptions|as\ data|nothing\ else
    |(?:refus|declin|reject|refrain|withh[oe]ld|escalat|prohibit|forbid)\w*|block|ignore|disregard
    |only|solely|exclusively|strictly|nobody|no\ one
    |secret|confidential|to\ yourself|hand\ (?:it\ |them\ )?over|stay\ (?:on|within)
    |do\ nothing|(?:don't|not)\ know
    )\b
    |^\W*no\b
    |\b(?:always|must|shall|require\w*)\b.*\b(?:before|first|until|confirm\w*|approv\w*|humans?
    |verif\w+|consent|permission)\b""",
    re.IGNORECASE | re.VERBOSE,
)
"""What any rule that may matter has, whatever it is about."""

_STYLE: Final = re.compile(
    r"\b(?:exclamation (?:marks?|points?)|emojis?|emoticons?|bullets?|bullet points?|bold|italics"
    r"|headings?|hyphens|semicolons|passive voice|adverbs|contractions|all caps|capitals|puns"
    r"|filler words|jargon|small talk|short sentences)\b",
    re.IGNORECASE,
)
_MUST: Final = re.compile(r"\b(?:must|never)\b", re.IGNORECASE)
_WEAK: Final = re.compile(
    r"\b(?:should|avoid|try|prefer(?:ably)?|ideally|usually|generally|normally|typically"
    r"|may(?! not\b)|might|could|when(?:ever)? possible|if possible|as appropriate"
    r"|where appropriate|unless)\b",
    re.IGNORECASE,
)
_TOPIC: Final = re.compile(
    r"""\b(?:
      reveal | disclos\w+ | leak\w* | expos\w+ | system\ prompt
    | (?:these|your|this)\ (?:instructions?|rules|text|prompt)
    | confidential\w* | secrets? | passwords? | credentials? | api\ keys? | personal(?:ly)?
    | private | pii | sensitive
    | harm\w* | illegal\w* | unlawful | unsafe | dangerous | weapons? | self-harm | violen\w+
    | hate\w* | legal | medical | financial | diagnos\w+ | prescri\w+ | advice
    | refus\w+ | declin\w+ | off-topic | out\ of\ scope | scope | approv\w+ | confirm\w*
    | escalat\w+ | untrusted | not\ instructions | as\ data | inject\w* | jailbreak\w*
    | impersonat\w+ | delete | transfer | refund | payment | execute
    | fabricat\w+ | invent | make\ up | hallucinat\w+
    )\b""",
    re.IGNORECASE | re.VERBOSE,
)
_SENTENCE: Final = re.compile(r"[^.!?\n]*(?:[.!?](?!\s|$)[^.!?\n]*)*(?:[.!?]+|$)")
_BULLET: Final = re.compile(r"[ \t]*(?:[-*+]|\d+[.)])[ \t]+")
_HEADING: Final = re.compile(r"[ \t]{0,3}(#{1,6})[ \t]+(.*?)[ \t#]*$")
_FENCE: Final = re.compile(r"[ \t]{0,3}(```|~~~)")
_WORD: Final = re.compile(r"[\w']+|\{\{[^{}]*\}\}")

_BINDING: Final = frozenset(
    (
        *("a", "an", "the", "you", "your", "i", "it", "is", "are", "be", "to", "of", "if"),
        *("must", "mustn't", "shall", "should", "shouldn't", "may", "might", "can", "can't"),
        *("cannot", "could", "will", "won't", "would", "do", "does", "don't", "doesn't"),
        *("not", "no", "never", "always", "only", "avoid", "try", "prefer", "preferably"),
        *("ideally", "usually", "generally", "normally", "typically", "please", "possible"),
    )
)
_SAME: Final = 0.6
"""Two sentences of which so much is alike are one, changed."""

_ORDERS: Final = frozenset(("system", "developer"))
_FEW_WORDS: Final = 3
_MOST_COMPARED: Final = 100_000


@dataclass(frozen=True, kw_only=True)
class Guardrail:
    """A sentence; `span` is of the file. `section` is the heading above it, as written.

    `is_declared` says that the file names that section under `guardrails`. `under` are the branches
    of the template in which it stands, or one of its negations does.
    """

    text: str
    words: tuple[str, ...]
    span: Span
    section: str
    is_declared: bool
    under: tuple[Branch, ...] = ()
    role: Role | None = None

    @cached_property
    def core(self) -> tuple[str, ...]:
        """Its words, without endings, and without those that tell how much it binds."""
        return tuple(plain_word(word) for word in self.words if word not in _BINDING)

    @property
    def strength(self) -> int:
        """How much it binds: a must, a should, or nothing."""
        if _WEAK.search(self.text) and not _MUST.search(self.text):
            return WEAK
        return STRONG if _STRONG.search(self.text) or self.binds else 0

    @cached_property
    def binds(self) -> bool:
        """Whether it forbids or limits anything, be it about safety or not; but for style."""
        return _BINDS.search(self.text) is not None and _STYLE.search(self.text) is None

    @property
    def forbids(self) -> bool:
        """Whether it says no to something."""
        return NEGATION.search(self.text) is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class Loosened:
    """A guardrail of which less is left: `now` is what stands for it, None where nothing does.

    `under` is the condition under which alone it holds now, where that is what is new; `role` that
    of the message into which it has moved, out of one that the model obeys.
    """

    before: Guardrail
    now: Guardrail | None
    how: Loss | Literal["gone"]
    under: str | None = None
    role: Role | None = None


def declared_sections(file: PromptFile) -> tuple[str, ...]:
    """The headings that a file names under `guardrails`."""
    given = file.meta.get("guardrails")
    return tuple(each for each in given if isinstance(each, str)) if isinstance(given, list) else ()


def guardrails_of(file: PromptFile, *, declared: Sequence[str] | None = None) -> list[Guardrail]:
    """The sentences of a file that limit what may be answered.

    Those are all of the sections that it declares, or those that are given, and elsewhere those
    that bind strongly and are about safety, not about style. English only.
    """
    sentences = file.sentences if declared is None else sentences_of(file, declared)
    return [each for each in sentences if _limits(each)]


def _limits(each: Guardrail) -> bool:
    return each.is_declared or (_is_about_safety(each.text) and each.strength == STRONG)


def _is_about_safety(text: str) -> bool:
    """Whether a sentence forbids something that matters; rows of tables and labels say nothing."""
    if text.startswith("|") or text.rstrip("*_` ").endswith(":"):
        return False
    return _PROHIBITS.search(text) is not None and _TOPIC.search(text) is not None


def has_section(file: PromptFile, name: str) -> bool:
    """Whether a file has a heading of this name, or a tag."""
    key = _key(name)
    text = "\n".join(passage.text for passage in file.passages)
    if any(_key(found[2]) == key for line in text.split("\n") if (found := _HEADING.match(line))):
        return True
    tag = re.escape(name.strip().replace(" ", "_"))
    return re.search(rf"<{tag}\b", text, re.IGNORECASE) is not None


def sentences_of(file: PromptFile, declared: Iterable[str] = ()) -> list[Guardrail]:
    """All sentences of a file's messages, code and comments apart; `declared` are sections."""
    names = {_key(name) for name in declared}
    found: list[Guardrail] = []
    branches = file.branches
    for number, passage in enumerate(file.passages):
        text = blanked(passage.text, "<!--", "-->")
        for opened, closed in COMMENTS.get(file.engine, ()):
            text = blanked(text, opened, closed)
        text = without_tags(text, file.engine)
        section, declared_level = "", 0
        for start, block in _blocks(text.replace("\u2019", "'")):
            heading = _HEADING.match(block)
            if heading is None:
                is_declared = declared_level > 0
                found += _sentences(
                    passage,
                    start,
                    block,
                    section,
                    is_declared=is_declared,
                    around=partial(branches.at, number) if branches.sizes else None,
                )
                continue
            section, level = heading[2], len(heading[1])
            if level <= declared_level:
                declared_level = 0
            if _key(section) in names:
                declared_level = level
    return found


def _sentences(
    passage: Passage,
    start: int,
    block: str,
    section: str,
    *,
    is_declared: bool,
    around: Callable[[int], tuple[Branch, ...]] | None,
) -> Iterator[Guardrail]:
    for match in _SENTENCE.finditer(block.replace("\n", " ")):
        words = _words(match[0])
        if len(words) >= _FEW_WORDS or (len(words) > 1 and _BINDS.search(match[0])):
            begin = start + match.end() - len(match[0].lstrip())
            last = max(start + match.end() - 1, begin)
            under: Iterable[Branch] = ()
            if around is not None:
                binding = (each.start() for each in NEGATION.finditer(match[0].lstrip()))
                under = (branch for at in (0, *binding) for branch in around(begin + at))
            yield Guardrail(
                text=" ".join(match[0].split()),
                words=words,
                span=Span(start=passage.offset(begin), end=passage.offset(last) + 1),
                section=section,
                is_declared=is_declared,
                under=tuple(dict.fromkeys(under)),
                role=passage.role,
            )


@lru_cache(maxsize=10_000)
def _words(sentence: str) -> tuple[str, ...]:
    """The words of a sentence; versions of a prompt have most of theirs in common."""
    return tuple(map(str.casefold, _WORD.findall(sentence)))


def loosened(before: PromptFile, after: PromptFile) -> Iterator[Loosened]:
    """The guardrails of the earlier file that are gone from the later one, or bind less in it.

    Those are not only the ones about safety: of what is taken away nobody knows what it guarded.
    It does not matter where a sentence stands, nor whether it was put otherwise: the sentence that
    is most like it is what stands for it.
    """
    now_all = after.sentences
    branches = after.branches
    exact = {each.words: each for each in now_all}
    ordered = {each.words for each in now_all if each.role in _ORDERS}
    # What is there word for word can only be lost to a branch, or to whom nobody obeys.
    doubtful = (
        each
        for each in before.sentences
        if branches.sizes
        or each.words not in exact
        or (each.role in _ORDERS and each.words not in ordered)
    )
    old = [each for each in doubtful if each.binds or _limits(each)]
    if not old:
        return
    taken = {each.words for each in before.sentences}
    left = [each for each in now_all if each.words not in taken]
    if len(left) * sum(each.words not in exact for each in old) > _MOST_COMPARED:
        left = []  # Of so many, only those that are there word for word are found.
    places = _by_words(now_all) if branches.sizes else {}
    for each in old:
        now = exact.get(each.words) or _nearest(each, left)
        if now is None:
            yield Loosened(before=each, now=None, how="gone")
            continue
        how = None if now.words == each.words else _less(each, now, left)
        is_lowered = each.role in _ORDERS and now.role not in {*_ORDERS, None}
        if how:
            yield Loosened(before=each, now=now, how=how)
        elif is_lowered and now.words not in ordered:
            yield Loosened(before=each, now=now, how="weaker", role=now.role)
        elif branches.sizes:
            alike = {*places.get(now.words, ()), *places.get(("", *each.core), ())}
            yield from _confined(each, [now_all[index] for index in sorted(alike)], branches)


def _by_words(sentences: Sequence[Guardrail]) -> dict[tuple[str, ...], list[int]]:
    """Where sentences stand, by their words, and by an empty word and their core."""
    found: dict[tuple[str, ...], list[int]] = {}
    for index, each in enumerate(sentences):
        found.setdefault(each.words, []).append(index)
        found.setdefault(("", *each.core), []).append(index)
    return found


def _less(before: Guardrail, now: Guardrail, left: Sequence[Guardrail]) -> Loss | None:
    if now.strength < before.strength:
        return "weaker"
    others = {word for each in left if each is not now and each.forbids for word in each.core}
    return loss(before.text, now.text, elsewhere=others, is_asked=before.is_declared)


def _confined(
    before: Guardrail, twins: Sequence[Guardrail], branches: Branches
) -> Iterator[Loosened]:
    """What is lost where a sentence stands only under conditions that it did not have."""
    had = {branch.label for branch in before.under}
    new = [[branch for branch in each.under if branch.label not in had] for each in twins]
    ways = [each[0] for each in new if len(each) == 1]
    if all(new) and not branches.cover(ways):
        least = min(range(len(new)), key=lambda index: len(new[index]))
        now, conditions = twins[least], new[least]
        is_other = len(now.under) <= len(before.under) and not any(
            branch.is_dead for branch in conditions
        )
        yield Loosened(
            before=before,
            now=now,
            how="doubtful" if is_other else "weaker",
            under=conditions[0].label,
        )


def _nearest(wanted: Guardrail, among: Sequence[Guardrail]) -> Guardrail | None:
    best, most = None, _SAME
    matcher = SequenceMatcher(autojunk=False)
    matcher.set_seq2(wanted.core)
    for each in among if wanted.core else ():
        if best is None and len(wanted.core) > 1 and set(wanted.core) <= set(each.core):
            best = each  # It has become a part of a longer one.
        matcher.set_seq1(each.core)
        if matcher.real_quick_ratio() < most or matcher.quick_ratio() < most:
            continue
        ratio = matcher.ratio()
        if ratio >= most:
            best, most = each, ratio
    return best


def _blocks(text: str) -> Iterator[tuple[int, str]]:
    """Paragraphs, items of lists and headings, each with where it begins; no code."""
    at = 0
    start = end = 0  # Of a block: it is cut out of the text once, however many lines it has.
    fence = ""
    for line in text.split("\n"):
        opened = _FENCE.match(line)
        bullet = _BULLET.match(line)
        is_code = bool(fence)
        if opened and (not fence or opened[1] == fence):
            is_code, fence = True, "" if fence else opened[1]
        breaks = is_code or not line.strip() or bullet or _HEADING.match(line)
        if breaks and start < end:
            yield start, text[start:end]
            start = end
        if not is_code and line.strip():
            if _HEADING.match(line):
                yield at, line
            else:
                if start == end:
                    start = at + (bullet.end() if bullet else 0)
                end = at + len(line)
        at += len(line) + 1
    if start < end:
        yield start, text[start:end]


def _key(name: str) -> str:
    return re.sub(r"[\W_]+", " ", name).strip().casefold()
