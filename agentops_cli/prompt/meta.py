"""The frontmatter's flat keys: who wrote a prompt, and how its model is asked to answer."""

import re
from collections.abc import Iterator, Mapping
from typing import Final, Literal, cast

from agentops_cli.model.json import Json, JsonObject
from agentops_cli.model.prompt import PromptMeta, Sampling

SAMPLING_NAMES: Final[Mapping[str, tuple[str, ...]]] = {
    "temperature": ("temperature",),
    "top_p": ("top_p", "topP"),
    "top_k": ("top_k", "topK"),
    "max_tokens": ("max_tokens", "maxTokens", "maxOutputTokens", "max_completion_tokens"),
    "seed": ("seed",),
    "stop": ("stop", "stopSequences"),
    "reasoning_effort": ("reasoning_effort", "reasoningEffort"),
    "presence_penalty": ("presence_penalty", "presencePenalty"),
    "frequency_penalty": ("frequency_penalty", "frequencyPenalty"),
}
"""For each field of `Sampling` its names under `config`; the first is the top level's too."""

_CONFIG_NAMES: Final = frozenset(name for names in SAMPLING_NAMES.values() for name in names)

_OWN_FIELDS: Final = frozenset(SAMPLING_NAMES) | {
    *("version", "model", "name", "description", "author", "authors", "requires_review"),
    *("status", "tags", "config", "input", "tools"),
}

_ELSEWHERE: Final[Mapping[str, str]] = {
    "model": "write 'model' on the top level",
    "messages": "write the messages in the body, below 'system:' and 'user:' lines",
    "n": "use 'repeat' in the suite",
    "best_of": "use 'repeat' in the suite",
    "candidate_count": "use 'repeat' in the suite",
    "candidateCount": "use 'repeat' in the suite",
    "max_new_tokens": "write 'max_tokens'",
    "max_tokens_to_sample": "write 'max_tokens'",
    "num_predict": "write 'max_tokens'",
    "tools": "write 'tools' on the top level",
    "functions": "write 'tools' on the top level",
    "response_format": "write output: {format: json, schema: …}",
    "responseFormat": "write output: {format: json, schema: …}",
    "jsonSchema": "write output: {format: json, schema: …}",
    "timeout": "use the flag --timeout",
}

# What decides where a call goes, who pays for it, what it may cost or how its answer comes back.
# A prompt may come from a stranger's branch; it must not send a key to another address.
_NOT_THE_PROMPTS: Final = (
    r"api_|api(base|key|version)|base_?url|deployment|organi[sz]ation|region|ssl|provider|fallback|router"
    r"|^(aws|azure|gcp|vertex|watsonx|litellm)_|key|secret|credential|password|_token$|header|url"
    r"|cost|service_tier|cache|caching|retr(y|ies)|prox(y|ies)|client|callback|logger|mock|_list$"
    r"|^extra_|stream|^tools$|^tool_|function|web_search|prediction|modalities|^audio$"
)


def read_meta(data: JsonObject) -> PromptMeta:
    """The flat keys of frontmatter that its schema accepts."""
    review = data.get("requires_review")
    return PromptMeta(
        version=_text(data.get("version")),
        models=_texts(data.get("model")),
        sampling=read_sampling(data),
        authors=_texts(data.get("author", data.get("authors"))),
        requires_review=_texts(review) if isinstance(review, list) else cast("bool | None", review),
        description=_text(data.get("description")),
        status=cast('Literal["draft", "active", "deprecated"]', data.get("status", "active")),
        tags=frozenset(_texts(data.get("tags"))),
        extra={key: value for key, value in data.items() if key not in _OWN_FIELDS},
    )


def read_sampling(data: JsonObject) -> Sampling:
    """How to sample: the top level first, then `config`; the rest of `config` is passed on."""
    config = _config(data)
    found = {field: _sampled(data, config, field) for field in SAMPLING_NAMES}
    return Sampling(
        temperature=_number(found["temperature"]),
        top_p=_number(found["top_p"]),
        top_k=_whole(found["top_k"]),
        max_tokens=read_max_tokens(data),
        seed=_whole(found["seed"]),
        stop=_texts(found["stop"]),
        reasoning_effort=_text(found["reasoning_effort"]),
        presence_penalty=_number(found["presence_penalty"]),
        frequency_penalty=_number(found["frequency_penalty"]),
        extra={key: value for key, value in config.items() if key not in _CONFIG_NAMES},
    )


def read_max_tokens(data: JsonObject) -> int | None:
    """How long an answer may be, as `read_sampling` has it."""
    return _whole(_sampled(data, _config(data), "max_tokens"))


def _config(data: JsonObject) -> JsonObject:
    config = data.get("config")
    return config if isinstance(config, dict) else {}


def _sampled(data: JsonObject, config: JsonObject, field: str) -> Json:
    if field in data:
        return data[field]
    return next((config[name] for name in SAMPLING_NAMES[field] if name in config), None)


def misplaced_settings(config: JsonObject) -> Iterator[tuple[str, str]]:
    """The keys under `config` that are not for a prompt to set, each with where they belong."""
    for key in config:
        if key in _ELSEWHERE:
            yield key, _ELSEWHERE[key]
        elif re.search(_NOT_THE_PROMPTS, key, re.IGNORECASE):
            yield key, "remove it: how models are reached and paid for is for agentops.yaml"


def _text(value: Json) -> str | None:
    return value if isinstance(value, str) else None


def _texts(value: Json) -> tuple[str, ...]:
    values = value if isinstance(value, list) else [value]
    return tuple(item for item in values if isinstance(item, str))


def _number(value: Json) -> float | None:
    return float(value) if isinstance(value, int | float) else None


def _whole(value: Json) -> int | None:
    return int(value) if isinstance(value, int | float) else None
