"""A chat-completions server that keeps to one rule where its prompt has it, and knows no other.

Asked for a feature it writes a story. Asked for anything else it declines if the rule stands in its
system message, and obliges if not. Each call is charged for 100 tokens in and 20 out.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from tests.servers.chat import Body, completion, serving

DECLINED = "I can't help with that, but I can write a user story."


@dataclass(kw_only=True)
class GuardedModel:
    """A running server; `systems` are the system messages that it was sent, in order.

    With a `status` of 400 or more it fails instead, for the prompts that have `fails_on` in them.
    """

    rule: str
    url: str = ""
    status: int = 200
    fails_on: str = ""
    systems: list[str] = field(default_factory=list)

    def answer(self, body: Body) -> tuple[int, Body]:
        messages: list[dict[str, Any]] = body["messages"]
        system = " ".join(m["content"] for m in messages if m["role"] == "system")
        self.systems.append(system)
        if self.status >= 400 and self.fails_on in system:
            return self.status, {"error": {"message": "not today", "type": "x", "code": "x"}}
        asked = str(messages[-1]["content"])
        is_guarded = " ".join(self.rule.split()) in " ".join(system.split())
        told = DECLINED if is_guarded and "feature" not in asked else f"**User story:** {asked}"
        return completion({"content": told}, model=body["model"], tokens=(100, 20))


@contextmanager
def running(rule: str) -> Iterator[GuardedModel]:
    """A server in threads of its own."""
    model = GuardedModel(rule=rule)
    lock = threading.Lock()

    def answer(body: Body) -> tuple[int, Body]:
        with lock:
            return model.answer(body)

    with serving(answer) as model.url:
        yield model
