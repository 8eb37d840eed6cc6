"""Replies as agents give them, and what is read out of them."""

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentops_cli.gateways.agents.figures import dollars_of, tokens_of
from agentops_cli.gateways.agents.reader import Reader, tool_calls_of
from agentops_cli.gateways.agents.reply import ReplyError
from agentops_cli.model.json import Json
from agentops_cli.model.settings import HttpAgent
from tests.gateways.agents.acting import an_agent


def a_reader(**paths: Any) -> Reader:
    return Reader(an_agent(HttpAgent(url="http://127.0.0.1/", body={}, **paths)))


@pytest.mark.parametrize(
    ("call", "name", "arguments"),
    [
        ({"name": "f", "args": {"id": "é"}}, "f", '{"id": "é"}'),
        ({"name": "f", "arguments": '{"id": 1}'}, "f", '{"id": 1}'),
        ({"name": "f", "arguments": "not json"}, "f", "not json"),
        ({"name": "f", "input": {"id": 1}}, "f", '{"id": 1}'),
        ({"tool": "f", "parameters": {}}, "f", "{}"),
        ({"toolName": "f", "args": [1]}, "f", "[1]"),
        ({"name": "f"}, "f", "{}"),
        ({"name": "f", "args": None}, "f", "{}"),
        ({"id": "c1", "function": {"name": "f", "arguments": "{}"}}, "f", "{}"),
        ({"type": "tool_use", "id": "c1", "name": "f", "input": {"a": 1}}, "f", '{"a": 1}'),
    ],
)
def test_calls_are_read_in_every_common_form(call: Json, name: str, arguments: str) -> None:
    [read] = tool_calls_of([call])
    assert (read.name, read.arguments) == (name, arguments)
    assert read.id == (call.get("id", "") if isinstance(call, dict) else None)


@pytest.mark.parametrize(
    "calls", [{}, "f", 1, None, ["f"], [{}], [{"name": ""} | {"name": None}], [{"name": 7}], [[]]]
)
def test_calls_in_no_known_form_are_refused(calls: Json) -> None:
    with pytest.raises(ReplyError, match="tool call"):
        tool_calls_of(calls)


def test_a_path_to_each_call_reads_as_one_to_a_list_of_them() -> None:
    reply = '{"text": "", "steps": [{"call": {"name": "f"}}, {}, {"call": {"name": "g"}}]}'
    read = a_reader(answer="$.text", tool_calls="$.steps[*].call").read(reply)
    assert [call.name for call in read.tool_calls or ()] == ["f", "g"]
    none = a_reader(answer="$.text", tool_calls="$.steps[*].call").read('{"text": "", "steps": []}')
    assert none.tool_calls == ()


@pytest.mark.parametrize(
    ("written", "text"),
    [
        ('""', ""),
        ('"a\\ud83d"', "a\N{REPLACEMENT CHARACTER}"),
        ("7", "7"),
        ("true", "true"),
        ('{"label": "bug"}', '{"label": "bug"}'),
        ("[]", "[]"),
    ],
)
def test_an_answer_that_is_no_text_is_given_as_json(written: str, text: str) -> None:
    assert a_reader(answer="$.a").read(f'{{"a": {written}}}').text == text


def test_an_answer_is_one_value() -> None:
    with pytest.raises(ReplyError, match="has 2 values at"):
        a_reader(answer="$.a[*]").read('{"a": ["one", "two"]}')


def test_an_agent_without_a_path_of_tool_calls_says_nothing_of_them() -> None:
    assert a_reader().read("hi").tool_calls is None
    assert a_reader(answer="$.a").read('{"a": "hi"}').tool_calls is None


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
        max_leaves=5,
    )
)
def test_no_value_makes_a_figure_that_is_none(value: Json) -> None:
    usd, tokens = dollars_of(value), tokens_of(value)
    assert usd is None or (usd.is_finite() and 0 <= usd < Decimal(10) ** 13)
    assert tokens is None or (tokens >= 0 and tokens == value)


@given(st.text())
def test_any_failed_reply_is_read(content: str) -> None:
    reader = a_reader(answer="$.a", tool_calls="$.c", trace="$.t")
    reply = reader.read_failed(content, failure="HTTP 500")
    assert reply.failure == "HTTP 500"


@pytest.mark.parametrize("value", [10**9 + 1, 2.0**53, 10**40, True, -1.0, 0.5])
def test_what_no_call_can_take_is_no_number_of_tokens(value: float) -> None:
    assert tokens_of(value) is None
    assert tokens_of(1e9) == 10**9
