"""One call to a model: what is asked, what comes back, and what an assertion says of it."""

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum

from agentops_cli.model.json import JsonObject
from agentops_cli.model.money import Cost, Usage
from agentops_cli.model.place import Location
from agentops_cli.model.prompt import Message, Sampling
from agentops_cli.model.suite import Case


@dataclass(frozen=True, slots=True, kw_only=True)
class Tags:
    """Who asks: lets a cassette find the answer and a gateway in between label the call."""

    suite: str
    case_id: str
    prompt: str | None = None
    prompt_version: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """Everything that determines an answer, and nothing about how the call is carried out.

    `model` is the id as the user wrote it, provider prefix included. `max_tokens` is always set:
    a bound on the dollars needs one. `repeat` counts from 0 and tells apart executions that must
    not share a cached answer. `turn` counts from 0 within one conversation.
    """

    model: str
    messages: tuple[Message, ...]
    max_tokens: int
    sampling: Sampling = Sampling()
    response_schema: JsonObject | None = None
    base_url: str | None = None
    repeat: int = 0
    turn: int = 0
    timeout_s: float = 120.0
    tags: Tags | None = None

    def fingerprint(self) -> str:
        """The sha256 of the canonical JSON of everything that may change the answer.

        Timeouts and tags are left out; the repeat number is in.
        """
        sampling = self.sampling
        shape: JsonObject = {
            "model": self.model,
            "baseUrl": self.base_url,
            "messages": [{"role": m.role, "content": m.content} for m in self.messages],
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
        }
        canonical = json.dumps(shape, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        return hashlib.sha256(canonical.encode("utf-8", "surrogatepass")).hexdigest()


class Finish(StrEnum):
    """Why a model stopped."""

    STOP = "stop"
    LENGTH = "length"
    FILTERED = "content_filter"
    TOOL = "tool_calls"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolCall:
    """A call that a model asked for; `arguments` as JSON text, valid or not."""

    id: str
    name: str
    arguments: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Completion:
    """What came back from one call.

    `model` is what the provider says it served. `usage` is None when it reported none. `cost` is
    filled by the meter around the gateway. `latency_s` is the time of the call itself, without
    waiting for a turn. `cached` means that no call was made: a recorded or stored answer.
    """

    text: str
    finish: Finish
    model: str
    latency_s: float
    usage: Usage | None = None
    cost: Cost = Cost()
    tool_calls: tuple[ToolCall, ...] = ()
    cached: bool = False


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
    """

    kind: FaultKind
    message: str
    fix: str | None = None
    billed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """All that an assertion may see."""

    case: Case
    request: Request
    completion: Completion


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """One assertion's opinion of one answer.

    `passed` is None when the assertion abstains: the trial is then errored, never green. `score`
    is from 0 to 1. `reason` says what was expected and what came, in one line. `advisory` verdicts
    are shown and gate nothing.
    """

    kind: str
    passed: bool | None
    reason: str
    score: float
    advisory: bool = False
    location: Location | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """An assertion that needs a model: the engine pays for `request` through the same guards."""

    request: Request
    settle: Callable[[Completion], Verdict] = field(compare=False)
