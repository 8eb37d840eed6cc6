"""What a run found: small, frozen, and complete without the answers themselves.

The answers are on disk, one trial a line, and are read back case by case when a report needs them.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from agentops_cli.errors import ExitCode
from agentops_cli.model.call import Completion, Fault, Request, Verdict
from agentops_cli.model.finding import Finding
from agentops_cli.model.json import JsonObject
from agentops_cli.model.judge import Judge
from agentops_cli.model.metric import Cell, MetricResult, MetricSpec
from agentops_cli.model.money import ZERO, Cost, Price, Usage
from agentops_cli.model.place import Location
from agentops_cli.model.quick import quickly_made
from agentops_cli.model.settings import Accounting
from agentops_cli.model.suite import Case, Gate, When


class Outcome(StrEnum):
    """How a trial or a case ended. FAILED and ERRORED are never added together.

    FAILED: the answer was judged and lost. ERRORED: it could not be judged. FLAKY (cases only):
    some repeats failed, but enough passed. XFAILED and QUARANTINED (cases only) gate nothing.
    """

    PASSED = "passed"
    FLAKY = "flaky"
    FAILED = "failed"
    ERRORED = "errored"
    SKIPPED = "skipped"
    XFAILED = "xfailed"
    QUARANTINED = "quarantined"


GOOD = frozenset({Outcome.PASSED, Outcome.FLAKY})


@dataclass(frozen=True, slots=True, kw_only=True)
class Escalation:
    """What the large model of a cascade is asked where the small one does not suffice.

    `request` and `later` are as those of a planned case. `price` is that of the large model, for an
    estimate of what the cascade saves; None where it is not known.
    """

    request: Request
    when: frozenset[When]
    later: tuple[Request, ...] = ()
    price: Price | None = None


@quickly_made
@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedCase:
    """One case on one model, ready to run; `index` is its place in the plan, from 0.

    `request` is that of the first repeat. Of a conversation it is that of the first turn, and
    `later` has those of the turns after it, each without the history that comes before its last
    message. `agent_tools` are those that an agent is declared to have, None where nobody says. With
    an `escalation` it is a case on a cascade, `model` is the cascade's label, and the requests are
    those of its small model.
    """

    index: int
    suite: str
    case: Case
    model: str
    request: Request
    later: tuple[Request, ...] = ()
    judge: Judge | None = None
    agent_tools: tuple[str, ...] | None = None
    escalation: Escalation | None = None

    @property
    def on_each_model(self) -> tuple["PlannedCase", ...]:
        """The case as each model of a cascade is asked it, the small one first; else itself."""
        larger = self.escalation
        if larger is None:
            return (self,)
        small = replace(self, model=self.request.model, escalation=None)
        model, later = larger.request.model, larger.later
        return (small, replace(small, model=model, request=larger.request, later=later))


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """One execution of a planned case; `repeat` counts from 0, `requests` has one for each turn.

    `attempt` is 1 where it errored before and gets another pass.
    """

    planned: PlannedCase
    repeat: int
    requests: tuple[Request, ...]
    attempt: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnResult:
    """One turn of a conversation: what was said, and what came of it.

    `completion` is that of all steps together: the last text, every tool call, the sums.
    `conversation` counts from 0 and rises where the subject's state was dropped.
    """

    input: str
    completion: Completion
    steps: int = 1
    conversation: int = 0


@quickly_made
@dataclass(frozen=True, slots=True, kw_only=True)
class TrialResult:
    """One execution, ended.

    `completion` is the answer that was judged, with the sums of all turns; None when a call gave
    none. `turns` are those that were answered, also before a call that gave nothing; empty where
    one call was the whole trial. `judge_cost` is what its model-judged assertions cost, apart from
    the answer's own cost. `index` is the planned case's. `cells` are what it adds to the counts of
    metrics, by their names.

    On a cascade `model` is its label, `tier` the model whose answer this is, and `tried` what came
    of the small model before, None where that sufficed; what was paid for it is in `tried` alone.
    `saved_usd` is an estimate of what the cascade saved by this trial against asking the large
    model at once, negative where the small one was asked in vain; None where it cannot be known.
    """

    index: int
    suite: str
    case_id: str
    model: str
    repeat: int
    outcome: Outcome
    completion: Completion | None = None
    verdicts: tuple[Verdict, ...] = ()
    judge_cost: Cost = Cost()
    fault: Fault | None = None
    turns: tuple[TurnResult, ...] = ()
    cells: Mapping[str, tuple[Cell, ...]] = field(default_factory=dict)
    tier: str | None = None
    tried: "TrialResult | None" = None
    saved_usd: Decimal | None = None

    @property
    def asked(self) -> str:
        """The id of the model that was asked, whoever answered in its place."""
        return self.tier or self.model

    @property
    def tries(self) -> tuple["TrialResult", ...]:
        """What came of each model of a cascade that was asked, this one last; else this alone."""
        return (self,) if self.tried is None else (self.tried, self)

    @property
    def answers(self) -> tuple[Completion, ...]:
        """Everything that was paid for: the answer with its sums, or the turns before a fault."""
        if self.completion is not None:
            return (self.completion,)
        return tuple(turn.completion for turn in self.turns)


@quickly_made
@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """Trials of one case, counted. `answered` got an answer, `stopped` met budget or breaker.

    `unreached` are those of the stopped ones whose provider the breaker held back or had given up.
    `spared` are those that were not run because they could not have changed the outcome.
    """

    passed: int = 0
    failed: int = 0
    errored: int = 0
    skipped: int = 0
    answered: int = 0
    cached: int = 0
    stopped: int = 0
    unreached: int = 0
    spared: int = 0

    def __add__(self, other: "Tally") -> "Tally":
        return Tally(
            passed=self.passed + other.passed,
            failed=self.failed + other.failed,
            errored=self.errored + other.errored,
            skipped=self.skipped + other.skipped,
            answered=self.answered + other.answered,
            cached=self.cached + other.cached,
            stopped=self.stopped + other.stopped,
            unreached=self.unreached + other.unreached,
            spared=self.spared + other.spared,
        )

    @property
    def judged(self) -> int:
        """Trials with a verdict."""
        return self.passed + self.failed


@dataclass(frozen=True, slots=True, kw_only=True)
class Cascaded:
    """What came of the judged trials of a cascade; addable.

    `small` and `large` are how many of them the answer of either model decided. `saved_usd` is the
    sum of the estimates of all trials, negative where the cascade lost, without the `unestimated`
    ones, of which a price or the tokens are not known.
    """

    small: int = 0
    large: int = 0
    saved_usd: Decimal = ZERO
    unestimated: int = 0

    def __add__(self, other: "Cascaded") -> "Cascaded":
        return Cascaded(
            small=self.small + other.small,
            large=self.large + other.large,
            saved_usd=self.saved_usd + other.saved_usd,
            unestimated=self.unestimated + other.unestimated,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class StoodIn:
    """How many judged trials of a model another one answered in its place, at least in part."""

    asked: str
    answered_by: str
    trials: int


def both_cascades(one: Cascaded | None, other: Cascaded | None) -> Cascaded | None:
    """Two sums of what cascades did, together; None where there was none."""
    return one + other if one and other else one or other


def counted_together(one: tuple[StoodIn, ...], other: tuple[StoodIn, ...]) -> tuple[StoodIn, ...]:
    """Who stood in for whom in both, each pair once, in the order in which they first come."""
    trials: dict[tuple[str, str], int] = {}
    for each in (*one, *other):
        pair = (each.asked, each.answered_by)
        trials[pair] = trials.get(pair, 0) + each.trials
    return tuple(
        StoodIn(asked=asked, answered_by=by, trials=count) for (asked, by), count in trials.items()
    )


@quickly_made
@dataclass(frozen=True, slots=True, kw_only=True)
class CaseResult:
    """One case on one model, folded over its repeats.

    `note` says why it was skipped, xfailed or quarantined, or that an xfail passed. `cost` is the
    subject's, `judge_cost` that of `judge_model`, None where no judge was at hand. `calls` are
    those of the subject that gave an answer, each step of each turn; `cached_calls` those of them
    that were not made. `latency_s` is the sum over its live calls, None when there was none.
    `cascade` is None where one model was asked; where two were, the figures are those of both.
    """

    index: int
    case: Case
    model: str
    outcome: Outcome
    tally: Tally
    note: str | None = None
    cost: Cost = Cost()
    judge_cost: Cost = Cost()
    judge_model: str | None = None
    usage: Usage = Usage()
    calls: int = 0
    cached_calls: int = 0
    latency_s: float | None = None
    cascade: Cascaded | None = None
    stood_in: tuple[StoodIn, ...] = ()

    @property
    def pass_rate(self) -> float | None:
        """Share of judged trials that passed, 0 to 1; None when none was judged."""
        return self.tally.passed / self.tally.judged if self.tally.judged else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Totals:
    """Cases in numbers: what gates and reports need of all of them, counted once.

    `undecided` are those that might yet have passed: errored, or never begun. `tally` counts their
    trials. `judges` has the cost of judges by model, those that asked for nothing among them; None
    is one that nobody can name. `unpriced` are the cases with calls of unknown cost. `latency_s` is
    the sum over their live calls. `cascade` and `stood_in` are the cases' own, added up. `ends` has
    how many of the cases that gate were repeated so often, and passed so often: those that were
    repeated, and have a verdict on each repeat that was planned. Of two groups of cases `+` gives
    the totals of both.
    """

    cases: int = 0
    outcomes: Mapping[Outcome, int] = field(default_factory=Counter)
    undecided: int = 0
    tally: Tally = Tally()
    cost: Cost = Cost()
    judges: Mapping[str | None, Cost] = field(default_factory=dict)
    unpriced: int = 0
    usage: Usage = Usage()
    calls: int = 0
    cached_calls: int = 0
    latency_s: float = 0.0
    cascade: Cascaded | None = None
    stood_in: tuple[StoodIn, ...] = ()
    ends: Mapping[tuple[int, int], int] = field(default_factory=Counter)

    def __add__(self, other: "Totals") -> "Totals":
        judges = dict(self.judges)
        for model, cost in other.judges.items():
            judges[model] = judges.get(model, Cost()) + cost
        return Totals(
            cases=self.cases + other.cases,
            outcomes=Counter(self.outcomes) + Counter(other.outcomes),
            undecided=self.undecided + other.undecided,
            tally=self.tally + other.tally,
            cost=self.cost + other.cost,
            judges=judges,
            unpriced=self.unpriced + other.unpriced,
            usage=self.usage + other.usage,
            calls=self.calls + other.calls,
            cached_calls=self.cached_calls + other.cached_calls,
            latency_s=self.latency_s + other.latency_s,
            cascade=both_cascades(self.cascade, other.cascade),
            stood_in=counted_together(self.stood_in, other.stood_in),
            ends=Counter(self.ends) + Counter(other.ends),
        )

    @property
    def judge_cost(self) -> Cost:
        """What their judges cost."""
        return sum(self.judges.values(), Cost())

    @property
    def good(self) -> int:
        """How many passed."""
        return sum(self.outcomes.get(outcome, 0) for outcome in GOOD)

    @property
    def judged(self) -> int:
        """How many the pass rate is of: skipped, xfailed, quarantined, errored ones are not."""
        return self.good + self.outcomes.get(Outcome.FAILED, 0)

    @property
    def pass_rate(self) -> float | None:
        """Good cases over judged ones, 0 to 1; None when none was judged."""
        return self.good / self.judged if self.judged else None


@dataclass(frozen=True, slots=True, kw_only=True)
class GateDecision:
    """The gate's yes or no.

    `certain` is True when no trial that is missing could have turned a no into a yes.
    """

    passed: bool
    certain: bool = False
    reasons: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SuiteResult:
    """One suite file, all of its models.

    `cases` are in plan order and may be on disk: whoever needs them goes over them once and keeps
    none. `by_model` has what can be said of them in numbers, by model, in plan order.
    `p95_latency_s` and `p50_latency_s` are over the live calls of the suite, None without any.
    `accounting` says for each agent under test how its dollars are known, None where they are not,
    and `max_usd_per_call` the most that a call of it is declared to cost, where that is declared.
    `measured` are the metrics as they are written. `location` is where the suite begins.
    `prompt_commit` is where a version of the prompt is from that the suite asks git for.
    """

    name: str
    path: str
    prompt_name: str | None
    prompt_version: str | None
    prompt_sha256: str | None
    cases: Sequence[CaseResult]
    by_model: Mapping[str, Totals]
    gate: Gate
    decision: GateDecision
    p50_latency_s: float | None = None
    p95_latency_s: float | None = None
    metrics: tuple[MetricResult, ...] = ()
    accounting: Mapping[str, Accounting | None] = field(default_factory=dict)
    max_usd_per_call: Mapping[str, Decimal] = field(default_factory=dict)
    measured: tuple[MetricSpec, ...] = ()
    location: Location | None = None
    prompt_commit: str | None = None

    @property
    def totals(self) -> Totals:
        """All of its cases in numbers."""
        return sum(self.by_model.values(), Totals())

    @property
    def models(self) -> tuple[str, ...]:
        """The models of its cases, each once, in plan order."""
        return tuple(self.by_model)


@dataclass(frozen=True, slots=True, kw_only=True)
class GitStamp:
    """The commit that was evaluated; `dirty` when tracked files differed from it."""

    commit: str
    branch: str | None
    dirty: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Incident:
    """Something that a guard did to a run, for whoever reads the report.

    `guard` is its name (retry, breaker, throttle, budget, fallback, cassette, resume), `at` when.
    """

    guard: str
    message: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Shard:
    """One of `count` parts of a run, `number` from 1.

    `plan_digest` is the same for all parts of one run, `plan` what the whole was made of, in
    digests, and `planned` the number of its cases. `durations` is the sha256 of the file by which
    the parts were balanced, None without one. `budget_usd` is the limit of the whole run, of which
    this part has its own. `places` has for each case of this part its place in the whole plan, from
    0, rising.
    """

    number: int
    count: int
    plan_digest: str
    plan: JsonObject
    planned: int
    durations: str | None = None
    budget_usd: Decimal | None = None
    places: Sequence[int] = field(default=(), compare=False, repr=False)

    def __str__(self) -> str:
        return f"part {self.number} of {self.count}"


@dataclass(frozen=True, slots=True, kw_only=True)
class RunResult:
    """One evaluation. Everything that is reported is derived from this and the trials on disk.

    `exit_code` is the one the process will end with. `reasons` say why the verdict is no, or why
    there is none. `budget_usd` is the strictest dollar limit that was in force. `incidents` are in
    the order in which they happened. `lost` is what calls may have cost of which no trial tells:
    their answers went down with a process that was killed, or could not be written. `shard` is None
    for a whole run.
    """

    run_id: str
    started: datetime
    finished: datetime
    tool_version: str
    prices_version: str | None
    git: GitStamp | None
    config_digest: str
    suites: tuple[SuiteResult, ...]
    exit_code: ExitCode
    reasons: tuple[Finding, ...] = ()
    budget_usd: Decimal | None = None
    incidents: tuple[Incident, ...] = ()
    lost: Cost = Cost()
    shard: Shard | None = None

    @property
    def passed(self) -> bool:
        """True only when there is a verdict and it is yes; a shard by itself has none."""
        return self.exit_code is ExitCode.OK and self.shard is None

    @property
    def meaning(self) -> str:
        """What the exit code says of this run: of one that was stopped, by what."""
        tally = self.totals.tally
        if self.exit_code is not ExitCode.STOPPED or not tally.stopped:
            return self.exit_code.meaning
        if not tally.unreached:
            who = "The budget"
        elif tally.unreached == tally.stopped:
            who = "The breaker"
        else:
            who = "Budget and breaker"
        return f"{who} ended the run early, so a verdict would be a guess."

    @property
    def cases(self) -> Iterable[CaseResult]:
        """Every case of every suite, in plan order; they may be on disk."""
        return (case for suite in self.suites for case in suite.cases)

    @property
    def totals(self) -> Totals:
        """All cases of all suites in numbers."""
        return sum((suite.totals for suite in self.suites), Totals())
