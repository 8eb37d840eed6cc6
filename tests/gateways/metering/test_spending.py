"""However a child spends, its provider is never owed a dollar more than the budget."""

import asyncio
import json
import os
import sys
from decimal import Decimal
from pathlib import Path

import pytest

from tests.gateways.metering.conftest import Proxies
from tests.guards.spending import a_purse
from tests.servers.billing_openai import BillingOpenAI

SPENDER = Path(__file__).parents[2] / "servers" / "spender.py"
CALLS = 200
BUDGET_MICRO_USD = 20_000

# The dearest call of the spender: twice 64 tokens and some 350 bytes, and 149 output tokens at 4.
_MOST_OF_ONE_CALL = 1_450


async def spent_by_child(base_url: str, api_key: str, *options: str) -> dict[str, int]:
    """How many calls of a real child process ended with which status."""
    child = await asyncio.create_subprocess_exec(
        sys.executable,
        str(SPENDER),
        str(CALLS),
        *options,
        env={**os.environ, "OPENAI_BASE_URL": base_url, "OPENAI_API_KEY": api_key},
        stdout=asyncio.subprocess.PIPE,
    )
    out, _ = await child.communicate()
    assert child.returncode == 0
    statuses: dict[str, int] = json.loads(out)
    return statuses


@pytest.mark.parametrize("run", range(20))
@pytest.mark.parametrize("options", [(), ("--stream",)])
async def test_two_hundred_calls_at_once_never_cost_more_than_the_budget(
    proxies: Proxies, provider: BillingOpenAI, run: int, options: tuple[str, ...]
) -> None:
    purse = a_purse(str(Decimal(BUDGET_MICRO_USD).scaleb(-6)))
    async with proxies(purse=purse).session(who=None, faults=()) as session:
        statuses = await spent_by_child(session.base_url, session.api_key, *options)
    assert provider.micro_usd <= BUDGET_MICRO_USD
    # It stopped because nothing more would have fitted, and not before.
    assert provider.micro_usd > BUDGET_MICRO_USD - _MOST_OF_ONE_CALL
    assert session.cost.usd == Decimal(provider.micro_usd).scaleb(-6)
    assert statuses == {"200": len(provider.bodies), "402": session.refused}
    assert session.calls == CALLS
    assert provider.most_open > 4
