import json
from typing import Any

import pytest

from agentops_cli.errors import GatewayError, InputError
from agentops_cli.gateways.replay import Replay, read_cassette
from agentops_cli.model.call import FaultKind, Finish, Request, Tags
from agentops_cli.model.cassette import Cassette
from agentops_cli.model.money import Cost, Usage
from agentops_cli.model.tool import ToolCall
from tests.builders import a_request

PATH = "evals/cassettes/product-manager.jsonl"
FULL: dict[str, Any] = {
    "key": "0f3a",
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


async def test_null_is_no_value() -> None:
    entry = dict.fromkeys(FULL) | {"caseId": "wishlist", "text": "Hello"}
    assert cassette(entry) == cassette({"caseId": "wishlist", "text": "Hello"})


async def test_arguments_of_a_tool_call_may_be_written_as_an_object() -> None:
    calls = [{"name": "get_order", "arguments": {"id": "812"}}]
    entry = {"caseId": "a", "text": "", "toolCalls": calls}
    completion = await Replay(cassette(entry)).complete(asking("a"))
    assert completion.tool_calls == (ToolCall(id="", name="get_order", arguments='{"id": "812"}'),)


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


def test_windows_line_ends_and_empty_lines_are_no_entries() -> None:
    text = '\n{"caseId": "a", "text": "1"}\r\n   \n{"caseId": "b", "text": "2\\u2028"}'
    assert read_cassette(text, PATH).case_ids == {"a", "b"}


@pytest.mark.parametrize(
    ("line", "place", "words", "fix"),
    [
        ('{"caseId": "a", text: "1"}', f"{PATH}:3:17", "not JSON", "one line"),
        ("[" * 200_000, f"{PATH}:3", "not JSON", "one line"),
        ('["a", "1"]', f"{PATH}:3", "must be an object", "one line"),
        ('{"text": "1"}', f"{PATH}:3", "'caseId' is missing", "'caseId'"),
        ('{"caseId": "a"}', f"{PATH}:3", "'text' is missing", "'text'"),
        ('{"caseId": "a", "text": null}', f"{PATH}:3", "'text' is missing", "'text'"),
        ('{"caseId": "a", "text": 7}', f"{PATH}:3", "'text' must be text, not 7", "'text'"),
        ('{"caseId": 7, "text": "1"}', f"{PATH}:3", "'caseId' must be text, not 7", "'caseId'"),
        ('{"caseID": "a", "text": "1"}', f"{PATH}:3", "unknown key 'caseID'", "'caseId'"),
        ('{"caseId": "a", "text": "1", "zzz": 1}', f"{PATH}:3", "key 'zzz'", "recordedAt"),
        ('{"caseId": "a", "text": "1", "repeat": -1}', f"{PATH}:3", "from 0, not -1", "'repeat'"),
        ('{"caseId": "a", "text": "1", "turn": true}', f"{PATH}:3", "from 0, not True", "'turn'"),
        ('{"caseId": "a", "text": "1", "step": "x"}', f"{PATH}:3", "from 0, not 'x'", "'step'"),
        ('{"caseId": "a", "text": "1", "repeat": 1.0}', f"{PATH}:3", "not 1.0", "'repeat'"),
        ('{"caseId": "a", "text": "1", "finish": "done"}', f"{PATH}:3", "length", "'finish'"),
        ('{"caseId": "a", "text": "1", "finish": []}', f"{PATH}:3", "one of stop", "'finish'"),
        ('{"caseId": "a", "text": "1", "usage": 7}', f"{PATH}:3", "must be an object", "'usage'"),
        (
            '{"caseId": "a", "text": "1", "usage": {"prompt_tokens": 7}}',
            f"{PATH}:3",
            "'prompt_tokens': 7",
            "inputTokens",
        ),
        (
            '{"caseId": "a", "text": "1", "usage": {"inputTokens": "7"}}',
            f"{PATH}:3",
            "'inputTokens': '7'",
            "whole numbers",
        ),
        ('{"caseId": "a", "text": "1", "toolCalls": {}}', f"{PATH}:3", "a list", "'toolCalls'"),
        ('{"caseId": "a", "text": "1", "toolCalls": [7]}', f"{PATH}:3", "without a name", "name"),
        ('{"caseId": "one", "text": "1"}', f"{PATH}:3", "the first is on line 1", "delete one"),
    ],
)
def test_a_mistake_is_told_with_its_place_and_its_mending(
    line: str, place: str, words: str, fix: str
) -> None:
    with pytest.raises(InputError) as raised:
        read_cassette(f"{json.dumps(ONE)}\n\n{line}\n", PATH)
    [finding] = raised.value.findings
    assert str(finding.location) == place
    assert words in finding.message
    assert fix in (finding.fix or "")


def test_all_mistakes_are_told_at_once() -> None:
    with pytest.raises(InputError) as raised:
        read_cassette('{\n{"caseId": "a"}\n{"caseId": "b", "text": "1"}\n[]\n', PATH)
    places = [finding.location.line for finding in raised.value.findings if finding.location]
    assert places == [1, 2, 4]
