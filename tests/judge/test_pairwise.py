from typing import Any

import pytest

from agentops_cli.judge.pairwise import Pair, judge_pair
from agentops_cli.judge.question import Material
from agentops_cli.model.call import Verdict
from tests.judge.asking import Reply, a_judge, played

PAIR = Pair(rubric="Gives a date.", material=Material(answer="Monday."), other="Soon.")


def better(which: Any, evidence: str = "") -> dict[str, Any]:
    return {"reason": "because", "evidence": evidence, "better": which}


def verdict_on(*replies: Reply, votes: int = 1) -> Verdict:
    return played(judge_pair(a_judge(votes=votes), PAIR), replies)[0]


@pytest.mark.parametrize(
    ("first", "second", "passed", "score"),
    [
        ("A", "B", True, 1.0),
        ("B", "A", False, 0.0),
        ("equal", "equal", False, 0.5),
        ("A", "A", None, 0.0),
        ("B", "B", None, 0.0),
        ("A", "equal", None, 0.0),
        ("equal", "A", None, 0.0),
    ],
)
def test_a_preference_counts_when_it_survives_the_swap(
    first: str, second: str, passed: bool | None, score: float
) -> None:
    verdict = verdict_on(better(first), better(second))
    assert (verdict.passed, verdict.score) == (passed, score)


def test_a_judge_that_prefers_a_place_is_told_apart() -> None:
    reason = verdict_on(better("A"), better("A")).reason
    assert "it changes its mind with the order of the answers" in reason
    assert "better than the other when ours comes first" in reason
    assert "worse than the other when it comes second" in reason


def test_both_orders_are_asked_about_the_same_answers() -> None:
    _, [first, second] = played(judge_pair(a_judge(), PAIR), [better("A"), better("B")])
    one, two = (request.messages[1].content for request in (first, second))
    assert "ANSWER A\nMonday.\n===== ANSWER B\nSoon." in one
    assert "ANSWER A\nSoon.\n===== ANSWER B\nMonday." in two


@pytest.mark.parametrize("bad", [better("C"), better(1), better("A", "not there"), "prose"])
def test_a_bad_reply_is_asked_for_once_more(bad: Reply) -> None:
    assert verdict_on(bad, better("A"), better("B")).passed is True
    assert verdict_on(bad, bad).passed is None


def test_evidence_may_be_of_either_answer() -> None:
    assert verdict_on(better("A", "Monday"), better("B", "Soon")).passed is True


def test_several_votes_are_cast_in_both_orders_each() -> None:
    for_us, place = [better("A"), better("B")], [better("A"), better("A")]
    assert verdict_on(*for_us, *place, *for_us, votes=3).passed is True
    assert verdict_on(*for_us, *place, *place, votes=3).passed is None
