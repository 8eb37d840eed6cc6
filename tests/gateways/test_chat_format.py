from typing import Any

import pytest

from agentops_cli.errors import GatewayError
from agentops_cli.gateways.chat_format import AnswerError, chat_body, completion_of
from agentops_cli.model.call import Completion, FaultKind, Finish
from agentops_cli.model.money import Usage
from agentops_cli.model.prompt import Message, Sampling
from agentops_cli.model.tool import Tool, ToolCall
from tests.builders import a_request

ANSWER: dict[str, Any] = {
    "model": "gpt-4o-mini-2024-07-18",
    "choices": [{"message": {"role": "assistant", "content": "Hello"}, "finish_reason": "stop"}],
    "usage": {"prompt_tokens": 20, "completion_tokens": 7, "total_tokens": 27},
}


def read(answer: object) -> Completion:
    return completion_of(answer, model="gpt-4o-mini", latency_s=0.5)


def with_choice(**changes: Any) -> dict[str, Any]:
    return ANSWER | {"choices": [ANSWER["choices"][0] | changes]}


def with_message(**changes: Any) -> dict[str, Any]:
    return with_choice(message={"role": "assistant", "content": "Hello"} | changes)


def test_a_body_holds_what_was_asked_and_nothing_that_was_not() -> None:
    messages = (Message(role="system", content="Be kind"), Message(role="user", content="Hi"))
    body = chat_body(a_request(messages=messages, max_tokens=99), name="gpt-4o-mini")
    assert body == {
        "model": "gpt-4o-mini",
        "messages": [{"role": "system", "content": "Be kind"}, {"role": "user", "content": "Hi"}],
        "max_tokens": 99,
    }


def test_every_setting_is_sent_under_its_own_name_even_when_it_is_zero() -> None:
    sampling = Sampling(
        temperature=0.0,
        top_p=0.9,
        top_k=40,
        max_tokens=5,
        seed=0,
        stop=("END",),
        reasoning_effort="low",
        presence_penalty=-1.0,
        frequency_penalty=0.5,
        extra={"min_p": 0.1},
    )
    body = chat_body(a_request(sampling=sampling, max_tokens=99), name="m")
    assert body | {"messages": None} == {
        "model": "m",
        "messages": None,
        "max_tokens": 99,
        "temperature": 0.0,
        "top_p": 0.9,
        "top_k": 40,
        "seed": 0,
        "stop": ["END"],
        "reasoning_effort": "low",
        "presence_penalty": -1.0,
        "frequency_penalty": 0.5,
        "min_p": 0.1,
    }


ASKED = ToolCall(id="call_1", name="get_order", arguments='{"id": "812"}')


@pytest.mark.parametrize(
    ("message", "sent"),
    [
        (
            Message(role="assistant", content="", tool_calls=(ASKED,)),
            {
                "role": "assistant",
                "content": None,
                "tool_calls": [
                    {
                        "id": "call_1",
                        "type": "function",
                        "function": {"name": "get_order", "arguments": '{"id": "812"}'},
                    }
                ],
            },
        ),
        (
            Message(role="tool", content="", tool_call_id="call_1"),
            {"role": "tool", "content": "", "tool_call_id": "call_1"},
        ),
        (Message(role="assistant", content=""), {"role": "assistant", "content": ""}),
    ],
)
def test_messages_of_tools_are_written_as_openai_wants_them(message: Message, sent: Any) -> None:
    assert chat_body(a_request(messages=(message,)), name="m")["messages"] == [sent]


def test_a_text_beside_tool_calls_is_kept() -> None:
    message = Message(role="assistant", content="One moment.", tool_calls=(ASKED,))
    sent: Any = chat_body(a_request(messages=(message,)), name="m")["messages"]
    assert [one["content"] for one in sent] == ["One moment."]


def test_tools_are_sent_with_the_description_that_they_have() -> None:
    parameters: Any = {"type": "object", "properties": {"id": {"type": "string"}}}
    tools = (
        Tool(name="get_order", description="Looks up.", parameters=parameters),
        Tool(name="ping", parameters={"type": "object"}),
    )
    body = chat_body(a_request(tools=tools), name="m")
    assert body["tools"] == [
        {
            "type": "function",
            "function": {
                "name": "get_order",
                "parameters": parameters,
                "description": "Looks up.",
            },
        },
        {"type": "function", "function": {"name": "ping", "parameters": {"type": "object"}}},
    ]


def test_tools_of_the_prompt_beat_those_that_are_passed_through() -> None:
    sampling = Sampling(extra={"tools": [], "tool_choice": "auto"})
    tools = (Tool(name="ping", parameters={"type": "object"}),)
    body = chat_body(a_request(tools=tools, sampling=sampling), name="m")
    assert body["tools"]
    assert body["tool_choice"] == "auto"


def test_a_setting_of_the_request_beats_the_same_key_passed_through() -> None:
    sampling = Sampling(temperature=0.0, extra={"temperature": 2, "seed": 3})
    body = chat_body(a_request(sampling=sampling), name="m")
    assert (body["temperature"], body["seed"]) == (0.0, 3)


def test_reasoning_families_are_limited_by_another_key() -> None:
    body = chat_body(a_request(max_tokens=99), name="o3", limit_key="max_completion_tokens")
    assert body["max_completion_tokens"] == 99
    assert "max_tokens" not in body


@pytest.mark.parametrize(
    "extra",
    [
        {"max_tokens": 100_000},
        {"max_completion_tokens": 100_000},
        {"max_output_tokens": 100_000},
        {"n": 8},
        {"best_of": 8},
        {"model": "gpt-5"},
        {"models": ["gpt-5"]},
        {"route": "fallback"},
        {"plugins": [{"id": "web"}]},
        {"web_search_options": {}},
        {"modalities": ["audio"]},
        {"audio": {}},
        {"stream": True},
        {"stream_options": {}},
        {"messages": []},
        {"service_tier": "priority"},
        {"service_tier": None},
    ],
    ids=str,
)
def test_a_key_that_would_break_the_budget_or_the_reading_is_refused(extra: Any) -> None:
    with pytest.raises(GatewayError) as raised:
        chat_body(a_request(sampling=Sampling(extra=extra)), name="m")
    fault = raised.value.fault
    assert (fault.kind, fault.billed) == (FaultKind.BAD_REQUEST, False)
    assert repr(next(iter(extra))) in fault.message
    assert fault.fix


@pytest.mark.parametrize("tier", ["auto", "default", "flex"])
def test_a_service_tier_within_the_listed_price_is_passed_through(tier: str) -> None:
    body = chat_body(a_request(sampling=Sampling(extra={"service_tier": tier})), name="m")
    assert body["service_tier"] == tier


CLOSED = {
    "type": "object",
    "properties": {"label": {"type": "string", "enum": ["bug", "other"]}},
    "required": ["label"],
    "additionalProperties": False,
}


@pytest.mark.parametrize(
    ("schema", "strict"),
    [
        (CLOSED, True),
        (CLOSED | {"title": "Label", "description": "What it is"}, True),
        (CLOSED | {"additionalProperties": True}, False),
        ({k: v for k, v in CLOSED.items() if k != "additionalProperties"}, False),
        (CLOSED | {"required": []}, False),
        (CLOSED | {"required": ["label", "more"]}, False),
        (CLOSED | {"properties": {"label": {"type": "string", "minLength": 1}}}, False),
        (CLOSED | {"properties": {"label": CLOSED}}, True),
        (CLOSED | {"properties": {"label": {"type": "object"}}}, False),
        (CLOSED | {"properties": {"label": {"type": "array", "items": CLOSED}}}, True),
        (CLOSED | {"properties": {"label": {"type": "array", "items": {"pattern": "x"}}}}, False),
        (CLOSED | {"properties": {"label": {"anyOf": [CLOSED, {"type": "null"}]}}}, True),
        (CLOSED | {"properties": {"label": {"anyOf": [{"type": "object"}]}}}, False),
        (CLOSED | {"properties": {"label": {"$ref": "#/$defs/l"}}, "$defs": {"l": CLOSED}}, True),
        (CLOSED | {"properties": {"label": {"$ref": "#/$defs/l"}}, "$defs": {"l": True}}, False),
        ({"anyOf": [CLOSED]}, False),
        ({"type": "array", "items": CLOSED}, False),
        ({"type": "object"}, False),
    ],
)
def test_a_schema_is_strict_only_where_strict_mode_takes_it(*, schema: Any, strict: bool) -> None:
    sent: Any = chat_body(a_request(response_schema=schema), name="m")["response_format"]
    assert sent["type"] == "json_schema"
    assert sent["json_schema"]["schema"] == schema
    assert sent["json_schema"]["strict"] is strict


def test_an_answer_is_read_whole() -> None:
    assert read(ANSWER) == Completion(
        text="Hello",
        finish=Finish.STOP,
        model="gpt-4o-mini-2024-07-18",
        latency_s=0.5,
        usage=Usage(input_tokens=20, output_tokens=7),
    )


@pytest.mark.parametrize(
    ("reason", "finish"),
    [
        ("stop", Finish.STOP),
        ("length", Finish.LENGTH),
        ("content_filter", Finish.FILTERED),
        ("tool_calls", Finish.TOOL),
        ("function_call", Finish.TOOL),
        ("end_turn", Finish.UNKNOWN),
        (None, Finish.UNKNOWN),
        (7, Finish.UNKNOWN),
    ],
)
def test_why_a_model_stopped_is_translated(reason: object, finish: Finish) -> None:
    assert read(with_choice(finish_reason=reason)).finish is finish


@pytest.mark.parametrize("served", [None, "", 7, "a\n::error::b", "\x1b[31m"])
def test_the_model_that_was_asked_stands_in_where_none_is_named(served: object) -> None:
    assert read(ANSWER | {"model": served}).model == "gpt-4o-mini"


def test_a_refusal_is_the_text() -> None:
    assert read(with_message(content=None, refusal="I cannot")).text == "I cannot"


def test_text_parts_are_joined_and_thoughts_left_out() -> None:
    parts = [{"type": "thinking", "thinking": []}, {"type": "text", "text": "Hel"}]
    assert read(with_message(content=[*parts, {"type": "text", "text": "lo"}])).text == "Hello"


def test_an_empty_text_is_an_answer() -> None:
    assert read(with_message(content="")).text == ""


@pytest.mark.parametrize("reason", ["length", "content_filter", "tool_calls"])
def test_no_text_is_an_answer_where_the_finish_explains_it(reason: str) -> None:
    answer = with_choice(finish_reason=reason, message={"role": "assistant", "content": None})
    assert read(answer).text == ""


def test_lone_surrogates_become_replacement_characters_and_real_characters_stay() -> None:
    assert read(with_message(content="a\ud83d b\U0001f389 é")).text == "a\ufffd b\U0001f389 é"


def test_tool_calls_are_read_and_need_no_text() -> None:
    function = {"name": "get_order", "arguments": '{"id": "812"}'}
    calls = [{"id": "call_1", "type": "function", "function": function}]
    answer = with_choice(message={"content": None, "tool_calls": calls}, finish_reason="stop")
    expected = ToolCall(id="call_1", name="get_order", arguments='{"id": "812"}')
    assert read(answer).tool_calls == (expected,)


def test_the_older_function_call_is_a_tool_call() -> None:
    call = {"name": "get_order", "arguments": "{}"}
    answer = with_choice(message={"content": None, "function_call": call})
    assert read(answer).tool_calls == (ToolCall(id="", name="get_order", arguments="{}"),)


USAGE = {"prompt_tokens": 20, "completion_tokens": 7, "total_tokens": 27}


def cached(tokens: object) -> dict[str, Any]:
    return {"prompt_tokens_details": {"cached_tokens": tokens}}


def reasoned(tokens: object) -> dict[str, Any]:
    return {"completion_tokens_details": {"reasoning_tokens": tokens}}


@pytest.mark.parametrize(
    ("usage", "expected"),
    [
        (None, None),
        ({}, None),
        ({"prompt_tokens": 0, "completion_tokens": 0, "total_tokens": 0}, None),
        (USAGE, Usage(input_tokens=20, output_tokens=7)),
        (USAGE | cached(12), Usage(input_tokens=20, output_tokens=7, cached_input_tokens=12)),
        (USAGE | cached(None), Usage(input_tokens=20, output_tokens=7)),
        (USAGE | {"prompt_tokens_details": None}, Usage(input_tokens=20, output_tokens=7)),
        (USAGE | reasoned(3), Usage(input_tokens=20, output_tokens=7, reasoning_tokens=3)),
        # xAI: reasoning beside the answer's tokens, seen in the total or by being larger.
        (
            USAGE | reasoned(3) | {"total_tokens": 30},
            Usage(input_tokens=20, output_tokens=10, reasoning_tokens=3),
        ),
        (USAGE | reasoned(9), Usage(input_tokens=20, output_tokens=16, reasoning_tokens=9)),
        # Anthropic's way: cached input beside the rest.
        (USAGE | cached(80), Usage(input_tokens=100, output_tokens=7, cached_input_tokens=80)),
    ],
)
def test_usage_has_cached_and_reasoning_tokens_inside(
    usage: object, expected: Usage | None
) -> None:
    assert read(ANSWER | {"usage": usage}).usage == expected


@pytest.mark.parametrize(
    "answer",
    [
        None,
        [],
        "text",
        7,
        True,
        {},
        ANSWER | {"choices": None},
        ANSWER | {"choices": []},
        ANSWER | {"choices": {"0": {}}},
        ANSWER | {"choices": ["text"]},
        with_choice(message="Hello"),
        with_choice(message=["Hello"]),
        with_choice(message=None),
        with_choice(finish_reason="error"),
        with_choice(error={"code": 502, "message": "upstream"}),
        with_message(content=None),
        with_message(content=42),
        with_message(content={"text": "Hello"}),
        with_message(content=["Hello"]),
        with_message(tool_calls={"id": "1"}),
        with_message(tool_calls=["get_order"]),
        with_message(tool_calls=[{"id": "1"}]),
        with_message(tool_calls=[{"id": "1", "function": {"name": 7, "arguments": "{}"}}]),
        with_message(tool_calls=[{"id": "1", "function": {"name": "f", "arguments": {"a": 1}}}]),
        ANSWER | {"usage": "many"},
        ANSWER | {"usage": [20, 7]},
        ANSWER | {"usage": {"prompt_tokens": 20}},
        ANSWER | {"usage": USAGE | {"prompt_tokens": "20"}},
        ANSWER | {"usage": USAGE | {"prompt_tokens": 10**40}},
        ANSWER | {"usage": USAGE | {"completion_tokens": -1}},
        ANSWER | {"usage": USAGE | {"completion_tokens": True}},
        ANSWER | {"usage": USAGE | cached("12")},
        ANSWER | {"usage": USAGE | {"prompt_tokens_details": 12}},
        ANSWER | {"usage": USAGE | reasoned(1.5)},
    ],
    ids=str,
)
def test_what_is_not_of_the_format_is_told_and_not_guessed(answer: object) -> None:
    with pytest.raises(AnswerError) as raised:
        read(answer)
    assert str(raised.value)
