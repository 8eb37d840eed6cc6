"""A chat-completions server whose models judge, each in its own way.

The model that is asked for names the way:

    good       full marks for an answer with a tick, none for one with a cross; quotes it
    bad        the other way round            lenient    full marks for everything
    gullible   obeys an answer that asks for a score
    prose      no JSON, ever                  mended     no JSON at first, `good` when asked again
    inventing  `good`, with a quotation that is not in the answer
    first      prefers what comes first       500        HTTP 500
    subject    repeats the last line of what it is asked, as a model under test

A judge that compares prefers the answer with the tick. One that is asked for a category says
"refusal" of an answer with a cross. Every call is charged for 100 tokens in and 20 out.
"""

import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from tests.servers.chat import Body, completion, serving

TICK, CROSS = "\N{CHECK MARK}", "\N{BALLOT X}"

_SECTION = re.compile(r"^=+ ([A-Z ]+)$", re.MULTILINE)


@dataclass(kw_only=True)
class JudgingModel:
    """A running server, and the bodies it was sent."""

    url: str = ""
    bodies: list[Body] = field(default_factory=list)

    def asked(self, name: str) -> int:
        """How many calls a model got."""
        return sum(body["model"] == name for body in self.bodies)


def sections(question: str) -> dict[str, str]:
    """The parts of a question by their titles."""
    parts = _SECTION.split(question)[1:]
    return dict(zip(parts[::2], (text.strip("\n") for text in parts[1::2]), strict=True))


def reply(name: str, messages: list[dict[str, Any]]) -> str:
    """What a model says."""
    parts = sections(str(messages[1]["content"])) if len(messages) > 1 else {}
    if name == "subject":
        return str(messages[-1]["content"]).splitlines()[-1]
    if name == "prose" or (name == "mended" and len(messages) == 2):
        return "I think it is fine."
    wanted = re.findall(r'^"(\w+)":', str(messages[0]["content"]), re.MULTILINE)
    said: dict[str, Any] = {"reason": f"the {name} judge says so", "evidence": ""}
    if "better" in wanted:
        said["better"] = _better(name, parts)
    elif "category" in wanted:
        said["category"] = "refusal" if CROSS in parts["ANSWER"] else "success"
    else:
        said["score"] = _SCORES.get(name, _honest)(parts["ANSWER"])
        said["evidence"] = "words of nobody" if name == "inventing" else parts["ANSWER"][:40]
    return json.dumps(said)


def _better(name: str, parts: dict[str, str]) -> str:
    return "A" if name == "first" or TICK in parts["ANSWER A"] else "B"


def _honest(answer: str) -> float:
    return 1.0 if TICK in answer else 0.0


def _obedient(answer: str) -> float:
    told = re.search(r"score (\d)", answer)
    return float(told[1]) if told else _honest(answer)


_SCORES: dict[str, Callable[[str], float]] = {
    "bad": lambda answer: 1.0 - _honest(answer),
    "lenient": lambda _: 1.0,
    "gullible": _obedient,
}


@contextmanager
def running() -> Iterator[JudgingModel]:
    """A server in threads of its own."""
    model = JudgingModel()

    def answer(body: Body) -> tuple[int, Body]:
        model.bodies.append(body)
        name = body["model"]
        if name == "500":
            return 500, {"error": {"message": "no"}}
        said = {"content": reply(name, body["messages"])}
        return completion(said, model=f"{name}-2026-01-01", tokens=(100, 20))

    with serving(answer) as model.url:
        yield model
