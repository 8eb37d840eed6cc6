import json
from dataclasses import replace
from typing import Any

import pytest

from agentops_cli.errors import GatewayError, InputError
from agentops_cli.gateways.replay import FromCassettes, Replay
from agentops_cli.guards.recordings import Recordings
from agentops_cli.model.call import FaultKind, Finish, Request, Tags
from agentops_cli.model.cassette import Cassette, Reel, key_of
from agentops_cli.model.cassette_lines import read_cassette
from agentops_cli.model.money import Cost, Usage
from agentops_cli.model.tool import ToolCall
from tests.builders import a_request

PATH = "evals/cassettes/product-manager.jsonl"
FULL: dict[str, Any] = {
    "key": "0f3a" * 16,
    "suite": "product-manager",
    "caseId": "wishlist",
    "model": "openai/gpt-4o-mini",
    "servedModel": "gpt-4o-mini-2024-07-18",
    "repeat": 1,
    "turn": 2,
    "step": 3,
    "promptSha": "9c1d",
    "text": "As a user I want a wishlist.",
    "toolCalls": [{"id": "call_1", "name": "get_order", "arguments": '{"id": "812"}'}],
    "finish": "length",
    "usage": {
        "inputTokens": 20,
        "outputTokens": 7,
        "cachedInputTokens": 12,
        "reasoningTokens": 3,
    },
    "recordedAt": "2026-01-02T03:04:05Z",
}


def cassette(*entries: dict[str, Any]) -> Cassette:
    return read_cassette("".join(json.dumps(entry) + "\n" for entry in entries), PATH)


def asking(case_id: str, **changes: Any) -> Request:
    tags = Tags(suite="product-manager", case_id=case_id)
    return a_request(model="replay/product-manager.jsonl", tags=tags, **changes)


async def test_a_full_entry_is_replayed_as_it_was_recorded() -> None:
    completion = await Replay(cassette(FULL)).complete(asking("wishlist", repeat=1, turn=2, step=3))
    assert completion.text == "As a user I want a wishlist."
    assert completion.finish is Finish.LENGTH
    assert completion.model == "gpt-4o-mini-2024-07-18"
    assert completion.usage == Usage(
        input_tokens=20, output_tokens=7, cached_input_tokens=12, reasoning_tokens=3
    )
    call = ToolCall(id="call_1", name="get_order", arguments='{"id": "812"}')
    assert completion.tool_calls == (call,)
    assert completion.cached
    assert completion.cost == Cost()
    assert completion.latency_s == 0


async def test_a_case_and_a_text_are_enough() -> None:
    entry = {"caseId": "wishlist", "text": ""}
    completion = await Replay(cassette(entry)).complete(asking("wishlist"))
    assert (completion.text, completion.finish) == ("", Finish.STOP)
    assert completion.model == "replay/product-manager.jsonl"
    assert completion.usage is None
    assert completion.cached


async def test_the_steps_of_a_turn_are_recorded_one_by_one() -> None:
    call = {"name": "get_order", "arguments": {"id": "812"}}
    first = {"caseId": "a", "text": "", "toolCalls": [call], "finish": "tool_calls"}
    gateway = Replay(cassette(first, {"caseId": "a", "text": "It is $40.", "step": 1}))
    assert (await gateway.complete(asking("a"))).finish is Finish.TOOL
    assert (await gateway.complete(asking("a", step=1))).text == "It is $40."


ONE, TWO = {"caseId": "one", "text": "1"}, {"caseId": "two", "text": "2", "repeat": 1}


@pytest.mark.parametrize(
    ("request_", "words"),
    [
        (asking("onne"), "case 'onne', repeat 0, turn 0, step 0; the nearest case in it is 'one'"),
        (
            asking("one", step=1),
            "case 'one', repeat 0, turn 0, step 1; it has repeat/turn/step 0/0/0",
        ),
        (
            asking("one", repeat=1),
            "case 'one', repeat 1, turn 0, step 0; it has repeat/turn/step 0/0/0",
        ),
        (
            asking("one", turn=1),
            "case 'one', repeat 0, turn 1, step 0; it has repeat/turn/step 0/0/0",
        ),
        (asking("two"), "case 'two', repeat 0, turn 0, step 0; it has repeat/turn/step 1/0/0"),
        (asking("zebra"), "case 'zebra', repeat 0, turn 0, step 0"),
        (a_request(), "case ''"),
    ],
)
async def test_a_miss_says_what_was_looked_for_and_what_is_near(
    request_: Request, words: str
) -> None:
    gateway = Replay(cassette(ONE, TWO))
    with pytest.raises(GatewayError) as raised:
        await gateway.complete(request_)
    fault = raised.value.fault
    assert (fault.kind, fault.billed) == (FaultKind.MISS, False)
    assert fault.message.startswith(f"{PATH} has no answer for {words}")
    assert fault.fix


async def test_opinions_of_judges_are_none_of_the_answers() -> None:
    opinion = {"caseId": "one", "text": "{}", "purpose": "judge", "model": "openai/gpt-4o"}
    assert (await Replay(cassette(opinion, ONE)).complete(asking("one"))).text == "1"


@pytest.mark.parametrize(
    ("first", "second", "words", "fix"),
    [
        ({}, {}, "is recorded a second time; the first is on line 1", "delete one of them"),
        (
            {"model": "openai/a"},
            {"model": "openai/b", "key": "0" * 64},
            "(openai/a and openai/b); the first is on line 1",
            "with --replay",
        ),
    ],
)
def test_two_answers_for_one_place_are_a_mistake_of_whoever_names_the_file_as_a_model(
    first: dict[str, Any], second: dict[str, Any], words: str, fix: str
) -> None:
    both = cassette(ONE | first, ONE | second)
    with pytest.raises(InputError) as raised:
        Replay(both)
    [finding] = raised.value.findings
    assert str(finding.location) == f"{PATH}:2"
    assert words in finding.message
    assert fix in (finding.fix or "")


async def test_whatever_model_is_asked_answers_what_was_recorded_of_it() -> None:
    request = a_request(tags=Tags(suite="s.yaml", case_id="a"))
    entry = {"key": key_of(request), "caseId": "a", "model": request.model, "text": "Hello"}
    gateway = FromCassettes(recordings(cassette(entry)))
    completion = await gateway.complete(request)
    assert (completion.text, completion.cached, completion.cost) == ("Hello", True, Cost())
    with pytest.raises(GatewayError) as raised:
        await gateway.complete(replace(request, max_tokens=7))
    assert (raised.value.fault.kind, raised.value.fault.final) == (FaultKind.MISS, True)
    await gateway.close()


def recordings(found: Cassette) -> Recordings:
    reel = Reel(suite="s.yaml", name="s.yaml", path=PATH, cassette=found, prompt_sha=None)
    return Recordings(
        {"s.yaml": reel}, redacted=lambda found: found, today="2026-05-01", replays=True
    )
