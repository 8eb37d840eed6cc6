from dataclasses import replace
from typing import Any

import pytest

from agentops_cli.gateways.chat_format import chat_body
from agentops_cli.judge.question import Material
from agentops_cli.judge.rubric import judge_rubric, question
from agentops_cli.model.call import Finish, Purpose
from tests.builders import a_completion
from tests.judge.asking import Reply, a_judge, played, scored

ANSWER = Material(answer="The parcel comes\non Monday.", input="Where is it?")


def verdict_on(*replies: Reply, **judge: Any) -> Any:
    verdict, _ = played(judge_rubric(a_judge(**judge), "Gives a date.", ANSWER), replies)
    return verdict


@pytest.mark.parametrize(
    ("score", "threshold", "passed"),
    [(0.7, 0.7, True), (0.69, 0.7, False), (1, 1.0, True), (0, 0.1, False), (0.3, 0.3, True)],
)
def test_an_answer_passes_from_the_threshold_on(
    score: float, threshold: float, passed: bool
) -> None:
    verdict = verdict_on(scored(score), threshold=threshold)
    assert (verdict.passed, verdict.score) == (passed, score)


@pytest.mark.parametrize(
    ("score", "threshold", "unsure"),
    [
        (0.8, 0.7, False),
        (0.6, 0.7, False),
        (0.75, 0.7, True),
        (0.7, 0.7, True),
        (0.65, 0.7, True),
        (0.61, 0.7, True),
        (1.0, 1.0, True),
        (0.0, 0.7, False),
    ],
)
def test_a_score_within_a_tenth_of_the_threshold_is_unsure(
    score: float, threshold: float, unsure: bool
) -> None:
    assert verdict_on(scored(score), threshold=threshold).unsure is unsure


@pytest.mark.parametrize(
    ("scores", "passed", "unsure"),
    [
        ((1.0, 1.0, 1.0), True, False),
        ((0.0, 0.0, 0.0), False, False),
        ((1.0, 0.0, 1.0), True, True),
        ((1.0, 0.75, 1.0), True, True),
    ],
)
def test_votes_that_differ_are_unsure(
    scores: tuple[float, ...], passed: bool, unsure: bool
) -> None:
    verdict = verdict_on(*map(scored, scores), votes=3)
    assert (verdict.passed, verdict.unsure) == (passed, unsure)


def test_a_vote_that_came_to_nothing_leaves_the_others_unsure() -> None:
    verdict = verdict_on(scored(1.0), "prose", "prose", scored(1.0), votes=3)
    assert (verdict.passed, verdict.unsure) == (True, True)


def test_the_reason_names_the_judge_the_score_and_the_words_that_decided() -> None:
    verdict = verdict_on(scored(0.5, "on Monday", "It is vague."))
    assert verdict.reason == ('judge openai/gpt-4o: 0.50 is below 0.7: It is vague. ("on Monday")')


@pytest.mark.parametrize(
    ("score", "threshold", "told"),
    [
        (0.69999999, 0.7, "0.69999999 is below 0.7"),
        (0.996, 1.0, "0.996 is below 1"),
        (0.7, 0.7000001, "0.70 is below 0.7000001"),
        (0.704, 0.704, "0.704 is at least 0.704"),
        (0.65, 0.7, "0.65 is below 0.7"),
    ],
)
def test_the_reason_has_the_digits_that_decided(score: float, threshold: float, told: str) -> None:
    assert told in verdict_on(scored(score), threshold=threshold).reason


def test_evidence_may_differ_from_the_answer_in_white_space_only() -> None:
    assert verdict_on(scored(1, " The parcel  comes on\tMonday. ")).passed is True
    bad = scored(1, "the parcel comes")
    assert verdict_on(bad, bad).passed is None


BAD: dict[str, Reply] = {
    "prose": "I think that it is good.",
    "a fence": '```json\n{"reason": "r", "evidence": "", "score": 1}\n```',
    "nothing": "",
    "a list": "[1]",
    "a key too few": {"reason": "r", "score": 1},
    "a key too many": {**scored(1), "passed": True},
    "a key twice": '{"reason": "r", "evidence": "", "score": 0, "score": 1}',
    "no reason": scored(1, reason=" \n"),
    "a reason that is no text": {**scored(1), "reason": 5},
    "a score above 1": scored(1.01),
    "a score of ten": scored(8),
    "a score below 0": scored(-0.01),
    "a score as text": scored("1"),
    "a yes in place of a score": scored(True),
    "no score": scored(None),
    "not a number": '{"reason": "r", "evidence": "", "score": NaN}',
    "infinity": '{"reason": "r", "evidence": "", "score": Infinity}',
    "a number beyond all bounds": '{"reason": "r", "evidence": "", "score": 1e999}',
    "words that the answer does not have": scored(1, "on Tuesday"),
    "evidence that is no text": {**scored(1), "evidence": ["on Monday"]},
    "nesting without end": "[" * 100_000,
    "an answer that was cut off": a_completion('{"reason": "r', finish=Finish.LENGTH),
    "whole JSON that was cut off": replace(
        a_completion('{"reason": "r", "evidence": "", "score": 1}'), finish=Finish.LENGTH
    ),
    "a stop by the content filter": a_completion("", finish=Finish.FILTERED),
}


@pytest.mark.parametrize("reply", BAD.values(), ids=BAD)
def test_a_bad_reply_is_asked_for_once_more_and_is_never_an_opinion(reply: Reply) -> None:
    verdict = verdict_on(reply, reply)
    assert verdict.passed is None
    assert verdict.reason.startswith(
        "cannot tell: judge openai/gpt-4o: no usable reply in two tries: "
    )
    assert verdict_on(reply, scored(1, "Monday")).passed is True
    assert verdict_on(reply, scored(0)).passed is False


def test_the_second_try_shows_the_reply_and_what_was_wrong_with_it() -> None:
    dialogue = judge_rubric(a_judge(), "Gives a date.", ANSWER)
    _, [first, second] = played(dialogue, ["Fine!", scored(1)])
    assert second.messages[:2] == first.messages
    said, wanted = second.messages[2:]
    assert (said.role, said.content) == ("assistant", "Fine!")
    assert wanted.content.startswith("That reply cannot be used: it is not valid JSON.")
    assert second.fingerprint() != first.fingerprint()


def test_it_is_asked_without_randomness_for_json_of_a_bounded_length() -> None:
    request = question(a_judge(base_url="http://here"), "Gives a date.", ANSWER)
    assert request.purpose is Purpose.JUDGE
    assert (request.model, request.base_url) == ("openai/gpt-4o", "http://here")
    assert (request.sampling.temperature, request.sampling.seed) == (0.0, None)
    assert request.max_tokens <= 500
    body: Any = chat_body(request, name="gpt-4o")
    assert body["response_format"]["json_schema"]["strict"] is True
    assert list(request.response_schema["properties"]) == ["reason", "evidence", "score"]  # type: ignore[index, arg-type] # a schema of an object


def test_words_of_the_author_are_added_to_ours() -> None:
    plain = question(a_judge(), "Gives a date.", ANSWER).messages[0].content
    more = question(a_judge(instructions="Be kind."), "Gives a date.", ANSWER).messages[0].content
    assert more == f"{plain}\n\nBe kind."


@pytest.mark.parametrize(
    ("scores", "passed", "mean"),
    [
        ([1, 1, 0], True, 2 / 3),
        ([0, 1, 0], False, 1 / 3),
        ([1, 0, 0.8], True, 0.6),
        ([0, 0, 0], False, 0.0),
    ],
)
def test_of_several_votes_the_majority_decides_and_the_scores_are_averaged(
    scores: list[float], passed: bool, mean: float
) -> None:
    verdict = verdict_on(*map(scored, scores), votes=3)
    assert verdict.passed is passed
    assert verdict.score == pytest.approx(mean)
    share = sum((score >= 0.7) is passed for score in scores)
    assert f"judge openai/gpt-4o: {share} of 3 votes: " in verdict.reason


def test_the_reason_is_one_of_the_majority() -> None:
    votes = [scored(0, reason="no"), scored(1, reason="yes"), scored(1, reason="aye")]
    assert verdict_on(*votes, votes=3).reason.endswith(": yes")


def test_votes_are_independent_questions() -> None:
    dialogue = judge_rubric(a_judge(votes=3, temperature=0.7), "Gives a date.", ANSWER)
    _, asked = played(dialogue, [scored(1)] * 3)
    assert [request.repeat for request in asked] == [0, 1, 2]
    assert [request.sampling.seed for request in asked] == [0, 1, 2]
    assert {request.sampling.temperature for request in asked} == {0.7}
    assert len({request.fingerprint() for request in asked}) == 3


def test_a_spoiled_vote_counts_for_neither_side() -> None:
    spoiled = ["no", "no"]
    assert verdict_on(scored(1), *spoiled, scored(1), votes=3).passed is True
    verdict = verdict_on(scored(1), *spoiled, scored(0), votes=3)
    assert verdict.passed is None
    assert "1 for, 1 against, 1 spoiled" in verdict.reason
    assert verdict_on(*spoiled, *spoiled, scored(1), votes=3).passed is None
