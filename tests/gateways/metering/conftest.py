"""A provider that keeps its own bill, and the proxy in front of it."""

from collections.abc import AsyncIterator, Callable, Iterator
from decimal import Decimal
from typing import Any

import pytest

from agentops_cli.gateways.metering import MeteringProxy
from agentops_cli.guards.purse import Purse
from agentops_cli.model.money import Price, Rates
from agentops_cli.model.settings import ModelSettings
from tests.guards.spending import a_purse
from tests.servers.billing_openai import (
    MICRO_USD_PER_INPUT,
    MICRO_USD_PER_OUTPUT,
    BillingOpenAI,
    running,
)

KEY = "sk-the-real-key-of-a-test"
PRICE = Price(
    rates=Rates(
        input_usd=Decimal(MICRO_USD_PER_INPUT).scaleb(-6),
        output_usd=Decimal(MICRO_USD_PER_OUTPUT).scaleb(-6),
    )
)


@pytest.fixture(scope="session")
def _provider() -> Iterator[BillingOpenAI]:
    with running() as server:
        yield server


@pytest.fixture
def provider(_provider: BillingOpenAI) -> BillingOpenAI:
    """The provider, with nothing seen and nothing owed."""
    _provider.micro_usd = _provider.most_open = 0
    for seen in (_provider.bodies, _provider.sizes, _provider.paths, _provider.headers):
        seen.clear()
    _provider.left.clear()
    return _provider


Proxies = Callable[..., MeteringProxy]


@pytest.fixture
async def proxies(provider: BillingOpenAI) -> AsyncIterator[Proxies]:
    """Makes proxies in front of the provider, and closes them."""
    made: list[MeteringProxy] = []

    def make(
        *,
        purse: Purse | None = None,
        price: Price | None = PRICE,
        models: dict[str, ModelSettings] | None = None,
        **changes: Any,
    ) -> MeteringProxy:
        proxy = MeteringProxy(
            models or {},
            environ=changes.pop(
                "environ", {"OPENAI_BASE_URL": provider.url, "OPENAI_API_KEY": KEY}
            ),
            purse=purse or a_purse(),
            price_of=changes.pop("price_of", lambda _: price),
            **changes,
        )
        made.append(proxy)
        return proxy

    yield make
    for proxy in made:
        await proxy.close()
