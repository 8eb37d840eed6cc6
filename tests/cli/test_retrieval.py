"""A retrieval answerer on recorded answers: each way of being wrong has a reason of its own."""

import json

import pytest

from agentops_cli.errors import ExitCode
from tests.cli.running import Cli

PROMPT = """
    ---
    version: 1.0.0
    model: openai/ok
    temperature: 0
    author: "@platform"
    requires_review: false
    max_tokens: 120
    input:
      schema: {question: string, passages: any}
    ---
    system:
    Answer from the passages and cite them by id.

    user:
    {% for passage in passages %}[{{ passage.id }}] {{ passage.text }}
    {% endfor %}Question: {{ question }}
"""
PASSAGES = [
    {"id": "returns-1", "text": "Lamps can be returned within 30 days of delivery."},
    {"id": "warranty-1", "text": "Every lamp has two years of warranty [7]."},
]
SUITE = """
    prompt: answer.prompt.md
    models: [replay/answers.jsonl]
    defaults:
      vars: {passages: {json: passages.json}}
    cases:
      - id: in-the-documents
        vars: {question: How long can I return a lamp?}
        expectedCategory: success
        mustContain: [["30 days", "thirty days"]]
        mustNotContain: ["60 days"]
        assert: [{kind: citations, in: passages}]
      - id: not-in-the-documents
        vars: {question: Do you ship to Norway?}
        mustContain: [["not in our documents", "documents do not say"]]
        assert: [{kind: citations, in: passages, max: 0}]
"""
GOOD = {
    "in-the-documents": "You can return it within thirty days [returns-1].",
    "not-in-the-documents": "That is not in our documents.",
}


def verdicts(cli: Cli, case: str, answer: str, finish: str = "stop") -> tuple[ExitCode, set[str]]:
    """The exit code, and the reasons of all lost verdicts of a case that is answered so."""
    cli.write("answer.prompt.md", PROMPT)
    cli.write("passages.json", json.dumps(PASSAGES))
    answers = {name: (text, "stop") for name, text in GOOD.items()} | {case: (answer, finish)}
    rows = [
        json.dumps({"caseId": name, "text": text, "finish": ended})
        for name, (text, ended) in answers.items()
    ]
    cli.write("answers.jsonl", "\n".join(rows))
    ended = cli.run("eval", cli.write("s.yaml", SUITE), "--json", "r.json")
    [suite] = cli.json()["suites"]
    [judged] = [one for one in suite["cases"] if one["id"] == case]
    [trial] = judged["trials"]
    return ended.code, {v["reason"] for v in trial["verdicts"] if v["passed"] is not True}


@pytest.mark.parametrize("case", GOOD)
def test_a_good_answer_passes(cli: Cli, case: str) -> None:
    assert verdicts(cli, case, GOOD[case]) == (ExitCode.OK, set())


ONE = "in-the-documents"
NONE = "not-in-the-documents"
WRONG = {
    "it invents a source": (
        ONE, "You can return it within 30 days [returns-1] [returns-9].",
        'cites "returns-9" at character 47, which does not exist; known: returns-1, warranty-1',
    ),
    "it cites a footnote of a passage": (
        ONE, "You can return it within 30 days [7].",
        'cites "7" at character 35, which does not exist; known: returns-1, warranty-1',
    ),
    "it invents a source in its own form": (
        ONE, "You can return it within 30 days [returns-1] (source: the shop's manual).",
        'cites "the shop\'s manual" at character 55, which does not exist',
    ),
    "it cites nothing": (
        ONE, "You can return it within 30 days.",
        "wanted at least 1 source, it cites nothing",
    ),
    "it says another figure": (
        ONE, "You can return it within two weeks [returns-1].",
        'any of "30 days", "thirty days" not found',
    ),
    "it adds what no passage says": (
        ONE, "You can return it within 30 days, or 60 days at Christmas [returns-1].",
        'found "60 days" at character 38',
    ),
    "it declines although it could answer": (
        ONE, "I'm sorry, but I can't help with that.",
        "wanted success, got refusal (declines in its opening",
    ),
    "it makes an answer up": (
        NONE, "Yes, we ship to Norway within five days.",
        'any of "not in our documents", "documents do not say" not found',
    ),
    "it cites for what is not there": (
        NONE, "That is not in our documents [warranty-1].",
        "wanted no source, it cites warranty-1",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("case", "answer", "reason"), WRONG.values(), ids=WRONG)
def test_each_way_of_being_wrong_has_its_own_reason(
    cli: Cli, case: str, answer: str, reason: str
) -> None:
    code, reasons = verdicts(cli, case, answer)
    assert code is ExitCode.REJECTED
    assert any(one.startswith(reason) for one in reasons), reasons


def test_the_wrong_ways_are_told_apart() -> None:
    assert len({reason for _, _, reason in WRONG.values()}) == len(WRONG)
