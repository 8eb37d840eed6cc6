import asyncio
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentops_cli.errors import GatewayError
from agentops_cli.guards.purse import Purse, Reserved
from agentops_cli.model.call import FaultKind
from agentops_cli.model.money import ZERO
from tests.guards.spending import spent

CENT = Decimal("0.01")


def a_purse(run_usd: str | None = "1", **suites: str) -> Purse:
    return Purse(
        None if run_usd is None else Decimal(run_usd),
        {f"{name}.yaml": Decimal(usd) for name, usd in suites.items()},
    )


async def refusal(purse: Purse, usd: Decimal, suite: str | None = None) -> GatewayError:
    with pytest.raises(GatewayError) as raised:
        await purse.reserve(usd, suite=suite)
    return raised.value


async def test_what_is_settled_is_spent_and_the_rest_is_free_again() -> None:
    purse = a_purse("0.10")
    (await purse.reserve(8 * CENT, suite=None)).settle(3 * CENT)
    assert spent(purse) == (3 * CENT, ZERO)
    await purse.reserve(7 * CENT, suite=None)


async def test_a_reservation_waits_until_there_is_room_for_it() -> None:
    purse = a_purse("0.10")
    first = await purse.reserve(8 * CENT, suite=None)
    second = asyncio.ensure_future(purse.reserve(8 * CENT, suite=None))
    for _ in range(5):
        await asyncio.sleep(0)
    assert not second.done()
    first.settle(2 * CENT)
    assert isinstance(await second, Reserved)


async def test_a_reservation_that_waits_in_vain_is_refused() -> None:
    purse = a_purse("0.10")
    first = await purse.reserve(8 * CENT, suite=None)
    second = asyncio.ensure_future(refusal(purse, 8 * CENT))
    await asyncio.sleep(0)
    first.settle(8 * CENT)
    assert (await second).fault.kind is FaultKind.BUDGET


async def test_a_reservation_that_is_given_up_while_it_waits_holds_nothing() -> None:
    purse = a_purse("0.10")
    first = await purse.reserve(8 * CENT, suite=None)
    second = asyncio.ensure_future(purse.reserve(8 * CENT, suite=None))
    await asyncio.sleep(0)
    second.cancel()
    first.settle(ZERO)
    assert spent(purse) == (ZERO, ZERO)


async def test_what_was_spent_beyond_a_reservation_is_booked_in_full() -> None:
    purse = a_purse("0.10")
    (await purse.reserve(1 * CENT, suite=None)).settle(9 * CENT)
    assert spent(purse) == (9 * CENT, ZERO)
    assert "$0.09 are spent" in (await refusal(purse, 2 * CENT)).message


async def test_a_reservation_cannot_be_settled_twice() -> None:
    purse = a_purse("0.10")
    reservation = await purse.reserve(5 * CENT, suite=None)
    reservation.settle(5 * CENT)
    with pytest.raises(RuntimeError, match="once"):
        reservation.settle(ZERO)
    assert spent(purse) == (5 * CENT, ZERO)


async def test_a_suite_takes_from_its_own_account_and_from_the_run() -> None:
    purse = a_purse("1", s="0.15")
    (await purse.reserve(10 * CENT, suite="s.yaml")).settle(10 * CENT)
    assert "of s.yaml $0.1 are spent" in (await refusal(purse, 10 * CENT, "s.yaml")).message
    await purse.reserve(90 * CENT, suite="other.yaml")
    assert spent(purse) == (10 * CENT, 90 * CENT)


@pytest.mark.parametrize(
    ("purse", "suite", "limited"),
    [
        (a_purse("0"), None, True),
        (a_purse(None), "s.yaml", False),
        (a_purse(None, s="1"), "s.yaml", True),
        (a_purse(None, s="1"), "other.yaml", False),
        (a_purse(None, s="1"), None, False),
    ],
)
async def test_a_limit_is_that_of_the_run_or_of_the_suite(
    *, purse: Purse, suite: str | None, limited: bool
) -> None:
    assert purse.limits(suite) is limited


async def test_a_purse_without_a_limit_lets_everything_through() -> None:
    purse = a_purse(None)
    (await purse.reserve(Decimal(10**9), suite="s.yaml")).settle(Decimal(10**9))
    await purse.reserve(Decimal(10**9), suite="s.yaml")


amounts = st.lists(st.tuples(st.integers(1, 20), st.integers(0, 20)), min_size=1, max_size=12)


@given(amounts, st.integers(0, 100), st.integers(1, 5))
def test_however_many_spend_at_once_the_limit_holds(
    calls: list[tuple[int, int]], limit: int, concurrency: int
) -> None:
    async def scenario() -> None:
        purse = a_purse(str(limit * CENT))
        waiting = iter(calls)

        async def worker() -> None:
            for most, used in waiting:
                try:
                    reservation = await purse.reserve(most * CENT, suite=None)
                except GatewayError:
                    continue
                await asyncio.sleep(0)
                assert sum(spent(purse)) <= limit * CENT
                reservation.settle(min(used, most) * CENT)

        await asyncio.gather(*(worker() for _ in range(concurrency)))
        assert spent(purse)[1] == ZERO

    asyncio.run(scenario())
