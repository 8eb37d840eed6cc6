"""Where a model gives no answer, another one is asked the same, and says so.

A stand-in is for an outage, not for a bad answer: it is asked when the provider cannot be reached,
refuses the key, has no more quota or breaks off. A request that a model refuses as such is a
mistake in the suite, and a model that does not exist is one in its id; neither is hidden.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

from agentops_cli.errors import GatewayError, StoreError
from agentops_cli.model.call import Completion, Fault, FaultKind, Purpose, Request, StandIn
from agentops_cli.model.cut_off import cut_off_after
from agentops_cli.model.money import Cost
from agentops_cli.ports import Gateway

OUTAGES = frozenset({
    FaultKind.AUTH,  # A key may expire at night, as a quota may end.
    FaultKind.BREAKER,
    FaultKind.CONNECTION,
    FaultKind.MALFORMED,
    FaultKind.PROVIDER,
    FaultKind.RATE_LIMIT,
    FaultKind.TIMEOUT,
})  # fmt: skip
"""The faults of a model, after its retries, for which another one is asked."""


_Failed: TypeAlias = "list[tuple[Request, Fault]]"
"""What was asked in vain, in order, and why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StandIns:
    """Who is asked where a model gives nothing, and who is told of it.

    `of` has them by the path of the suite that asks and the model that it asks.
    """

    of: Mapping[tuple[str, str], Sequence[StandIn]]
    on_incident: Callable[[str, str], None]


class Fallback:
    """A gateway that asks the stand-ins of a model, in order, when it gives nothing itself.

    Only the list of the model that was asked counts, never that of a stand-in. A judge has none:
    what is known of how it agrees with people is known of it alone.

    Nobody waits for a provider that is held back as long as there is another one to ask; when all
    of them gave nothing, those that were held back are waited for. An answer has the cost of all
    that were asked. Where nobody answers, the fault is that of the model itself. One that the
    budget does not cover ends the search, as money might have helped.
    """

    def __init__(self, inner: Gateway, stand_ins: StandIns) -> None:
        self._inner = inner
        self._stand_ins = stand_ins.of
        self._on_incident = stand_ins.on_incident
        self._told: set[tuple[str, str]] = set()

    async def complete(self, request: Request) -> Completion:
        """Answers through the inner gateway, as the model that was asked or as one in its place."""
        suite = request.tags.suite if request.tags else ""
        stand_ins = self._stand_ins.get((suite, request.model))
        if not stand_ins or request.purpose is Purpose.JUDGE:
            return await self._inner.complete(request)
        failed: _Failed = []
        for one in (replace(request, waits=False), *_to_others(request, stand_ins)):
            if (completion := await self._ask(one, failed)) is not None:
                return self._given(request, one, completion, failed)
        for one in _held_back(failed):
            if (completion := await self._ask(one, failed)) is not None:
                return self._given(request, one, completion, failed)
        raise GatewayError(_nobody(failed))

    async def close(self) -> None:
        """Closes the inner gateway."""
        await self._inner.close()

    async def _ask(self, request: Request, failed: _Failed) -> Completion | None:
        """Asks one of them; None when another one may be asked after it."""
        try:
            return await self._inner.complete(request)
        except (asyncio.CancelledError, StoreError) as end:
            raise cut_off_after(end, sum((why.cost for _, why in failed), Cost())) from end
        except GatewayError as error:
            fault = error.fault
            if fault.kind not in OUTAGES and (fault.kind is FaultKind.BUDGET or not failed):
                paid = sum((why.cost for _, why in failed), fault.earlier)
                raise GatewayError(replace(fault, earlier=paid)) from error
            failed.append((request, fault))
            return None

    def _given(
        self, request: Request, asked: Request, completion: Completion, failed: _Failed
    ) -> Completion:
        """The answer with the cost of all that were asked, and with who gave it."""
        if not failed:
            return completion
        cost = sum((why.cost for _, why in failed), completion.cost)
        if asked.model == request.model:
            return replace(completion, cost=cost)
        self._tell(request.model, asked.model, failed[0][1])
        return replace(completion, cost=cost, answered_by=asked.model)

    def _tell(self, model: str, stand_in: str, why: Fault) -> None:
        """Once for each pair: in an outage there are as many answers of a stand-in as trials."""
        if (model, stand_in) not in self._told:
            self._told.add((model, stand_in))
            self._on_incident("fallback", f"{stand_in} stands in for {model}: {why.message}")


def _to_others(request: Request, stand_ins: Sequence[StandIn]) -> list[Request]:
    """The same request to each stand-in; what is kept of its answer is its own too."""
    return [
        replace(request, model=one.model, base_url=one.base_url, weights=one.weights, waits=False)
        for one in stand_ins
    ]


def _held_back(failed: _Failed) -> list[Request]:
    """The requests that were refused only because they did not wait."""
    refused = (one for one, why in failed if why.kind is FaultKind.BREAKER and not why.final)
    return [replace(one, waits=True) for one in refused]


def _nobody(failed: _Failed) -> Fault:
    """The model's own fault, with what became of its stand-ins, and what all of it cost."""
    last = {one.model: why for one, why in failed}
    model = failed[0][0].model
    others = (f"{name}, its stand-in: {why.message}" for name, why in last.items() if name != model)
    fault = last[model]
    return replace(
        fault,
        message="; ".join((fault.message, *others)),
        final=all(why.final for why in last.values()),
        earlier=sum((why.cost for _, why in failed if why is not fault), fault.earlier),
    )
