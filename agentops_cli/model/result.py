"""What a run found: small, frozen, and complete without the answers themselves.

The answers are on disk, one trial a line, and are read back case by case when a report needs them.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

from agentops_cli.errors import ExitCode
from agentops_cli.model.call import Completion, Fault, Request, Verdict
from agentops_cli.model.finding import Finding
from agentops_cli.model.judge import Judge
from agentops_cli.model.metric import MetricResult
from agentops_cli.model.money import Cost, Usage
from agentops_cli.model.settings import Accounting
from agentops_cli.model.suite import Case, Gate


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
class PlannedCase:
    """One case on one model, ready to run; `index` is its place in the plan, from 0.

    `request` is that of the first repeat. Of a conversation it is that of the first turn, and
    `later` has those of the turns after it, each without the history that comes before its last
    message. `free` are those of its models, the judge's among them, that cost nothing.
    `agent_tools` are those that an agent is declared to have, None where nobody says.
    """

    index: int
    suite: str
    case: Case
    model: str
    request: Request
    later: tuple[Request, ...] = ()
    judge: Judge | None = None
    free: frozenset[str] = frozenset()
    agent_tools: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """One execution of a planned case; `repeat` counts from 0, `requests` has one for each turn."""

    planned: PlannedCase
    repeat: int
    requests: tuple[Request, ...]


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


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialResult:
    """One execution, ended.

    `completion` is the answer that was judged, with the sums of all turns; None when a call gave
    none. `turns` are those that were answered, also before a call that gave nothing; empty where
    one call was the whole trial. `judge_cost` is what its model-judged assertions cost, apart from
    the answer's own cost. `index` is the planned case's.
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

    @property
    def answers(self) -> tuple[Completion, ...]:
        """Everything that was paid for: the answer with its sums, or the turns before a fault."""
        if self.completion is not None:
            return (self.completion,)
        return tuple(turn.completion for turn in self.turns)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """Trials of one case, counted. `answered` got an answer, `stopped` met budget or breaker."""

    passed: int = 0
    failed: int = 0
    errored: int = 0
    skipped: int = 0
    answered: int = 0
    cached: int = 0
    stopped: int = 0

    @property
    def judged(self) -> int:
        """Trials with a verdict."""
        return self.passed + self.failed


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseResult:
    """One case on one model, folded over its repeats.

    `note` says why it was skipped, xfailed or quarantined, or that an xfail passed. `cost` is the
    subject's, `judge_cost` that of `judge_model`, None where no judge was at hand. `calls` are
    those of the subject that gave an answer, each step of each turn; `cached_calls` those of them
    that were not made. `latency_s` is the sum over its live calls, None when there was none.
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

    @property
    def pass_rate(self) -> float | None:
        """Share of judged trials that passed, 0 to 1; None when none was judged."""
        return self.tally.passed / self.tally.judged if self.tally.judged else None


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

    `p95_latency_s` and `p50_latency_s` are over the live calls of the suite, None without any.
    `accounting` says for each agent under test how its dollars are known, None where they are not,
    and `max_usd_per_call` the most that a call of it is declared to cost, where that is declared.
    """

    name: str
    path: str
    prompt_name: str | None
    prompt_version: str | None
    prompt_sha256: str | None
    cases: tuple[CaseResult, ...]
    gate: Gate
    decision: GateDecision
    p50_latency_s: float | None = None
    p95_latency_s: float | None = None
    metrics: tuple[MetricResult, ...] = ()
    accounting: Mapping[str, Accounting | None] = field(default_factory=dict)
    max_usd_per_call: Mapping[str, Decimal] = field(default_factory=dict)

    @property
    def counts(self) -> Mapping[Outcome, int]:
        """Cases by outcome; absent outcomes read as 0."""
        return count_outcomes(self.cases)

    @property
    def pass_rate(self) -> float | None:
        """Good cases over judged ones, 0 to 1; None when none was judged."""
        return pass_rate(self.counts)

    @property
    def models(self) -> tuple[str, ...]:
        """The models of its cases, each once, in plan order."""
        return tuple(dict.fromkeys(case.model for case in self.cases))


@dataclass(frozen=True, slots=True, kw_only=True)
class GitStamp:
    """The commit that was evaluated; `dirty` when tracked files differed from it."""

    commit: str
    branch: str | None
    dirty: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class RunResult:
    """One evaluation. Everything that is reported is derived from this and the trials on disk.

    `exit_code` is the one the process will end with. `reasons` say why the verdict is no, or why
    there is none. `budget_usd` is the strictest dollar limit that was in force.
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

    @property
    def passed(self) -> bool:
        """True only when there is a verdict and it is yes."""
        return self.exit_code is ExitCode.OK

    @property
    def cases(self) -> Iterable[CaseResult]:
        """Every case of every suite, in plan order."""
        return (case for suite in self.suites for case in suite.cases)


def count_outcomes(cases: Iterable[CaseResult]) -> Mapping[Outcome, int]:
    """Cases by outcome; absent outcomes read as 0."""
    return Counter(case.outcome for case in cases)


def pass_rate(counts: Mapping[Outcome, int]) -> float | None:
    """Good cases over judged ones; skipped, xfailed, quarantined and errored are not judged."""
    good = sum(counts.get(outcome, 0) for outcome in GOOD)
    judged = good + counts.get(Outcome.FAILED, 0)
    return good / judged if judged else None


def total_cost(cases: Iterable[CaseResult], *, judges: bool = True) -> Cost:
    """What the cases cost, their judges included unless told otherwise."""
    total = Cost()
    for case in cases:
        total = total + case.cost + (case.judge_cost if judges else Cost())
    return total


def total_usage(cases: Iterable[CaseResult]) -> Usage:
    """The tokens of the subject calls of the cases."""
    total = Usage()
    for case in cases:
        total = total + case.usage
    return total
