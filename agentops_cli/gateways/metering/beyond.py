"""What a child may not ask for, because its cost could not be told or not be bounded."""

from collections.abc import Iterator

from agentops_cli.gateways.metering.asked import Api, Asked
from agentops_cli.model.json import Json

# Each would cost something that neither a count of tokens nor a price for them tells.
_BEYOND_PRICE = {
    "audio": "audio has a price of its own",
    "background": "what it costs is not told with the answer",
    "models": "another model would have another price",
    "n_predict": "it goes beyond max_tokens",
    "plugins": "a plugin is billed beside the tokens",
    "prediction": "predicted tokens that are not used are billed",
    "route": "another model would have another price",
    "web_search_options": "searches are billed beside the tokens",
}
_TIERS_WITHIN_PRICE = ("auto", "default", "flex")
_OWN_TOOLS = ("apply_patch", "custom", "function", "local_shell")
_MARKS_FOR_CACHE = b'"cache_control":'

# What a provider keeps or fetches is input too, and nobody here knows how long it is.
_KEPT_ELSEWHERE = ("conversation", "data_sources", "previous_response_id")
_TEXTUAL = frozenset(
    {"custom", "custom_tool_call", "custom_tool_call_output", "function", "function_call"}
    | {"function_call_output", "input_text", "message", "output_text", "reasoning"}
    | {"reasoning_text", "refusal", "summary_text", "text"}
)


def beyond_price(asked: Asked, wire: bytes) -> str | None:
    """Why the dollars of a call could not be told from its tokens, None when they can."""
    body = asked.body
    for key, why in _BEYOND_PRICE.items():
        if body.get(key):
            return f"{key!r} is refused: {why}"
    modalities = body.get("modalities")
    if isinstance(modalities, list) and any(word != "text" for word in modalities):
        return "'modalities' is refused: other outputs than text have prices of their own"
    if body.get("service_tier") not in (None, *_TIERS_WITHIN_PRICE):
        tiers = ", ".join(_TIERS_WITHIN_PRICE)
        return f"'service_tier' is refused: only {tiers} stay within the listed price"
    tools = body.get("tools")
    for tool in tools if isinstance(tools, list) else []:
        kind = tool.get("type") if isinstance(tool, dict) else None
        if kind not in (None, *_OWN_TOOLS):
            return f"the tool {kind!r} is refused: the provider bills it beside the tokens"
    if _MARKS_FOR_CACHE in wire:
        return "'cache_control' is refused: writing a cache has a price of its own"
    return None


def beyond_bound(asked: Asked) -> str | None:
    """Why the bytes of a call do not bound its input tokens, None when they do."""
    body = asked.body
    for key in _KEPT_ELSEWHERE:
        if body.get(key):
            return f"{key!r} is refused under a budget: what it adds to the input is not known"
    if asked.api is Api.RESPONSES and body.get("prompt"):
        return "'prompt' is refused under a budget: what it adds to the input is not known"
    parts = (*_types(body.get("messages")), *_types(body.get("input")))
    foreign = [kind for kind in parts if kind not in _TEXTUAL]
    if foreign:
        return f"{foreign[0]!r} is refused under a budget: its tokens cannot be told beforehand"
    return None


def _types(value: Json) -> Iterator[str]:
    """What the objects inside a value say they are."""
    if isinstance(value, dict):
        if "type" in value:
            yield str(value["type"])
        value = list(value.values())
    for part in value if isinstance(value, list) else []:
        yield from _types(part)
