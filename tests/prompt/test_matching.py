"""Which parts of two sequences are the same, quickly whatever they are."""

from hypothesis import given
from hypothesis import strategies as st

from agentops_cli.prompt.matching import Block, Effort, Match, differing, matches

ITEMS = st.lists(st.sampled_from("abcdefgh"), max_size=80)


@given(ITEMS, ITEMS)
def test_runs_are_the_same_on_both_sides_and_in_one_order(old: list[str], new: list[str]) -> None:
    end = to = 0
    for run in matches(old, new, Effort()):
        assert run.size > 0
        assert run.old >= end
        assert run.new >= to
        assert old[run.old : run.old + run.size] == new[run.new : run.new + run.size]
        end, to = run.old + run.size, run.new + run.size


@given(ITEMS, ITEMS)
def test_the_same_runs_are_found_the_other_way_round(old: list[str], new: list[str]) -> None:
    back = [Match(run.new, run.old, run.size) for run in matches(new, old, Effort())]
    assert matches(old, new, Effort()) == back


@given(ITEMS, ITEMS)
def test_what_differs_makes_the_one_into_the_other(old: list[str], new: list[str]) -> None:
    made: list[str] = []
    at = 0
    for block in differing(old, new, Effort()):
        made += [*old[at : block.start], *new[block.at : block.to]]
        at = block.end
    assert made + old[at:] == new


def test_an_insertion_is_one_block() -> None:
    assert list(differing("abc", "abxc", Effort())) == [Block(2, 2, 2, 3)]


def test_items_that_are_all_there_twice_are_still_told_apart() -> None:
    old = [str(number // 2) for number in range(4_000)]
    new = [*old[:1_000], "new", *old[1_000:]]
    swapped = [*new[:-1], "other"]
    assert sum(run.size for run in matches(old, swapped, Effort())) == len(old) - 1


def test_without_effort_what_is_between_the_ends_counts_as_replaced() -> None:
    old, new = list("a" + "xy" * 40 + "z"), list("a" + "yx" * 40 + "z")
    assert matches(old, new, Effort(left=0)) == [Match(0, 0, 1), Match(81, 81, 1)]


def test_noise_without_an_anchor_is_not_compared_item_by_item() -> None:
    effort = Effort()
    old, new = ["a", "b"] * 200_000, ["b", "a", "a"] * 130_000
    matches(old, new, effort)
    assert effort.left > 0
