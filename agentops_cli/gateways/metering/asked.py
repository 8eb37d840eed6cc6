"""What a child asks for: read from its body, kept within a bound, and written out again."""

import json
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import NoReturn

from agentops_cli.gateways.chat_format import LimitKey
from agentops_cli.gateways.metering.refusal import not_understood
from agentops_cli.guards.bounds import TOKENS_FOR_TOOLS, TOKENS_PER_REQUEST
from agentops_cli.model.json import Json, JsonObject

DEFAULT_LIMIT = 4096
"""The cap on output tokens of a call that sets none: a bound on the dollars needs one."""

# What OpenAI's reference gives as the default of `/completions`, which is no cap of ours.
_COMPLETIONS_LIMIT = 16


class Api(StrEnum):
    """Those of OpenAI's APIs that cost by the token; the value is the end of the address."""

    CHAT = "/chat/completions"
    COMPLETIONS = "/completions"
    EMBEDDINGS = "/embeddings"
    RESPONSES = "/responses"


_LIMIT_KEYS = {
    Api.CHAT: ("max_tokens", "max_completion_tokens"),
    Api.COMPLETIONS: ("max_tokens",),
    Api.EMBEDDINGS: (),
    Api.RESPONSES: ("max_output_tokens",),
}
_TELLS_USAGE_ON_REQUEST = frozenset({Api.CHAT, Api.COMPLETIONS})


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One call. `capped_at` is the limit of output tokens that the child did not give."""

    api: Api
    body: JsonObject
    capped_at: int | None = None

    @property
    def model(self) -> str:
        """The model as the child names it."""
        return str(self.body["model"])

    @property
    def is_streamed(self) -> bool:
        """True when the answer is to come in pieces."""
        return bool(self.body.get("stream"))

    @property
    def wants_usage(self) -> bool:
        """True when the child itself asked for the chunk that tells the usage."""
        options = self.body.get("stream_options")
        return isinstance(options, dict) and options.get("include_usage") is True

    @property
    def most_output_tokens(self) -> int:
        """An upper bound of the output tokens, all answers together."""
        limits = [_whole(self.body, key, 0) for key in _LIMIT_KEYS[self.api]]
        return max(limits, default=0) * self._answers()

    def most_input_tokens(self, wire: bytes) -> int:
        """An upper bound of the input tokens of a call that is sent as these bytes.

        Each message takes more bytes of JSON than a chat format adds tokens for it.
        """
        tools = self.body.get("tools") or self.body.get("functions")
        return TOKENS_PER_REQUEST + len(wire) + (TOKENS_FOR_TOOLS if tools else 0)

    def _answers(self) -> int:
        """How many answers are billed: `n` for a prompt, or `best_of` where that is more."""
        answers = max(_whole(self.body, "n", 1), _whole(self.body, "best_of", 1))
        prompt = self.body.get("prompt")
        if self.api is Api.COMPLETIONS and isinstance(prompt, list):
            # A list of tokens is one prompt, a list of texts or of lists is many.
            answers *= sum(not isinstance(part, int) for part in prompt) or 1
        return answers

    def bounded(self, limit_key: LimitKey) -> "Asked":
        """The same with a limit of output tokens; `limit_key` is what the chat endpoint obeys."""
        keys = _LIMIT_KEYS[self.api]
        if not keys or any(self.body.get(key) is not None for key in keys):
            return self
        key = limit_key if self.api is Api.CHAT else keys[0]
        if self.api is Api.COMPLETIONS:
            return replace(self, body={**self.body, key: _COMPLETIONS_LIMIT})
        return replace(self, body={**self.body, key: DEFAULT_LIMIT}, capped_at=DEFAULT_LIMIT)

    def wire(self, *, name: str) -> bytes:
        """The body that is forwarded, to an endpoint that calls the model `name`.

        A stream is asked to tell its usage, which providers do not do by themselves. Raises
        `RefusedError` for what can be read and not be written, such as 1e999.
        """
        body = {**self.body, "model": name}
        if self.is_streamed and self.api in _TELLS_USAGE_ON_REQUEST:
            given = body.get("stream_options")
            options = given if isinstance(given, dict) else {}
            body["stream_options"] = {**options, "include_usage": True}
        try:
            return _encode(body)
        except (ValueError, RecursionError) as error:
            raise not_understood(f"the body is no JSON: {error}") from error


def read_asked(api: Api, content: bytes) -> Asked:
    """Reads a body; raises `RefusedError` for what no provider would take, or only to our cost."""
    try:
        body: Json = json.loads(content, parse_constant=_no_number)
        if not isinstance(body, dict):
            raise not_understood("the body is no JSON object")
    except (ValueError, RecursionError) as error:
        raise not_understood(f"the body is no JSON: {error}") from error
    if not isinstance(body.get("model"), str) or not body["model"]:
        raise not_understood("the body names no model")
    for key in ("n", "best_of", *_LIMIT_KEYS[api]):
        _whole(body, key, 1)
    return Asked(api=api, body=body)


def _no_number(word: str) -> NoReturn:
    raise ValueError(f"{word} is not a number in JSON")


def _encode(body: JsonObject) -> bytes:
    text = json.dumps(body, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    try:
        return text.encode()
    except UnicodeEncodeError:  # Half of a surrogate pair, which only an escape can hold.
        return json.dumps(body, separators=(",", ":"), allow_nan=False).encode()


def _whole(body: JsonObject, key: str, default: int) -> int:
    """A number of the body that must be known to bound the cost; null is as good as nothing.

    None of them may be 0, which some servers take for "as many as you like".
    """
    value = body.get(key)
    if value is None:
        return default
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise not_understood(f"{key} is {value!r:.40} and not a whole number from 1 on")
    return value
