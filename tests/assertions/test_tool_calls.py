from itertools import combinations, permutations
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentops_cli.assertions.tool_calls import tools_named
from agentops_cli.model.tool import ToolCall
from tests.assertions.conftest import judge_answer
from tests.builders import a_completion

# Expected calls that overlap: 0 is any call of f, 1 and 2 are with that argument.
EXPECTED: list[Any] = ["f", {"name": "f", "args": {"n": 1}}, {"name": "f", "args": {"n": 2}}]
some = st.lists(st.sampled_from([0, 1, 2]), min_size=1, max_size=4)
came = st.lists(st.sampled_from([1, 2, 3]), max_size=5)


def passes(wanted: list[int], calls: list[int], **args: Any) -> bool | None:
    made = tuple(ToolCall(id="", name="f", arguments=f'{{"n": {n}}}') for n in calls)
    args = {"calls": [EXPECTED[one] for one in wanted], **args}
    return judge_answer("toolCalls", a_completion(tool_calls=made), args).passed


def fits(wanted: Any, calls: Any) -> bool:
    return all(one in (0, call) for one, call in zip(wanted, calls, strict=True))


@given(some, came)
def test_a_subsequence_is_found_wherever_there_is_one(wanted: list[int], calls: list[int]) -> None:
    there_is = any(fits(wanted, chosen) for chosen in combinations(calls, len(wanted)))
    assert passes(wanted, calls) is there_is


@given(some, came)
def test_calls_in_any_order_are_found_wherever_they_can_be(
    wanted: list[int], calls: list[int]
) -> None:
    there_is = any(fits(wanted, chosen) for chosen in permutations(calls, len(wanted)))
    assert passes(wanted, calls, order="any") is there_is


@given(some, came)
def test_calls_in_a_row_are_found_wherever_they_stand(wanted: list[int], calls: list[int]) -> None:
    windows = [calls[at : at + len(wanted)] for at in range(len(calls) - len(wanted) + 1)]
    assert passes(wanted, calls, order="exact") is any(fits(wanted, one) for one in windows)


@given(some, came, st.sampled_from(["subsequence", "exact", "any"]))
def test_without_extra_calls_there_are_as_many_as_expected(
    wanted: list[int], calls: list[int], order: str
) -> None:
    alone = passes(wanted, calls, order=order) is True and len(calls) == len(wanted)
    assert passes(wanted, calls, order=order, extra="forbid") is alone


@pytest.mark.parametrize(
    ("args", "names"),
    [
        ({"calls": ["a", {"name": "b"}, {"name": "a", "args": {}}]}, ("a", "b")),
        ({"value": ["a"]}, ("a",)),
        ({"value": []}, ()),
    ],
)
def test_the_tools_that_are_named_are_told_once(args: Any, names: tuple[str, ...]) -> None:
    assert tools_named(args) == names
