import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from decimal import Decimal
from itertools import count

import pytest

from agentops_cli.errors import GatewayError, StoreError
from agentops_cli.gateways.scripted import Reply, Scripted, in_order
from agentops_cli.model.call import (
    Ask,
    Completion,
    Evidence,
    FaultKind,
    Purpose,
    Request,
    Verdict,
)
from agentops_cli.model.cut_off import CutOffError
from agentops_cli.model.judge import Judge
from agentops_cli.model.money import Cost
from agentops_cli.model.prompt import Sampling
from agentops_cli.model.result import Outcome, PlannedCase, Trial, TrialResult
from agentops_cli.ports import Assertion, Fixture, Gateway
from agentops_cli.run.engine import Engine, conversation_ids, trials_of
from tests.builders import (
    a_case,
    a_completion,
    a_fault,
    a_place,
    a_planned_case,
    a_request,
    a_verdict,
)
from tests.run.talk import a_spec, a_talk, order


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


class Judged:
    """An assertion that asks a judge, whatever it says."""

    def check(self, evidence: Evidence) -> Ask:
        request = a_request(model="judge", purpose=Purpose.JUDGE)
        return Ask(request=request, settle=lambda _: a_verdict())


def planned(number: int, *, repeat: int = 1) -> list[PlannedCase]:
    return [
        a_planned_case(index=index, case=a_case(id=f"c{index}", repeat=repeat))
        for index in range(number)
    ]


def an_engine(
    gateway: Gateway,
    checks: Sequence[Assertion] | Mapping[int | None, Sequence[Assertion]],
    *,
    on_result: Callable[[TrialResult], None],
    concurrency: int = 4,
    fixture: Fixture | None = None,
) -> Engine:
    """An engine whose checks are those of every case, or by turn, None for the case itself."""
    by_turn: Mapping[int | None, Sequence[Assertion]]
    by_turn = checks if isinstance(checks, Mapping) else {None: checks}
    return Engine(
        gateway,
        checks_of=lambda _, turn: by_turn.get(turn, ()),
        on_result=on_result,
        conversation_id=conversation_ids("run"),
        concurrency=concurrency,
        fixture=fixture,
    )


async def results(
    gateway: Scripted,
    checks: Sequence[Assertion] | Mapping[int | None, Sequence[Assertion]] = (),
    cases: Sequence[PlannedCase] | None = None,
    concurrency: int = 4,
    fixture: Fixture | None = None,
) -> list[TrialResult]:
    found: list[TrialResult] = []
    engine = an_engine(
        gateway, checks, on_result=found.append, concurrency=concurrency, fixture=fixture
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
    engine = an_engine(gateway, [Says(True)], on_result=found.append, concurrency=2)
    work = asyncio.ensure_future(engine.run(trials_of(planned(9))))
    while gateway.calls < 4:
        await asyncio.sleep(0)
    work.cancel()
    with pytest.raises(asyncio.CancelledError):
        await work
    assert [r.outcome for r in found] == [Outcome.PASSED] * 2 + [Outcome.ERRORED] * 2
    assert {r.fault.kind for r in found if r.fault} == {FaultKind.INTERRUPTED}


async def test_a_call_that_is_cut_off_costs_what_the_guards_say_and_one_that_waits_nothing() -> (
    None
):
    spent = Cost(usd=Decimal("0.07"), assumed_calls=1)
    for ended, cost in ((CutOffError(spent), spent), (asyncio.CancelledError(), Cost())):
        found: list[TrialResult] = []

        async def script(_: Request, ended: BaseException = ended) -> str:
            raise ended

        engine = an_engine(Scripted(script), [], on_result=found.append, concurrency=1)
        await engine.run(trials_of([a_planned_case()]))
        [cut_off] = found
        assert cut_off.fault
        assert cut_off.fault.kind is FaultKind.INTERRUPTED
        assert cut_off.fault.cost == cost


async def test_what_a_judge_that_is_cut_off_costs_is_counted_with_the_judges() -> None:
    spent = Cost(usd=Decimal("0.07"), assumed_calls=1)

    async def script(request: Request) -> str:
        if request.purpose is Purpose.JUDGE:
            raise CutOffError(spent)
        return "an answer"

    found: list[TrialResult] = []
    engine = an_engine(Scripted(script), [Judged()], on_result=found.append)
    await engine.run(trials_of([a_planned_case()]))
    [cut_off] = found
    assert cut_off.judge_cost == spent
    assert cut_off.fault is not None
    assert cut_off.fault.cost == Cost()


async def test_a_trial_is_told_of_when_the_ledger_takes_no_more_in_the_middle_of_it() -> None:
    async def script(request: Request) -> str:
        if request.purpose is Purpose.JUDGE:
            raise StoreError("no space left", cost=Cost(usd=Decimal(2)))
        return "an answer"

    found: list[TrialResult] = []
    engine = an_engine(Scripted(script), [Judged()], on_result=found.append)
    with pytest.raises(ExceptionGroup) as caught:
        await engine.run(trials_of([a_planned_case()]))
    assert caught.group_contains(StoreError)
    [cut_off] = found
    assert cut_off.completion is not None
    assert cut_off.completion.text == "an answer"
    assert cut_off.judge_cost == Cost(usd=Decimal(2)), "attempts before the one that was not made"


async def test_a_store_that_takes_no_more_ends_the_run_with_its_error() -> None:
    def full(result: TrialResult) -> None:
        raise StoreError("no space left")

    engine = an_engine(Scripted("x"), [], on_result=full, concurrency=3)
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


class Looks:
    """An assertion that keeps what it was shown."""

    def __init__(self) -> None:
        self.seen: list[Evidence] = []

    def check(self, evidence: Evidence) -> Verdict:
        self.seen.append(evidence)
        return a_verdict()


class AsksAgain:
    """An assertion that puts further questions to the judge, until it says yes or no."""

    def __str__(self) -> str:
        return "AsksAgain"

    def check(self, evidence: Evidence) -> Ask:
        return Ask(request=a_request(model="judge"), settle=self.settle)

    def settle(self, reply: Completion) -> Verdict | Ask:
        if reply.text in {"yes", "no"}:
            return a_verdict(kind="ask", passed=reply.text == "yes")
        return Ask(request=a_request(model="judge", repeat=1), settle=self.settle)


def judged_by(*replies: Reply, answers: Sequence[Reply] = ("1", "2", "3")) -> Scripted:
    """A gateway to a subject and to a judge, each with replies of its own."""
    subject, judge = in_order(*answers), iter(replies)
    return Scripted(lambda request: next(judge) if request.model == "judge" else subject(request))


def asked(gateway: Scripted) -> list[str]:
    """Who was asked, in order."""
    return ["judge" if r.model == "judge" else f"turn {r.turn}" for r in gateway.requests]


async def test_each_turn_is_judged_by_its_own_checks_and_the_last_by_the_cases_too() -> None:
    looks: dict[int | None, Looks] = {0: Looks(), 1: Looks(), None: Looks()}
    bills = [a_completion(text, cost=Cost(usd=Decimal(1))) for text in "12"]
    judge = Judge(model="judge", location=a_place())
    planned = replace(a_talk("one", "two", vars={"a": 1}), judge=judge)
    checks: dict[int | None, Sequence[Assertion]] = {turn: [look] for turn, look in looks.items()}
    [result] = await results(Scripted(in_order(*bills)), checks, [planned])
    seen = {turn: [e.completion.text for e in look.seen] for turn, look in looks.items()}
    assert seen == {0: ["1"], 1: ["2"], None: ["2"]}
    [whole], [last] = looks[None].seen, looks[1].seen
    assert [last.completion.cost, whole.completion.cost] == [Cost(usd=Decimal(n)) for n in (1, 2)]
    assert (whole.case.input, whole.case.vars) == ("two", {"a": 1})
    assert len(whole.request.messages) == 4
    assert whole.judge == judge
    assert [message.content for message in whole.transcript] == ["one", "1", "two"]
    assert last.transcript == whole.transcript
    assert [verdict.turn for verdict in result.verdicts] == [0, 1, None]
    assert result.completion == whole.completion
    assert [turn.completion for turn in result.turns] == bills


async def test_a_lost_turn_does_not_keep_the_rest_from_being_said() -> None:
    checks: dict[int | None, Sequence[Assertion]] = {0: [Says(False)], None: [Says(True)]}
    [result] = await results(Scripted("an answer"), checks, [a_talk("one", "two")])
    assert result.outcome is Outcome.FAILED
    assert len(result.turns) == 2
    assert [(verdict.turn, verdict.passed) for verdict in result.verdicts] == [
        (0, False), (None, True),
    ]  # fmt: skip


async def test_a_trial_of_one_call_has_no_turns() -> None:
    [result] = await results(Scripted("an answer"), [Says(True)])
    assert result.turns == ()
    assert [verdict.turn for verdict in result.verdicts] == [None]


async def test_the_steps_of_one_turn_are_kept_as_one() -> None:
    planned = a_talk(stubs={"get_order": "40"})
    gateway = Scripted(in_order(order(), "It is 40."))
    [result] = await results(gateway, [Says(True)], [planned])
    [turn] = result.turns
    assert (turn.steps, turn.completion) == (2, result.completion)
    assert result.outcome is Outcome.PASSED


async def test_what_a_conversation_finds_by_itself_fails_the_trial() -> None:
    planned = a_talk(stubs={"get_order": "40"}, max_steps=2)
    [result] = await results(Scripted(order()), [Says(True)], [planned])
    assert result.outcome is Outcome.FAILED
    assert [verdict.kind for verdict in result.verdicts] == ["maxSteps", "mustContain"]


async def test_a_tool_without_a_stub_is_an_errored_trial_that_was_paid_for() -> None:
    paid = a_completion("", tool_calls=(order(),))
    [result] = await results(Scripted(paid), [Says(True)], [a_talk(stubs={"search": "x"})])
    assert (result.outcome, result.completion) == (Outcome.ERRORED, None)
    assert result.fault is not None
    assert "no stub" in result.fault.message
    assert result.answers == (paid,)


async def test_a_call_without_an_answer_keeps_the_turns_before_it() -> None:
    fault = a_fault(billed=True)
    gateway = Scripted(in_order("1", "2", fault))
    checks: dict[int | None, Sequence[Assertion]] = {0: [Says(True)], 1: [Says(True)]}
    [result] = await results(gateway, checks, [a_talk("one", "two", "three")])
    assert (result.outcome, result.fault, result.completion) == (Outcome.ERRORED, fault, None)
    assert [turn.completion.text for turn in result.turns] == ["1", "2"]
    assert [verdict.turn for verdict in result.verdicts] == [0, 1]


async def test_a_call_without_an_answer_keeps_the_steps_of_its_turn() -> None:
    gateway = Scripted(in_order(order(), order(), a_fault()))
    [result] = await results(gateway, [Says(True)], [a_talk(stubs={"get_order": "40"})])
    assert result.outcome is Outcome.ERRORED
    [turn] = result.turns
    assert (turn.steps, turn.completion.tool_calls) == (2, (order(), order()))


async def test_a_turn_that_was_lost_stays_lost_when_the_next_has_no_answer() -> None:
    gateway = Scripted(in_order("1", a_fault()))
    [result] = await results(gateway, {0: [Says(False)]}, [a_talk("one", "two")])
    assert (result.outcome, result.fault) == (Outcome.FAILED, a_fault())
    assert result.completion is None


async def test_no_judge_is_paid_once_any_turn_is_lost() -> None:
    gateway = judged_by("yes")
    checks: dict[int | None, Sequence[Assertion]] = {0: [Says(False)], 1: [Asks()], None: [Asks()]}
    [result] = await results(gateway, checks, [a_talk("one", "two")])
    assert result.outcome is Outcome.FAILED
    assert asked(gateway) == ["turn 0", "turn 1"]


async def test_no_second_judge_is_paid_once_the_first_has_said_no() -> None:
    gateway = judged_by("no", "yes")
    [result] = await results(gateway, [Asks(), Asks()])
    assert result.outcome is Outcome.FAILED
    assert asked(gateway) == ["turn 0", "judge"]


async def test_a_turn_is_judged_before_the_next_is_asked() -> None:
    gateway = judged_by("yes", "yes")
    checks: dict[int | None, Sequence[Assertion]] = {0: [Asks()], None: [Asks()]}
    [result] = await results(gateway, checks, [a_talk("one", "two")])
    assert result.outcome is Outcome.PASSED
    assert asked(gateway) == ["turn 0", "judge", "turn 1", "judge"]
    assert [verdict.turn for verdict in result.verdicts] == [0, None]


async def test_a_judge_is_asked_again_and_every_question_is_paid() -> None:
    opinions = [a_completion(text, cost=Cost(usd=Decimal(1))) for text in ("what?", "hm", "yes")]
    gateway = judged_by(*opinions)
    [result] = await results(gateway, [AsksAgain()])
    assert result.outcome is Outcome.PASSED
    assert result.judge_cost == Cost(usd=Decimal(3))
    assert [request.repeat for request in gateway.requests[1:]] == [0, 1, 1]


async def test_a_judge_that_never_comes_to_an_end_is_asked_no_more() -> None:
    gateway = Scripted("hm")
    [result] = await results(gateway, [AsksAgain()])
    assert result.outcome is Outcome.ERRORED
    assert result.fault is not None
    assert result.fault.kind is FaultKind.INTERNAL
    assert "AsksAgain has no verdict after 50 questions" in result.fault.message
    assert gateway.calls == 51


async def test_a_check_that_breaks_on_the_judges_answer_ends_no_run() -> None:
    class Breaks(AsksAgain):
        def settle(self, reply: Completion) -> Verdict | Ask:
            raise KeyError("score")

    [result] = await results(judged_by("yes"), [Breaks(), Says(True)])
    assert result.outcome is Outcome.ERRORED
    assert result.fault is not None
    assert "raised KeyError" in result.fault.message


async def test_a_judge_without_an_answer_ends_the_trial() -> None:
    late = a_fault(billed=True)
    gateway = judged_by(late)
    [result] = await results(gateway, {0: [Asks()]}, [a_talk("one", "two")])
    assert (result.outcome, result.completion) == (Outcome.ERRORED, None)
    assert asked(gateway) == ["turn 0", "judge"]
    assert len(result.turns) == 1
    # What was charged is the judge's, not the subject's.
    assert result.judge_cost == Cost(unpriced_calls=1)
    assert result.fault == replace(late, billed=False)


class Written:
    """An assertion as a suite wrote it, which asks."""

    def __init__(self, *, advisory: bool) -> None:
        self._spec = a_spec("rubric", advisory=advisory)

    def check(self, evidence: Evidence) -> Ask:
        return replace(Asks().check(evidence), spec=self._spec)


async def test_a_judge_without_an_answer_is_told_with_the_place_of_its_question() -> None:
    fault = a_fault(message="no key", billed=True, usd=Decimal("0.5"))
    [result] = await results(judged_by(fault), [Written(advisory=False)])
    assert result.outcome is Outcome.ERRORED
    assert result.fault is not None
    assert result.fault.message == f"rubric at {a_place()}: no key"
    assert result.judge_cost == Cost(usd=Decimal("0.5"))


async def test_advice_that_nobody_gives_changes_no_verdict() -> None:
    fault = a_fault(message="no key", billed=True)
    gateway = judged_by(fault, "yes")
    [result] = await results(gateway, [Written(advisory=True), Asks(), Says(True)])
    assert (result.outcome, result.fault) == (Outcome.PASSED, None)
    assert asked(gateway) == ["turn 0", "judge", "judge"]
    [unheard] = [verdict for verdict in result.verdicts if verdict.advisory]
    assert (unheard.kind, unheard.passed, unheard.reason) == (
        "rubric", None, "cannot tell: no key"
    )  # fmt: skip
    assert unheard.location == a_place()
    assert result.judge_cost == Cost(unpriced_calls=1)


class Stage:
    """A fixture that tells what happened, and may fail on the way in or out."""

    def __init__(self, *, entering: bool = True, leaving: bool = True) -> None:
        self.told: list[str] = []
        self._entering, self._leaving = entering, leaving

    @asynccontextmanager
    async def __call__(self, trial: Trial) -> AsyncIterator[None]:
        if not self._entering:
            raise GatewayError(a_fault(message="set-up failed"))
        self.told.append(f"up {trial.repeat}")
        try:
            yield
        finally:
            self.told.append(f"down {trial.repeat}")
            if not self._leaving:
                raise GatewayError(a_fault(message="tear-down failed"))


async def test_a_fixture_stands_around_each_trial() -> None:
    stage = Stage()

    def script(request: Request) -> str:
        stage.told.append(f"asked {request.repeat}")
        return "an answer"

    cases = planned(1, repeat=2)
    found = await results(Scripted(script), [Says(True)], cases, concurrency=1, fixture=stage)
    assert [result.outcome for result in found] == [Outcome.PASSED] * 2
    assert stage.told == ["up 0", "asked 0", "down 0", "up 1", "asked 1", "down 1"]


async def test_a_trial_whose_set_up_failed_is_errored_and_asks_nothing() -> None:
    gateway = Scripted("an answer")
    [result] = await results(gateway, [Says(True)], fixture=Stage(entering=False))
    assert (result.outcome, result.completion) == (Outcome.ERRORED, None)
    assert result.fault is not None
    assert result.fault.message == "set-up failed"
    assert gateway.calls == 0


async def test_a_tear_down_that_failed_is_told_and_the_answer_is_kept() -> None:
    [result] = await results(Scripted("an answer"), [Says(True)], fixture=Stage(leaving=False))
    assert result.outcome is Outcome.ERRORED
    assert result.fault is not None
    assert result.fault.message == "tear-down failed"
    assert result.completion is not None


async def test_of_two_faults_the_first_is_told() -> None:
    late = a_fault(message="late", billed=True)
    [result] = await results(Scripted(late), [Says(True)], fixture=Stage(leaving=False))
    assert result.fault == late


async def test_a_cancellation_tears_down_and_keeps_the_turns_so_far() -> None:
    never, stage = asyncio.Event(), Stage()

    async def script(request: Request) -> str:
        if request.turn == 1:
            await never.wait()
        return "an answer"

    gateway = Scripted(script)
    found: list[TrialResult] = []
    checks: dict[int | None, Sequence[Assertion]] = {0: [Says(True)], None: [Says(True)]}
    engine = an_engine(gateway, checks, on_result=found.append, fixture=stage)
    work = asyncio.ensure_future(engine.run(trials_of([a_talk("one", "two")])))
    while gateway.calls < 2:
        await asyncio.sleep(0)
    work.cancel()
    with pytest.raises(asyncio.CancelledError):
        await work
    [result] = found
    assert (result.outcome, result.completion) == (Outcome.ERRORED, None)
    assert result.fault is not None
    assert result.fault.kind is FaultKind.INTERRUPTED
    assert [turn.completion.text for turn in result.turns] == ["an answer"]
    assert [verdict.turn for verdict in result.verdicts] == [0]
    assert stage.told == ["up 0", "down 0"]


async def test_an_agent_is_told_which_conversation_it_is_in() -> None:
    gateway = Scripted("an answer")
    case = a_talk("one", "two", agent=True, ttl_turns=1, repeat=2)
    await results(gateway, [Says(True)], [replace(case, index=7)], concurrency=1)
    ids = [request.agent.conversation for request in gateway.requests if request.agent]
    assert ids == ["run-7-0-0", "run-7-0-1", "run-7-1-0", "run-7-1-1"]


def test_every_turn_of_a_repeat_has_its_number_and_its_seed() -> None:
    case = a_talk("one", "two", repeat=2)
    seeded = [
        replace(one, sampling=Sampling(seed=seed))
        for one, seed in zip((case.request, *case.later), (7, 20), strict=True)
    ]
    case = replace(case, request=seeded[0], later=(seeded[1],))
    trials = list(trials_of([case]))
    assert trials[0].requests == tuple(seeded)
    assert [(one.repeat, one.sampling.seed) for one in trials[1].requests] == [(1, 8), (1, 21)]
