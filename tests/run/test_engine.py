import asyncio
from collections.abc import Sequence
from dataclasses import replace
from itertools import count

import pytest

from agentops_cli.errors import StoreError
from agentops_cli.gateways.scripted import Scripted
from agentops_cli.model.call import Ask, Evidence, FaultKind, Verdict
from agentops_cli.model.money import Cost
from agentops_cli.model.prompt import Sampling
from agentops_cli.model.result import Outcome, PlannedCase, Trial, TrialResult
from agentops_cli.ports import Assertion
from agentops_cli.run.engine import Engine, trials_of
from tests.builders import a_case, a_fault, a_planned_case, a_request, a_verdict


class Says:
    """An assertion that always says the same."""

    def __init__(self, passed: bool | None, *, advisory: bool = False) -> None:
        self.verdict = a_verdict(passed=passed, advisory=advisory, reason="as told")

    def check(self, evidence: Evidence) -> Verdict:
        return self.verdict


class Raises:
    def check(self, evidence: Evidence) -> Verdict:
        raise ZeroDivisionError("a plugin's bug")


class Asks:
    """An assertion that lets a model decide: it passes when the model says yes."""

    def check(self, evidence: Evidence) -> Ask:
        request = a_request(model="judge")
        return Ask(
            request=request, settle=lambda reply: a_verdict(passed=reply.text == "yes", kind="ask")
        )


def planned(number: int, *, repeat: int = 1) -> list[PlannedCase]:
    return [
        a_planned_case(index=index, case=a_case(id=f"c{index}", repeat=repeat))
        for index in range(number)
    ]


async def results(
    gateway: Scripted,
    checks: Sequence[Assertion] = (),
    cases: Sequence[PlannedCase] | None = None,
    concurrency: int = 4,
) -> list[TrialResult]:
    found: list[TrialResult] = []
    engine = Engine(
        gateway, checks_of=lambda _: checks, on_result=found.append, concurrency=concurrency
    )
    await engine.run(trials_of(cases if cases is not None else planned(1)))
    return found


@pytest.mark.parametrize(
    ("checks", "outcome", "fault"),
    [
        ([Says(True)], Outcome.PASSED, None),
        ([Says(True), Says(False)], Outcome.FAILED, None),
        ([Says(None)], Outcome.ERRORED, FaultKind.UNDECIDED),
        ([Says(None), Says(False)], Outcome.FAILED, None),
        ([Says(True), Says(False, advisory=True)], Outcome.PASSED, None),
        ([Raises()], Outcome.ERRORED, FaultKind.INTERNAL),
        ([Raises(), Says(True)], Outcome.ERRORED, FaultKind.INTERNAL),
        ([Raises(), Says(False)], Outcome.FAILED, None),
    ],
)
async def test_the_outcome_of_a_trial_follows_from_its_binding_verdicts(
    checks: Sequence[Assertion], outcome: Outcome, fault: FaultKind | None
) -> None:
    [result] = await results(Scripted("an answer"), checks)
    assert result.outcome is outcome
    assert (result.fault.kind if result.fault else None) is fault
    assert result.completion is not None


async def test_a_call_without_an_answer_is_errored_whatever_was_asserted() -> None:
    [result] = await results(Scripted(a_fault()), [Says(True)])
    assert result.outcome is Outcome.ERRORED
    assert (result.completion, result.verdicts, result.fault) == (None, (), a_fault())


async def test_every_trial_ends_once_and_no_more_run_at_once_than_allowed() -> None:
    gateway = Scripted("an answer")
    found = await results(gateway, cases=planned(20, repeat=3), concurrency=7)
    assert sorted((r.index, r.repeat) for r in found) == [
        (i, r) for i in range(20) for r in range(3)
    ]
    assert gateway.most_in_flight == 7


async def test_a_model_is_asked_through_the_same_gateway_and_paid_apart() -> None:
    gateway = Scripted(lambda request: "yes" if request.model == "judge" else "an answer")
    [result] = await results(gateway, [Asks(), Says(True)])
    assert result.outcome is Outcome.PASSED
    assert [request.model for request in gateway.requests] == ["openai/gpt-4o-mini", "judge"]
    assert [verdict.kind for verdict in result.verdicts] == ["mustContain", "ask"]
    assert result.judge_cost == Cost()


async def test_no_model_is_asked_once_a_free_verdict_has_said_no() -> None:
    gateway = Scripted("an answer")
    [result] = await results(gateway, [Asks(), Says(False)])
    assert result.outcome is Outcome.FAILED
    assert gateway.calls == 1


async def test_a_judge_that_is_out_of_reach_leaves_the_answer_and_no_verdict() -> None:
    fault = a_fault()
    gateway = Scripted(lambda request: fault if request.model == "judge" else "an answer")
    [result] = await results(gateway, [Asks(), Says(True)])
    assert (result.outcome, result.fault) == (Outcome.ERRORED, fault)
    assert result.completion is not None
    assert len(result.verdicts) == 1


async def test_a_cancellation_keeps_what_finished_and_marks_what_was_under_way() -> None:
    never = asyncio.Event()

    answered = count()

    async def script(request: object) -> str:
        if next(answered) >= 2:
            await never.wait()
        return "an answer"

    gateway = Scripted(script)
    found: list[TrialResult] = []
    engine = Engine(
        gateway, checks_of=lambda _: [Says(True)], on_result=found.append, concurrency=2
    )
    work = asyncio.ensure_future(engine.run(trials_of(planned(9))))
    while gateway.calls < 4:
        await asyncio.sleep(0)
    work.cancel()
    with pytest.raises(asyncio.CancelledError):
        await work
    assert [r.outcome for r in found] == [Outcome.PASSED] * 2 + [Outcome.ERRORED] * 2
    assert {r.fault.kind for r in found if r.fault} == {FaultKind.INTERRUPTED}


async def test_a_store_that_takes_no_more_ends_the_run_with_its_error() -> None:
    def full(result: TrialResult) -> None:
        raise StoreError("no space left")

    engine = Engine(Scripted("x"), checks_of=lambda _: [], on_result=full, concurrency=3)
    with pytest.raises(ExceptionGroup) as caught:
        await engine.run(trials_of(planned(5)))
    assert caught.group_contains(StoreError)


def test_each_repeat_has_a_number_and_a_seed_of_its_own() -> None:
    request = a_request(sampling=Sampling(seed=7))
    cases = [a_planned_case(case=a_case(repeat=3), request=request)]
    trials: list[Trial] = list(trials_of(cases))
    assert [trial.requests[0].repeat for trial in trials] == [0, 1, 2]
    assert [trial.requests[0].sampling.seed for trial in trials] == [7, 8, 9]


def test_a_prompt_without_a_seed_gets_none_from_repeating() -> None:
    trials = list(trials_of([a_planned_case(case=a_case(repeat=2))]))
    assert [trial.requests[0].sampling.seed for trial in trials] == [None, None]
    assert trials[0].requests[0] == replace(trials[1].requests[0], repeat=0)


def test_a_skipped_case_has_no_trials() -> None:
    assert list(trials_of([a_planned_case(case=a_case(skip="later"))])) == []
