import asyncio
import time
from typing import Any

import openai
import pytest
from openai import AsyncOpenAI

from agentops_cli.gateways.metering.asked import Api, Asked
from agentops_cli.gateways.metering.injected import Fates, Injection
from agentops_cli.model.injected import RESULTS
from agentops_cli.model.suite import FaultError
from agentops_cli.model.tool import ToolCall
from agentops_cli.ports import MeterSession
from tests.gateways.metering.child import APIS, CHAT, a_fault, ask
from tests.gateways.metering.conftest import Proxies
from tests.servers.billing_openai import BillingOpenAI

SAYING: Any = [{"role": "user", "content": "Hi"}]


def client_of(session: MeterSession, **settings: Any) -> AsyncOpenAI:
    settings = {"max_retries": 0, **settings}
    return AsyncOpenAI(base_url=session.base_url, api_key=session.api_key, **settings)


async def read_all(client: AsyncOpenAI, *, stream: bool) -> None:
    answer: Any = await client.chat.completions.create(model="ok", messages=SAYING, stream=stream)
    if stream:
        async for _ in answer:
            pass


@pytest.mark.parametrize(
    ("error", "raised"),
    [
        ("timeout", openai.InternalServerError),
        ("rateLimit", openai.RateLimitError),
        ("serverError", openai.InternalServerError),
        ("malformed", ValueError),
    ],
)
@pytest.mark.parametrize("stream", [False, True])
async def test_a_real_client_sees_the_failure_and_the_provider_nothing(
    *,
    proxies: Proxies,
    provider: BillingOpenAI,
    error: FaultError,
    raised: type[Exception],
    stream: bool,
) -> None:
    proxy = proxies(hang_s=0.01)
    async with (
        proxy.session(who=None, faults=[a_fault(error)]) as session,
        client_of(session) as client,
    ):
        with pytest.raises(raised):
            await read_all(client, stream=stream)
    assert provider.bodies == []
    assert session.cost.usd == 0
    assert (session.met, session.provider_faults) == ({}, 1)
    # What was asked for is not held against the provider.
    assert session.fault is None


@pytest.mark.parametrize("api", APIS)
async def test_an_empty_answer_is_whole_and_says_nothing(
    proxies: Proxies, provider: BillingOpenAI, api: str
) -> None:
    faults = [a_fault("empty")]
    async with (
        proxies().session(who=None, faults=faults) as session,
        client_of(session) as client,
    ):
        match api:
            case "/chat/completions":
                chat = await client.chat.completions.create(model="ok", messages=SAYING)
                assert chat.choices[0].message.content == ""
            case "/completions":
                completion = await client.completions.create(model="ok", prompt="Hi")
                assert completion.choices[0].text == ""
            case "/responses":
                response = await client.responses.create(model="ok", input="Hi")
                assert response.output_text == ""
            case "/embeddings":
                said = await ask(session, api)
                assert said.body["data"] == []
    assert provider.bodies == []


@pytest.mark.parametrize("api", ["/chat/completions", "/completions", "/responses"])
async def test_an_empty_stream_is_whole_and_says_nothing(
    proxies: Proxies, provider: BillingOpenAI, api: str
) -> None:
    faults = [a_fault("empty")]
    async with (
        proxies().session(who=None, faults=faults) as session,
        client_of(session) as client,
    ):
        if api == "/responses":
            async with client.responses.stream(model="ok", input="Hi") as stream:
                assert [event.type async for event in stream] == [
                    "response.created",
                    "response.completed",
                ]
            return
        said = await ask(session, api, stream=True)
    assert said.headers["Content-Type"] == "text/event-stream"
    assert said.events[-1] == "[DONE]"
    assert len(said.events) == 2


async def test_the_first_calls_fail_and_a_client_that_tries_again_gets_through(
    proxies: Proxies, provider: BillingOpenAI
) -> None:
    faults = [a_fault("serverError", times=1), a_fault("rateLimit", times=1)]
    async with proxies().session(who=None, faults=faults) as session:
        said = [await ask(session) for _ in range(3)]
    assert [answer.status for answer in said] == [500, 429, 200]
    assert said[1].headers["Retry-After"] == "1"
    assert (session.provider_faults, session.calls) == (2, 3)
    assert len(provider.bodies) == 1


async def test_a_timeout_is_silence_until_the_child_gives_up(
    proxies: Proxies, provider: BillingOpenAI
) -> None:
    faults = [a_fault("timeout", times=1)]
    async with (
        proxies(hang_s=60).session(who=None, faults=faults) as session,
        client_of(session, timeout=0.05) as client,
    ):
        started = time.monotonic()
        with pytest.raises(openai.APITimeoutError):
            await client.chat.completions.create(model="ok", messages=SAYING)
        assert time.monotonic() - started < 30
    assert (session.met, session.provider_faults) == ({}, 1)


async def test_a_failure_that_nobody_met_is_not_told_as_met(
    proxies: Proxies, provider: BillingOpenAI
) -> None:
    faults = [a_fault("timeout", tool="get_order"), a_fault("serverError")]
    async with proxies().session(who=None, faults=faults) as session:
        assert session.met == {}


def calling(call_id: str, name: str = "get_order") -> dict[str, Any]:
    function = {"name": name, "arguments": "{}"}
    return {
        "role": "assistant",
        "content": None,
        "tool_calls": [{"id": call_id, "type": "function", "function": function}],
    }


def answering(call_id: str, content: str = "shipped") -> dict[str, Any]:
    return {"role": "tool", "tool_call_id": call_id, "content": content}


def contents(provider: BillingOpenAI) -> list[Any]:
    """What the tools said, as the provider was told last."""
    return [m["content"] for m in provider.bodies[-1]["messages"] if m["role"] == "tool"]


@pytest.mark.parametrize("error", RESULTS)
async def test_what_a_tool_says_is_replaced_on_its_way_to_the_model(
    proxies: Proxies, provider: BillingOpenAI, error: FaultError
) -> None:
    messages = [
        *SAYING,
        calling("c1"),
        answering("c1"),
        calling("c2", "search"),
        answering("c2", "found"),
    ]
    faults = [a_fault(error, tool="get_order")]
    async with proxies().session(who=None, faults=faults) as session:
        await ask(session, messages=messages)
    assert contents(provider) == [RESULTS[error], "found"]
    assert session.met == {"get_order": 1}
    assert session.provider_faults == 0


async def test_an_answer_that_was_replaced_once_stays_so_and_the_next_one_is_real(
    proxies: Proxies, provider: BillingOpenAI
) -> None:
    faults = [a_fault("serverError", tool="get_order", times=1)]
    broken = RESULTS["serverError"]
    history = [*SAYING, calling("c1"), answering("c1")]
    async with proxies().session(who=None, faults=faults) as session:
        await ask(session, messages=history)
        assert contents(provider) == [broken]
        history += [calling("c2"), answering("c2")]
        await ask(session, messages=history)
        assert contents(provider) == [broken, "shipped"]
    assert session.met == {"get_order": 1}


async def test_ids_that_a_server_gives_twice_are_told_apart_by_their_order(
    proxies: Proxies, provider: BillingOpenAI
) -> None:
    faults = [a_fault("serverError", tool="get_order", times=1)]
    history = [*SAYING, calling("c"), answering("c"), calling("c"), answering("c")]
    async with proxies().session(who=None, faults=faults) as session:
        await ask(session, messages=history)
    assert contents(provider) == [RESULTS["serverError"], "shipped"]


async def test_a_later_turn_of_the_conversation_hears_what_the_earlier_one_heard(
    proxies: Proxies, provider: BillingOpenAI
) -> None:
    proxy = proxies()
    faults = [a_fault("timeout", tool="get_order", times=1)]
    history = [*SAYING, calling("c1"), answering("c1")]
    async with proxy.session(who=None, faults=faults, conversation="r-0-0-0") as session:
        await ask(session, messages=history)
    history += [calling("c2"), answering("c2")]
    async with proxy.session(who=None, faults=(), conversation="r-0-0-0") as session:
        await ask(session, messages=history)
    assert contents(provider) == [RESULTS["timeout"], "shipped"]
    assert session.met == {}
    async with proxy.session(who=None, faults=(), conversation="r-0-1-0") as session:
        await ask(session, messages=history)
    assert contents(provider) == ["shipped", "shipped"]


async def test_the_tools_of_the_responses_api_fail_too(
    proxies: Proxies, provider: BillingOpenAI
) -> None:
    said = [
        {"role": "user", "content": "Hi"},
        {"type": "function_call", "call_id": "c1", "name": "get_order", "arguments": "{}"},
        {"type": "function_call_output", "call_id": "c1", "output": "shipped"},
    ]
    faults = [a_fault("timeout", tool="get_order")]
    async with proxies().session(who=None, faults=faults) as session:
        await ask(session, "/responses", input=said)
    assert provider.bodies[-1]["input"] == [*said[:2], {**said[2], "output": RESULTS["timeout"]}]


async def test_a_tool_is_known_by_the_call_that_the_model_made_before(
    proxies: Proxies, provider: BillingOpenAI
) -> None:
    output = {"type": "function_call_output", "call_id": "call_1", "output": "shipped"}
    faults = [a_fault("timeout", tool="get_order")]
    async with proxies().session(who=None, faults=faults) as session:
        await ask(session, "/responses", model="tools")
        await ask(session, "/responses", previous_response_id="resp_1", input=[output])
    assert provider.bodies[-1]["input"] == [{**output, "output": RESULTS["timeout"]}]
    assert session.met == {"get_order": 1}


@pytest.mark.parametrize(
    "messages",
    ["Hi", [], [None, 7, "x"], [{"role": "tool"}], [{"tool_calls": 7}], [{"tool_calls": [None]}]],
)
def test_a_history_of_any_shape_is_left_as_it_is(messages: Any) -> None:
    fates: Fates = {}
    injection = Injection([a_fault("timeout", tool="get_order")], fates=fates)
    body = {"model": "m", "messages": messages}
    called = [ToolCall(id="c1", name="get_order", arguments="{}")]
    assert injection.spoil(Asked(api=Api.CHAT, body=body), called) == body


async def test_faults_of_many_calls_at_once_strike_as_often_as_they_should(
    proxies: Proxies, provider: BillingOpenAI
) -> None:
    async with proxies().session(who=None, faults=[a_fault("rateLimit", times=3)]) as session:
        said = await asyncio.gather(*(ask(session, CHAT) for _ in range(10)))
    assert sorted(answer.status for answer in said) == [200] * 7 + [429] * 3
