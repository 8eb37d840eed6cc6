"""Who is asked where a model gives nothing, what it costs, and that nobody is asked in secret."""

import asyncio
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import pytest

from agentops_cli.errors import GatewayError, StoreError
from agentops_cli.gateways.scripted import Reply, Scripted
from agentops_cli.guards.breaker import CircuitBreaker
from agentops_cli.guards.fallback import OUTAGES, Fallback, StandIns
from agentops_cli.guards.outside import Outside
from agentops_cli.model.call import Fault, FaultKind, Purpose, Request, StandIn, Tags
from agentops_cli.model.cut_off import CutOffError
from agentops_cli.model.money import Cost
from agentops_cli.model.settings import Breaker
from agentops_cli.ports import Gateway
from tests.builders import a_completion, a_request

SUITE = "evals/s.yaml"
MODEL, AZURE, GROQ = "openai/gpt-4o", "azure/gpt-4o", "groq/llama"
CENT = Decimal("0.01")


def a_call(model: str = MODEL, **changes: Any) -> Request:
    return a_request(model=model, tags=Tags(suite=SUITE, case_id="c"), **changes)


def a_fault(kind: FaultKind = FaultKind.PROVIDER, **changes: Any) -> Fault:
    return Fault(**{"kind": kind, "message": f"it is {kind.value}", **changes})


def saying(replies: Mapping[str, Reply]) -> Scripted:
    """A gateway whose models say what a table has for them."""
    return Scripted(lambda request: replies[request.model])


class Helped:
    """A gateway with stand-ins for `MODEL`, and what it told of them."""

    def __init__(self, inner: Gateway, *names: str) -> None:
        self.told: list[tuple[str, str]] = []
        of = {(SUITE, MODEL): [StandIn(model=name) for name in names or (AZURE, GROQ)]}
        self.gateway = Fallback(
            inner, StandIns(of=of, on_incident=lambda *words: self.told.append(words))
        )

    async def fault(self, request: Request) -> Fault:
        with pytest.raises(GatewayError) as caught:
            await self.gateway.complete(request)
        return caught.value.fault


async def test_a_model_that_answers_has_no_stand_in() -> None:
    inner = saying({MODEL: "by itself"})
    helped = Helped(inner)
    completion = await helped.gateway.complete(a_call())
    assert (completion.text, completion.answered_by) == ("by itself", None)
    assert [request.model for request in inner.requests] == [MODEL]
    assert helped.told == []


@pytest.mark.parametrize("kind", FaultKind)
async def test_only_an_outage_lets_another_model_answer(kind: FaultKind) -> None:
    inner = saying({MODEL: a_fault(kind), AZURE: "in its place"})
    helped = Helped(inner)
    if kind in OUTAGES:
        completion = await helped.gateway.complete(a_call())
        assert (completion.text, completion.answered_by) == ("in its place", AZURE)
    else:
        assert await helped.fault(a_call()) == a_fault(kind)
        assert inner.calls == 1


def test_a_request_that_is_wrong_and_money_that_is_gone_are_no_outages() -> None:
    never = {FaultKind.BAD_REQUEST, FaultKind.NOT_FOUND, FaultKind.BUDGET, FaultKind.MISS}
    assert not OUTAGES & never


async def test_the_stand_in_is_asked_the_same_in_its_own_name() -> None:
    inner = saying({MODEL: a_fault(), AZURE: "yes"})
    of = {(SUITE, MODEL): [StandIn(model=AZURE, base_url="https://az", weights="b179")]}
    gateway = Fallback(inner, StandIns(of=of, on_incident=lambda *_: None))
    call = a_call(base_url="https://oa", repeat=3, turn=1, step=2)
    await gateway.complete(call)
    own, other = inner.requests
    assert (other.model, other.base_url, other.weights) == (AZURE, "https://az", "b179")
    assert (other.repeat, other.turn, other.step) == (3, 1, 2)
    assert (other.messages, other.tags) == (own.messages, own.tags)
    assert other.fingerprint() != own.fingerprint() == call.fingerprint()


async def test_they_are_asked_in_their_order_until_one_answers() -> None:
    inner = saying({MODEL: a_fault(), AZURE: a_fault(FaultKind.NOT_FOUND), GROQ: "third"})
    completion = await Helped(inner).gateway.complete(a_call())
    assert completion.answered_by == GROQ
    assert [request.model for request in inner.requests] == [MODEL, AZURE, GROQ]


async def test_the_list_of_a_stand_in_does_not_count() -> None:
    inner = saying({MODEL: a_fault(), AZURE: a_fault(), GROQ: "never"})
    of = {(SUITE, MODEL): [StandIn(model=AZURE)], (SUITE, AZURE): [StandIn(model=MODEL)]}
    gateway = Fallback(inner, StandIns(of=of, on_incident=lambda *_: None))
    with pytest.raises(GatewayError):
        await gateway.complete(a_call())
    assert [request.model for request in inner.requests] == [MODEL, AZURE]


async def test_a_judge_is_never_another_model() -> None:
    inner = saying({MODEL: a_fault(), AZURE: "an opinion"})
    helped = Helped(inner)
    assert await helped.fault(a_call(purpose=Purpose.JUDGE)) == a_fault()
    assert inner.calls == 1


@pytest.mark.parametrize("tags", [None, Tags(suite="evals/other.yaml", case_id="c")])
async def test_another_suite_has_other_stand_ins(tags: Tags | None) -> None:
    inner = saying({MODEL: a_fault(), AZURE: "yes"})
    helped = Helped(inner)
    assert await helped.fault(a_request(model=MODEL, tags=tags)) == a_fault()


async def test_an_answer_has_the_cost_of_all_that_were_asked() -> None:
    timed_out = a_fault(FaultKind.TIMEOUT, billed=True, usd=2 * CENT, assumed=True)
    unknown = a_fault(FaultKind.MALFORMED, billed=True, earlier=Cost(usd=CENT))
    answer = a_completion(cost=Cost(usd=4 * CENT))
    completion = await Helped(
        saying({MODEL: timed_out, AZURE: unknown, GROQ: answer})
    ).gateway.complete(a_call())
    assert completion.cost == Cost(usd=7 * CENT, unpriced_calls=1, assumed_calls=1)


async def test_a_free_answer_does_not_make_the_failure_before_it_free() -> None:
    timed_out = a_fault(FaultKind.TIMEOUT, billed=True, usd=2 * CENT)
    kept = a_completion(cost=Cost(), cached=True)
    helped = Helped(saying({MODEL: timed_out, AZURE: kept}))
    assert (await helped.gateway.complete(a_call())).cost == Cost(usd=2 * CENT)


async def test_where_nobody_answers_the_fault_is_the_models_own_with_all_costs() -> None:
    own = a_fault(FaultKind.TIMEOUT, billed=True, usd=CENT, fix="look there", final=True)
    other = a_fault(FaultKind.MALFORMED, billed=True, usd=2 * CENT)
    wrong = a_fault(FaultKind.BAD_REQUEST, final=True)
    fault = await Helped(saying({MODEL: own, AZURE: other, GROQ: wrong})).fault(a_call())
    assert (fault.kind, fault.fix) == (FaultKind.TIMEOUT, "look there")
    assert fault.message == (
        "it is timeout; azure/gpt-4o, its stand-in: it is malformed; "
        "groq/llama, its stand-in: it is bad_request"
    )
    assert fault.cost == Cost(usd=3 * CENT)
    assert not fault.final  # Asked again, the stand-in may answer.


async def test_a_stand_in_that_the_budget_does_not_cover_ends_the_search() -> None:
    own = a_fault(FaultKind.TIMEOUT, billed=True, usd=CENT)
    inner = saying({MODEL: own, AZURE: a_fault(FaultKind.BUDGET), GROQ: "for nothing"})
    fault = await Helped(inner).fault(a_call())
    assert fault.kind is FaultKind.BUDGET
    assert fault.cost == Cost(usd=CENT)
    assert inner.calls == 2


async def test_every_pair_is_told_once_and_only_when_it_answered() -> None:
    answers: dict[str, Reply] = {MODEL: a_fault(), AZURE: "yes", GROQ: "yes"}
    inner = Scripted(lambda request: answers[request.model])
    helped = Helped(inner)
    for _ in range(3):
        await helped.gateway.complete(a_call())
    answers[AZURE] = a_fault(FaultKind.TIMEOUT)
    await helped.gateway.complete(a_call())
    assert helped.told == [
        ("fallback", f"{AZURE} stands in for {MODEL}: it is provider"),
        ("fallback", f"{GROQ} stands in for {MODEL}: it is provider"),
    ]


class Pretended:
    """A clock that only goes on when somebody waits."""

    def __init__(self) -> None:
        self.now_s = 100.0
        self.waited_s: list[float] = []

    async def sleep(self, seconds: float) -> None:
        self.waited_s.append(seconds)
        self.now_s += seconds
        await asyncio.sleep(0)


def a_breaker(inner: Gateway, time: Pretended, **changes: Any) -> CircuitBreaker:
    settings = Breaker(**{"consecutive_failures": 1, "cooldown_s": 30.0, "probes": 1, **changes})
    outside = Outside(
        clock=lambda: time.now_s,
        sleep=time.sleep,
        random=lambda: 0.5,
        on_incident=lambda *_: None,
    )
    return CircuitBreaker(inner, settings, outside, place_of=lambda model: model)


async def test_nobody_waits_for_a_provider_that_is_down_while_another_one_answers() -> None:
    time = Pretended()
    inner = saying({MODEL: a_fault(), AZURE: "yes"})
    helped = Helped(a_breaker(inner, time))
    for _ in range(5):
        assert (await helped.gateway.complete(a_call())).answered_by == AZURE
    assert time.waited_s == []
    assert [request.model for request in inner.requests].count(MODEL) == 1


async def test_a_provider_that_is_back_is_asked_again_after_its_cool_down() -> None:
    time = Pretended()
    answers: dict[str, Reply] = {MODEL: a_fault(), AZURE: "yes"}
    helped = Helped(a_breaker(Scripted(lambda request: answers[request.model]), time))
    await helped.gateway.complete(a_call())
    answers[MODEL] = "back"
    assert (await helped.gateway.complete(a_call())).text == "yes"
    time.now_s += 31.0
    completion = await helped.gateway.complete(a_call())
    assert (completion.text, completion.answered_by) == ("back", None)


async def test_where_all_are_held_back_they_are_waited_for() -> None:
    time = Pretended()
    answers: dict[str, Reply] = {MODEL: a_fault(), AZURE: a_fault()}
    helped = Helped(a_breaker(Scripted(lambda request: answers[request.model]), time), AZURE)
    await helped.fault(a_call())
    answers[MODEL] = "back"
    completion = await helped.gateway.complete(a_call())
    assert (completion.text, completion.answered_by) == ("back", None)
    assert time.waited_s == [30.0]


async def test_a_provider_that_is_given_up_is_not_waited_for() -> None:
    time = Pretended()
    helped = Helped(a_breaker(saying({MODEL: a_fault(), AZURE: a_fault()}), time), AZURE)
    await helped.fault(a_call())
    await helped.fault(a_call())  # One probe each, in vain.
    fault = await helped.fault(a_call())
    assert fault.kind is FaultKind.BREAKER
    assert fault.final
    assert time.waited_s == [30.0]


async def test_what_is_refused_for_good_is_not_asked_once_more() -> None:
    inner = saying({MODEL: a_fault(FaultKind.BREAKER, final=True), AZURE: a_fault()})
    await Helped(inner, AZURE).fault(a_call())
    assert inner.calls == 2


async def test_it_closes_what_is_inside() -> None:
    inner = saying({})
    await Helped(inner).gateway.close()
    assert inner.closed


async def test_a_stand_in_that_is_cut_off_takes_along_what_the_model_itself_cost() -> None:
    late = a_fault(FaultKind.TIMEOUT, billed=True, usd=CENT, assumed=True)

    async def script(request: Request) -> Reply:
        if request.model == MODEL:
            return late
        raise CutOffError(Cost(usd=2 * CENT, assumed_calls=1))

    with pytest.raises(CutOffError) as caught:
        await Helped(Scripted(script), AZURE).gateway.complete(a_call())
    assert caught.value.cost == Cost(usd=3 * CENT, assumed_calls=2)


async def test_a_ledger_that_takes_no_more_takes_along_what_the_model_had_cost() -> None:
    async def script(request: Request) -> Fault:
        if request.model == AZURE:
            raise StoreError("no space left")
        return a_fault(billed=True, usd=CENT)

    with pytest.raises(StoreError, match="no space left") as caught:
        await Helped(Scripted(script), AZURE).gateway.complete(a_call())
    assert caught.value.cost == Cost(usd=CENT)
