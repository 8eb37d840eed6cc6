"""What a person sees of a run, in a log and on a terminal."""

import io
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest
from rich.console import Console

from agentops_cli.cli.cases import case_parts
from agentops_cli.cli.screen import print_run
from agentops_cli.model.result import Outcome, TrialResult, TurnResult
from agentops_cli.model.settings import Accounting
from agentops_cli.redact import Redact
from agentops_cli.reporters.accounting import CAVEAT
from agentops_cli.reporters.wording import visible
from agentops_cli.stores.trials import TrialLog
from tests.builders import (
    BOT,
    LEGACY,
    Evaluation,
    a_case_of_turns,
    a_case_result,
    a_completion,
    a_conversation,
    a_lost_trial,
    a_lost_verdict,
    a_suite_result,
    a_tool_call,
    a_trial,
    a_turn,
    a_verdict,
    an_errored_trial,
    an_evaluation,
    an_eventful_evaluation,
)

Printed = Callable[..., list[str]]
SAID = ("Where is my order 0812?", "When?")


@pytest.fixture
def printed(capfd: pytest.CaptureFixture[str]) -> Printed:
    """Prints a run whose trials are in a real log, and gives the lines."""

    def show(evaluation: Evaluation, *, quiet: bool = False, verbose: bool = False) -> list[str]:
        with (
            tempfile.TemporaryDirectory() as folder,
            TrialLog(Path(folder) / "trials.jsonl", Redact()) as log,
        ):
            for trial in evaluation.trials:
                log.append(trial)
            capfd.readouterr()
            print_run(evaluation.run, log, quiet=quiet, verbose=verbose)
        return capfd.readouterr().out.splitlines()

    return show


def told(*trials: TrialResult, outcome: Outcome, verbose: bool = False) -> list[str]:
    """The lines below the head of a case of two turns, as a log has them."""
    repeats = {"repeat": len(trials), "repeat_pass": len(trials)}
    case = a_case_result(trials, case=a_case_of_turns(*SAID, **repeats), outcome=outcome)
    suite = a_suite_result(case)
    out = Console(file=io.StringIO(), width=80, force_terminal=False)
    for part in case_parts(suite, case, trials, verbose=verbose):
        part.print(out)
    assert isinstance(out.file, io.StringIO)
    return out.file.getvalue().splitlines()[1:]


def lost(*turns: TurnResult, repeat: int = 0) -> TrialResult:
    """A conversation whose second turn was lost."""
    verdict = a_lost_verdict(reason="'Friday' is not in the answer", turn=1)
    return a_conversation(
        *turns, repeat=repeat, outcome=Outcome.FAILED, verdicts=(a_verdict(turn=0), verdict)
    )


COMPLAINT = "  evals/product-manager.yaml:15:20: turn 2: mustContain: 'Friday' is not in the answer"
TURNS = [
    "  turn 1  user: Where is my order 0812?",
    '          called: get_order(id: "0812")',
    "          answer: It is shipped.",
    "  turn 2  user: When?",
    "          answer: On Friday.",
]


def test_a_lost_conversation_is_shown_turn_by_turn() -> None:
    assert told(lost(), outcome=Outcome.FAILED) == [COMPLAINT, *TURNS]


def test_of_several_repeats_the_one_that_lost_is_shown_and_named() -> None:
    lines = told(a_conversation(), lost(repeat=1), outcome=Outcome.FAILED)
    assert lines == [
        "  repeat 1 of 2: passed",
        "  repeat 2 of 2: failed",
        COMPLAINT,
        "  repeat 2 of 2:",
        *TURNS,
    ]


def test_verbose_shows_the_turns_of_every_repeat_and_what_held_in_which() -> None:
    lines = told(a_conversation(), lost(repeat=1), outcome=Outcome.FAILED, verbose=True)
    assert lines.count(TURNS[0]) == 2
    assert "  evals/product-manager.yaml:15:20: turn 1: mustContain: found 'wishlist'" in lines


def test_the_turns_before_a_fault_are_shown() -> None:
    lines = told(an_errored_trial(turns=(a_turn(),)), outcome=Outcome.ERRORED)
    assert lines[-3:] == TURNS[:3]


def test_a_tool_loop_has_a_line_of_its_calls() -> None:
    answer = a_completion(tool_calls=(a_tool_call(),) * 8)
    trial = a_lost_trial(completion=answer, turns=(a_turn(completion=answer, steps=8),))
    case = a_case_result([trial])
    out = Console(file=io.StringIO(), width=80, force_terminal=False)
    for part in case_parts(a_suite_result(case), case, [trial], verbose=False):
        part.print(out)
    assert isinstance(out.file, io.StringIO)
    assert '\n  called: get_order(id: "0812") 8 times\n' in out.file.getvalue()


def test_a_very_long_conversation_shows_the_turns_that_lost_and_counts_the_rest() -> None:
    turns = [a_turn(f"question {number}") for number in range(1, 41)]
    trial = a_conversation(*turns, outcome=Outcome.FAILED, verdicts=(a_lost_verdict(turn=2),))
    lines = told(trial, outcome=Outcome.FAILED)
    assert "  turn 3  user: question 3" in lines
    assert sum("user:" in line for line in lines) == 20
    assert lines[-1] == "  … and 20 more turns: see the reports, or --verbose"
    assert sum("user:" in line for line in told(trial, outcome=Outcome.FAILED, verbose=True)) == 40


@pytest.mark.parametrize("width", [40, 80, 120])
def test_on_a_terminal_long_lines_stay_beside_their_margin(width: int) -> None:
    trial = lost(a_turn("word " * 40), a_turn("x" * 150))
    case = a_case_result([trial], case=a_case_of_turns(*SAID))
    out = Console(file=io.StringIO(), width=width, force_terminal=True, color_system=None)
    for part in case_parts(a_suite_result(case), case, [trial], verbose=False):
        part.print(out)
    assert isinstance(out.file, io.StringIO)
    lines = out.file.getvalue().splitlines()
    assert max(map(len, lines)) <= width
    at = next(n for n, line in enumerate(lines) if line.startswith("  turn 1  user: word"))
    assert lines[at + 1].startswith(" " * 10 + "word")
    assert "".join(lines).count("x") >= 150


def test_nothing_that_came_from_outside_reaches_the_terminal_as_an_order(printed: Printed) -> None:
    lines = printed(an_eventful_evaluation(), verbose=True)
    assert [line for line in lines if line != visible(line)] == []
    assert any("turn 2: maxSteps: stopped after 8 steps" in line for line in lines)
    assert any(line.startswith("  turn 3  user (conversation begun anew): ") for line in lines)


def test_agents_are_told_with_how_their_dollars_are_known(printed: Printed) -> None:
    lines = printed(an_eventful_evaluation())
    assert f"{BOT}: cost enforced by the meter" in lines
    assert f"{LEGACY}: cost declared: at most $0.02 a call, not measured" in lines
    assert CAVEAT in lines


def test_the_caveat_is_left_out_where_every_agent_is_enforced(printed: Printed) -> None:
    suite = a_suite_result(a_case_result(model=BOT), accounting={BOT: Accounting.ENFORCED})
    lines = printed(an_evaluation(suite, trials=[[a_trial()]]))
    assert f"{BOT}: cost enforced by the meter" in lines
    assert CAVEAT not in lines


def test_without_agents_nothing_is_said_of_them(printed: Printed) -> None:
    assert CAVEAT not in printed(an_evaluation(a_suite_result(), trials=[[a_trial()]]))


def test_quiet_leaves_the_agents_out(printed: Printed) -> None:
    assert not [line for line in printed(an_eventful_evaluation(), quiet=True) if "meter" in line]
