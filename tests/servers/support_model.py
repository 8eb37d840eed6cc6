"""A chat-completions server that behaves like a model with tools, and knows nothing but rules.

It reads what is sent to it and nothing else: an order number, a word of the help pages, what a tool
said. So an agent that loses a message, a digit or a tool's answer on the way gets the reply that a
real model would give it. Each call is charged for 100 tokens in and 50 out, and the server keeps
the bill.

    python -m tests.servers.support_model --port 0        (prints its address)
"""

import argparse
import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from tests.servers.chat import Body, completion, serving

_ORDER = re.compile(r"\b\d{4}\b")
_ASKS_FOR_ORDER = re.compile(r"order|arrive|status", re.IGNORECASE)
_HELP_WORDS = ("return", "warranty")


@dataclass(kw_only=True)
class SupportModel:
    """A running server, and the bodies it was sent."""

    url: str = ""
    bodies: list[Body] = field(default_factory=list)


def message_for(messages: list[dict[str, Any]]) -> dict[str, Any]:
    """What the model says next."""
    system = " ".join(m["content"] for m in messages if m["role"] == "system")
    last = messages[-1]
    if last["role"] == "tool":
        return {"role": "assistant", "content": _reading(last["content"], system, messages)}
    said = str(last["content"])
    for word in _HELP_WORDS:
        if word in said.lower():
            return _calling("search_help", {"query": said}, len(messages))
    if _ASKS_FOR_ORDER.search(said):
        spoken = [str(m.get("content") or "") for m in messages if m["role"] == "user"]
        numbers = [number for text in spoken for number in _ORDER.findall(text)]
        if numbers:
            return _calling("get_order", {"id": numbers[-1]}, len(messages))
        return {"role": "assistant", "content": "Which order do you mean?"}
    return {"role": "assistant", "content": "How can I help?"}


def _reading(content: str, system: str, messages: list[dict[str, Any]]) -> str:
    """What a model makes of a tool's answer."""
    told = json.loads(content)
    if isinstance(told, list):
        return " ".join(told) or "The help pages do not say."
    if "error" in told:
        if told["error"] == "no such order":
            return "I cannot find that order."
        if "tool fails" in system:
            return "Sorry, I could not look that up just now. Shall we arrange a callback?"
        return "Your order is undefined."
    asked = [str(m["content"]) for m in messages if m["role"] == "user"][-1]
    if "arrive" in asked:
        return f"It arrives on {told['arrives']}."
    return f"Your order is {told['status']}."


def _calling(name: str, arguments: dict[str, Any], number: int) -> dict[str, Any]:
    function = {"name": name, "arguments": json.dumps(arguments)}
    call = {"id": f"call_{number}", "type": "function", "function": function}
    return {"role": "assistant", "content": None, "tool_calls": [call]}


@contextmanager
def running(port: int = 0) -> Iterator[SupportModel]:
    """A server in threads of its own."""
    model = SupportModel()

    def answer(body: Body) -> tuple[int, Body]:
        model.bodies.append(body)
        said = message_for(body["messages"])
        finish = "tool_calls" if said.get("tool_calls") else "stop"
        return completion(said, model=body["model"], tokens=(100, 50), finish=finish)

    with serving(answer, port=port) as model.url:
        yield model


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, default=0)
    with running(parser.parse_args().port) as here:
        print(here.url, flush=True)  # noqa: T201 # Whoever starts it reads the address.
        threading.Event().wait()
