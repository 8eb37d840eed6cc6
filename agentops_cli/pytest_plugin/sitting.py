"""One evaluation for a whole session of pytest: prepared, run once, then asked."""

import os
import signal
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from agentops_cli.errors import ExitCode
from agentops_cli.flows.evaluate import Prepared, prepare, run
from agentops_cli.flows.forecast import forecast
from agentops_cli.flows.options import EvalOptions
from agentops_cli.flows.stopping import STOPPING
from agentops_cli.flows.world import World
from agentops_cli.model.call import FaultKind
from agentops_cli.model.finding import Finding
from agentops_cli.model.money import Cost
from agentops_cli.model.result import (
    CaseResult,
    Outcome,
    PlannedCase,
    RunResult,
    SuiteResult,
    TrialResult,
)
from agentops_cli.ports import Trials
from agentops_cli.reporters.account import account_of, problem_of
from agentops_cli.reporters.wording import costs, counted, flat, one_line

_ANSWER_CHARACTERS = 300

Key: TypeAlias = tuple[str, str, str]
"""A case by its suite's path, its id and its model."""


def key_of(planned: PlannedCase) -> Key:
    """The key of a planned case."""
    return planned.suite, planned.case.id, planned.model


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """A case after the run; `message` and `lines` say what went wrong, if anything did.

    `cut_off` is True when the run was interrupted before the case was through.
    """

    case: CaseResult
    message: str = ""
    lines: tuple[str, ...] = ()
    cut_off: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluation:
    """What came of the run, by suite path and by case."""

    exit_code: ExitCode
    suites: Mapping[str, SuiteResult]
    cases: Mapping[Key, Ended]


class Sitting:
    """The one run of a session, so that all of its suites share one budget.

    `folder` is where pytest was started, `budget` the dollars that were typed. Without `use_cache`
    no answer is taken from earlier runs, and none is kept.
    """

    def __init__(self, folder: Path, *, budget: str | None, use_cache: bool) -> None:
        self.folder = folder
        self._budget = budget
        self._use_cache = use_cache
        self._planned: Prepared | None = None
        self._came: Evaluation | Exception | None = None

    def shown(self, path: Path) -> str:
        """A path as the user would type it."""
        return Path(os.path.relpath(path, self.folder)).as_posix()

    def prepare(
        self, suites: Sequence[str], wanted: Callable[[PlannedCase], bool] | None = None
    ) -> Prepared:
        """A run of some suites, with everything checked; raises what `prepare` raises."""
        settings = {"budget.runUsd": self._budget} if self._budget else None
        options = EvalOptions(
            suites=tuple(suites), wanted=wanted, settings=settings, use_cache=self._use_cache
        )
        with _unwarned():
            return prepare(options, World(cwd=self.folder))

    def plan(self, suites: Sequence[str], wanted: Callable[[PlannedCase], bool]) -> None:
        """Prepares the run of the session."""
        self._planned = self.prepare(suites, wanted)

    @property
    def announcement(self) -> list[str]:
        """What the run may take and what was assumed for it, in lines; none without a plan."""
        planned = self._planned
        if planned is None:
            return []
        rows = forecast(planned.plan, planned.prices, planned.config)
        most = sum((row.cost for row in rows), Cost())
        worst = sum((row.worst for row in rows), Cost())
        trials = counted(planned.trials, "trial")
        suites = counted(len(planned.plan.suites), "suite")
        bound = costs(most)
        if most.usd:
            bound = f"usually at most {bound}, up to {costs(worst)} where calls fail"
        return [f"{trials} of {suites}, {bound}", *map(line_of, planned.plan.notes)]

    def run_once(self) -> None:
        """Runs what was planned, unless that has been done; `came` raises what goes wrong."""
        if self._came is None and self._planned is not None:
            try:
                self._came = _evaluated(self._planned)
            except Exception as error:  # noqa: BLE001 # Raised again, as the error of each item.
                self._came = error

    @property
    def has_ended(self) -> bool:
        """True when there is an evaluation to ask."""
        return isinstance(self._came, Evaluation)

    @property
    def came(self) -> Evaluation:
        """What came of the run; raises what prevented it."""
        if isinstance(self._came, Exception):
            raise self._came
        if self._came is None:
            raise RuntimeError("the suites have not been run")
        return self._came


def _evaluated(prepared: Prepared) -> Evaluation:
    with _signals_kept(), _unwarned(), run(prepared, lambda _: None) as (result, trials):
        return Evaluation(
            exit_code=result.exit_code,
            suites={suite.path: suite for suite in result.suites},
            cases=dict(_cases(result, trials)),
        )


def _cases(result: RunResult, trials: Trials) -> Iterator[tuple[Key, Ended]]:
    for suite in result.suites:
        for case in suite.cases:
            key = (suite.path, case.case.id, case.model)
            # One that simply passed has nothing to tell, and there may be many of them.
            done = () if case.outcome is Outcome.PASSED else trials.of(case)
            yield key, _ended(case, done, interrupted=result.exit_code is ExitCode.INTERRUPTED)


def _ended(case: CaseResult, done: Sequence[TrialResult], *, interrupted: bool) -> Ended:
    if case.outcome is Outcome.PASSED:
        return Ended(case=case)
    problem = problem_of(case, done)
    return Ended(
        case=case,
        message=case.note or f"{problem.kind}: {problem.message}",
        lines=tuple(_lines(case, done)),
        cut_off=interrupted and _is_cut_off(case, done),
    )


def _lines(case: CaseResult, done: Sequence[TrialResult]) -> Iterator[str]:
    if case.note:
        yield flat(case.note)
    yield from account_of(case, done)
    answers = [trial.completion.text for trial in done if trial.completion]
    for answer in answers[:1]:
        yield f"answer: {one_line(answer, _ANSWER_CHARACTERS) or '(empty)'}"


def _is_cut_off(case: CaseResult, done: Sequence[TrialResult]) -> bool:
    if case.case.skip is not None:
        return False
    faults = {trial.fault.kind for trial in done if trial.fault}
    return len(done) < case.case.repeat or FaultKind.INTERRUPTED in faults


def line_of(finding: Finding) -> str:
    """A finding in a line, with its fix in another."""
    place = f"{finding.location}: " if finding.location else ""
    fix = f"\n  fix: {flat(finding.fix)}" if finding.fix else ""
    return f"{flat(f'{place}{finding.message} [{finding.rule}]')}{fix}"


@contextmanager
def _unwarned() -> Iterator[None]:
    """Keeps pytest's filters from making errors of what the libraries of an evaluation warn of."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


@contextmanager
def _signals_kept() -> Iterator[None]:
    """Gives pytest its signal handlers back."""
    before = {number: signal.getsignal(number) for number in STOPPING}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
