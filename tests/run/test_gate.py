from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from agentops_cli.errors import ExitCode
from agentops_cli.model.finding import Severity
from agentops_cli.model.money import Cost
from agentops_cli.model.result import (
    CaseResult,
    GateDecision,
    Outcome,
    SuiteResult,
    Tally,
    Totals,
)
from agentops_cli.model.suite import Gate
from agentops_cli.model.totals import totals_by_model
from agentops_cli.run.gate import decide, judge_part, judge_suite
from tests.builders import a_case, a_place

_TALLIES = {
    Outcome.PASSED: Tally(passed=1, answered=1),
    Outcome.FLAKY: Tally(passed=4, failed=1, answered=5),
    Outcome.FAILED: Tally(failed=1, answered=1),
    Outcome.ERRORED: Tally(errored=1),
    Outcome.SKIPPED: Tally(skipped=1),
    Outcome.XFAILED: Tally(failed=1, answered=1),
    Outcome.QUARANTINED: Tally(failed=1, answered=1),
}


def case_of(outcome: Outcome, **changes: Any) -> CaseResult:
    skip = "by its author" if outcome is Outcome.SKIPPED else None
    result = CaseResult(
        index=0, case=a_case(skip=skip), model="m", outcome=outcome, tally=_TALLIES[outcome]
    )
    return replace(result, **changes)


def cases_of(**counts: int) -> list[CaseResult]:
    return [case_of(Outcome(name)) for name, number in counts.items() for _ in range(number)]


def stopped() -> CaseResult:
    return case_of(Outcome.ERRORED, tally=Tally(errored=1, stopped=1))


def unreached() -> CaseResult:
    return case_of(Outcome.ERRORED, tally=Tally(errored=1, stopped=1, unreached=1))


def kept(judge_usd: str = "0") -> CaseResult:
    """An answer of an earlier run that passed; the judge is asked anew, if there is one."""
    tally = Tally(passed=1, answered=1, cached=1)
    return case_of(Outcome.PASSED, tally=tally, judge_cost=Cost(usd=Decimal(judge_usd)))


def not_begun() -> CaseResult:
    return case_of(Outcome.SKIPPED, case=a_case())


def undecided() -> CaseResult:
    return case_of(Outcome.ERRORED, tally=Tally(errored=1, answered=1))


def recorded(stopped: int = 0) -> CaseResult:
    """A recorded answer that nobody judged."""
    tally = Tally(errored=1, answered=1, cached=1, stopped=stopped, unreached=stopped)
    return case_of(Outcome.ERRORED, tally=tally)


def judged(
    cases: Sequence[CaseResult],
    gate: Gate = Gate(),
    p95_latency_s: float | None = 1.0,
    replayed: int = 0,
) -> GateDecision:
    totals = sum(totals_by_model(cases).values(), Totals())
    return judge_suite(
        totals, gate, p95_latency_s=p95_latency_s, location=a_place(), replayed=replayed
    )


def suite_of(cases: Sequence[CaseResult], gate: Gate = Gate()) -> SuiteResult:
    return SuiteResult(
        name="s",
        path="s.yaml",
        prompt_name=None,
        prompt_version=None,
        prompt_sha256=None,
        cases=cases,
        by_model=totals_by_model(cases),
        gate=gate,
        decision=judged(cases, gate),
    )


@pytest.mark.parametrize(
    ("cases", "gate", "code"),
    [
        (cases_of(passed=3), Gate(), ExitCode.OK),
        (cases_of(passed=3, flaky=1), Gate(), ExitCode.OK),
        (cases_of(passed=3, xfailed=2, skipped=1, quarantined=1), Gate(), ExitCode.OK),
        (cases_of(passed=3, failed=1), Gate(), ExitCode.REJECTED),
        (cases_of(passed=3, failed=1), Gate(min_pass_rate=0.75), ExitCode.OK),
        # One of 40 that could not be judged leaves no verdict.
        (cases_of(passed=39, errored=1), Gate(), ExitCode.UNREACHABLE),
        (cases_of(passed=39, errored=1), Gate(max_errored=1), ExitCode.OK),
        (cases_of(errored=4), Gate(max_errored=9), ExitCode.UNREACHABLE),
        (cases_of(passed=3, failed=1, errored=1), Gate(), ExitCode.REJECTED),
        # A failure that the missing case could make up for is not certain.
        (cases_of(passed=2, failed=1, errored=1), Gate(min_pass_rate=0.75), ExitCode.UNREACHABLE),
        ([*cases_of(passed=3), stopped()], Gate(), ExitCode.STOPPED),
        ([*cases_of(passed=3, failed=1), stopped()], Gate(), ExitCode.REJECTED),
        ([stopped(), stopped()], Gate(), ExitCode.STOPPED),
        ([*cases_of(errored=1), stopped()], Gate(), ExitCode.UNREACHABLE),
        ([undecided()], Gate(), ExitCode.UNREACHABLE),
        ([undecided(), *cases_of(passed=1)], Gate(max_errored=1), ExitCode.OK),
        (cases_of(skipped=2), Gate(), ExitCode.EMPTY),
        (cases_of(xfailed=2), Gate(), ExitCode.EMPTY),
        (cases_of(quarantined=2), Gate(), ExitCode.EMPTY),
        (cases_of(xfailed=1, quarantined=1, skipped=1), Gate(), ExitCode.EMPTY),
        ([undecided()], Gate(max_errored=1), ExitCode.EMPTY),
        ([undecided(), *cases_of(xfailed=1)], Gate(), ExitCode.UNREACHABLE),
        ([*cases_of(quarantined=1), stopped()], Gate(), ExitCode.STOPPED),
        # Recorded answers whose judge was down from the first question on, and one that came late.
        ([recorded(), recorded(stopped=1)], Gate(), ExitCode.UNREACHABLE),
        ([recorded(), recorded(stopped=1), *cases_of(passed=1)], Gate(), ExitCode.STOPPED),
        ([recorded(stopped=1), recorded(stopped=1)], Gate(), ExitCode.UNREACHABLE),
        # The breaker refused all others: no call was ever answered, whatever was kept from before.
        ([unreached(), unreached()], Gate(), ExitCode.UNREACHABLE),
        ([kept(), *cases_of(errored=1), unreached()], Gate(), ExitCode.UNREACHABLE),
        ([kept(), unreached(), stopped()], Gate(), ExitCode.UNREACHABLE),
        ([kept("0.1"), unreached()], Gate(), ExitCode.STOPPED),
        ([*cases_of(passed=1), unreached()], Gate(), ExitCode.STOPPED),
        # A budget that refuses them is no outage, nor is a kept answer that nobody could judge.
        ([kept(), stopped()], Gate(), ExitCode.STOPPED),
        ([kept(), recorded(), stopped()], Gate(), ExitCode.STOPPED),
        ([recorded(), stopped()], Gate(), ExitCode.UNREACHABLE),
    ],
)
def test_causes_win_over_each_other_in_one_order(
    cases: Sequence[CaseResult], gate: Gate, code: ExitCode
) -> None:
    """A run that judged nothing, as when each case is expected to fail, is never falsely green."""
    assert decide([suite_of(cases, gate)], interrupted=False) is code


def test_an_interruption_wins_over_everything() -> None:
    cases = [*cases_of(failed=3), not_begun()]
    assert decide([suite_of(cases)], interrupted=True) is ExitCode.INTERRUPTED


def test_one_suite_that_is_certainly_rejected_rejects_the_run() -> None:
    suites = [suite_of(cases_of(errored=2)), suite_of(cases_of(failed=1))]
    assert decide(suites, interrupted=False) is ExitCode.REJECTED


def test_a_case_that_was_not_begun_keeps_a_rejection_uncertain() -> None:
    cases = [*cases_of(passed=2, failed=1), not_begun()]
    assert not judged(cases, Gate(min_pass_rate=0.75)).certain
    assert judged(cases, Gate(min_pass_rate=0.8)).certain


@pytest.mark.parametrize(("limit", "passed"), [(Decimal("0.04"), True), (Decimal("0.0399"), False)])
def test_the_cost_gate_counts_the_judges_too(limit: Decimal, passed: bool) -> None:
    case = case_of(
        Outcome.PASSED, cost=Cost(usd=Decimal("0.03")), judge_cost=Cost(usd=Decimal("0.01"))
    )
    decision = judged([case], Gate(max_cost_usd=limit))
    assert (decision.passed, decision.certain) == (passed, not passed)


def test_what_is_assumed_counts_against_the_cost_gate_and_is_never_certain() -> None:
    lost = case_of(Outcome.PASSED, cost=Cost(usd=Decimal("0.05"), assumed_calls=2))
    decision = judged([lost], Gate(max_cost_usd=Decimal("0.04")))
    assert (decision.passed, decision.certain) == (False, False)
    assert "cost $0.05 (2 calls without an answer counted at" in decision.reasons[0].message
    assert judged([lost], Gate(max_cost_usd=Decimal("0.05"))).passed


def test_an_unknown_cost_never_meets_a_cost_gate() -> None:
    case = case_of(Outcome.PASSED, cost=Cost(unpriced_calls=1))
    decision = judged([case], Gate(max_cost_usd=Decimal(100)))
    assert not decision.passed
    assert "1 calls have no known cost" in decision.reasons[0].message


@pytest.mark.parametrize(
    ("calls", "cached", "replayed", "usd", "told"),
    [
        (2, 2, 0, "0", "every answer was recorded, so maxCostUsd was not measured"),
        (2, 2, 3, "0", "every answer was recorded, so maxCostUsd was not measured"),
        (2, 1, 0, "0.02", "1 answer was recorded, so maxCostUsd was held against the cost of the"),
        (2, 2, 2, "0.02", "2 answers were recorded, so maxCostUsd was held against"),
        (2, 0, 3, "0.02", "3 answers were recorded, so maxCostUsd was held against"),
        (2, 0, 0, "0.02", None),
        (2, 0, 0, "0", None),
    ],
)
def test_a_cost_that_recorded_answers_cannot_show_is_a_warning_and_not_a_no(
    calls: int, cached: int, replayed: int, usd: str, told: str | None
) -> None:
    case = case_of(Outcome.PASSED, cost=Cost(usd=Decimal(usd)), calls=calls, cached_calls=cached)
    decision = judged([case], Gate(max_cost_usd=Decimal("0.05")), replayed=replayed)
    assert decision.passed
    assert [reason.severity for reason in decision.reasons] == [Severity.WARNING] * bool(told)
    assert "".join(reason.message for reason in decision.reasons).startswith(told or "")
    assert not judged([case], replayed=replayed).reasons


def test_what_recorded_answers_cost_beside_others_is_no_excuse_for_those() -> None:
    case = case_of(Outcome.PASSED, cost=Cost(usd=Decimal("0.06")), calls=2, cached_calls=1)
    [reason] = judged([case], Gate(max_cost_usd=Decimal("0.05"))).reasons
    assert reason.severity is Severity.ERROR


def test_the_latency_gate_names_what_it_measured() -> None:
    assert judged(cases_of(passed=1), Gate(max_p95_latency_s=1.0)).passed
    decision = judged(cases_of(passed=1), Gate(max_p95_latency_s=0.5))
    assert not decision.passed
    assert decision.reasons[0].message.startswith("the 95th percentile of latency is 1.00 s")


def test_a_latency_that_recorded_answers_cannot_show_is_a_warning_and_not_a_no() -> None:
    recorded = case_of(Outcome.PASSED, tally=Tally(passed=1, answered=1, cached=1))
    decision = judged([recorded], Gate(max_p95_latency_s=0.5), p95_latency_s=None)
    assert decision.passed
    assert decision.reasons[0].severity is Severity.WARNING


def test_a_reason_says_how_many_failed_and_what_the_gate_asks_for() -> None:
    [reason] = judged(cases_of(passed=17, failed=3), Gate(min_pass_rate=0.95)).reasons
    assert reason.message == (
        "3 of 20 judged cases failed: pass rate 85.0%, the gate asks for 95.0%"
    )
    assert reason.location == a_place()


def judged_part(cases: Sequence[CaseResult], gate: Gate, *, elsewhere: int) -> GateDecision:
    totals = sum(totals_by_model(cases).values(), Totals())
    return judge_part(totals, gate, elsewhere=elsewhere, location=a_place())


@pytest.mark.parametrize(
    ("elsewhere", "certain"), [(0, True), (1, True), (2, True), (3, False), (100, False)]
)
def test_a_part_is_certain_of_a_no_only_if_all_other_cases_together_could_not_mend_it(
    elsewhere: int, certain: bool
) -> None:
    cases = cases_of(passed=1, failed=2, errored=1, skipped=5, xfailed=3)
    gate = Gate(min_pass_rate=0.7, max_errored=1)
    decision = judged_part(cases, gate, elsewhere=elsewhere)
    assert (decision.passed, decision.certain) == (False, certain)
    # It is what the whole would say, if all of them passed.
    whole = judged([*cases, *cases_of(passed=elsewhere)], gate)
    assert whole.certain == certain
    assert [reason.rule for reason in decision.reasons] == ["min-pass-rate"] * certain


def test_a_part_never_says_yes() -> None:
    decision = judged_part(cases_of(passed=3), Gate(), elsewhere=0)
    assert not decision.passed
    assert not decision.reasons
    part = replace(suite_of(cases_of(passed=3)), decision=decision)
    assert decide([part], interrupted=False, is_part=True) is ExitCode.OK
    assert decide([part], interrupted=False) is ExitCode.REJECTED


def test_a_part_knows_of_too_much_money_and_of_too_many_errors() -> None:
    dear = case_of(Outcome.PASSED, cost=Cost(usd=Decimal("0.3")))
    decision = judged_part([dear], Gate(max_cost_usd=Decimal("0.2")), elsewhere=9)
    assert decision.certain
    assert [reason.rule for reason in decision.reasons] == ["max-cost"]
    lost = suite_of(cases_of(errored=1))
    decision = judged_part(lost.cases, Gate(), elsewhere=9)
    assert not decision.certain
    assert [reason.rule for reason in decision.reasons] == ["max-errored"]
    # Others of its cases could be judged: it is not that nobody answers.
    some = replace(suite_of(cases_of(errored=1, passed=2)), decision=decision)
    assert decide([some], interrupted=False, is_part=True) is ExitCode.UNREACHABLE


@pytest.mark.parametrize(
    ("cases", "expected"),
    [
        ([], ExitCode.OK),
        (cases_of(skipped=2), ExitCode.OK),
        (cases_of(failed=1, passed=1), ExitCode.OK),
        ([stopped(), *cases_of(passed=1)], ExitCode.STOPPED),
        (cases_of(errored=2), ExitCode.UNREACHABLE),
    ],
)
def test_what_ends_a_run_ends_a_part_and_what_is_judged_is_left_to_the_whole(
    cases: list[CaseResult], expected: ExitCode
) -> None:
    gate = Gate(min_pass_rate=0.1)
    decision = judged_part(cases, gate, elsewhere=9)
    part = replace(suite_of(cases, gate), decision=decision)
    assert decide([part] if cases else [], interrupted=False, is_part=True) is expected
    assert decide([part], interrupted=True, is_part=True) is ExitCode.INTERRUPTED
