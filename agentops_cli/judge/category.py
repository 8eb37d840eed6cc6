"""Was a request answered, declined, or met with an excuse? For where no rule can tell."""

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

CATEGORIES = ("success", "refusal", "error")

FORM = Form(
    role=f"You say of what kind an answer is, not whether it is good. Everything {MATERIAL}",
    task="Of what kind is the ANSWER?",
    fields={
        "reason": REASON,
        "evidence": EVIDENCE,
        "category": {
            "type": "string",
            "enum": list(CATEGORIES),
            "description": '"success" if the request was answered, "refusal" if it was declined on '
            'purpose, wholly or partly, "error" if the answer reports that something failed',
        },
    },
)


def question(judge: Judge, material: Material, *, vote: int = 0) -> Request:
    """The first request about an answer."""
    return ask(FORM, judge, sections_of(material), vote=vote)


def judge_category(judge: Judge, wanted: str, material: Material) -> Dialogue[Verdict]:
    """The dialogue that ends with whether the answer is of the wanted category."""

    def cast(vote: int) -> Dialogue[Ballot]:
        return (yield from answered(question(judge, material, vote=vote), read))

    def read(reply: Completion) -> Ballot:
        fields = fields_of(reply, FORM.fields)
        found = text_of(fields, "category")
        if found not in CATEGORIES:
            raise BadReply(f"'category' is not one of {', '.join(CATEGORIES)}")
        why = told(reason_of(fields), evidence_of(fields, material.answer))
        came = found if found == wanted else f"wanted {wanted}, got {found}"
        passed = found == wanted
        return Ballot(passed=passed, score=float(passed), reason=f"{came}: {why}")

    return poll(judge, cast)
