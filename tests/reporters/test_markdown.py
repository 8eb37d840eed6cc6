from dataclasses import replace

import pytest
from hypothesis import given, settings
from markdown_it import MarkdownIt
from markdown_it.token import Token

from agentops_cli.errors import ExitCode
from agentops_cli.model.finding import Finding, Severity
from agentops_cli.model.place import Location
from agentops_cli.model.result import Outcome
from agentops_cli.reporters.accounting import CAVEAT
from agentops_cli.reporters.markdown import Markdown
from tests.builders import (
    Evaluation,
    a_case,
    a_case_of_turns,
    a_case_result,
    a_completion,
    a_conversation,
    a_fault,
    a_lost_trial,
    a_lost_verdict,
    a_place,
    a_run,
    a_suite_result,
    a_tool_call,
    a_trial,
    a_turn,
    an_errored_trial,
    an_evaluation,
    an_eventful_evaluation,
)
from tests.reporters.written import assert_golden, written
from tests.strategies import any_text

reader = MarkdownIt("commonmark").enable(["table", "strikethrough"])


def lines_of(evaluation: Evaluation) -> list[str]:
    return written(Markdown(), evaluation).splitlines()


def tokens_of(evaluation: Evaluation) -> list[Token]:
    tokens = reader.parse(written(Markdown(), evaluation))
    return [inner for token in tokens for inner in (token, *(token.children or []))]


def a_failed_case(number: int, *, passed: int, repeats: int) -> tuple[object, ...]:
    trials = [a_trial(repeat=at) for at in range(passed)]
    trials += [a_lost_trial(repeat=at) for at in range(passed, repeats)]
    case = a_case(id=f"case-{number}", repeat=repeats, repeat_pass=repeats)
    return a_case_result(trials, case=case, outcome=Outcome.FAILED), trials


def test_the_report_of_an_eventful_run_is_the_golden_one() -> None:
    assert_golden("report.md", written(Markdown(), an_eventful_evaluation()))


@pytest.mark.parametrize(
    ("end", "line"),
    [
        (ExitCode.OK, "## ✅ Passed. 1 case: 1 passed"),
        (ExitCode.REJECTED, "## ❌ Rejected. 1 case: 1 passed"),
        (ExitCode.STOPPED, "## ⚠️ No verdict (stopped). 1 case: 1 passed"),
        (ExitCode.INTERRUPTED, "## ⚠️ No verdict (interrupted). 1 case: 1 passed"),
    ],
)
def test_the_verdict_is_the_first_line(end: ExitCode, line: str) -> None:
    assert lines_of(an_evaluation(a_suite_result(), exit_code=end))[0] == line


def test_a_run_without_cases_says_so() -> None:
    assert lines_of(an_evaluation(exit_code=ExitCode.EMPTY))[0] == (
        "## ⚠️ No verdict (empty). No cases"
    )


@pytest.mark.parametrize("severity", list(Severity))
def test_a_warning_does_not_look_like_a_reason(severity: Severity) -> None:
    finding = Finding(rule="metric", message="low", location=a_place(3), severity=severity)
    lines = lines_of(an_evaluation(a_suite_result(), reasons=(finding,)))
    [line] = [line for line in lines if "`metric`" in line]
    assert line.startswith(f"- {severity.word} `metric` at ")


def test_failed_and_errored_are_told_apart() -> None:
    first = lines_of(an_eventful_evaluation())[0]
    assert "4 failed, 4 errored" in first


def test_the_reasons_of_the_gate_follow_the_verdict_with_place_and_fix() -> None:
    assert lines_of(an_eventful_evaluation())[2] == (
        "- error `gate-pass-rate` at `evals/product-manager.yaml:5:8`: "
        "`3 of 4 judged cases passed (75.0%), 100.0% must` "
        "Fix: `mend the prompt, or lower gate.minPassRate`"
    )


def test_the_table_has_a_row_a_suite_with_an_interval_and_one_for_all() -> None:
    rows = [line for line in lines_of(an_eventful_evaluation()) if line.startswith("| ")]
    assert rows[2] == (
        "| `product-manager` | 6 | 2 | 1 | 1 | 2 | 0 / 0 / 0 | 75.0% (30% to 95%) "
        "| $0.00256 + 1 call of unknown cost | 0.81 s / 1.20 s |"
    )
    assert rows[3].startswith("| `triage` | 6 | 1 | 0 | 1 | 1 | 1 / 1 / 1 | 50.0% (9% to 91%) |")
    assert rows[4].startswith("| `support-bot` | 3 | 0 | 0 | 2 | 1 |")
    assert rows[5].startswith("| all | 15 |")
    assert len(rows) == 6


def test_one_suite_needs_no_row_for_all() -> None:
    assert not any(line.startswith("| all") for line in lines_of(an_evaluation(a_suite_result())))


def test_a_suite_in_which_nothing_was_judged_has_no_pass_rate() -> None:
    suite = a_suite_result(a_case_result([an_errored_trial()]))
    [row] = [line for line in lines_of(an_evaluation(suite)) if line.startswith("| `product")]
    assert " | - | $0 | " in row


def test_a_failure_tells_what_was_expected_where_that_is_written_and_what_came() -> None:
    trial = a_lost_trial(
        completion=a_completion("No.\nReally."),
        verdicts=(
            a_lost_verdict(kind="length", reason="3 is below 10", location=a_place(14, 7)),
            a_lost_verdict(kind="latency", reason="slow", advisory=True),
        ),
    )
    suite = a_suite_result(a_case_result([trial]))
    lines = lines_of(an_evaluation(suite, trials=[[trial]]))
    at = lines.index("### Failed (1)")
    assert lines[at + 2 : at + 6] == [
        "- **`wishlist`** on `openai/gpt-4o-mini` at `evals/product-manager.yaml:12`:",
        "  - `length` at `evals/product-manager.yaml:14:7`: `3 is below 10`",
        "  - what came: `No.⏎Really.`",
        "",
    ]


def test_an_error_tells_its_fault_and_how_to_mend_it() -> None:
    trial = an_errored_trial()
    suite = a_suite_result(a_case_result([trial]))
    lines = lines_of(an_evaluation(suite, trials=[[trial]]))
    at = lines.index("### Errored: could not be judged (1)")
    assert lines[at + 3 : at + 5] == [
        "  - `rate_limit` at `evals/product-manager.yaml:12`: `HTTP 429 after 5 attempts`",
        "  - fix: `lower --concurrency, or raise the limit of the key`",
    ]


def test_the_worst_come_first_and_the_rest_are_counted() -> None:
    cases, trials = [], []
    for number in range(25):
        executed = [a_trial(repeat=at) for at in range(number)]
        executed += [a_lost_trial(repeat=at) for at in range(number, 25)]
        case = a_case(id=f"case-{number}", repeat=25, repeat_pass=25)
        cases.append(a_case_result(executed, case=case, outcome=Outcome.FAILED))
        trials.append(executed)
    cases.reverse()
    trials.reverse()
    lines = lines_of(an_evaluation(a_suite_result(*cases), trials=trials))
    shown = [line.split("`")[1] for line in lines if line.startswith("- **`case-")]
    assert shown == [f"case-{number}" for number in range(20)]
    assert "- 5 more, see the JSON report" in lines


def test_a_case_with_many_reasons_shows_five_of_them() -> None:
    verdicts = tuple(a_lost_verdict(reason=f"reason {number}") for number in range(8))
    trial = a_lost_trial(verdicts=verdicts)
    suite = a_suite_result(a_case_result([trial]))
    lines = lines_of(an_evaluation(suite, trials=[[trial]]))
    assert sum("reason " in line for line in lines) == 5
    assert "  - 3 more, see the JSON report" in lines


def test_repeats_that_failed_alike_give_one_reason() -> None:
    executed = [a_lost_trial(repeat=at) for at in range(3)]
    suite = a_suite_result(a_case_result(executed))
    lines = lines_of(an_evaluation(suite, trials=[executed]))
    assert sum("acceptance criteria" in line for line in lines) == 1


@pytest.mark.parametrize(
    ("outcome", "heading"),
    [
        (Outcome.FLAKY, "Flaky (1)"),
        (Outcome.XFAILED, "Expected to fail (1)"),
        (Outcome.QUARANTINED, "Quarantined (1)"),
        (Outcome.SKIPPED, "Skipped (1)"),
    ],
)
def test_what_gates_nothing_is_folded_away_with_its_note(outcome: Outcome, heading: str) -> None:
    case = a_case_result([a_trial()], outcome=outcome, note="because")
    text = written(Markdown(), an_evaluation(a_suite_result(case)))
    assert f"<details><summary>{heading}</summary>\n\n- **`wishlist`**" in text
    assert text.count("<details>") == text.count("</details>") == 1
    assert "`because`" in text


def test_the_size_does_not_grow_with_what_came() -> None:
    huge = "x" * 100_000
    trials = [
        a_lost_trial(
            index=at,
            completion=a_completion(huge),
            verdicts=tuple(a_lost_verdict(kind=huge, reason=f"{n}{huge}") for n in range(9)),
        )
        for at in range(3)
    ]
    cases = [a_case_result([trial], note=huge) for trial in trials]
    suite = a_suite_result(*cases)
    assert len(written(Markdown(), an_evaluation(suite, trials=[[t] for t in trials]))) < 20_000


def test_a_lost_conversation_tells_turn_by_turn_what_was_said() -> None:
    lost = a_lost_verdict(reason="'Friday' is not in the answer", turn=1)
    trial = a_conversation(outcome=Outcome.FAILED, verdicts=(lost,))
    case = a_case_result([trial], case=a_case_of_turns("Where is my order 0812?", "When?"))
    lines = lines_of(an_evaluation(a_suite_result(case), trials=[[trial]]))
    at = lines.index("### Failed (1)")
    assert lines[at + 3 : at + 9] == [
        f"  - `mustContain` at `{lost.location}`: `turn 2: 'Friday' is not in the answer`",
        "  - turn 1, user: `Where is my order 0812?`",
        '  - turn 1, called: `get_order(id: "0812")`',
        "  - turn 1, answer: `It is shipped.`",
        "  - turn 2, user: `When?`",
        "  - turn 2, answer: `On Friday.`",
    ]


def test_of_a_long_conversation_the_turns_that_lost_are_shown() -> None:
    turns = [a_turn(f"question {number}") for number in range(1, 11)]
    lost = tuple(a_lost_verdict(turn=number) for number in (1, 3))
    trial = a_conversation(*turns, outcome=Outcome.FAILED, verdicts=lost)
    case = a_case_result([trial], case=a_case_of_turns(*(turn.input for turn in turns)))
    lines = lines_of(an_evaluation(a_suite_result(case), trials=[[trial]]))
    said = [line.split("`")[1] for line in lines if ", user: " in line]
    assert said == ["question 2", "question 4", "question 10"]
    assert "  - 7 more turns, see the JSON report" in lines


def test_an_errored_conversation_tells_the_turns_before_the_fault() -> None:
    trial = an_errored_trial(turns=(a_turn(),))
    case = a_case_result([trial], case=a_case_of_turns("Where is my order 0812?", "When?"))
    lines = lines_of(an_evaluation(a_suite_result(case), trials=[[trial]]))
    assert "  - turn 1, answer: `It is shipped.`" in lines


def test_each_agent_is_told_with_how_its_dollars_are_known() -> None:
    lines = lines_of(an_eventful_evaluation())
    assert "- `agent/support-bot`: cost enforced by the meter" in lines
    assert CAVEAT in lines


def foreign(text: str) -> Evaluation:
    """A run with one text wherever a model, a suite or a prompt may bring one along."""
    place = Location(path=text, line=3)
    lost = a_lost_trial(
        completion=a_completion(text),
        verdicts=(a_lost_verdict(kind=text, reason=text, location=place),),
    )
    call = a_tool_call(text, arguments=text, id=text)
    turns = (
        a_turn(text, completion=a_completion(text, tool_calls=(call, call))),
        a_turn(text, completion=a_completion("", failure=text)),
    )
    talked = a_conversation(*turns, outcome=Outcome.FAILED, verdicts=(a_lost_verdict(turn=1),))
    errored = an_errored_trial(fault=a_fault(message=text, fix=text))
    case = a_case(id=text, location=place)
    cases = [
        a_case_result([lost], case=case, model=text),
        a_case_result([talked], case=case, model=text),
        a_case_result([errored], case=case, model=text),
        a_case_result([], case=case, model=text, outcome=Outcome.SKIPPED, note=text),
    ]
    reason = Finding(rule=text, message=text, location=place, fix=text)
    agent = a_case_result(model=f"agent/{text}")
    suite = a_suite_result(*cases, agent, name=text, path=text)
    run = an_evaluation(suite, trials=[[lost], [talked], [errored]], reasons=(reason,), run_id=text)
    assert run.run.git is not None
    git = replace(run.run.git, commit=text)
    return replace(run, run=replace(run.run, git=git))


HARMLESS = [token.type for token in tokens_of(foreign("harmless"))]


# A commit is shown by its first twelve characters.
@given(any_text.filter(lambda text: text[:12].strip() != ""))
@settings(deadline=None)
def test_foreign_text_never_becomes_markup(text: str) -> None:
    tokens = tokens_of(foreign(text))
    assert [token.type for token in tokens] == HARMLESS


def test_the_end_tells_the_run_the_commit_and_the_version() -> None:
    run = a_run()
    assert run.git is not None
    dirty = a_run(git=replace(run.git, dirty=True))
    last = lines_of(Evaluation(run=dirty, trials=()))[-1]
    assert last == (
        "Run `20260102-030405-7c1a`, commit `8d3f0c2b8d3f` with uncommitted changes, "
        "agentops 0.1.0, 72.2 s."
    )
