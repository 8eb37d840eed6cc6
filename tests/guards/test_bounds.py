from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentops_cli.guards.bounds import (
    TOKENS_FOR_TOOLS,
    bounded,
    most_input_tokens,
    most_of,
    most_tokens,
    most_usd,
)
from agentops_cli.model.money import ZERO, Amount, Price, Rates
from agentops_cli.model.prompt import Message, Sampling
from agentops_cli.model.tool import Tool, ToolCall
from tests.builders import a_request

PER_INPUT = Price(rates=Rates(input_usd=Decimal(1), output_usd=ZERO))


def test_the_margin_is_on_the_input_of_a_call_and_not_on_its_output() -> None:
    price = Price(rates=Rates(input_usd=Decimal(3), output_usd=Decimal(10)))
    most = bounded(price, input_tokens=100, output_tokens=7)
    assert most == Amount(usd=Decimal(2 * 100 * 3 + 7 * 10), calls=1, tokens=207)
    assert bounded(None, input_tokens=100, output_tokens=7) == replace(most, usd=ZERO)


def test_all_bounds_of_a_request_are_the_same_bound() -> None:
    request = a_request(max_tokens=7)
    most = most_of(request, PER_INPUT)
    assert (most.usd, most.tokens) == (most_usd(request, PER_INPUT), most_tokens(request))


@given(st.lists(st.text(), max_size=4), st.integers(1, 1000))
def test_the_bound_counts_every_byte_of_every_message(texts: list[str], tokens: int) -> None:
    request = a_request(
        messages=tuple(Message(role="user", content=text) for text in texts), max_tokens=tokens
    )
    size = sum(len(text.encode("utf-8", "surrogatepass")) for text in texts)
    assert most_input_tokens(request) >= size + 4 * len(texts)
    assert most_usd(request, PER_INPUT) == 2 * most_input_tokens(request)
    assert most_tokens(request) == 2 * most_input_tokens(request) + tokens


CALLING = Message(
    role="assistant",
    content="",
    tool_calls=(ToolCall(id="call_1", name="get_order", arguments="x" * 500),),
)


@pytest.mark.parametrize(
    "beside",
    [
        {"response_schema": {"type": "object", "description": "x" * 500}},
        {"sampling": Sampling(extra={"tools": ["x" * 500]})},
        {"sampling": Sampling(stop=("x" * 500,))},
        {"tools": (Tool(name="t", description="x" * 500, parameters={}),)},
        {"tools": (Tool(name="t", parameters={"description": "x" * 500}),)},
        {"messages": (*a_request().messages, CALLING)},
        {"messages": (*a_request().messages, Message(role="tool", content="x" * 500))},
    ],
)
def test_what_is_sent_beside_the_messages_counts_as_input(beside: dict[str, Any]) -> None:
    plain = a_request()
    assert most_input_tokens(replace(plain, **beside)) >= most_input_tokens(plain) + 500


def test_tools_count_with_what_a_provider_says_of_them_to_the_model() -> None:
    plain = a_request()
    tool = Tool(name="get_order", parameters={"type": "object"})
    with_tool = replace(plain, tools=(tool,))
    assert most_input_tokens(with_tool) >= most_input_tokens(plain) + TOKENS_FOR_TOOLS
    assert most_input_tokens(replace(plain, tools=(tool, tool))) > most_input_tokens(with_tool)
