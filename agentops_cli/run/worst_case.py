"""The most that one execution of a planned case may ask of its model."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, replace

from agentops_cli.guards.bounds import TOKENS_PER_REQUEST, most_input_tokens
from agentops_cli.model.call import Request
from agentops_cli.model.injected import RESULTS
from agentops_cli.model.prompt import Message
from agentops_cli.model.result import PlannedCase
from agentops_cli.model.tool import ToolCall
from agentops_cli.run.conversation import NO_ANSWER
from agentops_cli.run.tool_loop import MOST_CALLS, MOST_ERROR_BYTES

TOKENS_PER_CALL = 2
"""The fewest tokens of an answer that a call takes: its name, and what parts it from the next.

The tersest format there is writes `[ping(), ping()]`, and tokenizers keep letters and signs apart.
"""

_LONG_ID = "x" * 40
"""As long as a provider's ids of calls are."""

_ERROR = "x" * MOST_ERROR_BYTES


@dataclass(frozen=True, slots=True, kw_only=True)
class LargestCall:
    """Upper bounds of the tokens of one call."""

    input_tokens: int
    output_tokens: int


def largest_calls(planned: PlannedCase, *, each_tool_once: bool = False) -> Iterator[LargestCall]:
    """Every call that may be made, as large as it may be: all turns, all steps.

    Each answer is taken to be as long as it may, and to be sent along with what follows it: to hold
    as many calls of tools as fit into it, each answered by the longest that any tool says. With
    `each_tool_once` it is taken to call every tool once and rightly, as most models do: what a case
    mostly stays below, and no bound.
    """
    case, steps = planned.case, _steps(planned)
    exchanges: list[int] = []
    for request in (planned.request, *planned.later):
        turns = len(exchanges) if case.window.turns is None else case.window.turns
        opening = most_input_tokens(request) + sum(exchanges[max(0, len(exchanges) - turns) :])
        answer, step = request.max_tokens, _step(planned, request, each_tool_once)
        for number in range(steps):
            yield LargestCall(input_tokens=opening + number * step, output_tokens=answer)
        asked = [message for message in request.messages if message.role == "user"][-1:]
        words = _tokens(*asked, Message(role="assistant", content=""))
        exchanges.append(words + (steps - 1) * step + max(answer, len(NO_ANSWER)))


def most_said(planned: PlannedCase, *, each_tool_once: bool = False) -> Iterator[int]:
    """For each turn, how many tokens are said in it and before it at most, its answer among them.

    The user's words and the prompt are left out: they are in the requests as they are planned.
    """
    total = 0
    for request in (planned.request, *planned.later):
        step = _step(planned, request, each_tool_once)
        total += (_steps(planned) - 1) * step + request.max_tokens
        yield total


def _steps(planned: PlannedCase) -> int:
    return 1 if planned.case.stubs is None else planned.case.max_steps


def _step(planned: PlannedCase, request: Request, each_tool_once: bool) -> int:  # noqa: FBT001 - passed on
    """The tokens of an answer with tool calls and of what the tools say to it."""
    told = _told_once(planned) if each_tool_once else _told_most(planned, request)
    return request.max_tokens + told


def _told_most(planned: PlannedCase, request: Request) -> int:
    """The tokens that a step adds beside the answer's own: the longest result for each call.

    A judge sees a result as JSON, which is longer.
    """
    asked = Message(role="assistant", content="")
    results = [*_contents(planned), _ERROR]
    name = max((planned.case.stubs or {}), key=len, default="")
    call = ToolCall(id=_LONG_ID, name=name, arguments="")
    asks = replace(asked, tool_calls=(call,))
    with_one = max(_tokens(asks, _result(json.dumps(content))) for content in results)
    most_calls = min(MOST_CALLS, request.max_tokens // TOKENS_PER_CALL)
    return _tokens(asked) + most_calls * (with_one - _tokens(asked))


def _told_once(planned: PlannedCase) -> int:
    """The same where every tool is called once; an injected failure is said beside the result."""
    stubs = planned.case.stubs or {}
    calls = tuple(ToolCall(id=_LONG_ID, name=name, arguments="") for name in stubs)
    asks = Message(role="assistant", content="", tool_calls=calls)
    return _tokens(asks, *map(_result, _contents(planned)))


def _contents(planned: PlannedCase) -> Iterator[str]:
    """What tools say: every stub, and every injected failure."""
    case = planned.case
    for stub in (case.stubs or {}).values():
        yield stub if isinstance(stub, str) else json.dumps(stub)
    yield from (RESULTS[fault.error] for fault in case.faults)


def _result(content: str) -> Message:
    return Message(role="tool", content=content, tool_call_id=_LONG_ID)


def _tokens(*messages: Message) -> int:
    """What messages add to a request."""
    alone = Request(model="", messages=messages, max_tokens=0)
    return most_input_tokens(alone) - TOKENS_PER_REQUEST
