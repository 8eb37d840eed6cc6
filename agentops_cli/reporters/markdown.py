"""A report for people, fit for a pull request and for GitHub's step summary."""

from bisect import insort
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TextIO

from agentops_cli.errors import ExitCode
from agentops_cli.model.finding import Finding
from agentops_cli.model.result import (
    CaseResult,
    Outcome,
    RunResult,
    Totals,
    TrialResult,
)
from agentops_cli.ports import Trials
from agentops_cli.reporters.account import Problem, lost, problem_of, turn_of
from agentops_cli.reporters.answerers import write_answerers
from agentops_cli.reporters.assumed import words_of_assumed
from agentops_cli.reporters.cost import against_budget, write_agents
from agentops_cli.reporters.dialogue import dialogue_of, is_dialogue, telling_turns
from agentops_cli.reporters.incidents import words_of_incidents
from agentops_cli.reporters.kept import words_of_kept
from agentops_cli.reporters.lost import words_of_lost
from agentops_cli.reporters.markup import cell, code, table
from agentops_cli.reporters.metric_tables import write_metrics
from agentops_cli.reporters.rates import rate_with_interval, words_of_repeats, words_of_tally
from agentops_cli.reporters.wording import costs, counted, seconds

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
            out.writelines(_rest(len(run.reasons)))
            out.write("\n")
        out.writelines(table(_HEADS, _rows(run)))
        totals = run.totals
        cost = totals.cost + totals.judge_cost
        out.write(f"\nCost: {against_budget(cost, run.budget_usd)}.\n")
        if kept := words_of_kept(run):
            out.write(f"\n{kept}.\n")
        if repeats := [*words_of_repeats(run)]:
            out.write("\n")
            out.writelines(f"- {cell(words)}\n" for words in repeats)
        out.writelines(
            f"\n{words}.\n" for words in filter(None, (words_of_assumed(run), words_of_lost(run)))
        )
        write_answerers(run, out)
        write_agents(run, out)
        write_metrics(run, out)
        shown = _shown(run)
        _write_problems("Failed", shown[Outcome.FAILED], trials, out)
        _write_problems("Errored: could not be judged", shown[Outcome.ERRORED], trials, out)
        _write_folded("Flaky", shown[Outcome.FLAKY], out)
        _write_folded("Expected to fail", shown[Outcome.XFAILED], out)
        _write_folded("Quarantined", shown[Outcome.QUARANTINED], out)
        _write_folded("Skipped", shown[Outcome.SKIPPED], out)
        _write_incidents(run, out)
        out.write(f"\n{_origin(run)}\n")


def _verdict(run: RunResult) -> str:
    counts = run.totals.outcomes
    shown = [f"{counts[outcome]:,} {outcome}" for outcome in Outcome if counts.get(outcome)]
    cases = f"{counted(sum(counts.values()), 'case')}: {', '.join(shown)}" if shown else "No cases"
    if run.shard and run.exit_code is ExitCode.OK:
        part = str(run.shard).capitalize()
        return f"⚠️ {part}, no verdict by itself. {cases}"
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
        yield (cell(suite.name), *_figures(suite.totals), latency)
    if len(run.suites) > 1:
        yield ("all", *_figures(run.totals), "-")


def _figures(totals: Totals) -> Sequence[str]:
    counts = totals.outcomes
    singly = (Outcome.PASSED, Outcome.FLAKY, Outcome.FAILED, Outcome.ERRORED)
    unjudged = (Outcome.SKIPPED, Outcome.XFAILED, Outcome.QUARANTINED)
    return (
        f"{totals.cases:,}",
        *(f"{counts.get(outcome, 0):,}" for outcome in singly),
        " / ".join(f"{counts.get(outcome, 0):,}" for outcome in unjudged),
        rate_with_interval(totals),
        costs(totals.cost + totals.judge_cost),
    )


@dataclass(slots=True)
class _Worst:
    """The cases of one outcome: how many there are, and those that passed least often."""

    count: int = 0
    ranked: list[tuple[float, int, CaseResult]] = field(default_factory=list)

    def add(self, case: CaseResult) -> None:
        """Counts a case, and keeps it where it is among the worst; the first of equals stay."""
        self.count += 1
        insort(self.ranked, (case.pass_rate or 0.0, self.count, case), key=lambda it: it[:2])
        del self.ranked[_MOST:]

    @property
    def cases(self) -> Iterator[CaseResult]:
        """Those that are shown, the worst first."""
        return (case for _, _, case in self.ranked)


def _shown(run: RunResult) -> Mapping[Outcome, _Worst]:
    """The cases that did not simply pass, by outcome; in one walk, which keeps what is shown."""
    found = {outcome: _Worst() for outcome in Outcome}
    for suite in run.suites:
        if suite.totals.cases == suite.totals.outcomes.get(Outcome.PASSED, 0):
            continue
        for case in suite.cases:
            if case.outcome is not Outcome.PASSED:
                found[case.outcome].add(case)
    return found


def _write_problems(heading: str, worst: _Worst, trials: Trials, out: TextIO) -> None:
    if not worst.count:
        return
    out.write(f"\n### {heading} ({worst.count:,})\n\n")
    for case in worst.cases:
        out.write(f"- {_heading(case)}\n")
        out.writelines(f"  - {line}\n" for line in _details(case, trials.of(case)))
    out.writelines(_rest(worst.count))


def _write_folded(heading: str, worst: _Worst, out: TextIO) -> None:
    if not worst.count:
        return
    # GitHub reads Markdown inside of `details` only after a blank line.
    out.write(f"\n<details><summary>{heading} ({worst.count:,})</summary>\n\n")
    for case in worst.cases:
        note = f" {code(case.note)}" if case.note else ""
        out.write(f"- {_heading(case)}{note}\n")
    out.writelines(_rest(worst.count))
    out.write("\n</details>\n")


def _rest(count: int) -> Iterator[str]:
    if count > _MOST:
        yield f"- {count - _MOST:,} more, {_MORE}\n"


def _heading(case: CaseResult) -> str:
    """Which case on which model, where it is written, and how its repeats went."""
    heading = f"**{code(case.case.id)}** on {code(case.model)} at {code(str(case.case.location))}"
    if case.case.repeat == 1:
        return f"{heading}:"
    return f"{heading}: {words_of_tally(case)}."


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


def _write_incidents(run: RunResult, out: TextIO) -> None:
    if run.incidents:
        heading = f"Incidents ({len(run.incidents):,})"
        out.write(f"\n<details><summary>{heading}</summary>\n\n")
        out.writelines(f"- {code(words)}\n" for words in words_of_incidents(run))
        out.write("\n</details>\n")


def _origin(run: RunResult) -> str:
    commit = f", commit {code(run.git.commit[:12])}" if run.git else ""
    dirty = " with uncommitted changes" if run.git and run.git.dirty else ""
    took = (run.finished - run.started).total_seconds()
    return f"Run {code(run.run_id)}{commit}{dirty}, agentops {run.tool_version}, {took:.1f} s."
