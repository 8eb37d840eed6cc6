"""The dollars of a run: promised before a call, settled after it.

What is spent and what is promised together never exceed a limit, however many calls are under way,
because an upper bound is taken out before a call is made.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal

from agentops_cli.errors import GatewayError
from agentops_cli.model.call import Fault, FaultKind
from agentops_cli.model.money import ZERO


class Account:
    """One limit, with what was spent of it and what is promised to calls under way, in dollars."""

    def __init__(self, limit_usd: Decimal, *, owner: str) -> None:
        self.limit_usd = limit_usd
        self.owner = owner
        self.spent_usd = ZERO
        self.reserved_usd = ZERO

    def can_reserve(self, usd: Decimal) -> bool:
        """True when the amount still fits beside everything spent and promised."""
        return self.spent_usd + self.reserved_usd + usd <= self.limit_usd

    def could_ever_reserve(self, usd: Decimal) -> bool:
        """True when the amount would fit if every call under way cost nothing."""
        return self.spent_usd + usd <= self.limit_usd


class Purse:
    """The accounts of a run. Everything that spends must take from the same purse.

    `run_usd` limits the run, None is no limit; `suite_usd` limits suites by path. An amount must
    fit into both. Used from one event loop.
    """

    def __init__(self, run_usd: Decimal | None, suite_usd: Mapping[str, Decimal]) -> None:
        self._run = None if run_usd is None else Account(run_usd, owner="the run")
        self._suites = {path: Account(usd, owner=path) for path, usd in suite_usd.items()}
        self._settled = asyncio.Event()

    def limits(self, suite: str | None) -> bool:
        """True when there is a limit to what this suite may spend."""
        return bool(self._accounts(suite))

    async def reserve(self, usd: Decimal, *, suite: str | None) -> "Reserved":
        """Takes an upper bound out of every account that it concerns.

        Waits while it does not fit only because of calls under way. Raises `GatewayError` with a
        BUDGET fault as soon as it could not fit even if they cost nothing.
        """
        accounts = self._accounts(suite)
        while not all(account.can_reserve(usd) for account in accounts):
            for account in accounts:
                if not account.could_ever_reserve(usd):
                    raise GatewayError(_refusal(account, usd))
            await self._settled.wait()
        for account in accounts:
            account.reserved_usd += usd
        return Reserved(accounts, usd, on_settled=self._wake)

    async def reserve_rest(self, *, suite: str | None) -> "Reserved":
        """Takes out all that is left, for a call that may cost anything.

        It waits until no other call of these accounts is under way. Raises `GatewayError` with a
        BUDGET fault when nothing is left.
        """
        accounts = self._accounts(suite)
        while any(account.reserved_usd for account in accounts):
            await self._settled.wait()
        rest = min(account.limit_usd - account.spent_usd for account in accounts)
        if rest <= 0:
            spent = next(a for a in accounts if a.limit_usd <= a.spent_usd)
            raise GatewayError(_all_spent(spent))
        return await self.reserve(rest, suite=suite)

    def overspent(self, suite: str | None) -> str | None:
        """What was spent beyond a limit, in words; None where nothing was."""
        for account in self._accounts(suite):
            if account.spent_usd > account.limit_usd:
                spent = account.spent_usd.normalize()
                return f"{account.owner} has spent ${spent:f} of its ${account.limit_usd:f}"
        return None

    def _accounts(self, suite: str | None) -> Sequence[Account]:
        own = None if suite is None else self._suites.get(suite)
        return [account for account in (own, self._run) if account is not None]

    def _wake(self) -> None:
        """Wakes all that wait now; whoever does not fit waits for the next settlement."""
        self._settled.set()
        self._settled = asyncio.Event()


class Reserved:
    """An amount, in dollars, that is taken out of a purse until it is known what the call cost."""

    def __init__(
        self, accounts: Sequence[Account], usd: Decimal, *, on_settled: Callable[[], None]
    ) -> None:
        self.usd = usd
        self._accounts = accounts
        self._on_settled = on_settled
        self._is_settled = False

    def settle(self, usd: Decimal) -> None:
        """Books what was spent, all of it even where it is more than was reserved."""
        if self._is_settled:
            raise RuntimeError("a reservation is settled once")
        self._is_settled = True
        for account in self._accounts:
            account.reserved_usd -= self.usd
            account.spent_usd += usd
        self._on_settled()


def _refusal(account: Account, usd: Decimal) -> Fault:
    return Fault(
        kind=FaultKind.BUDGET,
        message=(
            f"a call may cost ${usd.normalize():f}, but of the ${account.limit_usd:f} of "
            f"{account.owner} ${account.spent_usd.normalize():f} are spent"
        ),
        fix="raise the budget, lower max_tokens, or select fewer cases",
    )


def _all_spent(account: Account) -> Fault:
    spent = account.spent_usd.normalize()
    return Fault(
        kind=FaultKind.BUDGET,
        message=f"of the ${account.limit_usd:f} of {account.owner} ${spent:f} are spent",
        fix="raise the budget, or select fewer cases",
    )
