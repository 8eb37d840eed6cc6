"""A child of a test: it makes calls at the address of a session, as plain as can be."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from io import BytesIO
from typing import Any

import aiohttp

from agentops_cli.model.suite import FaultError, InjectedFault
from agentops_cli.ports import MeterSession
from tests.builders import a_place
from tests.servers.billing_openai import (
    MICRO_USD_PER_INPUT,
    MICRO_USD_PER_OUTPUT,
    BillingOpenAI,
)

CHAT = "/chat/completions"
APIS: Mapping[str, dict[str, Any]] = {
    CHAT: {"messages": [{"role": "user", "content": "Where is order 812?"}], "max_tokens": 20},
    "/completions": {"prompt": "Where is order 812?", "max_tokens": 20},
    "/embeddings": {"input": "Where is order 812?"},
    "/responses": {"input": "Where is order 812?", "max_output_tokens": 20},
}


@dataclass(frozen=True, kw_only=True)
class Said:
    """What came back."""

    status: int
    headers: Mapping[str, str]
    content: bytes

    @property
    def body(self) -> Any:
        return json.loads(self.content)

    @property
    def error(self) -> dict[str, Any]:
        error: dict[str, Any] = self.body["error"]
        return error

    @property
    def events(self) -> list[str]:
        """The data of a stream's events."""
        texts = self.content.decode().split("\n\n")
        return [text.removeprefix("data: ") for text in texts if text]


async def ask(session: MeterSession, api: str = CHAT, **changes: Any) -> Said:
    """One call, read to its end. What is None in the changes is left out of the body."""
    body = {"model": "ok", **APIS[api], **changes}
    return await send(
        f"{session.base_url}{api}",
        key=session.api_key,
        data=json.dumps({name: value for name, value in body.items() if value is not None}),
    )


async def send(url: str, *, key: str, method: str = "POST", data: str | bytes = b"") -> Said:
    """One request, as it is."""
    data = data.encode() if isinstance(data, str) else data
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
    async with (
        aiohttp.ClientSession(headers=headers) as client,
        client.request(method, url, data=BytesIO(data)) as answer,
    ):
        content = await answer.read()
        return Said(status=answer.status, headers=answer.headers, content=content)


def owed(provider: BillingOpenAI) -> Decimal:
    """What the provider will send a bill for, in dollars."""
    return Decimal(provider.micro_usd).scaleb(-6)


def bound_of_last(provider: BillingOpenAI, *, output_tokens: int) -> Decimal:
    """What was reserved for the last call, in dollars: of its input twice what it may have."""
    tokens = 2 * (64 + provider.sizes[-1])
    micro = tokens * MICRO_USD_PER_INPUT + output_tokens * MICRO_USD_PER_OUTPUT
    return Decimal(micro).scaleb(-6)


def a_fault(
    error: FaultError, *, tool: str | None = None, times: int | None = None
) -> InjectedFault:
    """A failure that a suite injects: of a tool, or of the provider."""
    return InjectedFault(target=tool, error=error, location=a_place(), times=times)
