from dataclasses import replace
from decimal import Decimal

from hypothesis import given

from agentops_cli.model.money import Cost, Usage
from agentops_cli.model.result import (
    Cascaded,
    CaseResult,
    Outcome,
    StoodIn,
    Tally,
    Totals,
)
from agentops_cli.model.totals import totals_by_model
from tests.builders import (
    MINI,
    SONNET,
    Evaluation,
    a_case,
    a_case_result,
    a_completion,
    a_lost_trial,
    a_trial,
    an_errored_trial,
    an_eventful_evaluation,
)
from tests.strategies import evaluations


def totals_of(*cases: CaseResult) -> Totals:
    return sum(totals_by_model(cases).values(), Totals())


def test_nothing_is_zero() -> None:
    assert totals_by_model([]) == {}
    assert (Totals().pass_rate, Totals().judged, Totals().cost) == (None, 0, Cost())


def test_models_come_in_the_order_of_their_first_case() -> None:
    cases = [a_case_result(model=model) for model in (SONNET, MINI, SONNET)]
    found = totals_by_model(cases)
    assert {model: totals.cases for model, totals in found.items()} == {SONNET: 2, MINI: 1}
    assert [*found] == [SONNET, MINI]


def test_a_case_is_undecided_when_missing_trials_could_have_made_it_pass() -> None:
    skipped, never_begun = (
        a_case_result([], case=a_case(skip=reason), outcome=Outcome.SKIPPED)
        for reason in ("by its author", None)
    )
    errored = a_case_result([an_errored_trial()])
    decided = [a_case_result(), a_case_result([a_lost_trial()]), skipped]
    assert totals_of(*decided).undecided == 0
    assert totals_of(never_begun).undecided == totals_of(errored).undecided == 1


def test_the_rate_is_over_what_was_judged() -> None:
    outcomes = [*Outcome]
    found = totals_of(*(a_case_result(outcome=outcome) for outcome in outcomes))
    assert (found.good, found.judged, found.pass_rate) == (2, 3, 2 / 3)
    assert found.outcomes == dict.fromkeys(outcomes, 1)


def test_judges_are_told_apart_and_one_that_was_not_asked_is_among_them() -> None:
    cent = Cost(usd=Decimal("0.01"))
    nobody, unknown, free = (
        a_case_result(judge_model=None),
        a_case_result(judge_cost=cent),
        a_case_result(judge_model="local/judge"),
    )
    paid = replace(free, judge_cost=cent, judge_model="openai/judge")
    found = totals_of(nobody, unknown, free, paid, paid)
    assert found.judges == {None: cent, "local/judge": Cost(), "openai/judge": cent + cent}
    assert found.judge_cost == Cost(usd=Decimal("0.03"))


def test_a_case_with_a_call_of_unknown_cost_is_counted_once() -> None:
    unpriced = a_case_result(
        [a_trial(completion=a_completion(cost=Cost(unpriced_calls=2)))],
        judge_cost=Cost(unpriced_calls=1),
    )
    assert (totals_of(unpriced, a_case_result()).unpriced) == 1


def test_cascades_and_stand_ins_are_added_up() -> None:
    pair, other = (StoodIn(asked="a", answered_by=by, trials=2) for by in ("b", "c"))
    cascade = Cascaded(small=1, large=2, saved_usd=Decimal("0.5"))
    found = totals_of(
        a_case_result(cascade=cascade, stood_in=(pair,)),
        a_case_result(stood_in=(other, pair)),
        a_case_result(cascade=cascade),
    )
    assert found.cascade == cascade + cascade
    assert found.stood_in == (StoodIn(asked="a", answered_by="b", trials=4), other)


def test_the_totals_of_an_eventful_run() -> None:
    found = an_eventful_evaluation().run.totals
    cases = [*an_eventful_evaluation().run.cases]
    assert found.cases == len(cases)
    assert found.tally == sum((case.tally for case in cases), Tally())
    assert found.cost == sum((case.cost for case in cases), Cost())
    assert found.usage == sum((case.usage for case in cases), Usage())
    assert found.calls == sum(case.calls for case in cases)
    assert found.cached_calls == sum(case.cached_calls for case in cases)


@given(evaluations())
def test_parts_add_up_to_the_whole_in_whatever_groups(evaluation: Evaluation) -> None:
    run = evaluation.run
    for suite in run.suites:
        assert suite.totals.cases == len(suite.cases)
    whole = totals_of(*run.cases)
    assert replace(run.totals, latency_s=0.0) == replace(whole, latency_s=0.0)
    assert abs(run.totals.latency_s - whole.latency_s) <= 1e-9 * max(1.0, whole.latency_s)


def test_a_suite_knows_its_models_without_its_cases() -> None:
    suite = an_eventful_evaluation().run.suites[0]
    assert replace(suite, cases=()).models == (MINI, SONNET)
