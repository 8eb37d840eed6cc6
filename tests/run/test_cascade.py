"""When the larger model of a cascade is asked, what counts then, and what that saved."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from agentops_cli.gateways.scripted import Reply, Scripted, in_order
from agentops_cli.model.call import (
    Ask,
    Completion,
    Evidence,
    Fault,
    FaultKind,
    Request,
    Verdict,
)
from agentops_cli.model.money import Cost, Price, Rates, Usage
from agentops_cli.model.prompt import Sampling
from agentops_cli.model.result import (
    Cascaded,
    Escalation,
    Outcome,
    PlannedCase,
    StoodIn,
    TrialResult,
)
from agentops_cli.model.suite import When
from agentops_cli.ports import Assertion
from agentops_cli.run.cascade import cascaded, reasons_of, spent_on, stood_in
from agentops_cli.run.engine import Engine, conversation_ids, trials_of
from tests.builders import (
    a_case,
    a_completion,
    a_fault,
    a_lost_trial,
    a_lost_verdict,
    a_trial,
    a_turn,
    a_verdict,
    an_errored_trial,
)
from tests.run.talk import a_talk, order

SMALL, LARGE = "openai/small", "openai/large"
LABEL = f"{SMALL}>{LARGE}"
# One dollar for 100 tokens, in or out.
DEAR = Price(rates=Rates(input_usd=Decimal("0.01"), output_usd=Decimal("0.01")))
UNDECIDED = a_fault(kind=FaultKind.UNDECIDED)
UNSURE = a_verdict(unsure=True)
ABSTAINS = a_verdict(passed=None)
UNSURE_NO = a_lost_verdict(unsure=True)


class Wants:
    """An assertion that passes an answer with a word in it; of others it abstains or is unsure."""

    def __init__(self, word: str = "right", *, unsure_of: str = "", abstains_on: str = "") -> None:
        self._word = word
        self._unsure_of = unsure_of
        self._abstains_on = abstains_on

    def check(self, evidence: Evidence) -> Verdict:
        text = evidence.completion.text
        if self._abstains_on and self._abstains_on in text:
            return a_verdict(passed=None, reason="cannot tell")
        unsure = bool(self._unsure_of) and self._unsure_of in text
        return a_verdict(passed=self._word in text, reason=text, unsure=unsure)


class Sees:
    """An assertion that passes and remembers what it was shown."""

    def __init__(self) -> None:
        self.seen: list[Completion] = []

    def check(self, evidence: Evidence) -> Verdict:
        self.seen.append(evidence.completion)
        return a_verdict()


class Asks:
    """An assertion that asks a judge of every answer, and takes its word."""

    def check(self, evidence: Evidence) -> Ask:
        request = replace(evidence.request, model="judge", messages=evidence.request.messages)
        return Ask(request=request, settle=lambda reply: a_verdict(passed="yes" in reply.text))


def on_a_cascade(
    planned: PlannedCase | None = None,
    *,
    when: Sequence[When] = ("failed",),
    price: Price | None = DEAR,
) -> PlannedCase:
    """A case on a cascade, of as many turns as the given one has."""
    planned = planned or a_talk()
    requests = (planned.request, *planned.later)
    small = [replace(request, model=SMALL) for request in requests]
    first, *later = [replace(request, model=LARGE) for request in requests]
    escalation = Escalation(request=first, later=tuple(later), when=frozenset(when), price=price)
    return replace(
        planned, model=LABEL, request=small[0], later=tuple(small[1:]), escalation=escalation
    )


async def run(
    planned: PlannedCase,
    replies: Mapping[str, Reply] | Scripted,
    checks: Sequence[Assertion] | Mapping[int | None, Sequence[Assertion]] = (Wants(),),
) -> tuple[list[TrialResult], Scripted]:
    """What came of every trial of a case, and the gateway that was asked."""
    gateway = (
        replies
        if isinstance(replies, Scripted)
        else Scripted(lambda request: replies[request.model])
    )
    by_turn: Mapping[int | None, Sequence[Assertion]]
    by_turn = checks if isinstance(checks, Mapping) else {None: checks}
    found: list[TrialResult] = []
    engine = Engine(
        gateway,
        checks_of=lambda _, turn: by_turn.get(turn, ()),
        on_result=found.append,
        conversation_id=conversation_ids("run"),
        concurrency=4,
    )
    await engine.run(trials_of([planned]))
    return found, gateway


def models(gateway: Scripted) -> list[str]:
    return [request.model for request in gateway.requests]


@pytest.mark.parametrize(
    ("trial", "reasons"),
    [
        (a_trial(), set()),
        (a_trial(verdicts=(a_verdict(), UNSURE)), {"lowConfidence"}),
        (a_trial(verdicts=(replace(UNSURE, advisory=True),)), set()),
        (a_lost_trial(), {"failed"}),
        (a_lost_trial(verdicts=(UNSURE_NO,)), {"failed", "lowConfidence"}),
        (a_lost_trial(verdicts=(UNSURE_NO, a_lost_verdict())), {"failed"}),
        (a_lost_trial(verdicts=(a_lost_verdict(), UNSURE)), {"failed"}),
        (a_lost_trial(verdicts=(a_lost_verdict(), ABSTAINS)), {"failed"}),
        (a_lost_trial(completion=None, fault=a_fault()), {"failed"}),
        (
            an_errored_trial(completion=a_completion(), verdicts=(ABSTAINS,), fault=UNDECIDED),
            {"lowConfidence"},
        ),
        (an_errored_trial(), set()),
        (an_errored_trial(verdicts=(ABSTAINS,), fault=UNDECIDED), set()),
        # The judge could not be asked: of the answer nothing is known.
        (an_errored_trial(completion=a_completion(), verdicts=(UNSURE,)), set()),
        (
            an_errored_trial(
                completion=a_completion(),
                verdicts=(ABSTAINS,),
                fault=a_fault(kind=FaultKind.INTERNAL),
            ),
            set(),
        ),
    ],
)
def test_why_a_larger_model_is_asked_follows_from_the_verdicts(
    trial: TrialResult, reasons: set[When]
) -> None:
    assert reasons_of(trial) == reasons


async def test_an_answer_that_suffices_asks_nobody_else() -> None:
    [result], gateway = await run(on_a_cascade(), {SMALL: "right"})
    assert models(gateway) == [SMALL]
    assert (result.outcome, result.model, result.tier) == (Outcome.PASSED, LABEL, SMALL)
    assert result.tried is None


async def test_an_answer_that_fails_is_asked_for_anew_and_the_large_one_counts() -> None:
    [result], gateway = await run(on_a_cascade(), {SMALL: "wrong", LARGE: "right"})
    assert models(gateway) == [SMALL, LARGE]
    assert (result.outcome, result.model, result.tier) == (Outcome.PASSED, LABEL, LARGE)
    assert result.completion is not None
    assert result.completion.text == "right"
    assert [verdict.reason for verdict in result.verdicts] == ["right"]
    tried = result.tried
    assert tried is not None
    assert (tried.outcome, tried.tier) == (Outcome.FAILED, SMALL)
    assert tried.completion is not None
    assert tried.completion.text == "wrong"
    assert [verdict.reason for verdict in tried.verdicts] == ["wrong"]


@pytest.mark.parametrize(
    ("large", "outcome"),
    [
        ("wrong too", Outcome.FAILED),
        (a_fault(), Outcome.ERRORED),
        (a_fault(kind=FaultKind.BUDGET), Outcome.ERRORED),
        ("hm", Outcome.ERRORED),
    ],
)
async def test_no_verdict_of_the_large_model_is_replaced_by_the_small_ones(
    large: Reply, outcome: Outcome
) -> None:
    checks = [Wants(abstains_on="hm")]
    [result], _ = await run(on_a_cascade(), {SMALL: "wrong", LARGE: large}, checks)
    assert result.outcome is outcome
    assert result.tier == LARGE


@pytest.mark.parametrize(
    ("when", "small", "asked"),
    [
        (["failed"], "wrong", True),
        (["failed"], "hm", False),
        (["failed"], "right, perhaps", False),
        (["lowConfidence"], "wrong", False),
        (["lowConfidence"], "wrong, perhaps", True),
        (["lowConfidence"], "hm", True),
        (["lowConfidence"], "right, perhaps", True),
        (["lowConfidence"], "right", False),
        (["failed", "lowConfidence"], "wrong", True),
        (["failed", "lowConfidence"], "hm", True),
        (["failed", "lowConfidence"], "right", False),
    ],
)
async def test_the_suite_says_why_the_large_model_is_asked(
    when: list[When], small: str, asked: bool
) -> None:
    checks = [Wants(unsure_of="perhaps", abstains_on="hm")]
    [result], gateway = await run(on_a_cascade(when=when), {SMALL: small, LARGE: "right"}, checks)
    assert (models(gateway) == [SMALL, LARGE]) is asked
    assert (result.tier == LARGE) is asked


@pytest.mark.parametrize("kind", [FaultKind.TIMEOUT, FaultKind.AUTH, FaultKind.BUDGET])
async def test_an_outage_of_the_small_model_is_no_reason(kind: FaultKind) -> None:
    when: list[When] = ["failed", "lowConfidence"]
    [result], gateway = await run(on_a_cascade(when=when), {SMALL: a_fault(kind=kind)})
    assert models(gateway) == [SMALL]
    assert result.outcome is Outcome.ERRORED
    assert (result.tier, result.saved_usd) == (SMALL, None)


async def test_a_judge_that_cannot_be_asked_is_no_reason_either() -> None:
    replies: dict[str, Reply] = {SMALL: "right", "judge": a_fault()}
    when: list[When] = ["failed", "lowConfidence"]
    [result], gateway = await run(on_a_cascade(when=when), replies, [Asks()])
    assert models(gateway) == [SMALL, "judge"]
    assert result.outcome is Outcome.ERRORED


async def test_each_repeat_climbs_by_itself_and_has_its_seed_on_both_models() -> None:
    talk = a_talk(repeat=3)
    seeded = replace(talk, request=replace(talk.request, sampling=Sampling(seed=7)))
    planned = on_a_cascade(seeded)

    def reply(request: Request) -> Reply:
        return "wrong" if request.model == SMALL and request.repeat == 1 else "right"

    found, gateway = await run(planned, Scripted(reply))
    assert {result.repeat: result.tier for result in found} == {0: SMALL, 1: LARGE, 2: SMALL}
    [escalated] = [request for request in gateway.requests if request.model == LARGE]
    assert (escalated.repeat, escalated.sampling.seed) == (1, 8)


async def test_a_conversation_is_held_anew_with_its_tools() -> None:
    planned = on_a_cascade(a_talk("Where is it?", "Thanks", stubs={"get_order": "shipped"}))
    small, large = in_order("I do not know", "wrong"), in_order(order(), "It is shipped", "right")
    gateway = Scripted(lambda request: (small if request.model == SMALL else large)(request))
    [result], _ = await run(planned, gateway)
    assert result.outcome is Outcome.PASSED
    assert [turn.completion.text for turn in result.turns] == ["It is shipped", "right"]
    assert result.turns[0].steps == 2
    assert result.tried is not None
    assert [turn.completion.text for turn in result.tried.turns] == ["I do not know", "wrong"]
    history = [message.content for message in gateway.requests[-1].messages]
    assert "I do not know" not in history


async def test_what_judges_the_whole_case_sees_what_both_models_took() -> None:
    sees = Sees()
    small = a_completion("wrong", latency_s=1.0, cost=Cost(usd=Decimal(1)))
    large = a_completion("right", latency_s=2.0, cost=Cost(usd=Decimal(10)), cached=True)
    [result], _ = await run(on_a_cascade(), {SMALL: small, LARGE: large}, [Wants(), sees])
    assert [(seen.latency_s, int(seen.cost.usd)) for seen in sees.seen] == [(1.0, 1), (3.0, 11)]
    assert sees.seen[1].text == "right"
    assert sees.seen[1].cached  # The part that was not made would pass any limit.
    assert result.completion is not None
    assert result.completion.latency_s == 2.0


async def test_a_trial_that_is_cut_off_on_the_large_model_keeps_what_the_small_one_cost() -> None:
    gate = asyncio.Event()

    async def reply(request: Request) -> Reply:
        if request.model == LARGE:
            await gate.wait()
        return a_completion("wrong", cost=Cost(usd=Decimal(1)))

    gateway, found = Scripted(reply), list[TrialResult]()
    engine = Engine(
        gateway,
        checks_of=lambda *_: [Wants()],
        on_result=found.append,
        conversation_id=conversation_ids("run"),
        concurrency=1,
    )
    work = asyncio.ensure_future(engine.run(trials_of([on_a_cascade()])))
    while gateway.calls < 2:
        await asyncio.sleep(0)
    work.cancel()
    with pytest.raises(asyncio.CancelledError):
        await work
    [result] = found
    assert (result.outcome, result.tier) == (Outcome.ERRORED, LARGE)
    assert result.fault is not None
    assert result.fault.kind is FaultKind.INTERRUPTED
    assert result.tried is not None
    assert spent_on(result.tried) == Cost(usd=Decimal(1))


def used(text: str, tokens: int, usd: str, **changes: Any) -> Completion:
    """An answer of so many tokens that cost so much."""
    usage = Usage(input_tokens=tokens)
    return a_completion(text, usage=usage, cost=Cost(usd=Decimal(usd)), **changes)


@pytest.mark.parametrize(
    ("small", "price", "saved"),
    [
        (used("right", 100, "0.25"), DEAR, "0.75"),
        (used("right", 100, "3"), DEAR, "-2"),
        (used("right", 100, "0.25"), None, None),
        (a_completion("right", usage=None), DEAR, None),
        (used("right", 100, "0", cached=True), DEAR, "0"),
        (a_completion("right", cost=Cost(unpriced_calls=1)), DEAR, None),
        (used("wrong", 100, "0.25"), DEAR, "-0.25"),
        (used("wrong", 100, "0.25"), None, "-0.25"),
        (a_completion("wrong", cost=Cost(unpriced_calls=1)), DEAR, None),
    ],
)
async def test_what_a_trial_saved_is_estimated(
    small: Completion, price: Price | None, saved: str | None
) -> None:
    planned = on_a_cascade(price=price)
    [result], _ = await run(planned, {SMALL: small, LARGE: used("right", 90, "0.9")})
    assert result.saved_usd == (None if saved is None else Decimal(saved))


async def test_what_a_conversation_saved_is_that_of_its_turns_that_were_made() -> None:
    answers = in_order(used("a", 100, "0.1"), used("right", 200, "0", cached=True))
    [result], _ = await run(on_a_cascade(a_talk("One", "Two")), Scripted(answers))
    assert result.saved_usd == Decimal("0.9")


async def test_a_judge_of_a_try_in_vain_was_paid_in_vain_too() -> None:
    def reply(request: Request) -> Reply:
        if request.model != "judge":
            return used(request.model, 100, "0.25")
        asked = len([one for one in gateway.requests if one.model == "judge"])
        return a_completion("no" if asked == 1 else "yes", cost=Cost(usd=Decimal("0.5")))

    gateway = Scripted(reply)
    [result], _ = await run(on_a_cascade(), gateway, [Asks()])
    assert result.tier == LARGE
    assert result.saved_usd == Decimal("-0.75")
    assert (result.judge_cost.usd, result.tried and result.tried.judge_cost.usd) == (
        Decimal("0.5"),
        Decimal("0.5"),
    )


def on_tiers(trial: TrialResult, tier: str, **changes: Any) -> TrialResult:
    return replace(trial, model=LABEL, tier=tier, **changes)


TRIED = on_tiers(a_lost_trial(), SMALL)


@pytest.mark.parametrize(
    ("trial", "figures"),
    [
        (a_trial(), None),
        (on_tiers(a_trial(), SMALL, saved_usd=Decimal(2)), Cascaded(small=1, saved_usd=Decimal(2))),
        (on_tiers(a_trial(), SMALL), Cascaded(small=1, unestimated=1)),
        (
            on_tiers(a_lost_trial(), LARGE, tried=TRIED, saved_usd=Decimal(-1)),
            Cascaded(large=1, saved_usd=Decimal(-1)),
        ),
        # It is not judged, and may come again; what it cost was spent all the same.
        (
            on_tiers(an_errored_trial(), LARGE, tried=TRIED, saved_usd=Decimal(-1)),
            Cascaded(saved_usd=Decimal(-1)),
        ),
        (on_tiers(an_errored_trial(), SMALL), Cascaded()),
    ],
)
def test_judged_trials_are_counted_by_who_decided_them(
    trial: TrialResult, figures: Cascaded | None
) -> None:
    assert cascaded(trial) == figures


AZURE, GROQ = "azure/gpt-4o", "groq/llama"


@pytest.mark.parametrize(
    ("trial", "pairs"),
    [
        (a_trial(), []),
        (a_trial(completion=a_completion(answered_by=AZURE)), [("openai/gpt-4o-mini", AZURE)]),
        (an_errored_trial(completion=a_completion(answered_by=AZURE)), []),
        (
            a_lost_trial(
                completion=None,
                turns=(
                    a_turn(completion=a_completion(answered_by=AZURE)),
                    a_turn(completion=a_completion(answered_by=GROQ)),
                ),
            ),
            [("openai/gpt-4o-mini", AZURE), ("openai/gpt-4o-mini", GROQ)],
        ),
        (
            a_trial(completion=a_completion(answered_by=f"{AZURE}, {GROQ}")),
            [("openai/gpt-4o-mini", AZURE), ("openai/gpt-4o-mini", GROQ)],
        ),
        (
            on_tiers(
                a_trial(),
                LARGE,
                tried=on_tiers(a_lost_trial(completion=a_completion(answered_by=AZURE)), SMALL),
            ),
            [(SMALL, AZURE)],
        ),
    ],
)
def test_who_stood_in_is_counted_for_the_model_that_was_asked(
    trial: TrialResult, pairs: list[tuple[str, str]]
) -> None:
    assert stood_in(trial) == tuple(
        StoodIn(asked=asked, answered_by=by, trials=1) for asked, by in pairs
    )


def test_all_that_was_paid_for_a_trial_is_spent_on_it() -> None:
    fault = Fault(kind=FaultKind.TIMEOUT, message="late", billed=True, usd=Decimal(1))
    trial = an_errored_trial(
        turns=(a_turn(completion=a_completion(cost=Cost(usd=Decimal(2)))),),
        fault=fault,
        judge_cost=Cost(usd=Decimal(4)),
        case_id=a_case().id,
    )
    assert spent_on(trial) == Cost(usd=Decimal(7))
