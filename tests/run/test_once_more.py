from dataclasses import replace

import pytest

from agentops_cli.model.call import FaultKind
from agentops_cli.model.result import Outcome, PlannedCase
from agentops_cli.run.engine import conversation_ids, trial_of
from agentops_cli.run.once_more import Finished, OnceMore
from tests.builders import (
    a_case,
    a_fault,
    a_lost_trial,
    a_planned_case,
    a_trial,
    an_errored_trial,
)

AGAIN = ("connection", "timeout", "rate_limit", "provider", "malformed")


def planned(number: int) -> list[PlannedCase]:
    return [a_planned_case(index=index, case=a_case(id=f"c{index}")) for index in range(number)]


def again(kind: FaultKind, *, final: bool = False) -> int:
    once_more = OnceMore()
    once_more.add(an_errored_trial(fault=a_fault(kind=kind, final=final)))
    return len(once_more)


@pytest.mark.parametrize("kind", list(FaultKind))
def test_a_trial_is_tried_again_when_what_went_wrong_may_have_passed(kind: FaultKind) -> None:
    assert again(kind) == (kind.value in AGAIN)


@pytest.mark.parametrize("kind", AGAIN)
def test_a_fault_that_will_not_pass_is_final(kind: str) -> None:
    assert again(FaultKind(kind), final=True) == 0


@pytest.mark.parametrize("kind", [FaultKind.BUDGET, FaultKind.BREAKER])
def test_nothing_is_tried_again_in_a_run_that_was_ended(kind: FaultKind) -> None:
    once_more = OnceMore()
    once_more.add(an_errored_trial())
    once_more.add(an_errored_trial(index=1, fault=a_fault(kind=kind)))
    assert len(once_more) == 0
    assert list(once_more.trials(planned(2))) == []


def test_a_trial_with_a_verdict_is_not_tried_again_though_it_met_a_fault() -> None:
    once_more = OnceMore()
    once_more.add(a_trial())
    once_more.add(a_lost_trial(index=1, fault=a_fault()))
    assert len(once_more) == 0


def test_trials_come_in_plan_order_whatever_order_they_errored_in() -> None:
    once_more = OnceMore()
    places = [(70_000, 2), (0, 999), (1, 0), (0, 0)]
    for index, repeat in places:
        once_more.add(an_errored_trial(index=index, repeat=repeat))
    found = list(once_more.trials(planned(70_001)))
    assert [(t.planned.index, t.repeat) for t in found] == sorted(places)
    assert {trial.attempt for trial in found} == {1}
    assert [request.repeat for request in found[1].requests] == [999]


def test_a_second_attempt_does_not_take_up_the_conversation_of_the_first() -> None:
    name = conversation_ids("run")
    first = trial_of(a_planned_case(), 3)
    second = trial_of(a_planned_case(), 3, attempt=1)
    assert len({name(first, 0), name(first, 1), name(second, 0), name(second, 1)}) == 4
    assert second.requests == first.requests


def test_a_case_that_is_decided_without_its_errored_trial_is_left_alone() -> None:
    once_more = OnceMore()
    for index in range(3):
        once_more.add(an_errored_trial(index=index))
    found = once_more.trials(planned(3), decided=lambda case: case.index == 1)
    assert [trial.planned.index for trial in found] == [0, 2]


def test_what_errors_in_the_second_pass_does_not_join_it() -> None:
    once_more = OnceMore()
    once_more.add(an_errored_trial())
    second = once_more.trials(planned(1))
    assert next(second).planned.index == 0
    once_more.add(an_errored_trial())
    assert list(second) == []


def test_finished_are_the_trials_that_have_a_verdict() -> None:
    finished = Finished(3)
    for trial in (a_trial(index=2), a_lost_trial(index=0, repeat=4), an_errored_trial(index=1)):
        finished.add(trial)
    places = [(index, repeat) for index in range(3) for repeat in range(6)]
    assert {place for place in places if finished.has(*place)} == {(2, 0), (0, 4)}
    assert finished.number == 2


def test_a_trial_that_comes_twice_is_finished_once() -> None:
    finished = Finished(1)
    finished.add(an_errored_trial())
    finished.add(a_trial())
    finished.add(replace(a_trial(), outcome=Outcome.FAILED))
    assert finished.number == 1


def test_a_byte_a_trial_is_all_that_is_kept() -> None:
    import tracemalloc  # Slows everything down while it runs.

    trial = a_trial()
    tracemalloc.start()
    finished, once_more = Finished(10_000), OnceMore()
    for index in range(10_000):
        finished.add(replace(trial, index=index))
        once_more.add(an_errored_trial(index=index))
    kept = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    assert (finished.number, len(once_more)) == (10_000, 10_000)
    assert kept < 250_000
