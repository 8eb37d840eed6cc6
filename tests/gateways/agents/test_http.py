"""Agents behind an address, asked over real connections to a server in the same process."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from agentops_cli.gateways.agents.gateway import Agents
from agentops_cli.model.call import FaultKind, Finish
from agentops_cli.model.json import Json
from agentops_cli.model.prompt import Message
from agentops_cli.model.settings import HttpAgent, Meter
from agentops_cli.model.tool import ToolCall
from tests.gateways.agents.acting import Ledger, a_call, a_fault_in, a_gateway, an_agent, fault_of

Serve = Callable[[web.Request], Awaitable[web.StreamResponse]]

BODY: Json = {"message": "{{ input }}"}


@dataclass(kw_only=True)
class Bot:
    """A server that answers as the test says, and what it was sent."""

    serve: Serve | None = None
    url: str = ""
    requests: list[web.Request] = field(default_factory=list)
    bodies: list[Any] = field(default_factory=list)

    async def answer(self, request: web.Request) -> web.StreamResponse:
        self.requests.append(request)
        content = await request.read()
        self.bodies.append(json.loads(content) if content else None)
        assert self.serve is not None
        return await self.serve(request)


@pytest.fixture
async def bot() -> AsyncIterator[Bot]:
    made = Bot()
    app = web.Application()
    app.router.add_route("*", "/chat", made.answer)
    async with TestServer(app) as server:
        made.url = str(server.make_url("/chat"))
        yield made


@pytest.fixture
async def gateways() -> AsyncIterator[list[Agents]]:
    """Those that a test opened, closed when it ends."""
    opened: list[Agents] = []
    yield opened
    for gateway in opened:
        await gateway.close()


Open = Callable[..., Agents]


@pytest.fixture
def open_agent(bot: Bot, gateways: list[Agents], tmp_path: Path) -> Open:
    """Opens a gateway to the server; `serve` is what it does, `how` what is set of the agent."""

    def open_one(
        serve: Serve | Json, *, agent: dict[str, Any] | None = None, **changes: Any
    ) -> Agents:
        options = {key: changes.pop(key) for key in ("environ", "meter") if key in changes}
        bot.serve = serve if callable(serve) else replying(200, json.dumps(serve))
        how = HttpAgent(**{"url": bot.url, "body": BODY, "answer": "$.reply", **changes})
        gateways.append(a_gateway(an_agent(how, **(agent or {})), tmp_path, **options))
        return gateways[-1]

    return open_one


def replying(status: int, content: str | bytes, **headers: str) -> Serve:
    """A server that always gives the same reply."""
    body = content.encode() if isinstance(content, str) else content

    async def serve(request: web.Request) -> web.Response:
        del request
        return web.Response(status=status, body=body, headers=headers)

    return serve


async def test_the_body_is_filled_in_and_the_answer_is_where_the_path_says(
    open_agent: Open, bot: Bot
) -> None:
    body: Json = {
        "message": "{{ input }}",
        "history": "{{ messages }}",
        "thread": "{{ conversation }}",
        "first": "Dear {{ vars.name }}: {{ input }}",
        "options": {"plan": "{{ vars.plan }}", "k": 3, "tags": ["{{ vars.plan.tier }}", None]},
        "faults": "{{ faults }}",
        "turns": "{{ messages | length }}",
    }
    gateway = open_agent({"reply": "On its way \N{PARTY POPPER}"}, body=body)
    messages = (Message(role="assistant", content="Hi"), Message(role="user", content='A "q"'))
    call = a_call(
        'A "q"',
        messages=messages,
        vars={"name": "Ada", "plan": {"tier": "pro", "seats": 4}},
        faults=(a_fault_in("get_order"), a_fault_in(None)),
    )
    completion = await gateway.complete(call)
    assert completion.text == "On its way \N{PARTY POPPER}"
    assert (completion.finish, completion.model) == (Finish.STOP, "agent/bot")
    assert completion.tool_calls == ()
    assert completion.latency_s > 0
    assert bot.bodies == [
        {
            "message": 'A "q"',
            "history": [
                {"role": "assistant", "content": "Hi"},
                {"role": "user", "content": 'A "q"'},
            ],
            "thread": "run-0-0-0",
            "first": 'Dear Ada: A "q"',
            "options": {"plan": {"tier": "pro", "seats": 4}, "k": 3, "tags": ["pro", None]},
            "faults": [{"tool": "get_order", "error": "timeout", "times": 1}],
            "turns": 2,
        }
    ]
    assert bot.requests[0].method == "POST"
    assert bot.requests[0].headers["Content-Type"] == "application/json"


async def test_headers_come_from_the_settings_and_from_the_environment(
    open_agent: Open, bot: Bot
) -> None:
    gateway = open_agent(
        {"reply": "ok"},
        headers={"x-tenant": "evals", "user-agent": "mine"},
        headers_env={"Authorization": "BOT_AUTH"},
        environ={"BOT_AUTH": "Bearer abc\n"},
    )
    await gateway.complete(a_call())
    sent = bot.requests[0].headers
    assert (sent["x-tenant"], sent["Authorization"]) == ("evals", "Bearer abc")
    assert sent.getall("User-Agent") == ["mine"]


async def test_with_get_the_body_is_the_query(open_agent: Open, bot: Bot) -> None:
    body: Json = {"q": "{{ input }}", "k": 3, "history": "{{ messages }}"}
    gateway = open_agent({"reply": "ok"}, method="GET", body=body)
    await gateway.complete(a_call("a & b"))
    [request] = bot.requests
    assert dict(request.query) == {
        "q": "a & b",
        "k": "3",
        "history": '[{"role": "user", "content": "a & b"}]',
    }
    assert bot.bodies == [None]


async def test_without_a_path_the_whole_reply_is_the_answer(open_agent: Open) -> None:
    latin = replying(
        200, "Füße".encode("latin-1"), **{"Content-Type": "text/plain; charset=latin-1"}
    )
    assert (await open_agent(latin, answer=None).complete(a_call())).text == "Füße"
    marked = replying(200, b"\xef\xbb\xbfhello\n")
    assert (await open_agent(marked, answer=None).complete(a_call())).text == "hello\n"
    strange = replying(200, b"hi \xff", **{"Content-Type": "text/plain; charset=martian"})
    text = (await open_agent(strange, answer=None).complete(a_call())).text
    assert text == "hi \N{REPLACEMENT CHARACTER}"


async def test_tool_calls_and_trace_come_from_where_the_paths_say(open_agent: Open) -> None:
    reply: Json = {
        "reply": "On its way",
        "calls": [{"name": "get_order", "args": {"id": "812"}}],
        "trace": {"steps": 2},
    }
    gateway = open_agent(reply, tool_calls="$.calls", trace="$.trace")
    completion = await gateway.complete(a_call())
    call = ToolCall(id="", name="get_order", arguments='{"id": "812"}')
    assert completion.tool_calls == (call,)
    assert completion.trace == {"steps": 2}


@pytest.mark.parametrize(
    ("reply", "words"),
    [
        ({"answer": "hi"}, 'has no answer at $.reply: $ is an object with "answer"'),
        ({"reply": None}, "has null for an answer at $.reply"),
        ({}, "has no answer at $.reply: $ is an empty object"),
        ([1, 2], "has no answer at $.reply: $ is an array of 2"),
        ({"error": "boom"}, 'has no answer at $.reply: $ is an object with "error"'),
    ],
)
async def test_a_reply_without_the_answer_is_never_an_answer(
    open_agent: Open, reply: Json, words: str
) -> None:
    fault = await fault_of(open_agent(reply))
    assert (fault.kind, fault.billed) == (FaultKind.MALFORMED, True)
    assert fault.message == f"agent/bot {words}"
    assert fault.fix == (
        "name the one place where the answer is, or remove 'answer' to take the whole reply"
    )


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("<html>", "gave something that is not JSON: '<html>'"),
        ('{"reply": "cut', "gave something that is not JSON"),
        ("", "gave an empty reply"),
        (" \n", "gave an empty reply"),
        ("[" * 100_000, "gave something that is not JSON"),
    ],
)
@pytest.mark.parametrize("answer", ["$.reply", None])
async def test_a_reply_that_cannot_be_read_is_a_fault(
    open_agent: Open, content: str, words: str, answer: str | None
) -> None:
    if answer is None and content.strip():
        completion = await open_agent(replying(200, content), answer=answer).complete(a_call())
        assert completion.text == content
        return
    fault = await fault_of(open_agent(replying(200, content), answer=answer))
    assert fault.kind is FaultKind.MALFORMED
    assert words in fault.message


async def test_a_reply_without_the_list_of_tool_calls_is_a_fault_and_an_empty_list_is_none(
    open_agent: Open,
) -> None:
    fault = await fault_of(open_agent({"reply": "hi"}, tool_calls="$.calls"))
    assert fault.kind is FaultKind.MALFORMED
    assert "has no tool calls at $.calls" in fault.message
    nothing: list[Json] = [{"reply": "hi", "calls": []}, {"reply": "hi", "calls": None}]
    for reply in nothing:
        completion = await open_agent(reply, tool_calls="$.calls").complete(a_call())
        assert completion.tool_calls == ()


async def test_a_stream_of_events_is_refused(open_agent: Open) -> None:
    events = replying(200, "data: hello\n\n", **{"Content-Type": "text/event-stream"})
    fault = await fault_of(open_agent(events, answer=None))
    assert (fault.kind, fault.billed) == (FaultKind.MALFORMED, True)
    assert "streams its reply" in fault.message


async def test_a_reply_larger_than_any_answer_is_not_read_to_its_end(open_agent: Open) -> None:
    fault = await fault_of(open_agent(replying(200, b"x" * (17 * 2**20)), answer=None))
    assert fault.kind is FaultKind.MALFORMED
    assert fault.message == "agent/bot gave more than 16 MiB"


# Failures of the agent, and of what is between it and us


@pytest.mark.parametrize("status", [400, 404, 409, 422, 500])
async def test_an_error_with_a_body_is_the_agents_own_failure(
    open_agent: Open, status: int
) -> None:
    reply = json.dumps({"error": "the order system is down", "reply": "Sorry, I failed."})
    completion = await open_agent(replying(status, reply)).complete(a_call())
    assert completion.failure is not None
    assert completion.failure.startswith(f"HTTP {status} ")
    assert "the order system is down" in completion.failure
    assert (completion.text, completion.finish) == ("Sorry, I failed.", Finish.UNKNOWN)


async def test_what_a_failed_agent_said_is_its_text_where_no_answer_is_found(
    open_agent: Open,
) -> None:
    plain = replying(500, "Internal Server Error")
    completion = await open_agent(plain).complete(a_call())
    assert completion.text == "Internal Server Error"
    assert completion.failure == "HTTP 500 Internal Server Error: Internal Server Error"


@pytest.mark.parametrize(
    ("status", "content", "kind", "billed"),
    [
        (401, '{"error": "no"}', FaultKind.AUTH, False),
        (403, '{"error": "no"}', FaultKind.AUTH, False),
        (408, '{"error": "no"}', FaultKind.TIMEOUT, True),
        (429, '{"error": "no"}', FaultKind.RATE_LIMIT, False),
        (502, '{"error": "no"}', FaultKind.PROVIDER, True),
        (503, '{"error": "no"}', FaultKind.PROVIDER, False),
        (504, '{"error": "no"}', FaultKind.PROVIDER, True),
        (500, "", FaultKind.PROVIDER, True),
        (400, " ", FaultKind.PROVIDER, False),
        (404, "404 page not found", FaultKind.NOT_FOUND, False),
        (404, "", FaultKind.NOT_FOUND, False),
        (404, "[]", FaultKind.NOT_FOUND, False),
        (404, '{"detail": "Not Found"}', FaultKind.NOT_FOUND, False),
        (405, '{"detail": "Method Not Allowed"}', FaultKind.NOT_FOUND, False),
        (404, '{"status": 404, "error": "Not Found"}', FaultKind.NOT_FOUND, False),
        (307, "", FaultKind.NOT_FOUND, False),
    ],
)
async def test_what_says_nothing_of_the_answers_is_a_fault(
    open_agent: Open, status: int, content: str, kind: FaultKind, billed: bool
) -> None:
    gateway = open_agent(replying(status, content, Location="http://elsewhere.example/"))
    fault = await fault_of(gateway)
    assert (fault.kind, fault.billed) == (kind, billed)
    assert str(status) in fault.message
    assert fault.fix


@pytest.mark.parametrize("status", [429, 503])
async def test_a_server_that_asks_to_be_left_alone_is_heard(open_agent: Open, status: int) -> None:
    fault = await fault_of(open_agent(replying(status, "busy", **{"Retry-After": "12"})))
    assert (fault.retry_after_s, fault.final) == (12.0, False)


@pytest.mark.parametrize("status", [400, 501, 505])
async def test_a_refusal_that_will_be_the_same_again_is_known_as_one(
    open_agent: Open, status: int
) -> None:
    assert (await fault_of(open_agent(replying(status, "")))).final


async def test_a_redirect_is_not_followed(open_agent: Open, bot: Bot) -> None:
    await fault_of(open_agent(replying(307, "", Location=bot.url)))
    assert len(bot.requests) == 1


async def test_a_server_that_is_not_there_was_not_paid(
    gateways: list[Agents], tmp_path: Path, unused_tcp_port: int
) -> None:
    url = f"http://127.0.0.1:{unused_tcp_port}/chat"
    gateways.append(a_gateway(an_agent(HttpAgent(url=url, body=BODY)), tmp_path))
    fault = await fault_of(gateways[-1])
    assert (fault.kind, fault.billed) == (FaultKind.CONNECTION, False)
    assert fault.message.startswith(f"agent/bot cannot be reached at {url}: ")


async def test_a_connection_that_is_broken_was_perhaps_paid_for(open_agent: Open) -> None:
    async def cut(request: web.Request) -> web.Response:
        assert request.transport is not None
        request.transport.abort()
        return web.Response()

    fault = await fault_of(open_agent(cut))
    assert (fault.kind, fault.billed) == (FaultKind.CONNECTION, True)


async def test_an_answer_that_does_not_come_in_time_is_a_fault(open_agent: Open) -> None:
    async def wait(request: web.Request) -> web.Response:
        del request
        await asyncio.Event().wait()
        raise AssertionError

    fault = await fault_of(open_agent(wait), a_call(timeout_s=0.2))
    assert (fault.kind, fault.billed) == (FaultKind.TIMEOUT, True)
    assert fault.message == "agent/bot gave no answer within 0.2 s"


async def test_a_body_that_a_case_cannot_fill_in_is_a_fault_of_its_own(
    open_agent: Open, bot: Bot
) -> None:
    fault = await fault_of(open_agent({"reply": "hi"}, body={"q": "{{ vars.question }}"}))
    assert (fault.kind, fault.billed) == (FaultKind.BAD_REQUEST, False)
    assert fault.message.startswith("the body of agent/bot cannot be filled in (agentops.yaml:3:3)")
    assert "question" in fault.message
    assert fault.fix
    assert bot.requests == []


async def test_a_cookie_of_one_conversation_never_reaches_another(
    open_agent: Open, bot: Bot
) -> None:
    gateway = open_agent(replying(200, '{"reply": "hi"}', **{"Set-Cookie": "session=1; Path=/"}))
    await gateway.complete(a_call())
    await gateway.complete(a_call(conversation="another"))
    assert "Cookie" not in bot.requests[1].headers


async def test_a_metered_server_is_asked_while_its_port_is_taken_for_the_call(
    open_agent: Open,
) -> None:
    meter = Ledger()
    gateway = open_agent({"reply": "hi"}, agent={"meter": Meter(port=4010)}, meter=meter)
    faults = (a_fault_in(None), a_fault_in("get_order"))
    request = a_call(faults=faults)
    await gateway.complete(request)
    [asked] = meter.asked
    assert (asked.kind, asked.place, asked.who) == ("shared", 4010, request.tags)
    assert (asked.faults, asked.max_steps, asked.conversation) == (faults, 8, "run-0-0-0")
