import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest

from agentops_cli.errors import GatewayError
from agentops_cli.gateways.local import NAME, Local
from agentops_cli.model.call import FaultKind, Finish, Request
from agentops_cli.model.json import JsonObject
from agentops_cli.model.prompt import Message, Sampling
from agentops_cli.model.tool import Tool, ToolCall
from tests.builders import a_request
from tests.servers import embedded_openai

LABELS: JsonObject = {
    "type": "object",
    "properties": {"label": {"enum": ["payment", "error", "question"]}},
    "required": ["label"],
    "additionalProperties": False,
}

pytestmark = [pytest.mark.local_llm, embedded_openai.skip_if_absent, pytest.mark.timeout(120)]


def a_ticket(text: str = "I was charged twice", **changes: Any) -> Request:
    messages = (
        Message(role="system", content="You sort support tickets. Answer with JSON."),
        Message(role="user", content=text),
    )
    request = a_request(
        model=f"local/{NAME}",
        messages=messages,
        max_tokens=48,
        sampling=Sampling(temperature=0),
        response_schema=LABELS,
    )
    return replace(request, **changes)


@pytest.fixture
async def local() -> AsyncIterator[Local]:
    gateway = Local({}, environ={}, concurrency=8)
    yield gateway
    await gateway.close()


async def test_an_answer_keeps_to_its_schema_and_tells_its_tokens(local: Local) -> None:
    completion = await local.complete(a_ticket())
    assert '"label"' in completion.text
    assert completion.finish is Finish.STOP
    assert completion.model == "SmolLM2-135M-Instruct.Q4_1"
    assert completion.usage is not None
    assert completion.usage.input_tokens > 0
    assert completion.usage.output_tokens > 0
    assert completion.latency_s > 0


async def test_an_answer_depends_neither_on_order_nor_on_company(local: Local) -> None:
    tickets = [a_ticket(text) for text in ("It crashes", "Are you hiring?", "Refund me")]
    alone = [(await local.complete(ticket)).text for ticket in tickets]
    together = await asyncio.gather(*(local.complete(ticket) for ticket in reversed(tickets)))
    assert [completion.text for completion in reversed(together)] == alone


async def test_tools_are_nothing_to_it_and_no_reason_to_fail(local: Local) -> None:
    call = ToolCall(id="call00000", name="get_order", arguments='{"id": "812"}')
    ticket = a_ticket(tools=(Tool(name="get_order", parameters={"type": "object"}),))
    talk = (
        *ticket.messages,
        Message(role="assistant", content="", tool_calls=(call,)),
        Message(role="tool", content='{"total": 40}', tool_call_id="call00000"),
    )
    alone = await local.complete(replace(ticket, tools=()))
    assert (await local.complete(ticket)).text == alone.text
    assert '"label"' in (await local.complete(replace(ticket, messages=talk))).text


async def test_an_answer_that_is_too_long_says_so(local: Local) -> None:
    story = a_ticket("Tell me a story.", max_tokens=5, response_schema=None)
    assert (await local.complete(story)).finish is Finish.LENGTH


async def test_a_late_call_is_a_timeout_and_the_next_one_is_answered(local: Local) -> None:
    await local.complete(a_ticket())  # The weights are read.
    late = a_ticket("Tell me a long story.", max_tokens=900, response_schema=None, timeout_s=0.3)
    with pytest.raises(GatewayError) as caught:
        await local.complete(late)
    assert caught.value.fault.kind is FaultKind.TIMEOUT
    assert '"label"' in (await local.complete(a_ticket())).text


async def test_waiting_for_a_turn_does_not_count_as_being_late(local: Local) -> None:
    await local.complete(a_ticket())
    alone_s = (await local.complete(a_ticket())).latency_s
    calls = [a_ticket(timeout_s=alone_s * 4) for _ in range(8)]
    assert len(await asyncio.gather(*map(local.complete, calls))) == 8


async def test_a_call_that_nobody_waits_for_stops_by_itself(local: Local) -> None:
    await local.complete(a_ticket())
    long = a_ticket("Tell me a long story.", max_tokens=2000, response_schema=None)
    call = asyncio.ensure_future(local.complete(long))
    await asyncio.wait([call], timeout=0.3)
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call
    # The one thread is free again: were it not, this would take as long as the story.
    short = a_ticket(timeout_s=10.0)
    assert '"label"' in (await local.complete(short)).text


@pytest.mark.parametrize(
    ("request_", "kind", "words"),
    [
        (a_ticket(model="local/gpt-5"), FaultKind.NOT_FOUND, "no embedded model local/gpt-5"),
        (a_ticket("word " * 5000), FaultKind.BAD_REQUEST, "context size"),
        (a_ticket(response_schema={"type": "nope"}), FaultKind.BAD_REQUEST, "nope"),
        (a_ticket("half \ud83d"), FaultKind.BAD_REQUEST, "refuses"),
    ],
)
async def test_what_it_cannot_do_is_a_fault(
    local: Local, request_: Request, kind: FaultKind, words: str
) -> None:
    with pytest.raises(GatewayError) as caught:
        await local.complete(request_)
    assert caught.value.fault.kind is kind
    assert words in caught.value.fault.message


async def test_without_its_weights_it_names_the_command(
    local: Local, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("agentops_cli.gateways.local.weights", lambda: None)
    with pytest.raises(GatewayError) as caught:
        await local.complete(a_ticket())
    assert caught.value.fault.fix == "run: agentops local install"
