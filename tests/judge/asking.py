"""A judge of few words: plays a dialogue with replies that are written down."""

import json
from collections.abc import Sequence
from typing import Any

from agentops_cli.judge.dialogue import Dialogue, begin
from agentops_cli.model.call import Ask, Completion, Request, Verdict
from agentops_cli.model.judge import Judge, JudgeExample
from tests.builders import a_completion, a_place, a_request

Reply = str | Completion | dict[str, Any]


def a_judge(**changes: Any) -> Judge:
    """A judge that a suite describes."""
    return Judge(**{"model": "openai/gpt-4o", "location": a_place(line=3), **changes})


def an_example(**changes: Any) -> JudgeExample:
    """A labelled answer."""
    usual = {"rubric": "Says hello.", "answer": "Hello!", "label": "good", "location": a_place()}
    return JudgeExample(**{**usual, **changes})


def scored(score: Any, evidence: str = "", reason: str = "because") -> dict[str, Any]:
    """A judge's reply about one answer."""
    return {"reason": reason, "evidence": evidence, "score": score}


def played(
    opened: Verdict | Ask | Dialogue[Verdict], replies: Sequence[Reply]
) -> tuple[Verdict, list[Request]]:
    """The verdict after these replies, all of which must be wanted, and what was asked."""
    step: Verdict | Ask
    step = opened if isinstance(opened, Verdict | Ask) else begin(opened, of=a_request())
    asked: list[Request] = []
    left = list(replies)
    while isinstance(step, Ask):
        asked.append(step.request)
        step = step.settle(_completion(left.pop(0)))
    assert not left, "replies that nobody asked for"
    return step, asked


def _completion(reply: Reply) -> Completion:
    if isinstance(reply, Completion):
        return reply
    return a_completion(reply if isinstance(reply, str) else json.dumps(reply))
