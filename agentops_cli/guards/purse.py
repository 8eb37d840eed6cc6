"""What a run may spend: promised before a call, settled after it.

What is spent and what is promised together never exceed a limit, however many calls are under way,
because an upper bound is taken out before a call is made.
"""

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from decimal import ROUND_UP, Decimal
from math import ceil

from agentops_cli.errors import GatewayError, StoreError
from agentops_cli.guards.accounts import Account, CaseBook, HourlyAccount
from agentops_cli.guards.limits import Limit, Limits
from agentops_cli.model.call import Tags
from agentops_cli.model.money import Amount, Unit
from agentops_cli.model.spending import Spent
from agentops_cli.model.suite import Budget
from agentops_cli.ports import Clock, Ledger

_ONE = Decimal(1)
_PERCENT = Decimal("0.01")


def _unheard(guard: str, message: str) -> None:
    """Where nobody listens."""


class Purse:
    """The accounts of a run. Everything that spends must take from the same purse.

    `run` limits the run, and each case in it; `suites` limit suites by path, beside what the run
    does. An amount must fit into every account that it concerns. What is promised and what was
    spent is written into `ledger`, where there is one; `before` is what an earlier process of the
    same run wrote there. `sources` tells where the run's limits were given. Used from one event
    loop.

    `refusing` are the limits that refused a call, as what would have to be raised, and where.

    The purse learns: when a call of a model took more than its bound, later bounds of that model
    are raised by the worst factor that was seen.
    """

    def __init__(  # noqa: PLR0913 # The parts of one composition, all by name.
        self,
        run: Budget,
        suites: Mapping[str, Budget],
        *,
        clock: Clock,
        sources: Mapping[str, str] | None = None,
        ledger: Ledger | None = None,
        before: Iterable[Spent] = (),
        on_incident: Callable[[str, str], None] = _unheard,
    ) -> None:
        self._limits = Limits(run, suites, sources=sources)
        self._clock = clock
        self._on_incident = on_incident
        self._run = tuple(map(self._account, self._limits.of_run))
        self._suites = {
            path: (*self._run, *map(self._account, limits))
            for path, limits in self._limits.of_suites.items()
        }
        self._units: dict[str | None, frozenset[Unit]] = {}
        self._cases = CaseBook()
        self._factors: dict[str | None, Decimal] = {}
        self.refusing: dict[str, None] = {}
        self._ledger = ledger
        self._failure: StoreError | None = None
        self._waiting: asyncio.Event | None = None
        for spent in before:
            self._recall(spent)

    def limits(self, who: Tags | None) -> frozenset[Unit]:
        """What there is a limit of, for whoever asks; empty where nothing is limited."""
        suite = None if who is None else who.suite
        if (units := self._units.get(suite)) is None:
            units = frozenset(account.limit.unit for account in self._accounts(who))
            self._units[suite] = units
        return units

    async def reserve(
        self, most: Amount, *, who: Tags | None, model: str | None = None
    ) -> "Reserved":
        """Takes an upper bound out of every account that it concerns.

        Waits while it does not fit only because of calls under way. Raises `GatewayError` as soon
        as it could not fit even if they took nothing, with a BUDGET fault. Raises `StoreError` when
        the ledger cannot be written.
        `model` is the one that is called.
        """
        factor = self._factors.get(model, _ONE)
        if factor > 1:
            tokens = ceil(most.tokens * factor)
            most = replace(most, usd=most.usd * factor, tokens=tokens)
        accounts = self._accounts(who)
        while not all(account.has_room(most) for account in accounts):
            for account in accounts:
                if not account.could_have_room(most):
                    raise self._refused(account, most)
            await self._settlement()
            accounts = self._accounts(who)
        number = self._write_down(most, accounts, who=who, model=model)
        for account in accounts:
            account.reserve(most)
        return Reserved(self, most, accounts, number=number, model=model, factor=factor)

    async def reserve_rest(self, *, who: Tags | None) -> "Reserved":
        """Takes out all dollars that are left, for one call that may cost anything.

        It waits until no other call of these accounts is under way. Raises as `reserve` does, and
        also when nothing is left.
        """
        while any(account.reserved for account in self._in_dollars(who)):
            await self._settlement()
        account = min(self._in_dollars(who), key=lambda account: account.rest)
        if account.rest <= 0:
            raise self._refused(account, None)
        return await self.reserve(Amount(usd=Decimal(account.rest), calls=1), who=who)

    def overspent(self, who: Tags | None) -> str | None:
        """What was spent beyond a limit, in words; None where nothing was."""
        over = (account.told_spent for account in self._accounts(who) if account.is_overspent)
        return next(over, None)

    def demand_ledger(self) -> None:
        """Raises `StoreError` when something could not be written into the ledger."""
        if self._failure is not None:
            raise self._failure

    def _refused(self, account: Account, most: Amount | None) -> GatewayError:
        self.refusing[account.limit.source] = None
        return GatewayError(account.refusal(most))

    async def _settlement(self) -> None:
        """Waits until a call is settled; whoever does not fit then waits for the next one."""
        if self._waiting is None:
            self._waiting = asyncio.Event()
        await self._waiting.wait()

    def _account(self, limit: Limit) -> Account:
        if limit.key == "usdPerHour":
            return HourlyAccount(limit, clock=self._clock, on_shut=self._tell)
        return Account(limit)

    def _tell(self, message: str) -> None:
        self._on_incident("budget", message)

    def _accounts(self, who: Tags | None) -> Sequence[Account]:
        """The accounts that pay for whoever asks: those of the run, of a suite and of a case."""
        if who is None:
            return self._run
        shared = self._suites.get(who.suite, self._run)
        limit = self._limits.of_cases(who.suite)
        return shared if limit is None else (*shared, self._cases.account(who, limit))

    def _in_dollars(self, who: Tags | None) -> Sequence[Account]:
        return [account for account in self._accounts(who) if account.limit.unit == "usd"]

    def _write_down(
        self, most: Amount, accounts: Sequence[Account], *, who: Tags | None, model: str | None
    ) -> int | None:
        """Tells the ledger what is about to be spent; None when there is nothing to remember."""
        self.demand_ledger()
        if self._ledger is None or not any(account.counts(most) for account in accounts):
            return None
        try:
            return self._ledger.reserve(most, who=who, model=model)
        except StoreError as error:
            self._failure = error
            raise

    def settle(self, reserved: "Reserved", spent: Amount) -> None:
        """Books what was spent; called by the reservation."""
        for account in reserved.accounts:
            account.settle(reserved.most, spent)
        if self._ledger is not None and reserved.number is not None:
            try:
                self._ledger.settle(reserved.number, spent)
            except StoreError as error:
                self._failure = error  # An answer that is paid for is not lost for that.
        self._learn(reserved, spent)
        if self._waiting is not None:
            self._waiting.set()
            self._waiting = None

    def _learn(self, reserved: "Reserved", spent: Amount) -> None:
        """Remembers by how much the bound of a model was too low."""
        most = reserved.most
        if reserved.model is None or (spent.usd <= most.usd and spent.tokens <= most.tokens):
            return
        times = max(
            spent.usd / most.usd if most.usd else _ONE,
            Decimal(spent.tokens) / most.tokens if most.tokens else _ONE,
        )
        factor = (reserved.factor * times).quantize(_PERCENT, rounding=ROUND_UP)
        if factor > self._factors.get(reserved.model, _ONE):
            self._factors[reserved.model] = factor
            self._tell(
                f"a call of {reserved.model} took more than its upper bound: later ones are taken "
                f"to need up to {factor} times as much"
            )

    def _recall(self, spent: Spent) -> None:
        """Books what an earlier process spent."""
        for account in self._accounts(spent.who):
            account.recall(spent.amount, age_s=spent.age_s)


class Reserved:
    """What is taken out of a purse until it is known what the call took."""

    __slots__ = ("_is_settled", "_purse", "accounts", "factor", "model", "most", "number")

    def __init__(
        self,
        purse: Purse,
        most: Amount,
        accounts: Sequence[Account],
        *,
        number: int | None,
        model: str | None,
        factor: Decimal,
    ) -> None:
        self.most = most
        self.accounts = accounts
        self.number = number
        self.model = model
        self.factor = factor
        self._purse = purse
        self._is_settled = False

    def settle(self, spent: Amount) -> None:
        """Books what was spent, all of it even where it is more than was reserved."""
        if self._is_settled:
            raise RuntimeError("a reservation is settled once")
        self._is_settled = True
        self._purse.settle(self, spent)
