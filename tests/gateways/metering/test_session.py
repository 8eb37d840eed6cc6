import asyncio

from agentops_cli.model.call import FaultKind
from agentops_cli.ports import MeterSession
from tests.gateways.metering.child import ask
from tests.gateways.metering.conftest import Proxies
from tests.servers.billing_openai import BillingOpenAI


async def statuses(session: MeterSession, calls: int, model: str = "ok") -> list[int]:
    said = await asyncio.gather(*(ask(session, model=model) for _ in range(calls)))
    return sorted(answer.status for answer in said)


async def test_an_agent_gets_so_many_answers_and_then_no_more(
    proxies: Proxies, provider: BillingOpenAI
) -> None:
    async with proxies().session(who=None, faults=(), max_steps=3) as session:
        assert session.stopped_after is None
        assert await statuses(session, 3) == [200, 200, 200]
        assert session.stopped_after is None
        said = await ask(session)
    assert (said.status, said.error["code"]) == (402, "agentops_max_steps")
    assert "has had its 3 answers (maxSteps)" in said.error["message"]
    assert session.stopped_after == 3
    # It was no refusal of the budget, and nothing that hides what the agent did.
    assert (session.refused, session.fault) == (0, None)
    assert len(provider.bodies) == 3


async def test_many_calls_at_once_get_no_more_answers_than_that(
    proxies: Proxies, provider: BillingOpenAI
) -> None:
    async with proxies().session(who=None, faults=(), max_steps=3) as session:
        assert await statuses(session, 10, model="slow") == [200] * 3 + [402] * 7


async def test_only_answers_are_steps(proxies: Proxies, provider: BillingOpenAI) -> None:
    async with proxies().session(who=None, faults=(), max_steps=2) as session:
        for model in ("429", "500", "429"):
            await ask(session, model=model)
        for _ in range(3):
            assert (await ask(session, "/embeddings")).status == 200
        assert await statuses(session, 2) == [200, 200]
        assert (await ask(session)).status == 402
    assert session.stopped_after == 2


async def test_a_bug_of_ours_is_no_mistake_of_the_agents(
    proxies: Proxies, provider: BillingOpenAI
) -> None:
    def broken(model: str) -> None:
        raise LookupError(model)

    async with proxies(price_of=broken).session(who=None, faults=()) as session:
        assert (await ask(session)).status == 500
    assert session.fault is not None
    assert session.fault.kind is FaultKind.INTERNAL
    assert session.fault.message == "the meter failed with LookupError: openai/ok"
    assert session.refused == 0
