"""The tools of a trial: what stands in for them, what is made to fail, what was called wrongly."""

import json
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from agentops_cli.assertions.calls import NotArguments, arguments_of, told
from agentops_cli.assertions.excerpt import listed
from agentops_cli.errors import GatewayError
from agentops_cli.model.call import Completion, Fault, FaultKind, Finish
from agentops_cli.model.injected import RESULTS
from agentops_cli.model.json import Json
from agentops_cli.model.prompt import Message
from agentops_cli.model.suite import Case, InjectedFault
from agentops_cli.model.tool import Tool, ToolCall
from agentops_cli.user_schema import misfit

MOST_CALLS = 128
"""How many calls of one answer are answered: OpenAI refuses a history that holds more in one."""

MOST_ERROR_BYTES = 300
"""What a model is told of a wrong call is not longer, as JSON in UTF-8."""


class Injection:
    """The failures that a case injects, and which of them have been met."""

    def __init__(self, faults: Sequence[InjectedFault]) -> None:
        self._faults = faults
        self._met = [0] * len(faults)

    def strike(self, tool: str | None) -> InjectedFault | None:
        """The failure that the next call of a tool, or of the provider, meets; it counts as met."""
        for place, fault in enumerate(self._faults):
            if fault.target == tool and self._is_left(place):
                self._met[place] += 1
                return fault
        return None

    def see(self, completion: Completion) -> None:
        """Counts what an agent met: what its meter replaced, else the calls that it tells of."""
        met = completion.met
        if met is None:
            met = Counter(call.name for call in completion.tool_calls)
        for target, times in (*met.items(), (None, completion.provider_faults)):
            for _ in range(times):
                self.strike(target)

    def left(self) -> tuple[InjectedFault, ...]:
        """Those that are still to come."""
        return tuple(
            fault if fault.times is None else replace(fault, times=fault.times - self._met[place])
            for place, fault in enumerate(self._faults)
            if self._is_left(place)
        )

    def outcomes(self) -> Iterator[tuple[InjectedFault, bool]]:
        """Each failure, and whether it was met."""
        return ((fault, met > 0) for fault, met in zip(self._faults, self._met, strict=True))

    def _is_left(self, place: int) -> bool:
        times = self._faults[place].times
        return times is None or self._met[place] < times


@dataclass(frozen=True, slots=True, kw_only=True)
class StandIns:
    """What answers a model in place of its tools: the stubs of a case.

    `tools` are those that the model was told of; none where that is not known.
    """

    case: Case
    tools: Mapping[str, Tool]
    injection: Injection

    def problem_of(self, call: ToolCall) -> str | None:
        """What is wrong with a call, for the model and for people; None when nothing is."""
        stubs = self.case.stubs or {}
        known = self.tools or stubs
        if known and (unknown := undeclared(call, known)):
            return unknown
        try:
            arguments = arguments_of(call)
        except NotArguments as problem:
            return f"the arguments of {call.name} cannot be read: {problem}"
        tool = self.tools.get(call.name)
        return misfit(tool.parameters, arguments, "arguments") if tool else None

    def reply(self, completion: Completion, *, first: int) -> tuple[Message, ...]:
        """An answer with tool calls, and what each of the tools says to it, as messages.

        Calls without an id get one, counted from `first`: nine letters and digits, as Mistral
        wants it. Raises `GatewayError` where the case has no stub for a tool.
        """
        calls = [
            replace(call, id=call.id or f"call{number:05d}")
            for number, call in enumerate(completion.tool_calls, start=first)
        ]
        asked = tuple(replace(call, arguments=_sendable(call)) for call in calls)
        return (
            Message(role="assistant", content=completion.text, tool_calls=asked),
            *(
                Message(role="tool", content=self._content(call), tool_call_id=call.id)
                for call in calls
            ),
        )

    def _content(self, call: ToolCall) -> str:
        if problem := self.problem_of(call):
            return _error(problem)
        if fault := self.injection.strike(call.name):
            return RESULTS[fault.error]
        stubs = self.case.stubs or {}
        if call.name not in stubs:
            raise GatewayError(_no_stub(call.name, self.case))
        stub = stubs[call.name]
        return stub if isinstance(stub, str) else _json(stub)


def undeclared(call: ToolCall, known: Collection[str]) -> str | None:
    """Why a call is of no tool that there is; None when it is of one."""
    if call.name in known:
        return None
    others = f", only {listed(sorted(known), limit=8)}" if known else ""
    return f"there is no tool {call.name!r}{others}"


def wrong_call(call: ToolCall, problem: str, finish: Finish) -> str:
    """How a wrong call is told to people."""
    cut = "; the answer was cut off (finish reason length)" if finish is Finish.LENGTH else ""
    return f"{told(call)}: {problem}{cut}"


def _sendable(call: ToolCall) -> str:
    """The arguments as they can be sent back.

    Servers parse those of earlier calls, and refuse the whole request when they cannot.
    """
    try:
        return call.arguments if arguments_of(call) else "{}"
    except NotArguments:
        return "{}"


def _no_stub(name: str, case: Case) -> Fault:
    return Fault(
        kind=FaultKind.UNDECIDED,
        message=f"the model called {name}, for which the case has no stub",
        fix=f"add a line to the stubs of the case at {case.location}: '{name}: …'",
    )


def _error(problem: str) -> str:
    text = _json({"error": problem})
    while len(text.encode("utf-8", "surrogatepass")) > MOST_ERROR_BYTES:
        problem = problem[: len(problem) * 3 // 4]
        text = _json({"error": f"{problem}…"})
    return text


def _json(value: Json) -> str:
    return json.dumps(value, ensure_ascii=False)
