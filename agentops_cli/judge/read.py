"""Text of a judge file to a `JudgeFile`, every default filled in and every mistake found."""

import hashlib
import json
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any, get_args

from agentops_cli.errors import InputError
from agentops_cli.judge import rubric
from agentops_cli.judge.question import Material
from agentops_cli.judge_keys import judge_findings, judge_of
from agentops_cli.locate import Document, parse_yaml
from agentops_cli.model.call import Request
from agentops_cli.model.finding import Finding
from agentops_cli.model.json import Json, JsonObject
from agentops_cli.model.judge import Judge, JudgeExample, JudgeFile, Label
from agentops_cli.model.place import Location
from agentops_cli.validate import problems, without

LEAST_OF_A_LABEL = 5
"""Fewer could not tell a good judge from a coin: of 10 answers a coin gets 8 right by luck in 1 of
18 tries."""

DEFAULT_MIN_KAPPA = 0.4
"""What Landis and Koch, Biometrics 33 (1977), 159-174, call the lower end of moderate agreement."""


def read_judge_file(text: str, *, path: str) -> JudgeFile:
    """Reads one judge file; raises `InputError` with everything that is wrong with it."""
    document = parse_yaml(text, path=path)
    wrong = problems(document, "judge")
    findings = [problem.finding for problem in wrong]
    # What is right is looked at all the same, so that every mistake is told at once.
    data = without(document.data, *(problem.route for problem in wrong if not problem.absent))
    whole: Any = data if isinstance(data, dict) else {}
    findings += judge_findings(whole, lambda key: document.at((key,)))
    listed = whole.get("examples")
    if isinstance(listed, list):
        findings += _example_findings(listed, document)
    if findings:
        raise InputError(findings)
    judge = judge_of(whole, location=document.at(("model",)), path=path)
    examples = tuple(
        JudgeExample(
            rubric=item["rubric"],
            answer=item["answer"],
            label=item["label"],
            input=item.get("input"),
            location=document.at(("examples", index)),
        )
        for index, item in enumerate(whole["examples"])
    )
    return JudgeFile(
        judge=judge,
        examples=examples,
        min_kappa=float(whole.get("minKappa", DEFAULT_MIN_KAPPA)),
        digest=digest_of(judge, examples),
    )


def digest_of(judge: Judge, examples: Sequence[JudgeExample]) -> str:
    """The sha256 of all that the judge's opinion of its examples depends on, and of their labels.

    The questions are in it word for word, so that it changes with our wording too. The order of the
    examples is not, nor where they stand.
    """
    asked = sorted(
        json.dumps([example.label, _question_shape(judge, example)], sort_keys=True)
        for example in examples
    )
    shape = [judge.model, judge.threshold, judge.votes, asked]
    return hashlib.sha256(json.dumps(shape).encode("ascii")).hexdigest()


def _question_shape(judge: Judge, example: JudgeExample) -> JsonObject:
    request: Request = rubric.question(judge, example.rubric, material_of(example))
    return {
        "messages": [[message.role, message.content] for message in request.messages],
        "schema": request.response_schema,
        "maxTokens": request.max_tokens,
        "temperature": request.sampling.temperature,
    }


def material_of(example: JudgeExample) -> Material:
    """What the judge is shown of an example."""
    return Material(answer=example.answer, input=example.input)


def _example_findings(examples: Sequence[Json], document: Document) -> Iterator[Finding]:
    """Too few of a label, and the same answer twice."""
    place = document.at(("examples",))
    found = [item for item in examples if isinstance(item, dict)]
    counts = Counter(item.get("label") for item in found)
    for label in get_args(Label):
        if counts[label] < LEAST_OF_A_LABEL:
            problem = f"{counts[label]} examples are labelled {label!r}"
            fix = f"label at least {LEAST_OF_A_LABEL} of each; 20 of each tell something"
            yield Finding(rule="few-examples", message=problem, location=place, fix=fix)
    first: dict[tuple[Json, ...], Location] = {}
    for index, item in enumerate(examples):
        if not isinstance(item, dict) or "answer" not in item:
            continue
        here = document.at(("examples", index))
        key = tuple(item.get(name) for name in ("rubric", "input", "answer"))
        before = first.setdefault(key, here)
        if before != here:
            problem = f"the same answer to the same rubric is at {before}"
            fix = "remove one: counted twice, it makes the agreement look surer than it is"
            yield Finding(rule="duplicate-example", message=problem, location=here, fix=fix)
