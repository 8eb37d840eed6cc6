"""Against a provider that takes all it can get, the budget holds: its own bill says so.

`python -m benchmarks.budget_attack` does the same at full size, 20 times.
"""

from decimal import Decimal
from pathlib import Path

import pytest

from agentops_cli.errors import ExitCode
from benchmarks.budget_attack import MOST_OF_A_CALL_USD, attack, attack_parts

TRIALS = 1_000
# What the trials cost when nothing stops them is some 80 % of the most that they may.
WANTED_USD = TRIALS * MOST_OF_A_CALL_USD


@pytest.mark.parametrize(("seed", "share"), [(1, "0.2"), (2, "0.5"), (3, "0.7")])
def test_two_hundred_calls_at_once_never_cost_more_than_the_budget(
    tmp_path: Path, seed: int, share: str
) -> None:
    budget_usd = (WANTED_USD * Decimal(share)).quantize(Decimal("0.0001"))
    found = attack(tmp_path, seed=seed, trials=TRIALS, concurrency=200, budget_usd=budget_usd)
    assert found.held, found
    assert found.exits == (ExitCode.STOPPED,)
    # It stopped because nothing more would have fitted: what is left was assumed of lost calls.
    lost_usd = MOST_OF_A_CALL_USD * (found.bill.failed + 1)
    assert found.bill.usd > budget_usd - lost_usd
    assert found.bill.most_open > 20
    assert found.bill.failed > 0
    assert found.bill.stalled > 0


def test_a_budget_that_the_first_calls_use_up_holds_too(tmp_path: Path) -> None:
    """Nothing is known of the provider yet, and 50 of the 200 calls are all that there is for."""
    budget_usd = (50 * MOST_OF_A_CALL_USD).quantize(Decimal("0.0001"))
    found = attack(tmp_path, seed=6, trials=TRIALS, concurrency=200, budget_usd=budget_usd)
    assert found.held, found
    assert found.exits == (ExitCode.STOPPED,)
    assert 50 <= found.bill.calls < 200


def test_a_run_that_ends_within_its_budget_is_not_held_back(tmp_path: Path) -> None:
    found = attack(tmp_path, seed=4, trials=300, concurrency=200, budget_usd=Decimal(1))
    assert found.held, found
    assert found.exits == (ExitCode.OK,)
    # On a busy machine the first answers come before the last of the 200 calls have begun.
    assert found.bill.most_open > 150


def test_parts_at_once_share_one_budget_also_when_one_is_killed_and_gone_on_with(
    tmp_path: Path,
) -> None:
    budget_usd = (WANTED_USD / 2).quantize(Decimal("0.0001"))
    found = attack_parts(
        tmp_path, seed=5, trials=TRIALS, concurrency=50, budget_usd=budget_usd, parts=4
    )
    assert found.held, found
    assert set(found.exits) == {ExitCode.STOPPED}
    assert found.bill.usd > budget_usd / 2
