"""A chat-completions server that gives the answers of a table, and judges by one rule.

A question is a key of `answers` that stands in what it is asked. As a judge it finds fault with an
answer that promises postage, and with nothing else. Every call is charged for 100 tokens in and 20
out.
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from tests.servers.chat import Body, completion, serving
from tests.servers.judging_model import sections


@dataclass(kw_only=True)
class AnsweringModel:
    """A running server."""

    url: str = ""
    answers: dict[str, str] = field(default_factory=dict)
    judged: int = 0

    def reply(self, messages: list[Body]) -> str:
        """What it says."""
        asked = str(messages[-1]["content"])
        if "=== ANSWER" not in asked:
            return next(text for question, text in self.answers.items() if question in asked)
        self.judged += 1
        answer = sections(asked)["ANSWER"]
        promises = "postage" in answer
        reason = "promises postage, which no passage does" if promises else "it is all there"
        opinion = {"score": 0.1 if promises else 1.0, "reason": reason, "evidence": answer[:30]}
        return json.dumps(opinion)


@contextmanager
def running() -> Iterator[AnsweringModel]:
    """A server in threads of its own."""
    model = AnsweringModel()

    def answer(body: Body) -> tuple[int, Body]:
        said = {"content": model.reply(body["messages"])}
        return completion(said, model=body["model"], tokens=(100, 20))

    with serving(answer) as model.url:
        yield model
