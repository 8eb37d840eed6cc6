"""Cases on a terminal: what was expected, what came, and where it is written."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rich.console import Console
from rich.text import Text

from agentops_cli.model.call import Verdict
from agentops_cli.model.result import CaseResult, Outcome, SuiteResult, TrialResult
from agentops_cli.reporters.account import account_of, lost, name_of, problem_of, turn_of
from agentops_cli.reporters.dialogue import Line, dialogue_of, telling_turns
from agentops_cli.reporters.wording import counted, flat, one_line

OUTCOME_STYLES = {
    Outcome.PASSED: "green",
    Outcome.FLAKY: "yellow",
    Outcome.FAILED: "bold red",
    Outcome.ERRORED: "magenta",
}
_CHARACTERS = 300
_TURN_CHARACTERS = 160
_TURNS = 20


@dataclass(frozen=True, slots=True)
class Part:
    """One line of a report; where it does not fit on a screen, the rest stays beside the margin."""

    text: Text
    margin: Text

    def print(self, out: Console) -> None:
        """Prints it: on a screen between margin and edge, in a log as one line, however long."""
        if not out.is_terminal:
            out.print(Text.assemble(self.margin, self.text), soft_wrap=True)
            return
        margin = self.margin
        for line in self.text.wrap(out, out.width - len(margin)):
            out.print(Text.assemble(margin, line), soft_wrap=True)
            margin = Text(" " * len(margin))


def case_parts(
    suite: SuiteResult, case: CaseResult, trials: Sequence[TrialResult], *, verbose: bool
) -> Iterator[Part]:
    """The lines of one case; `verbose` has every trial, every turn and all that was asserted."""
    yield _head(suite, case)
    if case.note:
        yield _part(one_line(case.note, _CHARACTERS))
    for complaint in account_of(case, trials):
        yield _part(flat(complaint))
    if verbose:
        held = (verdict for trial in trials for verdict in trial.verdicts if verdict.passed)
        yield from map(_held, held)
        for trial in trials:
            yield from _said(case, trial, most=len(trial.turns))
    elif telling := problem_of(case, trials).trial or next(iter(trials), None):
        yield from _said(case, telling, most=_TURNS)


def _part(text: str, style: str = "default") -> Part:
    return Part(Text(text, style=style), margin=Text("  "))


def _head(suite: SuiteResult, case: CaseResult) -> Part:
    line = Text(case.outcome.upper(), style=OUTCOME_STYLES.get(case.outcome, "default"))
    line.append(f"  {flat(case.case.id)}", style="default bold")
    line.append(
        f"  {flat(f'{suite.name} · {case.model}  {case.case.location}')}", style="default not bold"
    )
    return Part(line, margin=Text())


def _held(verdict: Verdict) -> Part:
    reason = one_line(verdict.reason, _CHARACTERS)
    return _part(flat(f"{verdict.location}: {turn_of(verdict)}{verdict.kind}: {reason}"), "green")


def _said(case: CaseResult, trial: TrialResult, *, most: int) -> Iterator[Part]:
    """What was said in a trial; of several repeats it is told which one."""
    turns = telling_turns(trial, most)
    limit = _TURN_CHARACTERS if len(trial.turns) > 1 else _CHARACTERS
    lines = [*dialogue_of(case, trial, limit=limit, turns=turns)]
    if lines and case.case.repeat > 1:
        yield _part(f"{name_of(trial, case)}:", "dim")
    lost_in = {verdict.turn for verdict in lost(trial)}
    before: int | None = None
    for line in lines:
        yield _line(line, begins=line.turn != before, is_lost=line.turn in lost_in)
        before = line.turn
    if (more := len(trial.turns) - len(turns)) > 0:
        yield _part(f"… and {counted(more, 'more turn')}: see the reports, or --verbose")


def _line(line: Line, *, begins: bool, is_lost: bool) -> Part:
    margin = Text("  ")
    if line.turn is not None:
        head = f"turn {line.turn + 1}  "
        margin.append(head if begins else " " * len(head), style="red" if is_lost else "default")
    is_answer = not line.label.startswith("user")
    return Part(Text(f"{line.label}: {line.text}", style="dim" if is_answer else ""), margin=margin)
