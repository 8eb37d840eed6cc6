"""A fixed transcript: who says what, and which tool message answers which call."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import cast

from agentops_cli.locate import Document, Route
from agentops_cli.model.finding import Finding
from agentops_cli.model.json import Json, JsonObject
from agentops_cli.model.prompt import Message, Role
from agentops_cli.model.tool import ToolCall
from agentops_cli.suite.values import Report, as_list, as_mapping


@dataclass(frozen=True, slots=True, kw_only=True)
class RawMessage:
    """A message whose content may be a template still."""

    message: Message
    route: Route


def read_messages(
    document: Document, items: Iterable[Json], route: Route, report: Report
) -> tuple[RawMessage, ...]:
    """The messages at a route, of which each has the shape that the schema demands.

    Calls get ids of their own. A tool message answers the first call of the assistant message
    before it that is not answered yet; every call must be, and a user or a tool speaks last.
    """
    reader = _Reader(document, report)
    whole = [as_mapping(item) for item in items]
    calls = [as_mapping(call) for item in whole for call in as_list(item.get("toolCalls"))]
    if not all("role" in item for item in whole) or not all("name" in call for call in calls):
        return ()  # Reported by the schema; what is left tells no story.
    messages = tuple(reader.message(item, (*route, at)) for at, item in enumerate(whole))
    if messages and messages[-1].message.role not in ("user", "tool"):
        message, fix = "nobody answers the last message", "end with what the user or a tool says"
        reader.add("bad-transcript", messages[-1].route, message, fix)
    elif messages:
        reader.demand_answers(messages[-1].route)
    return messages


class _Reader:
    def __init__(self, document: Document, report: Report) -> None:
        self._document = document
        self._report = report
        self._open: list[ToolCall] = []
        self._calls = 0

    def message(self, item: JsonObject, route: Route) -> RawMessage:
        role = cast("Role", item["role"])
        asked = tuple(self._asked(item))
        if asked and role != "assistant":
            fix = "let the assistant call it"
            self.add("bad-transcript", (*route, "toolCalls"), f"a {role} calls no tools", fix)
        if "content" not in item and not asked:
            fix = "add 'content', or 'toolCalls' to an assistant's"
            self.add("missing-key", route, "a message needs content", fix)
        answered = self._answered(route) if role == "tool" else None
        if role != "tool":
            self.demand_answers(route)
        self._open += asked
        return RawMessage(
            message=Message(
                role=role,
                content=_content(item.get("content")),
                tool_calls=asked,
                tool_call_id=answered.id if answered else None,
            ),
            route=route,
        )

    def demand_answers(self, route: Route) -> None:
        """Reports the calls that should have been answered before this message is over."""
        for call in self._open:
            message = f"the call of {call.name!r} before it is not answered"
            fix = "add a message {role: tool, content: …} for each call, in their order"
            self.add("bad-transcript", route, message, fix)
        self._open.clear()

    def add(self, rule: str, route: Route, message: str, fix: str) -> None:
        place = self._document.at(route)
        self._report(Finding(rule=rule, message=message, location=place, fix=fix))

    def _asked(self, item: JsonObject) -> Iterator[ToolCall]:
        for call in map(as_mapping, as_list(item.get("toolCalls"))):
            self._calls += 1
            arguments = json.dumps(call.get("args", {}), ensure_ascii=False)
            name = str(call["name"])
            yield ToolCall(id=f"call_{self._calls}", name=name, arguments=arguments)

    def _answered(self, route: Route) -> ToolCall | None:
        if self._open:
            return self._open.pop(0)
        fix = "add toolCalls: [{name: …, args: {…}}] to the assistant's message before it"
        self.add("bad-transcript", route, "a tool answers, but was not called", fix)
        return None


def _content(value: Json) -> str:
    if isinstance(value, list):
        return "\n".join(str(as_mapping(part).get("text", "")) for part in value)
    return value if isinstance(value, str) else ""
