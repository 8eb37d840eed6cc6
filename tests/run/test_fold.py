from dataclasses import replace
from datetime import date
from decimal import Decimal
from math import ceil
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentops_cli import spool
from agentops_cli.model.call import Fault, FaultKind
from agentops_cli.model.judge import Judge
from agentops_cli.model.money import Cost, Usage
from agentops_cli.model.result import Outcome, Tally, TrialResult, TurnResult
from agentops_cli.model.suite import Quarantine
from agentops_cli.run.fold import Fold, conclude, judge_repeats, percentile
from tests.builders import (
    a_case,
    a_completion,
    a_fault,
    a_lost_trial,
    a_place,
    a_planned_case,
    a_trial,
)

TODAY = date(2026, 5, 1)


@pytest.mark.parametrize(
    ("passed", "failed", "errored", "skipped", "needed", "outcome"),
    [
        (1, 0, 0, 0, 1, Outcome.PASSED),
        (0, 1, 0, 0, 1, Outcome.FAILED),
        (0, 0, 1, 0, 1, Outcome.ERRORED),
        (0, 0, 0, 1, 1, Outcome.SKIPPED),
        (4, 1, 0, 0, 4, Outcome.FLAKY),
        (3, 2, 0, 0, 4, Outcome.FAILED),
        (4, 0, 1, 0, 4, Outcome.PASSED),  # The missing trial cannot change 4 of 5.
        (3, 1, 1, 0, 4, Outcome.ERRORED),  # It can: 3 or 4 of 5.
        (2, 2, 1, 0, 4, Outcome.FAILED),  # Even if it had passed, 3 of 5.
        (2, 0, 0, 3, 4, Outcome.ERRORED),  # Interrupted half way.
        (4, 0, 0, 1, 4, Outcome.PASSED),
    ],
)
def test_a_case_is_decided_only_if_missing_trials_cannot_change_it(
    passed: int, failed: int, errored: int, skipped: int, needed: int, outcome: Outcome
) -> None:
    tally = Tally(passed=passed, failed=failed, errored=errored, skipped=skipped)
    assert judge_repeats(tally, needed=needed) is outcome


@given(st.lists(st.sampled_from(["pass", "fail", "error"]), min_size=1, max_size=6), st.data())
def test_whatever_an_errored_trial_would_have_been_a_decision_stands(
    trials: list[str], data: st.DataObject
) -> None:
    needed = data.draw(st.integers(1, len(trials)))

    def outcome(results: list[str]) -> Outcome:
        tally = Tally(
            passed=results.count("pass"),
            failed=results.count("fail"),
            errored=results.count("error"),
        )
        return judge_repeats(tally, needed=needed)

    decided = outcome(trials)
    if decided is Outcome.ERRORED:
        return
    verdict = decided in {Outcome.PASSED, Outcome.FLAKY}
    for became in ("pass", "fail"):
        completed = outcome([became if result == "error" else result for result in trials])
        assert (completed in {Outcome.PASSED, Outcome.FLAKY}) is verdict


@pytest.mark.parametrize(
    ("tally", "outcome", "note"),
    [
        (Tally(failed=1), Outcome.XFAILED, "too small a model"),
        (Tally(passed=1), Outcome.FAILED, "passed, but is marked xfail: too small a model"),
        (Tally(errored=1), Outcome.ERRORED, None),
    ],
)
def test_an_xfail_that_passes_is_failed_and_one_that_fails_is_not(
    tally: Tally, outcome: Outcome, note: str | None
) -> None:
    assert conclude(a_case(xfail="too small a model"), tally, today=TODAY) == (outcome, note)


def test_a_quarantine_gates_nothing_until_the_day_after_its_last() -> None:
    case = a_case(quarantine=Quarantine(reason="flaky", owner="@platform", until=TODAY))
    outcome, note = conclude(case, Tally(failed=1), today=TODAY)
    assert outcome is Outcome.QUARANTINED
    assert note == "failed, in quarantine until 2026-05-01: flaky (@platform)"
    outcome, note = conclude(case, Tally(failed=1), today=date(2026, 5, 2))
    assert outcome is Outcome.FAILED
    assert note == "its quarantine ended on 2026-05-01"


def test_a_skipped_case_keeps_its_reason() -> None:
    result = conclude(a_case(skip="needs a key"), Tally(skipped=1), today=TODAY)
    assert result == (Outcome.SKIPPED, "needs a key")


def test_trials_that_never_began_are_counted_as_skipped() -> None:
    planned = a_planned_case(case=a_case(repeat=3, repeat_pass=2))
    fold = Fold([planned], today=TODAY)
    fold.add(a_trial())
    [case] = fold.cases()
    assert (case.tally.passed, case.tally.skipped) == (1, 2)
    assert case.outcome is Outcome.ERRORED


def test_costs_tokens_and_latencies_of_the_repeats_are_summed() -> None:
    planned = a_planned_case(case=a_case(repeat=2, repeat_pass=2))
    fold = Fold([planned], today=TODAY)
    fold.add(a_trial(completion=a_completion(latency_s=0.5)))
    fold.add(a_trial(repeat=1, completion=a_completion(latency_s=1.5)))
    [case] = fold.cases()
    one = a_completion()
    assert one.usage is not None
    assert case.cost == one.cost + one.cost
    assert case.usage == one.usage + one.usage
    assert case.latency_s == 2.0
    assert list(fold.latencies_s("product-manager")) == [0.5, 1.5]


def test_a_recorded_answer_has_no_latency_and_no_cost() -> None:
    fold = Fold([a_planned_case()], today=TODAY)
    recorded = a_completion(cached=True, cost=Cost(), usage=None)
    fold.add(a_trial(completion=recorded))
    [case] = fold.cases()
    assert case.latency_s is None
    assert case.tally.cached == 1
    assert (case.cost, case.usage) == (Cost(), Usage())


def test_a_trial_that_the_budget_stopped_is_counted_as_stopped() -> None:
    fold = Fold([a_planned_case()], today=TODAY)
    spent = Fault(kind=FaultKind.BUDGET, message="spent")
    fold.add(a_trial(outcome=Outcome.ERRORED, completion=None, verdicts=(), fault=spent))
    [case] = fold.cases()
    assert (case.tally.errored, case.tally.stopped, case.tally.answered) == (1, 1, 0)


def test_one_that_the_breaker_refused_was_not_reached_until_it_is() -> None:
    fold = Fold([a_planned_case()], today=TODAY)
    down = Fault(kind=FaultKind.BREAKER, message="given up")
    fold.add(a_trial(outcome=Outcome.ERRORED, completion=None, verdicts=(), fault=down))
    [case] = fold.cases()
    assert (case.tally.stopped, case.tally.unreached) == (1, 1)
    fold.add(a_trial())
    [case] = fold.cases()
    assert (case.tally.passed, case.tally.stopped, case.tally.unreached) == (1, 0, 0)


def test_a_call_that_may_have_been_billed_is_of_unknown_price_and_not_free() -> None:
    late = Fault(kind=FaultKind.TIMEOUT, message="late", billed=True)
    for fault, unpriced in ((late, 1), (replace(late, billed=False), 0)):
        fold = Fold([a_planned_case()], today=TODAY)
        fold.add(a_trial(outcome=Outcome.ERRORED, completion=None, verdicts=(), fault=fault))
        [case] = fold.cases()
        assert case.cost == Cost(unpriced_calls=unpriced)


def test_what_a_call_without_an_answer_is_known_to_have_cost_is_counted() -> None:
    dear = Fault(kind=FaultKind.BUDGET, message="dear", billed=True, usd=Decimal("0.06"))
    fold = Fold([a_planned_case()], today=TODAY)
    fold.add(a_trial(outcome=Outcome.ERRORED, completion=None, verdicts=(), fault=dear))
    [case] = fold.cases()
    assert case.cost == Cost(usd=Decimal("0.06"))


def a_turn(seconds: float, *, cached: bool = False) -> TurnResult:
    return TurnResult(input="Hi", completion=a_completion(latency_s=seconds, cached=cached))


def test_turns_before_a_fault_are_paid_for_and_answered() -> None:
    fault = Fault(kind=FaultKind.TIMEOUT, message="late", billed=True)
    turns = (a_turn(0.5), a_turn(1.5))
    fold = Fold([a_planned_case()], today=TODAY)
    fold.add(a_trial(outcome=Outcome.ERRORED, completion=None, fault=fault, turns=turns))
    [case] = fold.cases()
    one = a_completion()
    assert one.usage is not None
    assert case.cost == one.cost + one.cost + Cost(unpriced_calls=1)
    assert case.usage == one.usage + one.usage
    assert (case.tally.errored, case.tally.answered) == (1, 1)
    assert list(fold.latencies_s("product-manager")) == [0.5, 1.5]


def test_a_conversation_is_paid_once_and_waited_for_turn_by_turn() -> None:
    whole = a_completion(latency_s=2.0)
    fold = Fold([a_planned_case()], today=TODAY)
    fold.add(a_trial(completion=whole, turns=(a_turn(0.5), a_turn(1.5))))
    [case] = fold.cases()
    assert (case.cost, case.usage, case.latency_s) == (whole.cost, whole.usage, 2.0)
    assert list(fold.latencies_s("product-manager")) == [0.5, 1.5]


def test_a_conversation_was_recorded_when_all_of_it_was() -> None:
    fold = Fold([a_planned_case(case=a_case(repeat=2))], today=TODAY)
    for repeat, cached in enumerate((True, False)):
        turns = (a_turn(0.0, cached=True), a_turn(0.5, cached=cached))
        fold.add(a_trial(repeat=repeat, completion=None, turns=turns, outcome=Outcome.ERRORED))
    [case] = fold.cases()
    assert (case.tally.answered, case.tally.cached) == (2, 1)
    assert list(fold.latencies_s("product-manager")) == [0.5]


def test_each_step_of_each_turn_is_a_call_and_a_plain_answer_is_one() -> None:
    steps = (replace(a_turn(0.5), steps=3), replace(a_turn(0.0, cached=True), steps=2))
    fold = Fold([a_planned_case(case=a_case(repeat=4))], today=TODAY)
    fold.add(a_trial(turns=steps))
    fold.add(a_trial(repeat=1))
    fold.add(a_trial(repeat=2, completion=a_completion(cached=True)))
    fold.add(a_trial(repeat=3, completion=None, fault=a_fault(), outcome=Outcome.ERRORED))
    [case] = fold.cases()
    assert (case.calls, case.cached_calls) == (7, 3)


def test_a_case_names_the_model_of_its_judge() -> None:
    judge = Judge(model="openai/gpt-4o", location=a_place())
    planned = [a_planned_case(), a_planned_case(index=1, judge=judge)]
    models = [case.judge_model for case in Fold(planned, today=TODAY).cases()]
    assert models == [None, "openai/gpt-4o"]


def test_an_answer_that_could_not_be_judged_still_counts_as_answered() -> None:
    fold = Fold([a_planned_case()], today=TODAY)
    fold.add(a_trial(outcome=Outcome.ERRORED, fault=a_fault(kind=FaultKind.UNDECIDED)))
    [case] = fold.cases()
    assert (case.tally.answered, case.tally.errored) == (1, 1)


# Trials that come again


def undecided(**changes: Any) -> TrialResult:
    fault = a_fault(kind=FaultKind.UNDECIDED)
    return a_trial(outcome=Outcome.ERRORED, fault=fault, **changes)


def test_a_trial_that_comes_again_takes_the_place_of_its_error_and_both_are_paid() -> None:
    """Counted beside it, a case of one repeat would have two."""
    fold = Fold([a_planned_case()], today=TODAY)
    fold.add(undecided())
    fold.add(a_trial())
    [case] = fold.cases()
    one = a_completion()
    assert case.tally == Tally(passed=1, answered=1)
    assert case.outcome is Outcome.PASSED
    assert (case.cost, case.calls) == (one.cost + one.cost, 2)
    assert list(fold.latencies_s("product-manager")) == [one.latency_s] * 2


@pytest.mark.parametrize(
    ("first", "second", "tally"),
    [
        (FaultKind.BUDGET, FaultKind.TIMEOUT, Tally(errored=1)),
        (FaultKind.TIMEOUT, FaultKind.BUDGET, Tally(errored=1, stopped=1)),
    ],
)
def test_the_last_error_is_the_one_that_counts(
    first: FaultKind, second: FaultKind, tally: Tally
) -> None:
    fold = Fold([a_planned_case()], today=TODAY)
    for kind in (first, second):
        fault = a_fault(kind=kind, billed=True, usd=Decimal(1))
        fold.add(a_trial(outcome=Outcome.ERRORED, completion=None, fault=fault))
    [case] = fold.cases()
    assert (case.tally, case.cost) == (tally, Cost(usd=Decimal(2)))


def test_only_the_same_repeat_is_replaced() -> None:
    fold = Fold([a_planned_case(case=a_case(repeat=3, repeat_pass=2))], today=TODAY)
    for repeat in (0, 1):
        fold.add(undecided(repeat=repeat))
    for repeat in (1, 2):
        fold.add(a_trial(repeat=repeat))
    [case] = fold.cases()
    assert case.tally == Tally(passed=2, errored=1, answered=3)


@pytest.mark.parametrize("kept", [1, 100])
def test_a_case_can_be_gone_on_with_after_many_others(
    monkeypatch: pytest.MonkeyPatch, kept: int
) -> None:
    """Its counters have been written to the disk by then."""
    monkeypatch.setattr(spool, "KEPT", kept)
    case = a_case(repeat=2, repeat_pass=2)
    fold = Fold([a_planned_case(index=index, case=case) for index in range(9)], today=TODAY)
    for index in range(9):
        fold.add(undecided(index=index))
        fold.add(a_trial(index=index, repeat=1, completion=a_completion(cached=True)))
    fold.add(a_trial(index=0))
    fold.add(a_lost_trial(index=4))
    tallies = [each.tally for each in fold.cases()]
    left = Tally(passed=1, errored=1, answered=2, cached=1)
    assert tallies[1:4] + tallies[5:] == [left] * 7
    assert tallies[0] == replace(left, passed=2, errored=0)
    assert tallies[4] == replace(left, failed=1, errored=0)


def test_the_cases_of_a_suite_are_those_of_its_stretch_of_the_plan() -> None:
    suites = ["a", "a", "b", "c", "c"]
    planned = [a_planned_case(index=n, suite=suite) for n, suite in enumerate(suites)]
    fold = Fold(planned, today=TODAY)
    found = {suite: [case.index for case in fold.of(suite)] for suite in ("a", "b", "c")}
    assert found == {"a": [0, 1], "b": [2], "c": [3, 4]}
    assert [case.index for case in fold.cases()[1:4]] == [1, 2, 3]
    assert len(fold.of("c")) == 2


def test_latencies_are_told_by_suite() -> None:
    fold = Fold([a_planned_case(suite="a"), a_planned_case(index=1, suite="b")], today=TODAY)
    fold.add(a_trial(index=1, suite="b"))
    assert list(fold.latencies_s("a")) == []
    assert list(fold.latencies_s("b")) == [a_completion().latency_s]


def test_both_models_of_a_cascade_are_paid_and_waited_for() -> None:
    small = a_lost_trial(tier="small", completion=a_completion(latency_s=0.5))
    large = a_trial(tier="large", completion=a_completion(latency_s=2.0), tried=small)
    fold = Fold([a_planned_case()], today=TODAY)
    fold.add(replace(large, judge_cost=Cost(usd=Decimal(1))))
    [case] = fold.cases()
    one = a_completion()
    assert case.tally == Tally(passed=1, answered=1)
    assert (case.cost, case.judge_cost) == (one.cost + one.cost, Cost(usd=Decimal(1)))
    assert (case.calls, case.latency_s) == (2, 2.5)
    assert case.cascade is not None
    assert (case.cascade.small, case.cascade.large) == (0, 1)


@pytest.mark.parametrize(
    ("values", "share", "expected"),
    [
        ([], 0.95, None),
        ([3.0], 0.95, 3.0),
        ([2.0, 1.0], 0.5, 1.0),
        ([float(n) for n in range(1, 101)], 0.95, 95.0),
        ([float(n) for n in range(1, 11)], 0.95, 10.0),
    ],
)
def test_a_percentile_is_a_value_that_was_measured(
    values: list[float], share: float, expected: float | None
) -> None:
    assert percentile(values, share) == expected


@given(
    st.lists(st.integers(0, 9).map(float) | st.floats(allow_nan=False), min_size=1, max_size=60),
    st.floats(0, 1),
)
def test_a_percentile_is_what_sorting_would_tell(values: list[float], share: float) -> None:
    ordered = sorted(values)
    assert percentile(values, share) == ordered[max(ceil(share * len(ordered)), 1) - 1]


@pytest.mark.parametrize(
    ("auto", "tally"),
    [
        (True, Tally(passed=3, errored=1, answered=3, spared=1)),
        (False, Tally(passed=3, errored=1, answered=3, stopped=1, skipped=1)),
    ],
)
def test_of_a_case_that_ended_early_the_rest_was_not_needed(auto: bool, tally: Tally) -> None:
    case = a_case(repeat=5, repeat_pass=3, repeat_auto=auto)
    fold = Fold([a_planned_case(case=case)], today=TODAY)
    refused = a_trial(
        repeat=3, outcome=Outcome.ERRORED, completion=None, fault=a_fault(kind=FaultKind.BUDGET)
    )
    for result in (refused, *(a_trial(repeat=repeat) for repeat in range(3))):
        fold.add(result)
    [found] = fold.cases()
    assert found.outcome is Outcome.PASSED
    assert found.tally == tally


def test_of_a_case_that_is_not_decided_nothing_was_spared() -> None:
    case = a_case(repeat=5, repeat_pass=3, repeat_auto=True)
    fold = Fold([a_planned_case(case=case)], today=TODAY)
    fold.add(a_trial())
    [found] = fold.cases()
    assert found.outcome is Outcome.ERRORED
    assert (found.tally.spared, found.tally.skipped) == (0, 4)
