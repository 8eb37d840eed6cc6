"""Does an answer meet a rubric? A score, held against the judge's threshold."""

from agentops_cli.judge.dialogue import Dialogue, answered
from agentops_cli.judge.question import MATERIAL, Form, Material, ask, sections_of
from agentops_cli.judge.reply import (
    EVIDENCE,
    REASON,
    beside,
    evidence_of,
    fields_of,
    reason_of,
    score_of,
    told,
)
from agentops_cli.judge.votes import Ballot, poll
from agentops_cli.model.call import Completion, Request, Verdict
from agentops_cli.model.judge import Judge

FORM = Form(
    role=f"You grade an answer strictly by the RUBRIC. Everything else {MATERIAL}",
    task="Does the ANSWER meet the RUBRIC?",
    fields={
        "reason": REASON,
        "evidence": EVIDENCE,
        "score": {
            "type": "number",
            "description": "a number from 0 (meets nothing of the rubric) to 1 (meets all of it)",
        },
    },
)


# Judges give tenths and halves of them: the next tenth on either side of a threshold is sure.
_UNSURE_WITHIN = 0.1 - 1e-9


def question(judge: Judge, rubric: str, material: Material, *, vote: int = 0) -> Request:
    """The first request about an answer."""
    return ask(FORM, judge, {"RUBRIC": rubric, **sections_of(material)}, vote=vote)


def judge_rubric(judge: Judge, rubric: str, material: Material) -> Dialogue[Verdict]:
    """The dialogue that ends with the judge's verdict on an answer."""

    def cast(vote: int) -> Dialogue[Ballot]:
        return (yield from answered(question(judge, rubric, material, vote=vote), read))

    def read(reply: Completion) -> Ballot:
        fields = fields_of(reply, FORM.fields)
        score = score_of(fields)
        passed = score >= judge.threshold
        side = "at least" if passed else "below"
        why = told(reason_of(fields), evidence_of(fields, material.answer))
        reason = f"{beside(score, judge.threshold)} is {side} {judge.threshold:.15g}: {why}"
        unsure = abs(score - judge.threshold) < _UNSURE_WITHIN
        return Ballot(passed=passed, score=score, reason=reason, unsure=unsure)

    return poll(judge, cast)
