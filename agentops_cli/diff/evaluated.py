"""The values of what both versions of a prompt made of the same cases."""

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Final, Literal

from agentops_cli.errors import ExitCode
from agentops_cli.model.finding import Finding
from agentops_cli.model.money import Cost
from agentops_cli.model.place import Location

if TYPE_CHECKING:
    # Most diffs put nothing to anybody, and need none of the arithmetic.
    from agentops_cli.statistics.bootstrap import Shift
    from agentops_cli.statistics.paired import Pairs

Verdict = Literal["worse", "not shown", "better"]
"""What is shown of the later version; `not shown` is never that both are alike."""

Ending = Literal["broken", "fixed", "both fail", "both pass", "not judged", "set aside"]
"""What came of a case: it passed before only, after only, on neither side or on both.

One is `not judged` that has no verdict on one side at least, and `set aside` that gates nothing.
"""

ENDINGS: Final[tuple[Ending, ...]] = (
    "broken",
    "fixed",
    "both fail",
    "not judged",
    "set aside",
    "both pass",
)
"""The order in which cases are told."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """What one version made of one case: `passed` is None where there is no verdict.

    `why` says what failed, or kept it from being judged. A figure has one value for each execution
    that it is known of: tokens of both directions, dollars at today's prices whoever paid them, and
    the seconds of each live call. `recorded` of the `trials` were answered without a call.
    """

    passed: bool | None
    gates: bool = True
    why: str | None = None
    place: Location | None = None
    tokens: tuple[float, ...] = ()
    usd: tuple[float, ...] = ()
    latencies_s: tuple[float, ...] = ()
    trials: int = 0
    recorded: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseAnswers:
    """One case of a suite on both sides; `models` are who was asked, mostly twice the same."""

    suite: str
    case: str
    models: tuple[str, str]
    before: Answers
    after: Answers

    @property
    def ending(self) -> Ending:
        """What came of it."""
        before, after = self.before, self.after
        if not (before.gates and after.gates):
            return "set aside"
        if before.passed is None or after.passed is None:
            return "not judged"
        if before.passed:
            return "both pass" if after.passed else "broken"
        return "fixed" if after.passed else "both fail"


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseDiff:
    """A case as it is told. `why` is what failed, or why there is no verdict, where that is said.

    `place` is the assertion that failed, or the case.
    """

    suite: str
    case: str
    ending: Ending
    why: str | None = None
    place: Location | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelDiff:
    """Both versions on one model, or each on its own where that is what changed.

    `interval` is that of the change of the pass rate, `p` the mid-p value of McNemar's test, and
    `sees` the smallest drop that so many pairs most likely show; None where they can show none.
    `verdict` is None where no pair could be judged. `cases` has all but those that passed on both
    sides. `tokens` and `usd` are of one execution, `usd` at today's prices; the seconds are of one
    live call. `recorded` of the `trials` were answered without a call.
    """

    models: tuple[str, str]
    pairs: "Pairs"
    not_judged: int
    set_aside: int
    interval: tuple[float, float]
    p: float
    sees: float | None
    verdict: Verdict | None
    cases: tuple[CaseDiff, ...]
    tokens: "Shift | None"
    usd: "Shift | None"
    p50_s: "Shift | None"
    p95_s: "Shift | None"
    trials: int
    recorded: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Unput:
    """A case that was not put to the versions, and why."""

    suite: str
    case: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EvalDiff:
    """What came of one prompt.

    `skipped` are cases that the suite skips or that cannot be put to both versions, `gone` those
    that only the earlier suite has, as `suite: case`. `notes` tell what else was left out, and how
    suites and recorded answers differ. Without models nothing was compared.
    """

    models: tuple[ModelDiff, ...] = ()
    skipped: tuple[Unput, ...] = ()
    gone: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def verdict(self) -> Verdict | None:
        """The worst that is shown on any model; None where no pair was judged on any."""
        found = {each.verdict for each in self.models}
        order: tuple[Verdict, ...] = ("worse", "better", "not shown")
        return next((verdict for verdict in order if verdict in found), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluation:
    """The run of all versions: what it ends with, what it cost, and why it has no verdict.

    `recorded` of the `trials` were answered without a call; in a replay all of them.
    """

    code: ExitCode
    trials: int = 0
    recorded: int = 0
    is_replay: bool = False
    cost: Cost = Cost()
    judge_cost: Cost = Cost()
    budget_usd: Decimal | None = None
    problems: tuple[Finding, ...] = ()
    notes: tuple[str, ...] = ()
