"""One call to a model: what is asked, what comes back, and what an assertion says of it."""

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum

from agentops_cli.model.json import Json, JsonObject
from agentops_cli.model.judge import Judge
from agentops_cli.model.money import Cost, Usage
from agentops_cli.model.place import Location
from agentops_cli.model.prompt import Message, Sampling
from agentops_cli.model.suite import DEFAULT_MAX_STEPS, AssertionSpec, Case, InjectedFault
from agentops_cli.model.tool import Tool, ToolCall


@dataclass(frozen=True, slots=True, kw_only=True)
class Tags:
    """Who asks: lets a cassette find the answer and a gateway in between label the call."""

    suite: str
    case_id: str
    prompt: str | None = None
    prompt_version: str | None = None


class Purpose(StrEnum):
    """What a call is for: the answer under test, or an opinion of one."""

    SUBJECT = "subject"
    JUDGE = "judge"


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentInput:
    """What an agent under test gets in place of a rendered prompt.

    `conversation` is the id of its state: the same for all turns that share it, and never the same
    for two trials. `faults` are all that the case injects: those with a target are for the agent to
    suffer, those without one for its meter. `max_steps` is how many answers of its own model one
    turn may take, which only a meter can see.
    """

    input: str
    conversation: str
    vars: Mapping[str, Json] = field(default_factory=dict)
    faults: tuple[InjectedFault, ...] = ()
    max_steps: int = DEFAULT_MAX_STEPS


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """Everything that determines an answer, and nothing about how the call is carried out.

    `model` is the id as the user wrote it, provider prefix included. `max_tokens` is always set:
    a bound on the dollars needs one. `repeat` counts from 0 and tells apart executions that must
    not share a cached answer. `turn` counts from 0 within one conversation, `step` from 0 within
    one turn: each answer with tool calls is followed by another step. `agent` is None for models.
    """

    model: str
    messages: tuple[Message, ...]
    max_tokens: int
    sampling: Sampling = Sampling()
    tools: tuple[Tool, ...] = ()
    response_schema: JsonObject | None = None
    base_url: str | None = None
    repeat: int = 0
    turn: int = 0
    step: int = 0
    agent: AgentInput | None = None
    purpose: Purpose = Purpose.SUBJECT
    timeout_s: float = 120.0
    tags: Tags | None = None

    def fingerprint(self) -> str:
        """The sha256 of the canonical JSON of everything that may change the answer.

        Timeouts, tags and the purpose are left out; the repeat number is in.
        """
        sampling = self.sampling
        shape: JsonObject = {
            "model": self.model,
            "baseUrl": self.base_url,
            "messages": [_message_shape(message) for message in self.messages],
            "tools": [_tool_shape(tool) for tool in self.tools],
            "maxTokens": self.max_tokens,
            "temperature": sampling.temperature,
            "topP": sampling.top_p,
            "topK": sampling.top_k,
            "seed": sampling.seed,
            "stop": list(sampling.stop),
            "reasoningEffort": sampling.reasoning_effort,
            "presencePenalty": sampling.presence_penalty,
            "frequencyPenalty": sampling.frequency_penalty,
            "extra": dict(sampling.extra),
            "responseSchema": self.response_schema,
            "repeat": self.repeat,
            "turn": self.turn,
            "step": self.step,
            "agent": _agent_shape(self.agent) if self.agent else None,
        }
        canonical = json.dumps(shape, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        return hashlib.sha256(canonical.encode("utf-8", "surrogatepass")).hexdigest()


def _message_shape(message: Message) -> JsonObject:
    return {
        "role": message.role,
        "content": message.content,
        "toolCalls": [[call.id, call.name, call.arguments] for call in message.tool_calls],
        "toolCallId": message.tool_call_id,
    }


def _tool_shape(tool: Tool) -> JsonObject:
    return {
        "name": tool.name,
        "description": tool.description,
        "parameters": tool.parameters,
    }


def _agent_shape(agent: AgentInput) -> JsonObject:
    return {
        "input": agent.input,
        "conversation": agent.conversation,
        "vars": dict(agent.vars),
        "faults": [[fault.target, fault.error, fault.times] for fault in agent.faults],
        "maxSteps": agent.max_steps,
    }


class Finish(StrEnum):
    """Why a model stopped."""

    STOP = "stop"
    LENGTH = "length"
    FILTERED = "content_filter"
    TOOL = "tool_calls"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Completion:
    """What came back from one call.

    `model` is what the provider says it served. `usage` is None when it reported none. `cost` is
    filled by the meter around the gateway. `latency_s` is the time of the call itself, without
    waiting for a turn. `cached` means that no call was made: a recorded or stored answer.
    `failure` is set when an agent under test reports by itself that it failed (an exit code, an
    exception, HTTP 500 with a body) and says how; its `text` is what it gave all the same. `trace`
    is what an agent tells of its way. Of an agent behind the meter, `stopped_after` is the number
    of steps after which it was refused more, None where it was not, and `provider_faults` is how
    many of its calls were made to fail because the suite injects that. `met` tells how many results
    of each tool were replaced by a failure on their way to its model, None where nobody could see.
    Of an answer of several steps `text` is the last one; `said` are the texts that stood beside the
    tool calls of the others, without those that are blank.
    """

    text: str
    finish: Finish
    model: str
    latency_s: float
    usage: Usage | None = None
    cost: Cost = Cost()
    tool_calls: tuple[ToolCall, ...] = ()
    cached: bool = False
    failure: str | None = None
    trace: Json = None
    stopped_after: int | None = None
    provider_faults: int = 0
    met: Mapping[str, int] | None = None
    said: tuple[str, ...] = ()


class FaultKind(StrEnum):
    """Why a trial could not be judged. Never a statement about the answer's quality."""

    AUTH = "auth"
    NOT_FOUND = "not_found"
    RATE_LIMIT = "rate_limit"
    BAD_REQUEST = "bad_request"
    TIMEOUT = "timeout"
    CONNECTION = "connection"
    PROVIDER = "provider"
    MALFORMED = "malformed"
    MISS = "cassette_miss"
    BUDGET = "budget"
    BREAKER = "breaker"
    UNDECIDED = "undecided"
    INTERNAL = "internal"
    INTERRUPTED = "interrupted"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """A call or a check that gave nothing to judge.

    `billed` is True when the provider may have charged for the call all the same (it timed out,
    was cut off or answered something unreadable); such a call is settled at its full reservation.
    `usd` is what it is known to have cost all the same, None where nobody said.
    """

    kind: FaultKind
    message: str
    fix: str | None = None
    billed: bool = False
    usd: Decimal | None = None

    @property
    def cost(self) -> Cost:
        """What may have been charged for it; mostly nobody says how much."""
        if not self.billed:
            return Cost()
        return Cost(unpriced_calls=1) if self.usd is None else Cost(usd=self.usd)


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """All that an assertion may see.

    `request` is the last of the conversation, with as much of its history as the window leaves;
    `transcript` is all that was said in the trial before the answer, tools included. Of an answer
    that took several steps `completion` has the last text, every tool call in order, and the sums
    of tokens, dollars and seconds.
    """

    case: Case
    request: Request
    completion: Completion
    judge: Judge | None = None
    transcript: tuple[Message, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """One assertion's opinion of one answer.

    `passed` is None when the assertion abstains: the trial is then errored, never green. `score`
    is from 0 to 1. `reason` says what was expected and what came, in one line. `advisory` verdicts
    are shown and gate nothing. `turn` counts from 0; None is about the conversation as a whole.
    """

    kind: str
    passed: bool | None
    reason: str
    score: float
    advisory: bool = False
    location: Location | None = None
    turn: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """An assertion that needs a model: the engine pays for `request` through the same guards.

    `settle` makes a verdict of the answer, or asks again: a repair, another vote. `spec` is the
    assertion as written, where one was: advice that nobody gives is not missed.
    """

    request: Request
    settle: Callable[[Completion], "Verdict | Ask"] = field(compare=False)
    spec: AssertionSpec | None = None
