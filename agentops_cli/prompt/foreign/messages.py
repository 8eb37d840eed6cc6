"""Lists of messages, `{role, content}` each, as chat completions take them."""

from collections.abc import Iterator, Mapping
from typing import Final

from agentops_cli.locate import Route
from agentops_cli.model.json import Json
from agentops_cli.model.prompt import Role
from agentops_cli.prompt.foreign.sheet import Sheet
from agentops_cli.prompt.source import Passage

ROLES: Final[Mapping[str, Role]] = {
    "system": "system",
    "developer": "system",
    "user": "user",
    "human": "user",
    "assistant": "assistant",
    "model": "assistant",
    "ai": "assistant",
    "tool": "tool",
    "function": "tool",
}
"""What formats call the speakers; `developer` is what newer models call the system's messages."""


def messages_at(sheet: Sheet, route: Route) -> tuple[Passage, ...]:
    """The messages of a list, what is wrong with it noted in the sheet."""
    value = sheet.value(route)
    if not isinstance(value, list):
        if value is not None:
            sheet.add("wrong-type", "'messages' must be a list, not this", route, "begin with '-'")
        return ()
    return tuple(
        passage
        for index, message in enumerate(value)
        for passage in _passages(sheet, message, (*route, index))
    )


def _passages(sheet: Sheet, message: Json, route: Route) -> Iterator[Passage]:
    if not isinstance(message, dict):
        fix = "write {role: user, content: …}"
        sheet.add("wrong-type", "a message must be a mapping of 'role' and 'content'", route, fix)
        return
    role = _role(sheet, message.get("role"), route)
    content = message.get("content")
    if isinstance(content, str):
        found = [sheet.passage(role, (*route, "content"))]
    elif isinstance(content, list):
        # Parts, of which those of text are looked at.
        parts = ((*route, "content", index) for index in range(len(content)))
        found = [sheet.passage(role, (*part, "text")) for part in parts]
    elif content is None:
        if "tool_calls" not in message and "function_call" not in message:
            fix = "write the text of the message under content"
            sheet.add("wrong-type", "the message has no 'content'", route, fix)
        return
    else:
        fix = "put it in quotes"
        sheet.add("wrong-type", "'content' must be text, not this", (*route, "content"), fix)
        return
    yield from (passage for passage in found if passage)


def _role(sheet: Sheet, role: Json, route: Route) -> Role | None:
    if role is None:
        fix = "write role: system, user or assistant"
        sheet.add("wrong-type", "the message has no 'role'", route, fix)
        return None
    known = ROLES.get(role) if isinstance(role, str) else None
    if known is None and not (isinstance(role, str) and "{{" in role):
        fix = "write system, user or assistant"
        sheet.add("bad-value", f"{role!r} is not a role", (*route, "role"), fix)
    return known
