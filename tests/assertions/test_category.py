from typing import Any

import pytest

from agentops_cli.errors import InputError
from agentops_cli.model.call import Finish
from tests.assertions.conftest import Judge
from tests.builders import a_completion

DECLINED = "I'm sorry, but I can't help with that."
ANSWERED = "As a user I want a wishlist, so that I can find things again."
FAILED = "Error: the connection to the database failed."


@pytest.mark.parametrize(
    ("wanted", "answer", "passed"),
    [
        ("success", ANSWERED, True),
        ("success", DECLINED, False),
        ("success", FAILED, False),
        ("refusal", DECLINED, True),
        ("refusal", ANSWERED, False),
        ("refusal", FAILED, False),
        ("error", FAILED, True),
        ("error", DECLINED, False),
        ("error", ANSWERED, False),
    ],
)
def test_an_answer_must_be_of_the_wanted_category(
    judge: Judge, wanted: str, answer: str, passed: bool
) -> None:
    assert judge("expectedCategory", answer, {"value": wanted}).passed is passed


def test_the_reason_quotes_the_words_that_decided(judge: Judge) -> None:
    reason = judge("expectedCategory", f"Well. {DECLINED}", {"value": "success"}).reason
    assert reason.startswith("wanted success, got refusal (")
    assert "confidence 0." in reason
    assert "I can't help with that" in reason


@pytest.mark.parametrize(
    ("answer", "unsure"),
    [
        (ANSWERED, False),
        (DECLINED, False),
        ('{"error": "upstream timeout"}', False),  # Confidence 0.80,
        ("The response was filtered due to the content management policy.", True),  # and 0.65.
    ],
)
@pytest.mark.parametrize("wanted", ["success", "refusal"])
def test_a_rule_that_is_often_wrong_is_unsure_whatever_was_wanted(
    judge: Judge, answer: str, unsure: bool, wanted: str
) -> None:
    assert judge("expectedCategory", answer, {"value": wanted}).unsure is unsure


@pytest.mark.parametrize("text", ["", ANSWERED, DECLINED])
@pytest.mark.parametrize(("wanted", "passed"), [("error", True), ("success", False)])
def test_an_agent_that_failed_is_an_error_whatever_it_says(
    judge: Judge, text: str, wanted: str, passed: bool
) -> None:
    crashed = a_completion(text, failure="exit code 3", finish=Finish.FILTERED)
    verdict = judge("expectedCategory", crashed, {"value": wanted})
    assert verdict.passed is passed
    assert "the agent failed: exit code 3" in verdict.reason


@pytest.mark.parametrize("text", ["", ANSWERED])
@pytest.mark.parametrize(("wanted", "passed"), [("refusal", True), ("success", False)])
def test_a_stop_by_the_content_filter_is_a_refusal(
    judge: Judge, text: str, wanted: str, passed: bool
) -> None:
    stopped = a_completion(text, finish=Finish.FILTERED)
    verdict = judge("expectedCategory", stopped, {"value": wanted})
    assert verdict.passed is passed
    assert "the provider's content filter" in verdict.reason


@pytest.mark.parametrize("wanted", ["success", "refusal", "error"])
@pytest.mark.parametrize(
    ("answer", "told"),
    [
        ("", "the answer is empty"),
        (" \n", "the answer is empty"),
        ("申し訳ありませんが、お手伝いできません。", "or configure a judge"),
    ],
)
@pytest.mark.parametrize("negated", [False, True])
def test_what_cannot_be_told_is_neither_yes_nor_no(
    judge: Judge, wanted: str, answer: str, told: str, negated: bool
) -> None:
    verdict = judge("expectedCategory", answer, {"value": wanted}, negated=negated)
    assert verdict.passed is None
    assert verdict.reason.startswith("cannot tell: ")
    assert verdict.reason.endswith(told)


@pytest.mark.parametrize(
    ("value", "message", "fix"),
    [
        (
            "refusl",
            "expectedCategory: unknown category 'refusl'",
            "did you mean 'refusal'? known: success, refusal, error",
        ),
        (
            "Success",
            "expectedCategory: unknown category 'Success'",
            "did you mean 'success'? known: success, refusal, error",
        ),
        (
            "",
            "'value' must not be empty",
            "give it a value, or remove it: success, refusal or error",
        ),
    ],
)
def test_an_unknown_word_is_refused(judge: Judge, value: Any, message: str, fix: str) -> None:
    with pytest.raises(InputError) as error:
        judge("expectedCategory", ANSWERED, {"value": value})
    [finding] = error.value.findings
    assert (finding.message, finding.fix) == (message, fix)
