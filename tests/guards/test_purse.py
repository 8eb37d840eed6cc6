import asyncio
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentops_cli.errors import GatewayError, StoreError
from agentops_cli.guards.purse import Purse, Reserved
from agentops_cli.model.call import Fault, FaultKind, Tags
from agentops_cli.model.money import ZERO, Amount
from agentops_cli.model.spending import Spent
from agentops_cli.model.suite import Budget
from tests.guards.spending import FakeClock, a_budget, a_purse, spent

CENT = Decimal("0.01")
SOMEBODY = Tags(suite="s.yaml", case_id="wishlist", model="openai/gpt-4o-mini")
ANOTHER = Tags(suite="other.yaml", case_id="wishlist", model="openai/gpt-4o-mini")


def cents(number: int, **more: int) -> Amount:
    return Amount(usd=number * CENT, **more)


async def take(
    purse: Purse,
    most: Amount,
    settled: Amount | None = None,
    *,
    who: Tags | None = SOMEBODY,
    model: str | None = None,
) -> None:
    """Makes one call that takes all that it may, or what it is settled at."""
    reservation = await purse.reserve(most, who=who, model=model)
    reservation.settle(most if settled is None else settled)


async def refusal(purse: Purse, most: Amount, who: Tags | None = SOMEBODY) -> Fault:
    with pytest.raises(GatewayError) as raised:
        await purse.reserve(most, who=who)
    return raised.value.fault


async def test_what_is_settled_is_spent_and_the_rest_is_free_again() -> None:
    purse = a_purse("0.10")
    await take(purse, cents(8), cents(3))
    assert spent(purse) == (3 * CENT, ZERO)
    await purse.reserve(cents(7), who=None)


async def test_a_reservation_waits_until_there_is_room_for_it() -> None:
    purse = a_purse("0.10")
    first = await purse.reserve(cents(8), who=None)
    second = asyncio.ensure_future(purse.reserve(cents(8), who=None))
    for _ in range(5):
        await asyncio.sleep(0)
    assert not second.done()
    first.settle(cents(2))
    assert isinstance(await second, Reserved)


async def test_a_reservation_that_waits_in_vain_is_refused() -> None:
    purse = a_purse("0.10")
    first = await purse.reserve(cents(8), who=None)
    second = asyncio.ensure_future(refusal(purse, cents(8)))
    await asyncio.sleep(0)
    first.settle(cents(8))
    assert (await second).kind is FaultKind.BUDGET


async def test_a_reservation_that_is_given_up_while_it_waits_holds_nothing() -> None:
    purse = a_purse("0.10")
    first = await purse.reserve(cents(8), who=None)
    second = asyncio.ensure_future(purse.reserve(cents(8), who=None))
    await asyncio.sleep(0)
    second.cancel()
    first.settle(Amount())
    assert spent(purse) == (ZERO, ZERO)


async def test_what_was_spent_beyond_a_reservation_is_booked_in_full() -> None:
    purse = a_purse("0.10")
    await take(purse, cents(1), cents(9))
    assert "$0.09 are spent" in (await refusal(purse, cents(2))).message


async def test_a_reservation_cannot_be_settled_twice() -> None:
    purse = a_purse("0.10")
    reservation = await purse.reserve(cents(5), who=None)
    reservation.settle(cents(5))
    with pytest.raises(RuntimeError, match="once"):
        reservation.settle(Amount())
    assert spent(purse) == (5 * CENT, ZERO)


async def test_a_suite_takes_from_its_own_account_and_from_the_run() -> None:
    purse = a_purse("1", {"s.yaml": "0.15"})
    await take(purse, cents(10))
    assert "of s.yaml (budget.runUsd) $0.1 are spent" in (await refusal(purse, cents(10))).message
    await purse.reserve(cents(90), who=ANOTHER)
    assert spent(purse) == (10 * CENT, 90 * CENT)


@pytest.mark.parametrize(
    ("run", "own", "units"),
    [
        (a_budget("0"), Budget(), {"usd"}),
        (Budget(), a_budget("1"), {"usd"}),
        (Budget(), a_budget(case_usd="1"), {"usd"}),
        (a_budget(case_usd="1"), Budget(), {"usd"}),
        (a_budget(usd_per_hour="1"), Budget(), {"usd"}),
        (a_budget(calls=1), a_budget(tokens=1), {"calls", "tokens"}),
        (Budget(), Budget(), set()),
    ],
)
async def test_it_tells_what_there_is_a_limit_of(
    *, run: Budget, own: Budget, units: set[str]
) -> None:
    purse = a_purse(run, {"s.yaml": own})
    assert purse.limits(SOMEBODY) == units
    assert a_purse(Budget(), {"s.yaml": own}).limits(ANOTHER) == set()


async def test_a_purse_without_a_limit_lets_everything_through() -> None:
    purse = a_purse()
    await take(purse, Amount(usd=Decimal(10**9), calls=10**9, tokens=10**9))
    await take(purse, Amount(usd=Decimal(10**9), calls=10**9, tokens=10**9))


@pytest.mark.parametrize(
    ("budget", "most", "told"),
    [
        (
            a_budget("0.10"),
            cents(6),
            "a call may take $0.06, but of the $0.1 of the run (budget.runUsd) $0.06 are spent",
        ),
        (
            a_budget(case_usd="0.10"),
            cents(6),
            (
                "a call may take $0.06, but of the $0.1 of case 'wishlist' on openai/gpt-4o-mini"
                " (budget.caseUsd) $0.06 are spent"
            ),
        ),
        (
            a_budget(calls=1),
            Amount(calls=1),
            "a call may take 1 call, but of the 1 call of the run (budget.calls) 1 call is spent",
        ),
        (
            a_budget(tokens=5_000),
            Amount(tokens=3_104),
            (
                "a call may take 3,104 tokens, but of the 5,000 tokens of the run (budget.tokens)"
                " 3,104 tokens are spent"
            ),
        ),
        (
            a_budget(usd_per_hour="0.10"),
            cents(6),
            (
                "a call may take $0.06, but of the $0.1 an hour of the run (budget.usdPerHour)"
                " $0.06 are spent: no more calls are made"
            ),
        ),
    ],
)
async def test_a_refusal_says_which_limit_whose_and_how_much_is_spent(
    budget: Budget, most: Amount, told: str
) -> None:
    purse = a_purse(budget)
    await take(purse, most)
    assert (await refusal(purse, most)).message == told


@pytest.mark.parametrize(
    ("sources", "fix"),
    [
        ({"budget.runUsd": "--budget"}, "raise --budget, lower"),
        ({"budget.runUsd": "AGENTOPS_BUDGET"}, "raise AGENTOPS_BUDGET, lower"),
        ({"budget.runUsd": "agentops.yaml:3"}, "raise budget.runUsd in agentops.yaml:3, lower"),
    ],
)
async def test_a_refusal_says_where_the_limit_is_to_be_raised(
    sources: dict[str, str], fix: str
) -> None:
    fault = await refusal(a_purse("0", sources=sources), cents(1))
    assert fault.fix is not None
    assert fault.fix.startswith(fix)


async def test_of_two_limits_the_stricter_is_felt_whoever_set_it() -> None:
    tight = a_purse(a_budget(case_usd="0.05"), {"s.yaml": a_budget(case_usd="0.02")})
    assert "raise budget.caseUsd in s.yaml" in str((await refusal(tight, cents(3))).fix)
    await take(tight, cents(3), who=ANOTHER)
    wide = a_purse(a_budget(calls=2), {"s.yaml": a_budget(calls=3)})
    for _ in range(2):
        await take(wide, Amount(calls=1))
    assert "of the run" in (await refusal(wide, Amount(calls=1))).message


async def test_all_trials_of_a_case_on_a_model_share_what_the_case_may_spend() -> None:
    purse = a_purse(a_budget(case_usd="0.10"))
    on_another = Tags(suite="s.yaml", case_id="wishlist", model="openai/gpt-4o")
    other_case = Tags(suite="s.yaml", case_id="export", model=SOMEBODY.model)
    await take(purse, cents(6))
    assert (await refusal(purse, cents(6))).kind is FaultKind.BUDGET
    for who in (on_another, other_case, ANOTHER):
        await take(purse, cents(6), who=who)
    await take(purse, cents(4))


async def test_trials_of_a_case_at_once_do_not_overspend_it_together() -> None:
    purse = a_purse(a_budget(case_usd="0.10"))
    first = await purse.reserve(cents(6), who=SOMEBODY)
    free = await purse.reserve(Amount(calls=1), who=SOMEBODY)
    second = asyncio.ensure_future(purse.reserve(cents(6), who=SOMEBODY))
    await asyncio.sleep(0)
    free.settle(Amount(calls=1))
    await asyncio.sleep(0)
    assert not second.done()
    first.settle(cents(4))
    (await second).settle(cents(6))
    assert (await refusal(purse, cents(1))).kind is FaultKind.BUDGET


async def test_a_trial_that_waited_sees_what_others_of_its_case_took_meanwhile() -> None:
    purse = a_purse(a_budget(case_usd="0.10"))
    first = await purse.reserve(cents(8), who=SOMEBODY)
    waiting = asyncio.ensure_future(refusal(purse, cents(4)))
    await asyncio.sleep(0)
    first.settle(cents(6))
    between = await purse.reserve(cents(3), who=SOMEBODY)
    for _ in range(3):
        await asyncio.sleep(0)
    assert not waiting.done()
    between.settle(cents(3))
    assert (await waiting).kind is FaultKind.BUDGET


async def test_of_a_case_that_is_not_under_way_only_what_it_spent_is_kept() -> None:
    purse = a_purse(a_budget(case_usd="0.10"))
    for number in range(50):
        who = Tags(suite="s.yaml", case_id=str(number), model="m")
        await take(purse, cents(6), cents(number % 2), who=who)
    assert not purse._cases.open
    assert list(purse._cases.spent.values()) == [CENT] * 25


async def test_a_call_that_was_not_made_leaves_room_for_another() -> None:
    purse = a_purse(a_budget(calls=1, tokens=100))
    await take(purse, Amount(calls=1, tokens=100), Amount())
    await take(purse, Amount(calls=1, tokens=100))


class TestUsdPerHour:
    @staticmethod
    def a_purse(clock: FakeClock, said: list[str], **changes: Any) -> Purse:
        return a_purse(
            a_budget(usd_per_hour="1"),
            clock=clock,
            on_incident=lambda guard, message: said.append(f"{guard}: {message}"),
            **changes,
        )

    async def test_what_is_older_than_an_hour_counts_no_more(self) -> None:
        clock, said = FakeClock(), list[str]()
        purse = self.a_purse(clock, said)
        for _ in range(5):
            await take(purse, cents(90))
            clock.now_s += 3602
        assert not said

    async def test_within_the_hour_the_limit_holds_at_any_moment(self) -> None:
        clock, said = FakeClock(), list[str]()
        purse = self.a_purse(clock, said)
        await take(purse, cents(60))
        clock.now_s += 1800
        await take(purse, cents(40))
        clock.now_s += 1799
        assert (await refusal(purse, cents(1))).kind is FaultKind.BUDGET

    async def test_beyond_it_no_call_is_made_for_the_rest_of_the_run_and_it_is_said_once(
        self,
    ) -> None:
        clock, said = FakeClock(), list[str]()
        purse = self.a_purse(clock, said)
        await take(purse, cents(99))
        first = await refusal(purse, cents(2))
        assert (first.kind, first.final, first.billed) == (FaultKind.BUDGET, True, False)
        clock.now_s += 10 * 3600
        assert await refusal(purse, cents(1)) == first
        assert said == [f"budget: {first.message}"]
        assert first.fix == "look for a loop; where this speed is wanted, raise budget.usdPerHour"

    async def test_calls_wait_for_what_is_promised_to_others_before_it_shuts(self) -> None:
        said: list[str] = []
        purse = self.a_purse(FakeClock(), said)
        first = await purse.reserve(cents(80), who=SOMEBODY)
        second = asyncio.ensure_future(purse.reserve(cents(80), who=SOMEBODY))
        await asyncio.sleep(0)
        assert not second.done()
        first.settle(cents(20))
        (await second).settle(cents(80))
        assert not said

    async def test_a_call_that_takes_all_that_is_left_takes_that_of_the_hour_that_is_now(
        self,
    ) -> None:
        clock, said = FakeClock(), list[str]()
        purse = self.a_purse(clock, said)
        for paid in (cents(100), cents(90)):
            await take(purse, paid)
            clock.now_s += 7200
            reservation = await purse.reserve_rest(who=SOMEBODY)
            assert reservation.most.usd == 1
            reservation.settle(cents(0))
        assert not said

    async def test_what_is_older_than_an_hour_when_a_call_ends_is_not_overspent(self) -> None:
        clock = FakeClock()
        purse = self.a_purse(clock, [])
        await take(purse, cents(60))
        clock.now_s += 3000
        reservation = await purse.reserve(cents(10), who=SOMEBODY)
        clock.now_s += 1000
        reservation.settle(cents(50))
        assert purse.overspent(SOMEBODY) is None

    async def test_a_suite_that_is_too_fast_stops_no_other(self) -> None:
        purse = a_purse(None, {"s.yaml": a_budget(usd_per_hour="0.10")})
        assert (await refusal(purse, cents(11))).kind is FaultKind.BUDGET
        await take(purse, cents(11), who=ANOTHER)

    async def test_it_remembers_an_hour_in_seconds_and_not_in_calls(self) -> None:
        clock = FakeClock()
        purse = self.a_purse(clock, [])
        for _ in range(2_000):
            await take(purse, Amount(usd=Decimal("0.0001")))
            clock.now_s += 0.01
        [account] = purse._run
        assert len(account._seconds) <= 21  # type: ignore[attr-defined] # An hourly one.

    async def test_a_run_that_goes_on_knows_its_last_hour(self) -> None:
        before = [
            Spent(amount=cents(50), who=SOMEBODY, age_s=4_000),
            Spent(amount=cents(40), who=SOMEBODY, age_s=1_000),
        ]
        clock = FakeClock()
        purse = self.a_purse(clock, [], before=before)
        await take(purse, cents(60))
        assert (await refusal(purse, cents(1))).kind is FaultKind.BUDGET
        later = self.a_purse(FakeClock(), [], before=before)
        later_clock = later._clock
        assert isinstance(later_clock, FakeClock)
        later_clock.now_s += 2_602
        await take(later, cents(100))


class TestLearning:
    async def test_a_model_that_took_more_than_its_bound_is_given_more_room_later(self) -> None:
        said: list[str] = []
        purse = a_purse("10", on_incident=lambda _, message: said.append(message))
        await take(purse, cents(10, tokens=100), cents(15, tokens=100), model="m")
        assert (await purse.reserve(cents(10), who=None, model="m")).most.usd == 15 * CENT
        assert (await purse.reserve(cents(10), who=None, model="other")).most.usd == 10 * CENT
        assert len(said) == 1
        assert "a call of m took more than its upper bound" in said[0]

    async def test_the_worst_that_was_seen_holds_and_a_raised_bound_may_fail_again(self) -> None:
        purse = a_purse("10")
        await take(purse, cents(10), cents(15), model="m")
        await take(purse, cents(10), cents(30), model="m")  # Reserved 15, so three times the bound.
        await take(purse, cents(10), cents(11), model="m")
        assert (await purse.reserve(cents(10), who=None, model="m")).most.usd == 30 * CENT

    async def test_a_factor_is_rounded_so_that_the_same_call_would_have_had_room(self) -> None:
        purse = a_purse("10")
        await take(purse, cents(3), cents(4), model="m")
        assert (await purse.reserve(cents(3), who=None, model="m")).most.usd >= 4 * CENT

    async def test_tokens_are_learned_from_too(self) -> None:
        purse = a_purse(a_budget(tokens=10_000))
        await take(purse, Amount(tokens=100), Amount(tokens=150), model="m")
        assert (await purse.reserve(Amount(tokens=101), who=None, model="m")).most.tokens == 152

    async def test_what_costs_nothing_at_most_is_not_learned_from(self) -> None:
        purse = a_purse("10")
        await take(purse, Amount(calls=1), cents(5, calls=1), model="m")
        assert (await purse.reserve(cents(10), who=None, model="m")).most.usd == 10 * CENT


class Book:
    """A ledger in memory, which may refuse to be written."""

    def __init__(self) -> None:
        self.lines: list[tuple[str, int, Amount]] = []
        self.is_full = False

    def reserve(self, most: Amount, *, who: Tags | None, model: str | None) -> int:
        self._write("most", len(self.lines), most)
        return len(self.lines) - 1

    def settle(self, number: int, spent: Amount) -> None:
        self._write("spent", number, spent)

    def _write(self, what: str, number: int, amount: Amount) -> None:
        if self.is_full:
            raise StoreError("the disk is full")
        self.lines.append((what, number, amount))


class TestLedger:
    async def test_a_promise_is_written_before_the_call_and_what_it_took_after(self) -> None:
        book = Book()
        purse = a_purse("1", ledger=book)
        reservation = await purse.reserve(cents(5), who=SOMEBODY)
        assert book.lines == [("most", 0, cents(5))]
        reservation.settle(cents(2))
        assert book.lines[1:] == [("spent", 0, cents(2))]

    async def test_what_no_limit_is_about_is_not_written(self) -> None:
        book = Book()
        await take(a_purse(ledger=book), cents(5))
        await take(a_purse("1", ledger=book), Amount(calls=1, tokens=7))
        assert book.lines == []

    async def test_what_is_refused_is_not_written(self) -> None:
        book = Book()
        await refusal(a_purse("0.01", ledger=book), cents(5))
        assert book.lines == []

    async def test_what_cannot_be_written_down_is_not_spent(self) -> None:
        book = Book()
        purse = a_purse("1", ledger=book)
        book.is_full = True
        with pytest.raises(StoreError):
            await purse.reserve(cents(5), who=SOMEBODY)
        assert spent(purse) == (ZERO, ZERO)

    async def test_an_answer_that_was_paid_for_is_the_last_when_the_ledger_fails(self) -> None:
        book = Book()
        purse = a_purse("1", ledger=book)
        reservation = await purse.reserve(cents(5), who=SOMEBODY)
        book.is_full = True
        reservation.settle(cents(5))
        book.is_full = False
        with pytest.raises(StoreError):
            purse.demand_ledger()
        with pytest.raises(StoreError):
            await purse.reserve(cents(5), who=SOMEBODY)

    async def test_a_run_that_goes_on_has_what_is_left_in_every_account(self) -> None:
        before = [
            Spent(amount=cents(3, calls=1, tokens=10), who=SOMEBODY, age_s=9_000),
            Spent(amount=cents(4, calls=1, tokens=10), who=SOMEBODY, age_s=9_000, lost=True),
            Spent(amount=cents(1, calls=1, tokens=10), who=ANOTHER, age_s=9_000),
        ]
        run = a_budget("0.20", calls=5, tokens=1_000, case_usd="0.10")
        purse = a_purse(run, {"s.yaml": a_budget("0.09")}, before=before)
        assert spent(purse) == (8 * CENT, ZERO)
        assert spent(purse, "calls")[0] == 3
        assert spent(purse, "tokens")[0] == 30
        assert "of s.yaml" in (await refusal(purse, cents(3, calls=1))).message
        assert "of case" in (await refusal(purse, cents(10, calls=1), ANOTHER)).message


amounts = st.lists(st.tuples(st.integers(1, 20), st.integers(0, 20)), min_size=1, max_size=12)
limits = st.integers(0, 100)


@given(amounts, limits, limits, limits, st.integers(1, 5))
def test_however_many_spend_at_once_every_limit_holds(
    calls: list[tuple[int, int]], usd: int, of_case: int, tokens: int, concurrency: int
) -> None:
    async def scenario() -> None:
        budget = Budget(
            run_usd=usd * CENT, case_usd=of_case * CENT, tokens=tokens, usd_per_hour=usd * CENT
        )
        purse = a_purse(budget)
        waiting = iter(calls)

        async def worker() -> None:
            for most, used in waiting:
                try:
                    reservation = await purse.reserve(cents(most, tokens=most), who=SOMEBODY)
                except GatewayError:
                    continue
                await asyncio.sleep(0)
                accounts = purse._accounts(SOMEBODY)
                assert all(one.spent + one.reserved <= one.limit.most for one in accounts)
                reservation.settle(cents(min(used, most), tokens=min(used, most)))

        await asyncio.gather(*(worker() for _ in range(concurrency)))
        assert all(account.reserved == 0 for account in purse._accounts(SOMEBODY))

    asyncio.run(scenario())
