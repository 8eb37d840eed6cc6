"""What came of both versions of each prompt, from the run in which they were put to their cases."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal

from agentops_cli.diff.evaluated import Answers, CaseAnswers, EvalDiff, Evaluation
from agentops_cli.diff.judged import compared
from agentops_cli.diff.suites import SuiteChange
from agentops_cli.diff.unjudged import unjudged
from agentops_cli.diff.values import DiffReport
from agentops_cli.errors import ExitCode, StoreError
from agentops_cli.flows.diff.versions import Put, Versions, in_turn
from agentops_cli.model.finding import Finding, Severity
from agentops_cli.model.money import ZERO, Price
from agentops_cli.model.place import Location
from agentops_cli.model.result import (
    GOOD,
    CaseResult,
    Outcome,
    RunResult,
    TrialResult,
)
from agentops_cli.ports import Trials
from agentops_cli.run.fold import live_latencies_s

_MOST_NOTES = 8


def judged(
    versions: Versions, result: RunResult, trials: Trials, *, allow_empty: bool = False
) -> DiffReport:
    """The report with what each prompt came to, and with the run; trials are read once."""
    prepared = versions.prepared
    assert prepared is not None  # noqa: S101 # There was a run.
    price_of = prepared.prices.price_of
    answers: dict[int, list[CaseAnswers]] = {}
    suites = {suite.path: suite.cases for suite in result.suites}
    for put in versions.put:
        found = _answers(put, suites[put.suite], trials, price_of)
        answers.setdefault(put.prompt, []).extend(found)
    told = {
        at: _told(known, answers.get(at, ()), versions.changes[at])
        for at, known in versions.told.items()
    }
    verdict = unjudged(result.exit_code, versions.report.prompts, told, allow_empty=allow_empty)
    totals = result.totals
    return _with(
        versions.report,
        told,
        Evaluation(
            code=verdict.code,
            trials=totals.tally.judged + totals.tally.errored,
            recorded=totals.tally.cached,
            is_replay=prepared.is_replay,
            cost=totals.cost + result.lost,
            judge_cost=totals.judge_cost,
            budget_usd=result.budget_usd,
            problems=(*result.reasons, *verdict.problems),
            notes=tuple(_notes(result)),
        ),
    )


def _told(
    known: EvalDiff, answers: Sequence[CaseAnswers], changes: Sequence[SuiteChange]
) -> EvalDiff:
    """What a prompt came to; it is said where only cases of this very change make it better."""
    told = replace(known, models=compared(answers))
    if told.verdict != "better":
        return told
    of_it = {change.suite: change.of_it for change in changes}
    kept = [
        each
        for each in answers
        if (cases := of_it[each.suite]) is not None and each.case not in cases
    ]
    without = EvalDiff(models=compared(kept)).verdict
    if without == "better":
        return told
    word = f"it is {without}" if without else "there is no verdict"
    note = f"better only because of cases of this change: without them {word}"
    return replace(told, notes=(*told.notes, note))


def not_judged(versions: Versions, *, allow_empty: bool = False) -> DiffReport:
    """The report where there is nothing to ask: a change that nobody looked at is no yes."""
    report = versions.report
    if not versions.told:
        note = "no prompt has changed" if not report.prompts else "no prompt has two versions"
        evaluation = Evaluation(code=ExitCode.OK, notes=(f"{note}, so nothing was evaluated",))
        return _with(report, versions.told, evaluation)
    return _with(
        report,
        versions.told,
        Evaluation(
            code=ExitCode.OK if allow_empty else ExitCode.EMPTY,
            problems=(
                Finding(
                    rule="nothing-compared",
                    message="no case could be put to both versions of any prompt",
                    location=None,
                    fix="give the prompts that changed a suite that both versions understand",
                    severity=Severity.WARNING if allow_empty else Severity.ERROR,
                ),
            ),
        ),
    )


def not_begun(report: DiffReport) -> DiffReport:
    """The report where what could not be read comes first; nothing is spent."""
    note = "nothing was evaluated: mend first what could not be compared"
    return replace(report, evaluation=Evaluation(code=ExitCode.INPUT, notes=(note,)))


def _with(report: DiffReport, told: Mapping[int, EvalDiff], evaluation: Evaluation) -> DiffReport:
    prompts = (replace(each, evaluated=told.get(at)) for at, each in enumerate(report.prompts))
    return replace(report, prompts=tuple(prompts), evaluation=evaluation)


def _notes(result: RunResult) -> Iterator[str]:
    """What the guards did, as far as anybody reads it."""
    told = list(dict.fromkeys(incident.message for incident in result.incidents))
    yield from told[:_MOST_NOTES]
    if len(told) > _MOST_NOTES:
        yield f"and {len(told) - _MOST_NOTES} more incidents"


def _answers(
    put: Put,
    cases: Sequence[CaseResult],
    trials: Trials,
    price_of: Callable[[str], Price | None],
) -> Iterator[CaseAnswers]:
    """Both sides of each case, in the order of the plan."""
    for at in range(put.pairs):
        before, after = in_turn(at, cases[2 * at], cases[2 * at + 1])
        yield CaseAnswers(
            suite=put.suite,
            case=before.case.id,
            models=(before.model, after.model),
            before=_of_case(before, trials.of(before), price_of),
            after=_of_case(after, trials.of(after), price_of),
        )


def _of_case(
    case: CaseResult, trials: Sequence[TrialResult], price_of: Callable[[str], Price | None]
) -> Answers:
    passed = {**dict.fromkeys(GOOD, True), Outcome.FAILED: False}.get(case.outcome)
    why, place = (None, None) if passed else _why(case, trials)
    figures = [_figures(trial, price_of) for trial in trials]
    return Answers(
        passed=passed,
        gates=case.outcome not in {Outcome.XFAILED, Outcome.QUARANTINED},
        why=why,
        place=place or case.case.location,
        tokens=tuple(tokens for tokens, _ in figures if tokens is not None),
        usd=tuple(float(usd) for _, usd in figures if usd is not None),
        latencies_s=tuple(each for trial in trials for each in live_latencies_s(trial)),
        trials=case.tally.judged + case.tally.errored,
        recorded=case.tally.cached,
    )


def _why(case: CaseResult, trials: Sequence[TrialResult]) -> tuple[str | None, Location | None]:
    """What failed, or kept the case from being judged, and where that is asserted."""
    wanted = Outcome.FAILED if case.outcome is Outcome.FAILED else Outcome.ERRORED
    for trial in trials:
        if trial.outcome is not wanted:
            continue
        for verdict in trial.verdicts:
            if verdict.passed is False and not verdict.advisory:
                return f"{verdict.kind}: {verdict.reason}", verdict.location
        if trial.fault is not None:
            fix = f" ({trial.fault.fix})" if trial.fault.fix else ""
            return f"{trial.fault.message}{fix}", None
    return case.note, None


def _figures(
    trial: TrialResult, price_of: Callable[[str], Price | None]
) -> tuple[float | None, Decimal | None]:
    """The tokens of one execution, and its dollars; None where they are not known.

    What was recorded is priced as if it had been asked now: else a version would seem to be dear
    because the other one was in the cache.
    """
    tokens, usd = 0, ZERO
    known = True
    answers = [(one.asked, answer) for one in trial.tries for answer in one.answers]
    if not answers or any(answer.usage is None for _, answer in answers):
        return None, None
    for model, answer in answers:
        assert answer.usage is not None  # noqa: S101 # None of them lacks it.
        tokens += answer.usage.total_tokens
        if not answer.cached:
            usd += answer.cost.usd
            known = known and not answer.cost.unpriced_calls
            continue
        try:
            price = price_of(model)
        except StoreError:
            price = None  # Without litellm's table no price is known.
        usd += price.cost_of(answer.usage) if price else ZERO
        known = known and price is not None
    return float(tokens), usd if known else None
