"""Answers that are kept in another form than they came in, in what is said after them."""

from collections.abc import Mapping
from dataclasses import replace

from agentops_cli.judge.question import with_answers
from agentops_cli.model.call import Completion, Purpose, Request
from agentops_cli.model.prompt import Message
from agentops_cli.model.tool import ToolCall


class Hidden:
    """The answers of one case of which something was redacted, and how each is kept.

    An answer is said again as a whole: as a message of the assistant, or quoted for a judge. The
    author's own words stay as they are, also where they hold the same: nothing is redacted in them
    when the answers are replayed.
    """

    def __init__(self) -> None:
        self._kept: dict[str, str] = {}

    def learn(self, came: Completion, kept: Completion) -> None:
        """Remembers in which forms an answer came, and is kept."""
        self._kept[came.text] = kept.text
        for mine, shown in zip(came.tool_calls, kept.tool_calls, strict=True):
            self._kept[mine.arguments] = shown.arguments

    def in_request(self, request: Request) -> Request:
        """The request as it is made when every answer before it is replayed."""
        is_question = request.purpose is Purpose.JUDGE
        return replace(
            request,
            messages=tuple(
                replace(message, content=with_answers(message.content, self._kept))
                if is_question and message.role == "user"
                else _said_again(message, self._kept)
                for message in request.messages
            ),
        )


def _said_again(message: Message, kept: Mapping[str, str]) -> Message:
    if message.role != "assistant":
        return message
    return replace(
        message,
        content=kept.get(message.content, message.content),
        tool_calls=tuple(_called_again(call, kept) for call in message.tool_calls),
    )


def _called_again(call: ToolCall, kept: Mapping[str, str]) -> ToolCall:
    return replace(call, arguments=kept.get(call.arguments, call.arguments))
