"""A diff, ready to be printed: what is in it may be read by anybody."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final, TypeAlias, TypeVar

from agentops_cli.diff.evaluated import EvalDiff, Evaluation, ModelDiff
from agentops_cli.diff.values import (
    DiffReport,
    Entry,
    Graded,
    MessageDiff,
    Price,
    PromptDiff,
    Rendered,
    SchemaChange,
    Side,
    Size,
    Status,
    Versioning,
)
from agentops_cli.errors import ExitCode
from agentops_cli.model.finding import Finding
from agentops_cli.model.place import Location
from agentops_cli.patterns import Hit
from agentops_cli.prompt.change_kinds import Level
from agentops_cli.redact import Redact, RedactQuotes, redact_json
from agentops_cli.reporters.diff.masked import masked

Shown: TypeAlias = Callable[[str], str]
"""Gives a path as the reader of a format looks it up."""

LEVELS: Final[tuple[Level, ...]] = ("breaking", "risky", "safe")
"""The gravest first."""

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """A change as it is printed. `place` is in the later file unless `is_before`.

    `bump` is the part of a version that it asks for, None where it asks for none.
    """

    id: str
    level: Level
    bump: str | None
    message: str
    why: str
    place: Location | None
    is_before: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """One prompt as it is printed; the fields are those of a `PromptDiff`, without its files.

    `was` is the path of the earlier file where that is another one.
    """

    name: str
    status: Status
    path: str
    was: str | None
    kind: str
    level: Level
    changes: tuple[Told, ...]
    versioning: Versioning
    entries: tuple[Entry, ...]
    schemas: tuple[SchemaChange, ...]
    messages: tuple[MessageDiff, ...]
    sizes: tuple[Size | None, Size | None]
    prices: tuple[Price | None, Price | None]
    suites: tuple[str, ...]
    owners: tuple[str, ...]
    rendered: Rendered | None
    evaluated: EvalDiff | None = None

    @property
    def lines(self) -> tuple[int, int]:
        """How many lines of its messages were added, and how many removed; moved ones apart."""
        marks = Counter(line.mark for each in self.messages for line in each.lines)
        return marks["added"], marks["removed"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """What the formats are made of. `code` is what the command exits with.

    The cards are in the order of the report, the gravest first.
    """

    code: ExitCode
    before: Side
    after: Side
    cards: tuple[Card, ...]
    looked_at: int
    problems: tuple[Finding, ...] = ()
    notes: tuple[str, ...] = ()
    evaluation: Evaluation | None = None

    @property
    def levels(self) -> Mapping[Level, int]:
        """How many prompts there are of each level, the gravest first; of none there is no key."""
        counts = Counter(card.level for card in self.cards)
        return {level: counts[level] for level in LEVELS if counts[level]}


def page_of(report: DiffReport, *, code: ExitCode, redact: Redact, shown: Shown) -> Page:
    """The page of a report: the one place where what may be read is taken from what there is."""
    return Page(
        code=code,
        before=replace(report.before, name=redact(report.before.name)),
        after=replace(report.after, name=redact(report.after.name)),
        cards=tuple(_card(each, redact, shown) for each in report.prompts),
        looked_at=report.looked_at,
        problems=tuple(_problem(each, redact, shown) for each in report.problems),
        notes=tuple(map(redact, report.notes)),
        evaluation=_maybe(report.evaluation, lambda found: _evaluation(found, redact, shown)),
    )


class _Heard(Redact):
    """Hides nothing, and knows afterwards what it was to look at."""

    def __init__(self) -> None:
        super().__init__()
        self.texts: list[str] = []

    def hits(self, text: str) -> tuple[Hit, ...]:
        """None: the text is noted."""
        self.texts.append(text)
        return ()


def _card(prompt: PromptDiff, redact: Redact, shown: Shown) -> Card:
    """The card of a prompt; its texts are looked at together first, as nearly all hide nothing."""
    heard = _Heard()
    card = _redacted(prompt, heard, shown)
    if redact.spares("\n".join(dict.fromkeys(heard.texts))):
        return card
    return _redacted(prompt, redact, shown)


def _redacted(prompt: PromptDiff, redact: Redact, shown: Shown) -> Card:
    before, after = prompt.pair.before, prompt.pair.after
    quotes = RedactQuotes(redact, [file.text for file in (before, after) if file])
    was = shown(before.path) if before and after and before.path != after.path else None
    return Card(
        name=quotes(prompt.name),
        status=prompt.pair.status,
        path=redact(shown(prompt.pair.file.path)),
        was=None if was is None else redact(was),
        kind=prompt.pair.file.kind,
        level=prompt.level,
        changes=tuple(_told(each, quotes, shown) for each in prompt.changes),
        versioning=replace(
            prompt.versioning,
            before=_maybe(prompt.versioning.before, quotes),
            after=_maybe(prompt.versioning.after, quotes),
            needed=_maybe(prompt.versioning.needed, quotes),
        ),
        entries=tuple(
            replace(
                each,
                path=quotes(each.path),
                before=redact_json(each.before, quotes),
                after=redact_json(each.after, quotes),
                place=_maybe(each.place, _placing(redact, shown)),
            )
            for each in prompt.entries
        ),
        schemas=tuple(
            replace(each, of=quotes(each.of), path=quotes(each.path), what=quotes(each.what))
            for each in prompt.schemas
        ),
        messages=_messages(prompt.messages, redact),
        sizes=prompt.sizes,
        prices=(_price(prompt.prices[0], quotes), _price(prompt.prices[1], quotes)),
        suites=tuple(redact(shown(each)) for each in prompt.suites),
        owners=tuple(map(redact, prompt.owners)),
        rendered=None
        if prompt.rendered is None
        else replace(
            prompt.rendered,
            case=redact(prompt.rendered.case),
            messages=_messages(prompt.rendered.messages, redact),
        ),
        evaluated=_maybe(prompt.evaluated, lambda found: _evaluated(found, quotes, shown)),
    )


def _evaluation(evaluation: Evaluation, redact: Redact, shown: Shown) -> Evaluation:
    return replace(
        evaluation,
        problems=tuple(_problem(each, redact, shown) for each in evaluation.problems),
        notes=tuple(map(redact, evaluation.notes)),
    )


def _evaluated(found: EvalDiff, redact: RedactQuotes, shown: Shown) -> EvalDiff:
    return replace(
        found,
        models=tuple(_model(each, redact, shown) for each in found.models),
        skipped=tuple(
            replace(
                each, suite=redact(shown(each.suite)), case=redact(each.case), why=redact(each.why)
            )
            for each in found.skipped
        ),
        gone=tuple(map(redact, found.gone)),
        notes=tuple(map(redact, found.notes)),
    )


def _model(found: ModelDiff, redact: RedactQuotes, shown: Shown) -> ModelDiff:
    before, after = found.models
    return replace(
        found,
        models=(redact(before), redact(after)),
        cases=tuple(
            replace(
                each,
                suite=redact(shown(each.suite)),
                case=redact(each.case),
                why=_maybe(each.why, redact),
                place=_maybe(each.place, _placing(redact, shown)),
            )
            for each in found.cases
        ),
    )


def _told(graded: Graded, quotes: RedactQuotes, shown: Shown) -> Told:
    change = graded.change
    kind = change.kind
    return Told(
        id=kind.id,
        level=graded.level,
        bump=kind.bump.word if kind.behaves else None,
        message=quotes(change.message),
        why=kind.why,
        place=_maybe(change.where, _placing(quotes, shown)),
        is_before=change.after is None and change.before is not None,
    )


def _messages(messages: Sequence[MessageDiff], redact: Redact) -> tuple[MessageDiff, ...]:
    return tuple(replace(each, lines=masked(each.lines, redact)) for each in messages)


def _price(price: Price | None, quotes: RedactQuotes) -> Price | None:
    if price is None:
        return None
    return replace(price, model=quotes(price.model), assumed=tuple(map(quotes, price.assumed)))


def _problem(problem: Finding, redact: Redact, shown: Shown) -> Finding:
    return replace(
        problem,
        message=redact(problem.message),
        fix=_maybe(problem.fix, redact),
        location=_maybe(problem.location, _placing(redact, shown)),
    )


def _placing(redact: Callable[[str], str], shown: Shown) -> Callable[[Location], Location]:
    return lambda place: replace(place, path=redact(shown(place.path)))


def _maybe(value: _T | None, change: Callable[[_T], _T]) -> _T | None:
    return None if value is None else change(value)
