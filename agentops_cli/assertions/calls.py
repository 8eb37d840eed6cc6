"""Tool calls as checks and people see them."""

import json
from collections import Counter
from collections.abc import Iterable, Iterator

from agentops_cli.assertions.excerpt import listed, quote, shown
from agentops_cli.assertions.strict_json import loads
from agentops_cli.model.json import Json, JsonObject
from agentops_cli.model.prompt import Message
from agentops_cli.model.tool import ToolCall

_LONGEST = 120


class NotArguments(Exception):  # noqa: N818 - it is the model that is wrong
    """The arguments of a call are no JSON object; the message says why, as a clause."""


def arguments_of(call: ToolCall) -> JsonObject:
    """The arguments of a call; none at all is an empty object. Raises `NotArguments`."""
    if not call.arguments.strip():
        return {}
    try:
        value = loads(call.arguments)
    except RecursionError:
        raise NotArguments("they are nested too deeply") from None
    except ValueError as error:
        raise NotArguments(f"they are no JSON ({error}): {quote(call.arguments)}") from None
    if not isinstance(value, dict):
        raise NotArguments(f"they are no JSON object: {quote(call.arguments)}")
    return value


def told(call: ToolCall) -> str:
    """A call on one line: `get_order(id: "812")`."""
    try:
        return told_as(call.name, arguments_of(call))
    except NotArguments:
        return f"{call.name}({quote(call.arguments)})"


def told_as(name: str, arguments: JsonObject) -> str:
    """A name and arguments as a call is told, cut with a visible mark when they are long."""
    text = ", ".join(f"{key}: {shown(value)}" for key, value in arguments.items())
    return f"{name}({text if len(text) <= _LONGEST else f'{text[:_LONGEST]}…'})"


def results_of(tool: str, messages: Iterable[Message]) -> Iterator[Json]:
    """What a tool gave in a conversation: its JSON, or its text where that is none."""
    ids: set[str | None] = set()
    for message in messages:
        ids |= {call.id for call in message.tool_calls if call.name == tool}
        if message.role == "tool" and message.tool_call_id in ids:
            try:
                yield json.loads(message.content)
            except (ValueError, RecursionError):
                yield message.content


def identity(call: ToolCall) -> str:
    """The same text for calls of the same tool with the same arguments, in whatever order."""
    try:
        arguments = json.dumps(arguments_of(call), sort_keys=True)
    except NotArguments:
        arguments = call.arguments
    return f"{call.name} {arguments}"


def counted_calls(calls: Iterable[ToolCall]) -> str:
    """How often each tool was called, most often first, and what was only said again.

    `search 8 times, always as search(q: "refund")`.
    """
    by_name: dict[str, list[ToolCall]] = {}
    for call in calls:
        by_name.setdefault(call.name, []).append(call)
    most_first = sorted(by_name.values(), key=len, reverse=True)
    return listed([_counted(same_tool) for same_tool in most_first])


def _counted(calls: list[ToolCall]) -> str:
    name, total = calls[0].name, len(calls)
    if total == 1:
        return f"{name} once"
    by_identity = {identity(call): call for call in calls}
    [(most, times)] = Counter(map(identity, calls)).most_common(1)
    if times == 1:
        return f"{name} {total} times"
    often = "always" if times == total else f"{times} times"
    return f"{name} {total} times, {often} as {told(by_identity[most])}"
