"""What an agent's answer costs, and what comes between a metered one and its provider."""

import asyncio
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from agentops_cli.model.call import Completion, FaultKind
from agentops_cli.model.cut_off import CutOffError
from agentops_cli.model.money import Cost, Price, Rates, Usage
from agentops_cli.model.settings import CommandAgent, Meter, UsagePaths
from agentops_cli.model.tool import ToolCall
from tests.builders import a_fault
from tests.gateways.agents.acting import Ledger, a_call, a_gateway, an_agent, fault_of
from tests.gateways.agents.running import pids_in

DOLLAR_A_THOUSAND = Price(rates=Rates(input_usd=Decimal("0.001"), output_usd=Decimal("0.002")))
USD = UsagePaths(usd="$.usd")
TOKENS = UsagePaths(input="$.in", output="$.out")
USAGE = UsagePaths(input="$.in", output="$.out", usd="$.usd")
MOST = Decimal("0.05")


def saying(reply: str, **changes: Any) -> Any:
    """An agent that always gives one reply, which is JSON with the answer in `text`."""
    how = CommandAgent(command=("printf", "%s", reply), answer="$.text")
    return an_agent(how, **changes)


async def answer_of(agent: Any, root: Path, **options: Any) -> Completion:
    gateway = a_gateway(agent, root, **options)
    completion = await gateway.complete(a_call())
    await gateway.close()
    return completion


# What the agent reports


@pytest.mark.parametrize(
    ("reply", "usage", "most", "price", "cost"),
    [
        # Dollars win over tokens, tokens at a price over the declared maximum.
        (
            '"in": 9, "out": 5, "usd": 0.04',
            USAGE,
            MOST,
            DOLLAR_A_THOUSAND,
            Cost(usd=Decimal("0.04")),
        ),
        ('"in": 0, "out": 0, "usd": 0', USAGE, MOST, DOLLAR_A_THOUSAND, Cost()),
        ('"usd": "0.0321"', USD, MOST, None, Cost(usd=Decimal("0.0321"))),
        ('"usd": 0', USD, MOST, None, Cost()),
        ('"usd": 1e-7', USD, MOST, None, Cost(usd=Decimal("1e-7"))),
        ('"usd": 0.7', USD, None, None, Cost(usd=Decimal("0.7"))),
        ('"in": 10, "out": 5', TOKENS, MOST, DOLLAR_A_THOUSAND, Cost(usd=Decimal("0.020"))),
        ('"in": 10, "out": 5', TOKENS, MOST, None, Cost(usd=MOST)),
        ('"in": 10, "out": 5', TOKENS, None, None, Cost(unpriced_calls=1)),
        ('"other": 1', None, MOST, DOLLAR_A_THOUSAND, Cost(usd=MOST)),
        ('"other": 1', None, None, DOLLAR_A_THOUSAND, Cost(unpriced_calls=1)),
        # A declared 0 is the user's word.
        ('"other": 1', None, Decimal(0), None, Cost()),
    ],
)
async def test_a_call_costs_what_is_reported_or_else_the_most_it_may(
    tmp_path: Path,
    reply: str,
    usage: UsagePaths | None,
    most: Decimal | None,
    price: Price | None,
    cost: Cost,
) -> None:
    agent = saying(f'{{"text": "hi", {reply}}}', usage=usage, max_usd_per_call=most)
    assert (await answer_of(agent, tmp_path, price=price)).cost == cost


@pytest.mark.parametrize(
    ("reply", "usage", "words"),
    [
        (
            '"other": 1',
            USD,
            'has no amount of dollars at $.usd: $ is an object with "text", "other"',
        ),
        ('"usd": null', USD, "has null as $.usd, which is no amount of dollars"),
        ('"usd": -0.01', USD, "has number -0.01 as $.usd"),
        ('"usd": NaN', USD, "has number NaN as $.usd"),
        ('"usd": -Infinity', USD, "has number -Infinity as $.usd"),
        ('"usd": "-1"', USD, 'has string "-1" as $.usd'),
        ('"usd": "free"', USD, 'has string "free" as $.usd'),
        ('"usd": true', USD, "has boolean true as $.usd"),
        ('"usd": {}', USD, "has object {} as $.usd"),
        ('"usd": [1, 2]', UsagePaths(usd="$.usd[*]"), "has 2 values at $.usd[*], and wants one"),
        ('"in": 10, "out": 5', USAGE, "has no amount of dollars at $.usd"),
        ('"in": 10', TOKENS, "has no number of tokens at $.out"),
        ('"in": -10, "out": 5', TOKENS, "has integer -10 as $.in, which is no number of tokens"),
        ('"in": 1.5, "out": 5', TOKENS, "has number 1.5 as $.in"),
        ('"in": true, "out": 5', TOKENS, "has boolean true as $.in"),
        ('"in": 0, "out": 0', TOKENS, "says that it used 0 tokens, and tells no dollars"),
    ],
)
async def test_a_figure_that_is_missing_or_cannot_be_true_is_told_and_no_guess_takes_its_place(
    tmp_path: Path, reply: str, usage: UsagePaths, words: str
) -> None:
    agent = saying(f'{{"text": "hi", {reply}}}', usage=usage, max_usd_per_call=MOST)
    fault = await fault_of(a_gateway(agent, tmp_path, price=DOLLAR_A_THOUSAND))
    assert (fault.kind, fault.billed) == (FaultKind.MALFORMED, True)
    assert fault.message.startswith(f"agent/bot {words}")
    assert fault.fix


@pytest.mark.parametrize(
    ("said", "cost"), [("{}", MOST), ('{"usd": null}', MOST), ('{"usd": 0.01}', Decimal("0.01"))]
)
async def test_an_agent_that_failed_need_not_say_what_it_used(
    tmp_path: Path, said: str, cost: Decimal
) -> None:
    how = CommandAgent(command=("sh", "-c", f"echo '{said}'; exit 1"), answer="$.text")
    agent = an_agent(how, usage=USD, max_usd_per_call=MOST)
    assert (await answer_of(agent, tmp_path)).cost == Cost(usd=cost)


async def test_an_agent_that_failed_may_not_say_what_cannot_be_true(tmp_path: Path) -> None:
    how = CommandAgent(command=("sh", "-c", "echo '{\"usd\": -1}'; exit 1"), answer="$.text")
    fault = await fault_of(a_gateway(an_agent(how, usage=USD), tmp_path))
    assert fault.kind is FaultKind.MALFORMED


async def test_a_failed_call_costs_what_it_reports_too(tmp_path: Path) -> None:
    script = 'echo \'{"error": "down", "usd": 0.03}\'; exit 1'
    how = CommandAgent(command=("sh", "-c", script), answer="$.text")
    agent = an_agent(how, usage=USD, max_usd_per_call=MOST)
    completion = await answer_of(agent, tmp_path)
    assert completion.failure == "it ended with exit code 1"
    assert completion.cost == Cost(usd=Decimal("0.03"))


@pytest.mark.parametrize(
    ("reply", "usage", "price"),
    [('"usd": 0.0501', USD, None), ('"in": 51, "out": 0', TOKENS, DOLLAR_A_THOUSAND)],
)
async def test_a_call_that_cost_more_than_was_declared_is_a_fault_with_both_figures(
    tmp_path: Path, reply: str, usage: UsagePaths, price: Price | None
) -> None:
    agent = saying(f'{{"text": "hi", {reply}}}', usage=usage, max_usd_per_call=MOST)
    fault = await fault_of(a_gateway(agent, tmp_path, price=price))
    cost = "0.0501" if price is None else "0.051"
    assert (fault.kind, fault.billed, fault.usd) == (FaultKind.BUDGET, True, Decimal(cost))
    assert fault.message == (
        f"a call of agent/bot cost ${cost}, more than the $0.05 that it may at most"
    )
    assert fault.fix == ("raise maxUsdPerCall at agentops.yaml:3:3, or make the agent cheaper")


# What the meter saw


async def test_a_metered_call_costs_what_the_meter_saw_whatever_is_reported(tmp_path: Path) -> None:
    saw = {"cost": Cost(usd=Decimal("0.02")), "usage": Usage(input_tokens=7, output_tokens=1)}
    agent = saying('{"text": "hi", "usd": 0, "in": 1, "out": 1}', usage=USAGE, meter=Meter())
    completion = await answer_of(agent, tmp_path, meter=Ledger(seen=saw), price=DOLLAR_A_THOUSAND)
    assert completion.cost == Cost(usd=Decimal("0.02"))
    assert completion.usage == Usage(input_tokens=7, output_tokens=1)


@pytest.mark.parametrize("most", [MOST, Decimal(0)])
async def test_what_the_meter_saw_is_not_held_against_the_declared_maximum(
    tmp_path: Path, most: Decimal
) -> None:
    agent = saying('{"text": "hi"}', meter=Meter(), max_usd_per_call=most)
    saw = Cost(usd=Decimal("0.06"))
    assert (await answer_of(agent, tmp_path, meter=Ledger(seen={"cost": saw}))).cost == saw


@pytest.mark.parametrize(
    ("most", "cost"), [(None, Cost(unpriced_calls=1)), (MOST, Cost(usd=MOST)), (Decimal(0), Cost())]
)
async def test_an_agent_that_went_around_the_meter_is_not_free(
    tmp_path: Path, most: Decimal | None, cost: Cost
) -> None:
    agent = saying('{"text": "hi", "usd": 0}', usage=USD, meter=Meter(), max_usd_per_call=most)
    assert (await answer_of(agent, tmp_path, meter=Ledger(seen={"calls": 0}))).cost == cost


async def test_tool_calls_are_those_of_the_reply_and_else_those_the_meter_saw(
    tmp_path: Path,
) -> None:
    seen = ToolCall(id="1", name="seen", arguments="{}")
    meter = Ledger(seen={"tool_calls": (seen,)})
    silent = saying('{"text": "hi"}', meter=Meter())
    assert (await answer_of(silent, tmp_path, meter=meter)).tool_calls == (seen,)
    for calls, names in (('[{"name": "told"}]', ["told"]), ("[]", [])):
        reply = f'{{"text": "hi", "calls": {calls}}}'
        how = CommandAgent(command=("printf", "%s", reply), answer="$.text", tool_calls="$.calls")
        completion = await answer_of(an_agent(how, meter=Meter()), tmp_path, meter=meter)
        assert [call.name for call in completion.tool_calls] == names


async def test_what_the_meter_stopped_and_failed_is_told(tmp_path: Path) -> None:
    meter = Ledger(seen={"stopped_after": 8, "provider_faults": 2, "met": {"get_order": 1}})
    completion = await answer_of(saying('{"text": "hi"}', meter=Meter()), tmp_path, meter=meter)
    assert (completion.stopped_after, completion.provider_faults) == (8, 2)
    assert completion.met == {"get_order": 1}
    unmetered = await answer_of(saying('{"text": "hi"}'), tmp_path)
    assert (unmetered.stopped_after, unmetered.provider_faults, unmetered.met) == (None, 0, None)


@pytest.mark.parametrize("script", ['echo \'{"text": "hi"}\'', "exit 1", "echo broken", "sleep 60"])
async def test_what_came_between_an_agent_and_its_provider_is_the_fault_whatever_it_answered(
    tmp_path: Path, script: str
) -> None:
    refused = a_fault(kind=FaultKind.BUDGET, message="the budget is spent", usd=Decimal(0))
    how = CommandAgent(command=("sh", "-c", script), answer="$.text")
    gateway = a_gateway(
        an_agent(how, meter=Meter()), tmp_path, meter=Ledger(seen={"fault": refused})
    )
    assert await fault_of(gateway, a_call(timeout_s=0.5)) == refused


@pytest.mark.parametrize(
    ("saw", "billed", "usd"),
    [
        ({"cost": Cost(usd=Decimal("0.02"))}, True, Decimal("0.02")),
        ({"cost": Cost()}, False, Decimal(0)),
        ({"cost": Cost(usd=Decimal("0.02"), unpriced_calls=1)}, True, None),
        ({"calls": 0}, True, None),
    ],
)
async def test_a_metered_call_without_an_answer_costs_what_the_meter_saw(
    tmp_path: Path, saw: dict[str, Any], billed: bool, usd: Decimal | None
) -> None:
    silent = an_agent(CommandAgent(command=("true",)), meter=Meter())
    fault = await fault_of(a_gateway(silent, tmp_path, meter=Ledger(seen=saw)))
    assert (fault.kind, fault.billed, fault.usd) == (FaultKind.MALFORMED, billed, usd)


HANGS = CommandAgent(command=("sh", "-c", "echo $$ > new; mv new pid; exec sleep 60"))


@pytest.mark.parametrize("metered", [True, False])
async def test_a_call_that_is_cut_off_costs_what_the_meter_saw_where_there_is_one(
    tmp_path: Path, metered: bool
) -> None:
    saw = Cost(usd=Decimal("0.02"), assumed_calls=1)
    agent = an_agent(HANGS, meter=Meter() if metered else None)
    gateway = a_gateway(agent, tmp_path, meter=Ledger(seen={"cost": saw}))
    work = asyncio.create_task(gateway.complete(a_call()))
    await pids_in(tmp_path / "pid")
    work.cancel()
    with pytest.raises(asyncio.CancelledError) as caught:
        await work
    # Of any other it is not said here: the meter of the prices knows the most that it may be.
    assert isinstance(caught.value, CutOffError) is metered
    assert not isinstance(caught.value, CutOffError) or caught.value.cost == saw


async def test_a_metered_agent_without_a_meter_is_not_asked(tmp_path: Path) -> None:
    fault = await fault_of(a_gateway(saying('{"text": "hi"}', meter=Meter()), tmp_path))
    assert fault.kind is FaultKind.INTERNAL


@pytest.mark.parametrize("changes", [{"agent": None}, {"model": "agent/unknown"}])
async def test_a_request_that_is_for_no_agent_is_a_fault_and_no_crash(
    tmp_path: Path, changes: dict[str, Any]
) -> None:
    gateway = a_gateway(saying('{"text": "hi"}'), tmp_path)
    assert (await fault_of(gateway, a_call(**changes))).kind is FaultKind.INTERNAL
