"""One call to a model: what is asked, what comes back, and what an assertion says of it."""

import hashlib
import json
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from enum import StrEnum

from agentops_cli.model.json import Json, JsonObject
from agentops_cli.model.judge import Judge
from agentops_cli.model.money import Cost, Usage
from agentops_cli.model.place import Location
from agentops_cli.model.prompt import Message, Sampling
from agentops_cli.model.quick import quickly_made
from agentops_cli.model.suite import DEFAULT_MAX_STEPS, AssertionSpec, Case, InjectedFault
from agentops_cli.model.tool import Tool, ToolCall

DEFAULT_MAX_TOKENS = 4096
"""The cap on output tokens of a prompt that sets none: a bound on the dollars needs one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tags:
    """Who asks: lets a cassette find the answer and a gateway in between label the call.

    `model` is the one that the case is tried on, also where a judge or a stand-in is asked: what a
    case may spend is counted for the two together.
    """

    suite: str
    case_id: str
    model: str | None = None
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


@quickly_made
@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """Everything that determines an answer, and nothing about how the call is carried out.

    `model` is the id as the user wrote it, provider prefix included. `max_tokens` is always set:
    a bound on the dollars needs one. `repeat` counts from 0 and tells apart executions that must
    not share a cached answer. `turn` counts from 0 within one conversation, `step` from 0 within
    one turn: each answer with tool calls is followed by another step. `agent` is None for models.
    `weights` is the sha256 of those of a model that runs inside this process, None for any other. A
    `live` one is made to be measured: an answer that is kept from earlier will not do. One that
    does not wait is refused while its provider is held back, as somebody else may be asked. No
    guard lets it wait for longer than until `begins_by`, a moment of the clock of the guards.
    """

    model: str
    messages: tuple[Message, ...]
    max_tokens: int
    sampling: Sampling = Sampling()
    tools: tuple[Tool, ...] = ()
    response_schema: JsonObject | None = None
    base_url: str | None = None
    weights: str | None = None
    repeat: int = 0
    turn: int = 0
    step: int = 0
    agent: AgentInput | None = None
    purpose: Purpose = Purpose.SUBJECT
    live: bool = False
    waits: bool = True
    begins_by: float = math.inf
    timeout_s: float = 120.0
    tags: Tags | None = None

    def fingerprint(self) -> str:
        """The sha256 of the canonical JSON of everything that may change the answer.

        Timeouts, tags, the purpose and whether it is live are left out; the repeat number is in.
        """
        return hashlib.sha256(canonical(self.shape())).hexdigest()

    def in_repeat(self, repeat: int) -> "Request":
        """The same for another execution: with its number, and with a seed of its own.

        That is the prompt's plus the number.
        """
        if not repeat:
            return self
        sampling = self.sampling
        if sampling.seed is not None:
            sampling = replace(sampling, seed=sampling.seed + repeat)
        return replace(self, repeat=repeat, sampling=sampling)

    def shape(self) -> JsonObject:
        """What the fingerprint is of: everything that may change the answer, by name."""
        sampling = self.sampling
        # By name, as `canonical` writes them: what is sorted already costs it a quarter less.
        return {
            "agent": _agent_shape(self.agent) if self.agent else None,
            "baseUrl": self.base_url,
            "extra": dict(sampling.extra),
            "frequencyPenalty": sampling.frequency_penalty,
            "maxTokens": self.max_tokens,
            "messages": [_message_shape(message) for message in self.messages],
            "model": self.model,
            "presencePenalty": sampling.presence_penalty,
            "reasoningEffort": sampling.reasoning_effort,
            "repeat": self.repeat,
            "responseSchema": self.response_schema,
            "seed": sampling.seed,
            "step": self.step,
            "stop": list(sampling.stop),
            "temperature": sampling.temperature,
            "tools": [_tool_shape(tool) for tool in self.tools],
            "topK": sampling.top_k,
            "topP": sampling.top_p,
            "turn": self.turn,
            "weights": self.weights,
        }


def canonical(value: Json) -> bytes:
    """The one text of a JSON value, whatever the order of its keys, in UTF-8."""
    return _encode(value).encode("utf-8", "surrogatepass")


# `json.dumps` makes an encoder for each call, and there is a call for each question.
_encode = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode


def _message_shape(message: Message) -> JsonObject:
    return {
        "content": message.content,
        "role": message.role,
        "toolCallId": message.tool_call_id,
        "toolCalls": [[call.id, call.name, call.arguments] for call in message.tool_calls],
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
class RateLimits:
    """How much more a provider says that it takes, as of one reply; None where it does not say.

    `resets_requests_s` and `resets_tokens_s` are the seconds until the figure is full again.
    """

    remaining_requests: int | None = None
    remaining_tokens: int | None = None
    resets_requests_s: float | None = None
    resets_tokens_s: float | None = None


@quickly_made
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
    tool calls of the others, without those that are blank. `retries` are the attempts before this
    one, whose cost is in `cost`. `answered_by` is the id of the model that stood in for the one
    that was asked, None where it answered itself; of an answer of several steps or turns, of all
    that stood in for any of them, joined by commas.
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
    retries: int = 0
    answered_by: str | None = None
    limits: RateLimits | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StandIn:
    """A model that is asked where another one gives nothing; the rest is as in a request.

    `location` is where it is named.
    """

    model: str
    base_url: str | None = None
    weights: str | None = None
    location: Location | None = field(default=None, compare=False)


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


STOPPING = frozenset({FaultKind.BUDGET, FaultKind.BREAKER})
"""What ends a run early: other calls would be refused as well."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """A call or a check that gave nothing to judge.

    `billed` is True when the provider may have charged for the call all the same (it timed out,
    was cut off or answered something unreadable); such a call is settled at its full reservation.
    `usd` is what it is known to have cost all the same, None where nobody said; where it is
    `assumed`, that is the most that it may have cost. `retry_after_s` is how long the provider asks
    to be left alone. `final` is True when it is known that asking again gives the same. `retries`
    are the attempts before this one, and `earlier` is what they cost.
    """

    kind: FaultKind
    message: str
    fix: str | None = None
    billed: bool = False
    usd: Decimal | None = None
    assumed: bool = False
    retry_after_s: float | None = None
    final: bool = False
    limits: RateLimits | None = None
    retries: int = 0
    earlier: Cost = Cost()

    @property
    def cost(self) -> Cost:
        """What may have been charged for all attempts; mostly nobody says how much."""
        if not self.billed:
            return self.earlier
        if self.usd is None:
            return self.earlier + Cost(unpriced_calls=1)
        return self.earlier + Cost(usd=self.usd, assumed_calls=int(self.assumed))

    def paid_elsewhere(self) -> "Fault":
        """The same fault for somebody to whom its cost is not counted."""
        return replace(self, billed=False, usd=None, assumed=False, earlier=Cost())


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


@quickly_made
@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """One assertion's opinion of one answer.

    `passed` is None when the assertion abstains: the trial is then errored, never green. `score`
    is from 0 to 1. `reason` says what was expected and what came, in one line. `advisory` verdicts
    are shown and gate nothing. `turn` counts from 0; None is about the conversation as a whole.
    `unsure` is set by whoever decided and might as well have decided otherwise; what abstains need
    not say so.
    """

    kind: str
    passed: bool | None
    reason: str
    score: float
    advisory: bool = False
    location: Location | None = None
    turn: int | None = None
    unsure: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """An assertion that needs a model: the engine pays for `request` through the same guards.

    `settle` makes a verdict of the answer, or asks again: a repair, another vote. `spec` is the
    assertion as written, where one was: advice that nobody gives is not missed.
    """

    request: Request
    settle: Callable[[Completion], "Verdict | Ask"] = field(compare=False)
    spec: AssertionSpec | None = None
