"""Purses for tests, and a look into them."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from agentops_cli.errors import StoreError
from agentops_cli.guards.purse import Purse
from agentops_cli.model.call import Tags
from agentops_cli.model.money import Amount
from agentops_cli.model.suite import Budget


class FakeClock:
    """A clock that stands still until it is moved."""

    def __init__(self, now_s: float = 100_000.0) -> None:
        self.now_s = now_s

    def __call__(self) -> float:
        """Now, in seconds."""
        return self.now_s


class Full:
    """A ledger that takes no more."""

    def reserve(self, most: Amount, *, who: Tags | None, model: str | None) -> int:
        """Takes nothing."""
        raise StoreError("the disk is full")

    def settle(self, number: int, spent: Amount) -> None:
        """Takes nothing."""
        raise StoreError("the disk is full")


def a_budget(run_usd: str | None = None, **limits: str | int) -> Budget:
    """Limits as they are written: dollars as text, numbers as numbers."""
    given: dict[str, Any] = {"run_usd": run_usd, **limits}
    exact: dict[str, Any] = {
        key: Decimal(v) if isinstance(v, str) else v for key, v in given.items()
    }
    return Budget(**exact)


def a_purse(
    run: str | Budget | None = None,
    suites: Mapping[str, str | Budget] | None = None,
    **changes: Any,
) -> Purse:
    """A purse with the limits of a run and of suites; a text is dollars, None is no limit."""
    return Purse(
        run if isinstance(run, Budget) else a_budget(run),
        {
            path: own if isinstance(own, Budget) else a_budget(own)
            for path, own in (suites or {}).items()
        },
        **{"clock": FakeClock(), **changes},
    )


def spent(purse: Purse, key: str = "runUsd") -> tuple[Decimal, Decimal]:
    """What the run has spent of one of its limits, and what is promised beside it."""
    found = [account for account in purse._run if account.limit.key == key]
    [account] = found
    return Decimal(account.spent), Decimal(account.reserved)
