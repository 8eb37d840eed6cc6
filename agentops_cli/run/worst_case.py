"""The most that one execution of a planned case may ask of its model."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace

from agentops_cli.guards.budget import TOKENS_PER_REQUEST, most_input_tokens
from agentops_cli.model.call import Request
from agentops_cli.model.injected import RESULTS
from agentops_cli.model.prompt import Message, Sampling
from agentops_cli.model.result import PlannedCase
from agentops_cli.model.tool import ToolCall

_LONG_ID = "x" * 40
"""As long as a provider's ids of calls are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LargestCall:
    """Upper bounds of the tokens of one call."""

    input_tokens: int
    output_tokens: int


def largest_calls(planned: PlannedCase) -> Iterator[LargestCall]:
    """Every call that may be made, as large as it may be: all turns, all steps.

    Each answer is taken to be as long as it may, and to be sent along with what follows it; each
    step to be answered by every stub once. A model that calls a tool more often than that in one
    answer goes beyond it, and then the budget holds all the same.
    """
    case, requests = planned.case, (planned.request, *planned.later)
    steps = 1 if case.stubs is None else case.max_steps
    exchanges: list[int] = []
    for request in requests:
        kept = exchanges if case.window.turns is None else exchanges[-case.window.turns :]
        opening = most_input_tokens(request) + sum(kept)
        answer = request.max_tokens
        step = answer + _tokens(request, tuple(_said_by_tools(planned)))
        for number in range(steps):
            yield LargestCall(input_tokens=opening + number * step, output_tokens=answer)
        reply = Message(role="assistant", content="")
        exchanges.append(_tokens(request, (*request.messages[-1:], reply)) + answer)


def _said_by_tools(planned: PlannedCase) -> Iterator[Message]:
    """A call of every stub, its arguments apart, what it says, and every injected failure."""
    stubs = planned.case.stubs or {}
    calls = tuple(ToolCall(id=_LONG_ID, name=name, arguments="") for name in stubs)
    yield Message(role="assistant", content="", tool_calls=calls)
    said = [stub if isinstance(stub, str) else json.dumps(stub) for stub in stubs.values()]
    for content in (*said, *(RESULTS[fault.error] for fault in planned.case.faults)):
        yield Message(role="tool", content=content, tool_call_id=_LONG_ID)


def _tokens(request: Request, messages: tuple[Message, ...]) -> int:
    """What messages add to a request."""
    alone = replace(request, messages=messages, tools=(), response_schema=None, sampling=Sampling())
    return most_input_tokens(alone) - TOKENS_PER_REQUEST
