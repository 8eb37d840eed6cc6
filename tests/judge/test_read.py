from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from agentops_cli.errors import InputError
from agentops_cli.judge import rubric
from agentops_cli.judge.read import digest_of, read_judge_file
from agentops_cli.model.judge import Judge, JudgeExample
from tests.judge.asking import a_judge, an_example


def a_file(head: str = "model: openai/gpt-4o", examples: str = "") -> str:
    lines = [
        f"  - {{rubric: Says hello., answer: '{label} {n}', label: {label}}}"
        for n in range(5)
        for label in ("good", "bad")
    ]
    return f"{head}\nexamples:\n" + (examples or "\n".join(lines)) + "\n"


def mistakes(text: str) -> list[str]:
    with pytest.raises(InputError) as caught:
        read_judge_file(text, path="judges/j.yaml")
    return [f"{finding.location}: {finding.message}" for finding in caught.value.findings]


def test_defaults_are_filled_in() -> None:
    found = read_judge_file(a_file(), path="judges/j.yaml")
    judge = found.judge
    assert (judge.model, judge.threshold, judge.votes) == ("openai/gpt-4o", 0.7, 1)
    assert (judge.instructions, judge.path) == (None, "judges/j.yaml")
    assert found.min_kappa == 0.4
    assert str(found.examples[1].location) == "judges/j.yaml:4:5"
    assert [example.label for example in found.examples] == ["good", "bad"] * 5


def test_every_key_is_read() -> None:
    head = (
        "description: d\nmodel: m/x\nthreshold: 0.5\nvotes: 3\ninstructions: Be kind.\n"
        "temperature: null\nmaxTokens: 2000\nminKappa: 0.6"
    )
    found = read_judge_file(a_file(head), path="judges/j.yaml")
    assert found.judge == Judge(
        model="m/x",
        location=found.judge.location,
        threshold=0.5,
        votes=3,
        temperature=None,
        max_tokens=2000,
        instructions="Be kind.",
        path="judges/j.yaml",
    )
    assert found.min_kappa == 0.6


@pytest.mark.parametrize(
    ("head", "temperature"),
    [
        ("", 0.0),
        ("votes: 3", 0.7),
        ("votes: 3\ntemperature: 0.2", 0.2),
        ("temperature: null", None),
    ],
)
def test_one_vote_has_no_randomness_and_several_have_some(
    head: str, temperature: float | None
) -> None:
    found = read_judge_file(a_file(f"model: m/x\n{head}"), path="judges/j.yaml")
    assert found.judge.temperature == temperature


@pytest.mark.parametrize(
    ("head", "told"),
    [
        ("modle: x", "1:1: unknown key 'modle'"),
        ("model: agent/bot", "1:8: 'agent/bot' cannot judge: an agent is under test"),
        ("model: replay/c.jsonl", "1:8: 'replay/c.jsonl' cannot judge: recorded answers"),
        ("model: ''", "1:8: 'model' must not be empty"),
        ("model: m\nthreshold: 0", "2:12: 'threshold' must be more than 0"),
        ("model: m\nthreshold: 1.1", "2:12: 'threshold' must be at most 1"),
        ("model: m\nthreshold: .nan", "2:1: 'threshold' must be a finite number"),
        ("model: m\nvotes: 2", "2:8: 'votes' must be one of 1, 3, 5, 7, 9, not 2"),
        ("model: m\nvotes: 3\ntemperature: 0", "3:14: at temperature 0 3 votes are the same vote"),
        ("model: m\ninstructions: ' '", "2:15: 'instructions' must not be blank"),
        ("model: m\nminKappa: 0", "2:11: 'minKappa' must be more than 0"),
    ],
)
def test_a_mistake_is_placed_where_it_is_written(head: str, told: str) -> None:
    assert any(mistake.startswith(f"judges/j.yaml:{told}") for mistake in mistakes(a_file(head)))


def test_all_mistakes_are_told_at_once() -> None:
    text = a_file("model: agent/x\nvotes: 4").replace("label: bad", "label: poor", 1)
    told = mistakes(text)
    assert len(told) == 4
    assert any("must be one of good, bad" in each for each in told)
    assert any("4 examples are labelled 'bad'" in each for each in told)


def test_fewer_than_five_of_a_label_are_too_few() -> None:
    lines = "\n".join(
        f"  - {{rubric: r, answer: a{n}, label: {'bad' if n < 4 else 'good'}}}" for n in range(20)
    )
    [told] = mistakes(a_file(examples=lines))
    assert told == "judges/j.yaml:3:3: 4 examples are labelled 'bad'"


def test_the_same_answer_twice_counts_once() -> None:
    text = a_file().replace("good 1", "good 0")
    [told] = mistakes(text)
    assert told == ("judges/j.yaml:5:5: the same answer to the same rubric is at judges/j.yaml:3:5")


def test_the_same_answer_to_another_rubric_or_input_is_another_example() -> None:
    text = a_file().replace("good 1", "good 0, input: x").replace("'good 0, input: x'", "'good 0'")
    text = text.replace("answer: 'good 0', label", "input: y, answer: 'good 0', label", 1)
    assert len(read_judge_file(text, path="j.yaml").examples) == 10


CHANGES: dict[str, Callable[[Judge, list[JudgeExample]], tuple[Judge, list[JudgeExample]]]] = {
    "the model": lambda j, e: (replace(j, model="openai/gpt-4o-mini"), e),
    "the threshold": lambda j, e: (replace(j, threshold=0.6), e),
    "the votes": lambda j, e: (replace(j, votes=3), e),
    "the instructions": lambda j, e: (replace(j, instructions="Be kind."), e),
    "a label": lambda j, e: (j, [replace(e[0], label="bad"), *e[1:]]),
    "a rubric": lambda j, e: (j, [replace(e[0], rubric="Says bye."), *e[1:]]),
    "an input": lambda j, e: (j, [replace(e[0], input="Hi"), *e[1:]]),
    "an answer": lambda j, e: (j, [replace(e[0], answer="Hullo"), *e[1:]]),
    "an example less": lambda j, e: (j, e[1:]),
    "an example more": lambda j, e: (j, [*e, an_example(answer="Hey")]),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_the_digest_changes_with_all_that_an_opinion_depends_on(change: Any) -> None:
    judge, examples = a_judge(), [an_example(), an_example(answer="Go away.", label="bad")]
    before = digest_of(judge, examples)
    assert digest_of(*change(judge, examples)) != before


def test_the_digest_changes_with_the_words_of_our_own_question(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    before = digest_of(a_judge(), [an_example()])
    monkeypatch.setattr(rubric, "FORM", replace(rubric.FORM, task="Is it good?"))
    assert digest_of(a_judge(), [an_example()]) != before


def test_the_digest_stays_when_examples_move_or_the_judge_is_asked_elsewhere() -> None:
    judge, examples = a_judge(), [an_example(), an_example(answer="Go away.", label="bad")]
    before = digest_of(judge, examples)
    assert digest_of(replace(judge, base_url="http://x", path="other.yaml"), examples) == before
    assert digest_of(judge, examples[::-1]) == before
