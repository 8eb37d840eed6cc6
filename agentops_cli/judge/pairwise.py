"""Is an answer better than another one? Asked in both orders: judges prefer a place.

That the order of two answers sways a model was measured by P. Wang et al., "Large Language Models
are not Fair Evaluators" (ACL 2024), and by L. Zheng et al., "Judging LLM-as-a-Judge with MT-Bench
and Chatbot Arena" (NeurIPS 2023), who also count a preference only when it survives the swap.
"""

from dataclasses import dataclass
from functools import partial
from typing import Literal, TypeAlias

from agentops_cli.judge.dialogue import BadReply, Dialogue, answered
from agentops_cli.judge.question import MATERIAL, Form, Material, ask, sections_of
from agentops_cli.judge.reply import (
    EVIDENCE,
    REASON,
    evidence_of,
    fields_of,
    reason_of,
    text_of,
    told,
)
from agentops_cli.judge.votes import Ballot, poll
from agentops_cli.model.call import Completion, Request, Verdict
from agentops_cli.model.judge import Judge

FORM = Form(
    role=f"You compare two answers strictly by the RUBRIC. Everything else {MATERIAL}",
    task="Which answer meets the RUBRIC better?",
    fields={
        "reason": REASON,
        "evidence": EVIDENCE,
        "better": {
            "type": "string",
            "enum": ["A", "B", "equal"],
            "description": '"A", "B", or "equal" if neither is better',
        },
    },
)

Preference: TypeAlias = Literal["ours", "other", "equal"]

_SCORES: dict[Preference, float] = {"ours": 1.0, "equal": 0.5, "other": 0.0}
_WORDS: dict[Preference, str] = {
    "ours": "better than the other",
    "equal": "equal to the other",
    "other": "worse than the other",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """Our answer with what belongs to it, and the other one to the same."""

    rubric: str
    material: Material
    other: str

    def question(self, judge: Judge, *, ours: Literal["A", "B"], vote: int = 0) -> Request:
        """The first request about the two, when our answer is called A or B."""
        sections = {"RUBRIC": self.rubric, **sections_of(self.material)}
        pair = (sections.pop("ANSWER"), self.other)
        first, second = pair if ours == "A" else reversed(pair)
        return ask(FORM, judge, {**sections, "ANSWER A": first, "ANSWER B": second}, vote=vote)

    def read(self, reply: Completion, *, ours: Literal["A", "B"]) -> tuple[Preference, str]:
        """What the judge prefers, and why."""
        fields = fields_of(reply, FORM.fields)
        better = text_of(fields, "better")
        why = told(reason_of(fields), evidence_of(fields, self.material.answer, self.other))
        if better == "equal":
            return "equal", why
        if better not in {"A", "B"}:
            raise BadReply("'better' is not A, B or equal")
        return ("ours" if better == ours else "other"), why


def judge_pair(judge: Judge, pair: Pair) -> Dialogue[Verdict]:
    """The dialogue that ends with whether our answer is better than the other one."""

    def cast(vote: int) -> Dialogue[Ballot]:
        first, why = yield from preferred("A", vote)
        second, _ = yield from preferred("B", vote)
        if first != second:
            raise BadReply(
                "it changes its mind with the order of the answers: "
                f"{_WORDS[first]} when ours comes first, {_WORDS[second]} when it comes second"
            )
        reason = f"{_WORDS[first]}, in both orders: {why}"
        return Ballot(passed=first == "ours", score=_SCORES[first], reason=reason)

    def preferred(ours: Literal["A", "B"], vote: int) -> Dialogue[tuple[Preference, str]]:
        question = pair.question(judge, ours=ours, vote=vote)
        return (yield from answered(question, partial(pair.read, ours=ours)))

    return poll(judge, cast)
