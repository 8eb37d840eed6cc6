"""A report for people, fit for a pull request and for GitHub's step summary."""

from collections.abc import Iterator, Sequence
from typing import TextIO

from agentops_cli.errors import ExitCode
from agentops_cli.intervals import wilson
from agentops_cli.model.finding import Finding
from agentops_cli.model.result import (
    GOOD,
    CaseResult,
    Outcome,
    RunResult,
    TrialResult,
    count_outcomes,
    total_cost,
)
from agentops_cli.ports import Trials
from agentops_cli.reporters.account import Problem, lost, problem_of, turn_of
from agentops_cli.reporters.cost import against_budget, write_agents
from agentops_cli.reporters.dialogue import dialogue_of, is_dialogue, telling_turns
from agentops_cli.reporters.markup import cell, code, table
from agentops_cli.reporters.metric_tables import write_metrics
from agentops_cli.reporters.wording import costs, counted, percent, seconds

_MOST = 20  # Of each list; the JSON report has everything.
_MOST_OF_A_CASE = 5
_MOST_TURNS = 3
_LINE_CHARACTERS = 300
_MORE = "see the JSON report"

_HEADS = (
    *("suite", "cases", "passed", "flaky", "failed", "errored"),
    *("skipped / xfailed / quarantined", "pass rate (95%)", "cost", "p50 / p95"),
)


class Markdown:
    """The verdict first, then the figures, then what went wrong, the worst first."""

    def write(self, run: RunResult, trials: Trials, out: TextIO) -> None:
        """Writes the report, which is short however much went wrong."""
        out.write(f"## {_verdict(run)}\n\n")
        if run.reasons:
            out.writelines(f"- {_reason(reason)}\n" for reason in run.reasons[:_MOST])
            out.writelines(_rest(run.reasons))
            out.write("\n")
        out.writelines(table(_HEADS, _rows(run)))
        out.write(f"\nCost: {against_budget(total_cost(run.cases), run.budget_usd)}.\n")
        write_agents(run, out)
        write_metrics(run, out)
        _write_problems("Failed", _cases(run, Outcome.FAILED), trials, out)
        _write_problems("Errored: could not be judged", _cases(run, Outcome.ERRORED), trials, out)
        _write_folded("Flaky", _cases(run, Outcome.FLAKY), out)
        _write_folded("Expected to fail", _cases(run, Outcome.XFAILED), out)
        _write_folded("Quarantined", _cases(run, Outcome.QUARANTINED), out)
        _write_folded("Skipped", _cases(run, Outcome.SKIPPED), out)
        out.write(f"\n{_origin(run)}\n")


def _verdict(run: RunResult) -> str:
    counts = count_outcomes(run.cases)
    shown = [f"{counts[outcome]:,} {outcome}" for outcome in Outcome if counts.get(outcome)]
    cases = f"{counted(sum(counts.values()), 'case')}: {', '.join(shown)}" if shown else "No cases"
    if run.exit_code is ExitCode.OK:
        return f"✅ Passed. {cases}"
    if run.exit_code is ExitCode.REJECTED:
        return f"❌ Rejected. {cases}"
    return f"⚠️ No verdict ({run.exit_code.name.lower()}). {cases}"


def _reason(finding: Finding) -> str:
    place = f" at {code(str(finding.location))}" if finding.location else ""
    fix = f" Fix: {code(finding.fix)}" if finding.fix else ""
    return f"{finding.severity.word} {code(finding.rule)}{place}: {code(finding.message)}{fix}"


def _rows(run: RunResult) -> Iterator[Sequence[str]]:
    for suite in run.suites:
        latency = f"{seconds(suite.p50_latency_s)} / {seconds(suite.p95_latency_s)}"
        yield (cell(suite.name), *_figures(suite.cases), latency)
    if len(run.suites) > 1:
        yield ("all", *_figures(tuple(run.cases)), "-")


def _figures(cases: Sequence[CaseResult]) -> Sequence[str]:
    counts = count_outcomes(cases)
    good = sum(counts.get(outcome, 0) for outcome in GOOD)
    judged = good + counts.get(Outcome.FAILED, 0)
    low, high = wilson(good, judged)
    rate = f"{percent(good / judged)} ({low:.0%} to {high:.0%})" if judged else percent(None)
    singly = (Outcome.PASSED, Outcome.FLAKY, Outcome.FAILED, Outcome.ERRORED)
    unjudged = (Outcome.SKIPPED, Outcome.XFAILED, Outcome.QUARANTINED)
    return (
        f"{len(cases):,}",
        *(f"{counts.get(outcome, 0):,}" for outcome in singly),
        " / ".join(f"{counts.get(outcome, 0):,}" for outcome in unjudged),
        rate,
        costs(total_cost(cases)),
    )


def _cases(run: RunResult, outcome: Outcome) -> list[CaseResult]:
    """The cases with an outcome, those that passed least often first."""
    cases = [case for case in run.cases if case.outcome is outcome]
    return sorted(cases, key=lambda case: case.pass_rate or 0.0)


def _write_problems(heading: str, cases: Sequence[CaseResult], trials: Trials, out: TextIO) -> None:
    if not cases:
        return
    out.write(f"\n### {heading} ({len(cases):,})\n\n")
    for case in cases[:_MOST]:
        out.write(f"- {_heading(case)}\n")
        out.writelines(f"  - {line}\n" for line in _details(case, trials.of(case)))
    out.writelines(_rest(cases))


def _write_folded(heading: str, cases: Sequence[CaseResult], out: TextIO) -> None:
    if not cases:
        return
    # GitHub reads Markdown inside of `details` only after a blank line.
    out.write(f"\n<details><summary>{heading} ({len(cases):,})</summary>\n\n")
    for case in cases[:_MOST]:
        note = f" {code(case.note)}" if case.note else ""
        out.write(f"- {_heading(case)}{note}\n")
    out.writelines(_rest(cases))
    out.write("\n</details>\n")


def _rest(shown: Sequence[object]) -> Iterator[str]:
    if len(shown) > _MOST:
        yield f"- {len(shown) - _MOST:,} more, {_MORE}\n"


def _heading(case: CaseResult) -> str:
    """Which case on which model, where it is written, and how its repeats went."""
    heading = f"**{code(case.case.id)}** on {code(case.model)} at {code(str(case.case.location))}"
    if case.case.repeat == 1:
        return f"{heading}:"
    tally = f"{case.tally.passed} of {case.case.repeat} repeats passed"
    return f"{heading}: {tally}, {case.case.repeat_pass} must."


def _details(case: CaseResult, trials: Sequence[TrialResult]) -> Iterator[str]:
    """What was expected and where that is written, how to mend it, and what came."""
    problem = problem_of(case, trials)
    others = (
        (
            verdict.kind,
            verdict.location or case.case.location,
            f"{turn_of(verdict)}{verdict.reason}",
        )
        for trial in trials
        for verdict in lost(trial)
        if case.outcome is Outcome.FAILED
    )
    reasons = list(dict.fromkeys([(problem.kind, problem.location, problem.message), *others]))
    for kind, place, message in reasons[:_MOST_OF_A_CASE]:
        yield f"{code(kind)} at {code(str(place))}: {code(message)}"
    if len(reasons) > _MOST_OF_A_CASE:
        yield f"{len(reasons) - _MOST_OF_A_CASE:,} more, {_MORE}"
    if problem.fix:
        yield f"fix: {code(problem.fix)}"
    yield from _came(case, problem)


def _came(case: CaseResult, problem: Problem) -> Iterator[str]:
    """What came in the trial that shows the problem: the answer, or the turns that tell most."""
    trial = problem.trial
    if trial is None:
        return
    where = f" in repeat {trial.repeat + 1}" if case.case.repeat > 1 else ""
    if is_dialogue(trial):
        turns = telling_turns(trial, _MOST_TURNS)
        for line in dialogue_of(case, trial, limit=_LINE_CHARACTERS, turns=turns):
            yield f"{line.head}{where}: {code(line.text)}"
        if (more := len(trial.turns) - len(turns)) > 0:
            yield f"{counted(more, 'more turn')}, {_MORE}"
    elif trial.completion:
        yield f"what came{where}: {code(trial.completion.text)}"


def _origin(run: RunResult) -> str:
    commit = f", commit {code(run.git.commit[:12])}" if run.git else ""
    dirty = " with uncommitted changes" if run.git and run.git.dirty else ""
    took = (run.finished - run.started).total_seconds()
    return f"Run {code(run.run_id)}{commit}{dirty}, agentops {run.tool_version}, {took:.1f} s."
