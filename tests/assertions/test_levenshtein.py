import time

from hypothesis import given
from hypothesis import strategies as st

from agentops_cli.assertions.levenshtein import distance
from tests.assertions.conftest import Judge

words = st.text("abcé", max_size=12)


def by_the_book(left: str, right: str) -> int:
    """The table of Wagner and Fischer (1974)."""
    row = list(range(len(right) + 1))
    for i, a in enumerate(left, start=1):
        below = [i]
        for j, b in enumerate(right, start=1):
            below.append(min(below[-1] + 1, row[j] + 1, row[j - 1] + (a != b)))
        row = below
    return row[-1]


@given(words, words)
def test_it_is_the_distance_of_the_textbook(left: str, right: str) -> None:
    assert distance(left, right) == by_the_book(left, right)


@given(words, words)
def test_it_is_the_same_in_both_directions(left: str, right: str) -> None:
    assert distance(left, right) == distance(right, left)


@given(words, words, words)
def test_a_detour_is_never_shorter(left: str, middle: str, right: str) -> None:
    assert distance(left, right) <= distance(left, middle) + distance(middle, right)


def test_a_long_answer_that_could_be_near_abstains(judge: Judge) -> None:
    wanted = "a" * 10_000
    verdict = judge("levenshtein", "a" * 10_001, {"value": wanted, "max": 1})
    assert verdict.passed is None
    assert "an answer of 10001 characters is too long to compare" in verdict.reason


def test_a_long_answer_that_cannot_be_near_fails_at_once(judge: Judge) -> None:
    assert judge("levenshtein", "a" * 10_000_000, {"value": "a", "max": 1}).passed is False


def test_the_longest_texts_are_compared_in_a_moment(judge: Judge) -> None:
    answer, wanted = "ab" * 5_000, "ba" * 5_000
    started = time.process_time()
    assert judge("levenshtein", answer, {"value": wanted, "max": 2}).passed is True
    assert time.process_time() - started < 2
