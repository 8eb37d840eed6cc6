"""What an author writes in a suite file, with every default filled in."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Literal

from agentops_cli.model.finding import Finding
from agentops_cli.model.ids import TIER_MARK
from agentops_cli.model.json import Json
from agentops_cli.model.judge import Judge
from agentops_cli.model.metric import MetricGate, MetricSpec
from agentops_cli.model.place import Location
from agentops_cli.model.prompt import Message
from agentops_cli.model.quick import quickly_made


@dataclass(frozen=True, slots=True, kw_only=True)
class AssertionSpec:
    """One assertion as written: its kind, its arguments, and how it counts.

    `args` holds the arguments of the kind alone, `value` among them; templates in them have been
    rendered. `negated` turns the verdict round. `effective` is False for an
    `expectedCategory: success` that comes only from `defaults`: it cannot carry a case alone.
    """

    kind: str
    args: Mapping[str, Json]
    location: Location
    negated: bool = False
    advisory: bool = False
    effective: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Quarantine:
    """A case that is watched and gates nothing, until the day it must have been mended."""

    reason: str
    owner: str
    until: date

    def holds(self, *, today: date) -> bool:
        """True up to and including the last day."""
        return today <= self.until


FaultError = Literal["timeout", "rateLimit", "serverError", "malformed", "empty"]
"""How a tool or a provider is made to fail."""

DEFAULT_MAX_STEPS = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class InjectedFault:
    """A failure that the suite injects, to see what the subject makes of it.

    `target` is the name of a tool; None is the provider behind a metered agent. The first `times`
    calls fail, all of them when it is None.
    """

    target: str | None
    error: FaultError
    location: Location
    times: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """How much of a conversation is sent along: the newest turns, or as many as fit into tokens.

    A turn is sent whole or not at all, and tokens are estimated at four UTF-8 bytes each. None is
    no limit.
    """

    turns: int | None = None
    tokens: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """One thing that the user says in a conversation, and what must hold of the answer."""

    input: str
    location: Location
    vars: Mapping[str, Json] = field(default_factory=dict)
    assertions: tuple[AssertionSpec, ...] = ()


@quickly_made
@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One thing to try.

    `input` is None where the case gives only `vars`. `row` is the dataset row it came from, by
    column, empty for a case written in the suite. Of `repeat` executions `repeat_pass` must pass;
    with `repeat_auto` there are only as many as it takes to decide that. `skip`, `xfail` are the
    author's reasons.

    `messages` is a fixed transcript that is answered once. `turns` is a conversation of real
    answers; `assertions` then judge its last turn, with tokens, dollars and seconds summed over
    all, and what must never be stands with each turn. `window` limits the history that is sent;
    after `ttl_turns` turns an agent's conversation begins anew, None never. `stubs` answer tools by
    name; None where tools are not answered and the first answer is judged; `stub_locations` says
    where each is written. `max_steps` is how many answers one turn may take. `references` are the
    expected values of the suite's metrics, by the metric's name.
    """

    id: str
    location: Location
    input: str | None = None
    vars: Mapping[str, Json] = field(default_factory=dict)
    row: Mapping[str, Json] = field(default_factory=dict)
    assertions: tuple[AssertionSpec, ...] = ()
    tags: frozenset[str] = frozenset()
    repeat: int = 1
    repeat_pass: int = 1
    repeat_auto: bool = False
    skip: str | None = None
    xfail: str | None = None
    quarantine: Quarantine | None = None
    assert_output: bool = True
    messages: tuple[Message, ...] = ()
    turns: tuple[Turn, ...] = ()
    window: Window = Window()
    ttl_turns: int | None = None
    stubs: Mapping[str, Json] | None = None
    stub_locations: Mapping[str, Location] = field(default_factory=dict)
    max_steps: int = DEFAULT_MAX_STEPS
    faults: tuple[InjectedFault, ...] = ()
    references: Mapping[str, Json] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Gate:
    """The absolute thresholds that a suite must meet; `metrics` by the figure's full name."""

    min_pass_rate: float = 1.0
    max_errored: int = 0
    max_cost_usd: Decimal | None = None
    max_p95_latency_s: float | None = None
    metrics: Mapping[str, MetricGate] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """Limits that a run may never exceed; None is no limit.

    `run_usd`, `calls` and `tokens` hold for the whole run, or for one suite where the suite sets
    them; `case_usd` for all trials of one case on one model. `usd_per_hour` is a speed: the dollars
    of any hour. Judges and the calls of metered agents count too.
    """

    run_usd: Decimal | None = None
    case_usd: Decimal | None = None
    calls: int | None = None
    tokens: int | None = None
    usd_per_hour: Decimal | None = None

    @property
    def limits_usd(self) -> bool:
        """True when dollars are limited in any way, so that every price must be known."""
        return any(limit is not None for limit in (self.run_usd, self.case_usd, self.usd_per_hour))

    def part(self, share: Fraction, *, after: Fraction = Fraction(0)) -> "Budget":
        """The limits of one part of a run that is cut up: its `share` of the whole, from 0 to 1.

        `after` is the share of the parts before it. Where each part is given that, the parts make
        up the whole to the last call; where it is left out, they may fall short of it. They never
        exceed it. A case is whole in one part, and so is its limit.
        """

        def dollars(whole: Decimal | None) -> Decimal | None:
            if whole is None:
                return None
            return Decimal(_part(Fraction(whole) * 10**_DECIMALS, share, after)).scaleb(-_DECIMALS)

        def number(whole: int | None) -> int | None:
            return None if whole is None else _part(Fraction(whole), share, after)

        return Budget(
            run_usd=dollars(self.run_usd),
            case_usd=self.case_usd,
            calls=number(self.calls),
            tokens=number(self.tokens),
            usd_per_hour=dollars(self.usd_per_hour),
        )


_DECIMALS = 12  # Of a dollar: what is lost by rounding a part down is less than any call costs.


def _part(whole: Fraction, share: Fraction, after: Fraction) -> int:
    """The whole units that end within a part, so that no unit is in two."""
    return int(whole * (after + share)) - int(whole * after)


When = Literal["failed", "lowConfidence"]
"""Why the larger model of a cascade is asked; `run/cascade.py` says what either means."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tiers:
    """A cascade: a small model is tried, and where that does not suffice a large one is asked."""

    small: str
    large: str
    when: frozenset[When]
    location: Location

    @property
    def label(self) -> str:
        """What stands for it wherever a model is named."""
        return f"{self.small}{TIER_MARK}{self.large}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Suite:
    """One suite file.

    `cases` may be on disk: whoever needs them goes over them once and keeps none. Those that are
    written in the suite itself were in memory while it was read, those of data sets were not.
    `prompt` is a path or a name as written, None where every model is a cassette or an agent.
    `models` is empty where the prompt's own model is meant; a cascade is in it by its label, and in
    `tiers` by that; `model_places` has where each is named first. `path` is the file as the user
    knows it, `name` its stem. `unasserted` are the answers that nothing of the suite judges:
    mistakes, unless the schema of the prompt's output does.
    """

    name: str
    path: str
    location: Location
    prompt: str | None
    prompt_location: Location
    models: tuple[str, ...]
    models_location: Location
    cases: Sequence[Case]
    gate: Gate = Gate()
    budget: Budget = Budget()
    judge: Judge | None = None
    metrics: tuple[MetricSpec, ...] = ()
    unasserted: tuple[Finding, ...] = ()
    tiers: Mapping[str, Tiers] = field(default_factory=dict)
    model_places: Mapping[str, Location] = field(default_factory=dict)
