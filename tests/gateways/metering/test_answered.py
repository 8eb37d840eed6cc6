import json
from collections.abc import AsyncIterator, Iterable
from typing import Any

import pytest

from agentops_cli.gateways.chat_format import AnswerError
from agentops_cli.gateways.metering import answered
from agentops_cli.gateways.metering.answered import data_of, events_of, watch
from agentops_cli.gateways.metering.asked import Api
from agentops_cli.model.money import Usage


async def collected(pieces: Iterable[bytes]) -> list[bytes]:
    async def coming() -> AsyncIterator[bytes]:
        for piece in pieces:
            yield piece

    return [event async for event in events_of(coming())]


@pytest.mark.parametrize("end", [b"\n", b"\r\n", b"\r"])
@pytest.mark.parametrize("size", [1, 2, 3, 7, 1000])
async def test_events_are_the_same_however_their_bytes_come(end: bytes, size: int) -> None:
    events = [b"data: a" + end * 2, b": ping" + end * 2, b"event: x" + end + b"data: b" + end * 2]
    whole = b"".join([*events, b"data: [DONE]"])
    pieces = [whole[at : at + size] for at in range(0, len(whole), size)]
    found = await collected(pieces)
    assert found == [*events, b"data: [DONE]"]
    assert [data_of(event) for event in found] == ["a", "", "b", "[DONE]"]


async def test_an_event_without_end_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(answered, "MAX_EVENT_BYTES", 1000)
    with pytest.raises(AnswerError):
        await collected([b"data: " + b"x" * 500, b"x" * 500])


def test_a_separator_inside_a_text_does_not_end_the_line() -> None:
    text = json.dumps({"text": "a\u2028b\x85c\x0bd"}, ensure_ascii=False)
    assert data_of(f"data: {text}\n\n".encode()) == text


CHAT_USAGE = {"prompt_tokens": 9, "completion_tokens": 4, "total_tokens": 13}
RESPONSE_USAGE = {
    "input_tokens": 9,
    "input_tokens_details": {"cached_tokens": 5},
    "output_tokens": 4,
    "output_tokens_details": {"reasoning_tokens": 3},
}
WHOLE = Usage(input_tokens=9, output_tokens=4, cached_input_tokens=5, reasoning_tokens=3)


@pytest.mark.parametrize(
    ("api", "told", "usage"),
    [
        (Api.CHAT, CHAT_USAGE, Usage(input_tokens=9, output_tokens=4)),
        (Api.COMPLETIONS, CHAT_USAGE, Usage(input_tokens=9, output_tokens=4)),
        (Api.EMBEDDINGS, {"prompt_tokens": 9, "total_tokens": 9}, Usage(input_tokens=9)),
        (Api.RESPONSES, RESPONSE_USAGE, WHOLE),
        # What leaves out a part of the tokens is no usage.
        (Api.CHAT, {"prompt_tokens": 9}, None),
        (Api.CHAT, {"completion_tokens": 4}, None),
        (Api.CHAT, {"prompt_tokens": 0, "completion_tokens": 0}, None),
        (Api.CHAT, {"prompt_tokens": -9, "completion_tokens": 4}, None),
        (Api.CHAT, {"prompt_tokens": "9", "completion_tokens": 4}, None),
        (Api.CHAT, RESPONSE_USAGE, None),
        (Api.CHAT, [9, 4], None),
        (Api.CHAT, None, None),
        (Api.EMBEDDINGS, {"total_tokens": 9}, None),
        (Api.EMBEDDINGS, {}, None),
        (Api.RESPONSES, {"input_tokens": 9}, None),
        (Api.RESPONSES, CHAT_USAGE, None),
    ],
)
def test_a_usage_counts_when_it_tells_all_of_its_apis_tokens(
    api: Api, told: Any, usage: Usage | None
) -> None:
    seen = watch(api)
    seen.whole({"usage": told, "choices": []})
    assert seen.usage == usage


@pytest.mark.parametrize("api", Api)
@pytest.mark.parametrize(
    "answer",
    [
        None,
        [],
        "x",
        {"choices": 7, "output": 7, "usage": 7},
        {"choices": [None, 7, {"message": 7}], "output": [None, {"type": "function_call"}]},
        {"choices": [{"message": {"tool_calls": [None, {"function": 7}]}}]},
    ],
)
def test_an_answer_of_any_shape_can_be_looked_at(api: Api, answer: Any) -> None:
    seen = watch(api)
    seen.whole(answer)
    seen.event(json.dumps(answer))
    seen.event("{no json")
    assert seen.usage is None
    assert {call.arguments for call in seen.tool_calls()} <= {""}


@pytest.mark.parametrize("last", ["response.completed", "response.incomplete", "response.failed"])
def test_a_response_ends_with_any_of_its_last_events(last: str) -> None:
    seen = watch(Api.RESPONSES)
    seen.event('{"type": "response.created", "response": {"usage": null}}')
    assert not seen.ended
    seen.event(json.dumps({"type": last, "response": {"usage": RESPONSE_USAGE}}))
    assert (seen.ended, seen.usage) == (True, WHOLE)


def test_tool_calls_that_come_in_turns_are_put_together_each_for_itself() -> None:
    seen = watch(Api.CHAT)
    for choice, place, part in (
        (0, 0, {"id": "a", "function": {"name": "one", "arguments": "{"}}),
        (0, 1, {"id": "b", "function": {"name": "two", "arguments": "["}}),
        (1, 0, {"id": "c", "function": {"name": "three", "arguments": ""}}),
        (0, 0, {"function": {"arguments": "}"}}),
        (0, 1, {"function": {"arguments": "]"}}),
    ):
        delta = {"tool_calls": [{"index": place, **part}]}
        seen.event(json.dumps({"choices": [{"index": choice, "delta": delta}]}))
    found = [(call.id, call.name, call.arguments) for call in seen.tool_calls()]
    assert found == [("a", "one", "{}"), ("b", "two", "[]"), ("c", "three", "")]
