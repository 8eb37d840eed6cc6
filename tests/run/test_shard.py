import subprocess
import sys
from collections import Counter
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentops_cli.model.suite import Budget
from agentops_cli.run.shard import Cut, Unit, share_of

UNITS = st.tuples(st.sampled_from(["evals/a.yaml", "b.yaml", "é.yaml"]), st.text(max_size=5))
SECONDS = st.floats(min_value=0, max_value=1e6)
KNOWN = st.dictionaries(UNITS, SECONDS, max_size=30)
COUNTS = st.integers(min_value=1, max_value=9)


def numbers(cut: Cut, units: list[Unit]) -> dict[Unit, int]:
    return {unit: cut.number_of(*unit) for unit in units}


@given(units=st.lists(UNITS, unique=True, max_size=40), known=KNOWN, count=COUNTS)
def test_every_case_is_in_one_of_the_parts(
    units: list[Unit], known: dict[Unit, float], count: int
) -> None:
    found = numbers(Cut(count, known), units)
    assert set(found) == set(units)
    assert set(found.values()) <= set(range(1, count + 1))


@given(
    units=st.lists(UNITS, unique=True, max_size=40),
    known=KNOWN,
    count=COUNTS,
    chance=st.randoms(use_true_random=False),
)
def test_neither_the_order_of_cases_nor_that_of_the_file_matters(
    units: list[Unit], known: dict[Unit, float], count: int, chance: object
) -> None:
    shuffled, other = list(units), list(known.items())
    chance.shuffle(shuffled)  # type: ignore[attr-defined] # A `random.Random`, says hypothesis.
    chance.shuffle(other)  # type: ignore[attr-defined] # As above.
    assert numbers(Cut(count, known), units) == numbers(Cut(count, dict(other)), shuffled)


@pytest.mark.parametrize("seed", ["0", "1", "random"])
def test_every_process_cuts_alike(seed: str) -> None:
    program = (
        "from agentops_cli.run.shard import Cut\n"
        "known = {('b.yaml', f'k{n}'): 1.5 for n in range(7)}\n"
        "cut = Cut(5, known)\n"
        "print([cut.number_of('evals/a.yaml', f'case {n}') for n in range(20)],"
        "[cut.number_of(*unit) for unit in sorted(known)])"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        env={"PYTHONHASHSEED": seed},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == (
        "[2, 1, 1, 4, 4, 4, 5, 3, 1, 1, 2, 3, 5, 3, 4, 3, 2, 1, 1, 2] [1, 2, 3, 4, 5, 1, 2]\n"
    )


@given(units=st.lists(UNITS, unique=True, min_size=1, max_size=40), known=KNOWN, count=COUNTS)
def test_a_case_that_is_added_moves_no_other(
    units: list[Unit], known: dict[Unit, float], count: int
) -> None:
    cut = Cut(count, known)
    assert numbers(cut, units[:-1]).items() <= numbers(cut, units).items()


def test_cases_without_known_seconds_are_spread_by_their_hash() -> None:
    found = Counter(numbers(Cut(4), [("s.yaml", f"c{n}") for n in range(4_000)]).values())
    assert sorted(found) == [1, 2, 3, 4]
    assert all(900 < cases < 1_100 for cases in found.values())


@given(known=KNOWN, count=COUNTS)
def test_known_seconds_are_spread_as_well_as_the_longest_first_can(
    known: dict[Unit, float], count: int
) -> None:
    cut = Cut(count, known)
    loads = dict.fromkeys(range(1, count + 1), 0.0)
    for unit, seconds in known.items():
        loads[cut.number_of(*unit)] += seconds
    longest = max(known.values(), default=0.0)
    # No part is left with more than one case above what the emptiest has.
    assert max(loads.values()) <= min(loads.values()) + longest + 1e-3


AMOUNTS = st.decimals(min_value=0, max_value=10_000, places=6)
WEIGHTS = st.lists(AMOUNTS, min_size=1, max_size=12)


@given(usd=AMOUNTS, per_hour=AMOUNTS, calls=st.integers(0, 10**6), weights=WEIGHTS)
def test_the_parts_together_have_what_the_whole_has(
    usd: Decimal, per_hour: Decimal, calls: int, weights: list[Decimal]
) -> None:
    whole = Budget(
        run_usd=usd, usd_per_hour=per_hour, calls=calls, tokens=calls * 7, case_usd=Decimal("0.1")
    )
    shares = [share_of(weights, number + 1) for number in range(len(weights))]
    parts = [share.part_of(whole) for share in shares]
    assert sum(share.of for share in shares) == 1
    assert sum(part.run_usd or 0 for part in parts) == usd
    assert sum(part.usd_per_hour or 0 for part in parts) == per_hour
    assert sum(part.calls or 0 for part in parts) == calls
    assert sum(part.tokens or 0 for part in parts) == calls * 7
    assert {part.case_usd for part in parts} == {Decimal("0.1")}


def test_a_part_has_its_weight_in_dollars_and_one_without_weight_has_none() -> None:
    weights = [Decimal(3), Decimal(0), Decimal(1)]
    limits = [share_of(weights, number).part_of(Budget(run_usd=Decimal(2))) for number in (1, 2, 3)]
    assert [limit.run_usd for limit in limits] == [Decimal("1.5"), 0, Decimal("0.5")]
    assert share_of([0, 0, 0, 0], 3).of == Fraction(1, 4)


def test_what_is_not_limited_is_not_limited_in_a_part_either() -> None:
    assert share_of([1, 1], 1).part_of(Budget()) == Budget()
