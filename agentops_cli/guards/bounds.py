"""The most that a call may take, in tokens and dollars, whatever its model makes of it."""

import json
from decimal import Decimal

from agentops_cli.model.call import Request
from agentops_cli.model.money import ZERO, Amount, Price
from agentops_cli.model.prompt import Message
from agentops_cli.model.tool import Tool

INPUT_MARGIN = 2
"""How many times the bound of the input a call is taken to have.

Providers add what nobody sees: instructions of their own, a judge of content, a chat format that is
theirs alone. Up to this factor it costs nobody a dollar over the budget.
"""

TOKENS_PER_REQUEST = 64

# What a provider says to the model about using tools at all: Anthropic's most is 530 tokens
# ("Tool use with Claude", pricing), the chat templates of open models have less.
TOKENS_FOR_TOOLS = 1024

_TOKENS_PER_MESSAGE = 16
_TOKENS_PER_TOOL = 64


def bounded(price: Price | None, *, input_tokens: int, output_tokens: int) -> Amount:
    """What one call takes at most that has no more tokens than these: the margin is put on here.

    Without a price its dollars are 0.
    """
    read = INPUT_MARGIN * input_tokens
    usd = ZERO if price is None else price.bound(input_tokens=read, output_tokens=output_tokens)
    return Amount(usd=usd, calls=1, tokens=read + output_tokens)


def most_of(request: Request, price: Price | None) -> Amount:
    """What one call takes at most; without a price its dollars are 0."""
    most_read = most_input_tokens(request)
    return bounded(price, input_tokens=most_read, output_tokens=request.max_tokens)


def most_usd(request: Request, price: Price) -> Decimal:
    """An upper bound in dollars of one call, the margin of its input included."""
    return most_of(request, price).usd


def most_tokens(request: Request) -> int:
    """An upper bound of the tokens of one call, input and output, the margin included."""
    return most_of(request, None).tokens


def most_input_tokens(request: Request) -> int:
    """An upper bound of the input tokens of a request, whatever the tokenizer.

    No tokenizer of byte-level pieces makes more tokens than there are UTF-8 bytes; what a chat
    format adds for roles, separators and tools is covered by an allowance for each. What is sent
    beside the messages counts too: providers may put a response schema, or tools that are passed
    through, into the prompt.
    """
    sampling = request.sampling
    beside = (request.response_schema, dict(sampling.extra), list(sampling.stop))
    return (
        TOKENS_PER_REQUEST
        + sum(map(_of_message, request.messages))
        + (TOKENS_FOR_TOOLS if request.tools else 0)
        + sum(map(_of_tool, request.tools))
        + sum(_bytes_as_json(part) for part in beside if part)
    )


def _of_message(message: Message) -> int:
    calls = [[call.id, call.name, call.arguments] for call in message.tool_calls]
    return (
        _TOKENS_PER_MESSAGE * (1 + len(calls))
        + _bytes(message.content)
        + _bytes(message.tool_call_id or "")
        + (_bytes_as_json(calls) if calls else 0)
    )


def _of_tool(tool: Tool) -> int:
    words = _bytes(tool.name) + _bytes(tool.description or "")
    return _TOKENS_PER_TOOL + words + _bytes_as_json(tool.parameters)


def _bytes_as_json(value: object) -> int:
    return _bytes(json.dumps(value))


def _bytes(text: str) -> int:
    return len(text.encode("utf-8", "surrogatepass"))
