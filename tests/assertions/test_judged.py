"""Which questions the examples of a judge say nothing of."""

from typing import Any

import pytest

from agentops_cli.assertions.judged import unlike_examples
from agentops_cli.model.finding import Severity
from agentops_cli.model.suite import AssertionSpec
from tests.builders import a_place
from tests.judge.asking import a_judge


def a_spec(kind: str = "rubric", line: int = 1, **args: Any) -> AssertionSpec:
    return AssertionSpec(kind=kind, args={"value": "r", **args}, location=a_place(line))


@pytest.mark.parametrize(
    ("spec", "told"),
    [
        (a_spec(), None),
        (a_spec(threshold=0.7), None),
        (a_spec(threshold=0.9), "the threshold 0.9"),
        (a_spec(against="Soon."), "comparisons ('against')"),
        (a_spec("expectedCategory", value="refusal"), "categories ('expectedCategory')"),
        (a_spec("mustContain", value="x"), None),
    ],
)
def test_what_is_asked_unlike_the_examples_is_told(spec: AssertionSpec, told: str | None) -> None:
    note = unlike_examples(a_judge(path="judges/j.yaml"), [a_spec(), spec])
    assert (note is None) is (told is None)
    if note:
        assert note.message == (
            f"the examples of judges/j.yaml say nothing of {told}: "
            "they are rubrics at the threshold 0.7"
        )
        assert (note.rule, note.severity) == ("untested-judge", Severity.INFO)


def test_each_kind_is_told_once_at_the_place_of_the_first() -> None:
    specs = [a_spec(line=4, against="a"), a_spec(line=5, against="b"), a_spec(threshold=0.75)]
    note = unlike_examples(a_judge(path="judges/j.yaml"), [a_spec(line=2), *specs])
    assert note is not None
    assert "say nothing of comparisons ('against') and the threshold 0.75:" in note.message
    assert note.location == a_place(4)
