"""How much of each limit is spent, and how much is promised to calls that are under way."""

from collections import deque
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal

from agentops_cli.guards.limits import Limit
from agentops_cli.model.call import Fault, FaultKind, Tags
from agentops_cli.model.money import ZERO, Amount
from agentops_cli.ports import Clock

HOUR_S = 3600


class Account:
    """One limit, with what was spent of it and what is promised to calls under way."""

    __slots__ = ("_unit", "limit", "reserved", "spent")

    def __init__(self, limit: Limit, *, spent: Decimal | int = 0) -> None:
        self.limit = limit
        self.spent: Decimal | int = spent
        self.reserved: Decimal | int = 0
        self._unit = limit.unit

    def counts(self, amount: Amount) -> Decimal | int:
        """What of an amount this limit is about."""
        figure: Decimal | int = getattr(amount, self._unit)
        return figure

    def has_room(self, amount: Amount) -> bool:
        """True when it still fits beside everything spent and promised."""
        return self.spent + self.reserved + self.counts(amount) <= self.limit.most

    def could_have_room(self, amount: Amount) -> bool:
        """True when it would fit if every call under way took nothing."""
        return self.spent + self.counts(amount) <= self.limit.most

    def reserve(self, amount: Amount) -> None:
        """Promises an amount."""
        self.reserved += self.counts(amount)

    def settle(self, reserved: Amount, spent: Amount) -> None:
        """Takes a promise back and books what was spent, all of it."""
        self.reserved -= self.counts(reserved)
        self.spent += self.counts(spent)

    def recall(self, spent: Amount, *, age_s: float) -> None:  # noqa: ARG002 - a total has no age
        """Books what an earlier process of the run spent."""
        self.spent += self.counts(spent)

    @property
    def rest(self) -> Decimal | int:
        """What is neither spent nor promised; below 0 where too much was spent."""
        return self.limit.most - self.spent - self.reserved

    @property
    def is_overspent(self) -> bool:
        """True when more was spent than may be."""
        return self.spent > self.limit.most

    @property
    def told_spent(self) -> str:
        """What was spent of which limit, in words."""
        return f"of {self._owned} {self.limit.told(self.spent)} {self._verb} spent"

    @property
    def _owned(self) -> Limit:
        """The limit with the name of its owner."""
        return self.limit

    @property
    def _verb(self) -> str:
        return "is" if self.spent == 1 and self._unit != "usd" else "are"

    def refusal(self, amount: Amount | None) -> Fault:
        """Why a call cannot be made; of one that may take anything the amount is None."""
        wanted = "" if amount is None else f"a call may take {self._told(amount)}, but "
        smaller = "" if self._unit == "calls" or amount is None else "lower max_tokens, "
        fewer = "repeat it less often" if self.limit.key == "caseUsd" else "select fewer cases"
        return Fault(
            kind=FaultKind.BUDGET,
            message=f"{wanted}{self.told_spent}",
            fix=f"raise {self.limit.source}, {smaller}or {fewer}",
        )

    def _told(self, amount: Amount) -> str:
        return self.limit.told(self.counts(amount))


class HourlyAccount(Account):
    """The dollars of any hour: what was spent in the last one, and what is promised.

    A call is in the hour that ends with its settlement, later than whenever it was charged. When a
    call does not fit, the account is shut for good: what spends so fast is taken to be out of
    control, and an hour later it would still be. `on_shut` hears of it once. Settlements are added
    up second by second, so that memory does not grow with calls.
    """

    __slots__ = ("_clock", "_on_shut", "_seconds", "_shut")

    def __init__(self, limit: Limit, *, clock: Clock, on_shut: Callable[[str], None]) -> None:
        super().__init__(limit)
        self._clock = clock
        self._on_shut = on_shut
        self._seconds: deque[tuple[int, Decimal]] = deque()
        self._shut: Fault | None = None

    def has_room(self, amount: Amount) -> bool:
        self._forget()
        return self._shut is None and super().has_room(amount)

    def could_have_room(self, amount: Amount) -> bool:
        self._forget()
        return self._shut is None and super().could_have_room(amount)

    @property
    def rest(self) -> Decimal | int:
        self._forget()
        return super().rest

    def settle(self, reserved: Amount, spent: Amount) -> None:
        self._forget()
        super().settle(reserved, spent)
        self._note(int(self._clock()), spent.usd)

    def recall(self, spent: Amount, *, age_s: float) -> None:
        if age_s < HOUR_S:
            super().recall(spent, age_s=age_s)
            self._note(int(self._clock() - age_s), spent.usd)

    def refusal(self, amount: Amount | None) -> Fault:
        """The first one, whatever is asked for later."""
        if self._shut is None:
            refusal = super().refusal(amount)
            message = f"{refusal.message}: no more calls are made"
            fix = f"look for a loop; where this speed is wanted, raise {self.limit.source}"
            self._shut = replace(refusal, message=message, fix=fix, final=True)
            self._on_shut(message)
        return self._shut

    def _note(self, second: int, usd: Decimal) -> None:
        if self._seconds and self._seconds[-1][0] == second:
            usd += self._seconds.pop()[1]
        self._seconds.append((second, usd))

    def _forget(self) -> None:
        """Drops what is older than an hour, by whole seconds and never too early."""
        oldest = self._clock() - HOUR_S - 1
        while self._seconds and self._seconds[0][0] < oldest:
            self.spent -= self._seconds.popleft()[1]


class CaseBook:
    """What cases spent, by a number for their name; nothing of those that spent nothing.

    A case has an account only while a call of it is under way, so that 100 bytes are all that a
    case takes for the rest of the run. Two cases that share a number share what one may spend.
    """

    def __init__(self) -> None:
        self.open: dict[int, CaseAccount] = {}
        self.spent: dict[int, Decimal] = {}

    def account(self, who: Tags, limit: Limit) -> "CaseAccount":
        """The account of a case on a model."""
        number = hash((who.suite, who.case_id, who.model))
        return self.open.get(number) or CaseAccount(limit, who=who, number=number, book=self)


class CaseAccount(Account):
    """The dollars of one case on one model."""

    __slots__ = ("_book", "_number", "_under_way", "_who")

    def __init__(self, limit: Limit, *, who: Tags, number: int, book: CaseBook) -> None:
        super().__init__(limit, spent=book.spent.get(number, ZERO))
        self._who = who
        self._number = number
        self._book = book
        self._under_way = 0

    def reserve(self, amount: Amount) -> None:
        super().reserve(amount)
        self._under_way += 1
        self._book.open[self._number] = self

    def settle(self, reserved: Amount, spent: Amount) -> None:
        super().settle(reserved, spent)
        self._under_way -= 1
        if not self._under_way:
            del self._book.open[self._number]
            self._keep()

    def recall(self, spent: Amount, *, age_s: float) -> None:
        super().recall(spent, age_s=age_s)
        self._keep()

    def _keep(self) -> None:
        if self.spent:
            self._book.spent[self._number] = Decimal(self.spent)

    @property
    def _owned(self) -> Limit:
        on_model = f" on {self._who.model}" if self._who.model else ""
        return replace(self.limit, owner=f"case {self._who.case_id!r}{on_model}")
