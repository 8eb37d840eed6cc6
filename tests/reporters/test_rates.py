from collections import Counter
from typing import Any

import pytest

from agentops_cli.model.result import Outcome, Tally, Totals
from agentops_cli.reporters.rates import (
    interval_of,
    rate_with_interval,
    words_of_repeats,
    words_of_tally,
)
from tests.builders import MINI, SONNET, a_case, a_case_result, a_run, a_suite_result


def totals(**outcomes: int) -> Totals:
    found = Counter({Outcome(name): number for name, number in outcomes.items()})
    return Totals(cases=found.total(), outcomes=found)


def test_a_rate_is_shown_with_what_is_known_of_it() -> None:
    assert rate_with_interval(totals(passed=2, failed=1)) == "66.7% (21% to 94%)"
    assert rate_with_interval(totals(passed=40)) == "100.0% (91% to 100%)"


def test_flaky_cases_are_good_and_those_that_gate_nothing_do_not_count() -> None:
    counted = totals(passed=1, flaky=1, failed=2, errored=5, skipped=5, xfailed=5, quarantined=5)
    assert rate_with_interval(counted) == "50.0% (15% to 85%)"


def test_of_nothing_there_is_no_rate() -> None:
    assert rate_with_interval(totals(errored=3)) == "-"
    assert interval_of(totals()) is None


@pytest.mark.parametrize(
    ("tally", "words"),
    [
        (Tally(passed=2, failed=3), "2 of 5 repeats passed, 4 must"),
        (Tally(passed=4, spared=1), "4 of 5 repeats were enough, 4 of them passed, 4 must"),
        (Tally(failed=2, spared=3), "2 of 5 repeats were enough, 0 of them passed, 4 must"),
    ],
)
def test_the_repeats_of_a_case_are_told(tally: Tally, words: str) -> None:
    case = a_case_result(case=a_case(repeat=5, repeat_pass=4), tally=tally)
    assert words_of_tally(case) == words


def repeated(passed: int, failed: int, **changes: Any) -> Any:
    repeat = passed + failed
    outcome = Outcome.PASSED if not failed else Outcome.FAILED
    case = a_case(repeat=repeat, repeat_pass=repeat)
    tally = Tally(passed=passed, failed=failed)
    return a_case_result(**{"case": case, "outcome": outcome, "tally": tally, **changes})


def test_each_suite_and_model_has_a_line_on_its_repeats() -> None:
    run = a_run(a_suite_result(repeated(2, 0), repeated(1, 1), repeated(0, 2, model=SONNET)))
    mini, sonnet = words_of_repeats(run)
    assert mini == (
        f"evals/product-manager.yaml on {MINI}: pass@1 75.0%, "
        "pass@2 100.0% (one of 2 tries passes), pass^2 50.0% (all 2 do); 2 cases"
    )
    assert sonnet.startswith(f"evals/product-manager.yaml on {SONNET}: pass@1 0.0%, ")


@pytest.mark.parametrize(
    "case",
    [
        repeated(1, 0),
        repeated(2, 1, outcome=Outcome.QUARANTINED),
        repeated(2, 1, outcome=Outcome.ERRORED),
        repeated(2, 1, case=a_case(repeat=4, repeat_pass=4)),
        repeated(0, 2, case=a_case(repeat=2, xfail="no Spanish yet")),
        repeated(3, 0, case=a_case(repeat=3, repeat_pass=2, repeat_auto=True)),
    ],
    ids=["once", "quarantined", "errored", "not all judged", "expected to fail", "auto"],
)
def test_a_case_that_would_bend_the_estimates_is_not_in_them(case: Any) -> None:
    assert not a_suite_result(case).totals.ends
    assert [*words_of_repeats(a_run(a_suite_result(case)))] == []


def test_repeats_that_were_not_needed_are_told_and_why_there_are_no_estimates() -> None:
    case = repeated(3, 0, case=a_case(repeat=5, repeat_pass=3, repeat_auto=True))
    spared = a_case_result(case=case.case, tally=Tally(passed=3, spared=2))
    [words] = words_of_repeats(a_run(a_suite_result(spared)))
    assert words.startswith("2 repeats were not needed (--repeat auto); pass@k and pass^k are not")
