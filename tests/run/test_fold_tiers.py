"""What both models of a cascade took is counted, and the verdict of one of them."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from agentops_cli.model.call import FaultKind
from agentops_cli.model.codec import json_of_case
from agentops_cli.model.decode import case_of_json
from agentops_cli.model.money import Cost, Usage
from agentops_cli.model.result import Cascaded, CaseResult, Outcome, StoodIn, TrialResult
from agentops_cli.run.fold import Fold, live_latencies_s
from tests.builders import (
    a_case,
    a_completion,
    a_fault,
    a_lost_trial,
    a_planned_case,
    a_trial,
    a_turn,
    an_errored_trial,
)

SMALL, LARGE = "openai/mini", "openai/gpt-4o"
LABEL = f"{SMALL}>{LARGE}"


def folded(*trials: TrialResult, repeat: int = 1) -> CaseResult:
    case = a_case(repeat=repeat, repeat_pass=repeat)
    fold = Fold([a_planned_case(case=case, model=LABEL)], today=date(2026, 5, 1))
    for trial in trials:
        fold.add(trial)
    return fold.case(0)


def answered(usd: str, seconds: float = 1.0, **changes: Any) -> Any:
    usage = Usage(input_tokens=10)
    return a_completion(cost=Cost(usd=Decimal(usd)), latency_s=seconds, usage=usage, **changes)


def tried(usd: str = "1", seconds: float = 1.0, **changes: Any) -> TrialResult:
    completion = answered(usd, seconds, **changes)
    return a_lost_trial(model=LABEL, tier=SMALL, completion=completion)


def escalated(trial: TrialResult | None = None, **changes: Any) -> TrialResult:
    return a_trial(
        **{
            "model": LABEL,
            "tier": LARGE,
            "tried": trial or tried(),
            "completion": answered("10", 2.0),
            "saved_usd": Decimal(-1),
            **changes,
        }
    )


def test_a_case_has_the_figures_of_both_and_the_outcome_of_one() -> None:
    judged = escalated(tried(), judge_cost=Cost(usd=Decimal(4)))
    case = folded(judged)
    assert case.outcome is Outcome.PASSED
    assert (case.cost, case.judge_cost) == (Cost(usd=Decimal(11)), Cost(usd=Decimal(4)))
    assert (case.calls, case.usage.input_tokens) == (2, 20)
    assert (case.tally.passed, case.tally.failed, case.tally.answered) == (1, 0, 1)
    assert case.cascade == Cascaded(large=1, saved_usd=Decimal(-1))


def test_what_gave_no_answer_on_the_small_model_was_paid_too() -> None:
    fault = a_fault(kind=FaultKind.TIMEOUT, billed=True, usd=Decimal(5))
    case = folded(escalated(a_lost_trial(completion=None, fault=fault, model=LABEL, tier=SMALL)))
    assert case.cost == Cost(usd=Decimal(15))


def test_whoever_waits_for_the_large_model_has_waited_for_the_small_one() -> None:
    assert live_latencies_s(escalated()) == [3.0]
    assert live_latencies_s(escalated(tried(cached=True))) == [2.0]
    assert live_latencies_s(a_trial(tier=SMALL, completion=answered("1", 1.5))) == [1.5]


def test_in_a_conversation_that_is_so_turn_by_turn() -> None:
    def turns(*seconds: float) -> dict[str, Any]:
        made = tuple(a_turn(completion=answered("1", s), steps=1) for s in seconds)
        return {"turns": made, "completion": answered("1", sum(seconds))}

    before = a_lost_trial(model=LABEL, tier=SMALL, **turns(1.0, 2.0))
    assert live_latencies_s(escalated(before, **turns(10.0, 20.0))) == [11.0, 22.0]
    cut_off = escalated(before, **turns(10.0))
    assert live_latencies_s(cut_off) == [11.0, 2.0]


def test_a_trial_that_comes_again_is_counted_once_and_paid_twice() -> None:
    first = an_errored_trial(model=LABEL, tier=LARGE, tried=tried("1"), saved_usd=Decimal(-1))
    again = a_trial(model=LABEL, tier=SMALL, completion=answered("1"), saved_usd=Decimal(3))
    case = folded(first, again)
    assert case.outcome is Outcome.PASSED
    assert case.cost == Cost(usd=Decimal(2))
    assert case.cascade == Cascaded(small=1, saved_usd=Decimal(2))


@pytest.mark.parametrize(("kind", "stopped"), [(FaultKind.BUDGET, 1), (FaultKind.TIMEOUT, 0)])
def test_a_large_model_that_could_not_be_asked_leaves_no_verdict(
    kind: FaultKind, stopped: int
) -> None:
    trial = an_errored_trial(model=LABEL, tier=LARGE, tried=tried(), fault=a_fault(kind=kind))
    case = folded(trial)
    assert case.outcome is Outcome.ERRORED
    assert (case.tally.errored, case.tally.stopped, case.tally.answered) == (1, stopped, 1)


def test_who_stood_in_is_added_up_and_comes_back_from_a_result_file() -> None:
    own = escalated(tried(answered_by="azure/mini"))
    case = folded(own, a_trial(repeat=1, model=LABEL, tier=SMALL), repeat=2)
    assert case.stood_in == (StoodIn(asked=SMALL, answered_by="azure/mini", trials=1),)
    assert case.cascade == Cascaded(small=1, large=1, saved_usd=Decimal(-1), unestimated=1)
    back = case_of_json(json_of_case(case, ()), index=0)
    assert (back.cascade, back.stood_in) == (case.cascade, case.stood_in)
