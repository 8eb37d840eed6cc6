"""A call that failed is made again where that may help, and where it is worth its money.

The waits are those of "full jitter": "Exponential Backoff And Jitter", AWS Architecture Blog, 2015,
https://aws.amazon.com/blogs/architecture/exponential-backoff-and-jitter/.
"""

import asyncio
import math
from collections import Counter
from dataclasses import dataclass, replace

from agentops_cli.errors import GatewayError, StoreError
from agentops_cli.guards.outside import Outside
from agentops_cli.model.call import Completion, Fault, FaultKind, Request
from agentops_cli.model.cut_off import cut_off_after
from agentops_cli.model.ids import Kind, kind_of
from agentops_cli.model.money import Cost
from agentops_cli.model.settings import Retry
from agentops_cli.ports import Gateway

_MAY_PASS = frozenset({
    FaultKind.CONNECTION,
    FaultKind.MALFORMED,
    FaultKind.PROVIDER,
    FaultKind.RATE_LIMIT,
    FaultKind.TIMEOUT,
})  # fmt: skip

# What timed out has stalled for all of its time, and may be charged for as the longest of answers.
_MOST_TIMEOUTS = 2


def most_billed_attempts(settings: Retry, model: str) -> int:
    """How many attempts of one call may be charged for, as `Retried` makes them.

    A 429 uses up none and costs nothing. What runs in this process is not called again, nor is an
    agent once it was reached.
    """
    return settings.attempts if kind_of(model) is Kind.PROVIDED else 1


class Retried:
    """A gateway that makes a call again when it failed for a reason that may pass.

    What may have been charged for is tried as often as anything, within the budget; only a call
    that timed out is made once more and no oftener. A 429 is never charged for and uses up no
    attempt, unless the call does not wait as somebody else may be asked. How long a provider is
    left alone after one, and after `Retry-After`, is the business of the throttle behind this one.
    An agent is only called again when it was not reached, as nobody knows what a call that reached
    it has done. Refusals of the guards behind this one end it.

    No attempt begins later than `deadline_s` after the first one failed, wherever it waits on its
    way: it takes that moment along as its `begins_by`. So does every call, from its first attempt
    on, with the end of `run_deadline_s`. Costs of all attempts come with the answer, or with the
    last fault.
    """

    def __init__(self, inner: Gateway, settings: Retry, outside: Outside) -> None:
        self._inner = inner
        self._settings = settings
        self._outside = outside
        self._reasons: Counter[FaultKind] = Counter()
        deadline_s = settings.run_deadline_s
        self._run_ends = math.inf if deadline_s is None else outside.clock() + deadline_s

    async def complete(self, request: Request) -> Completion:
        """Answers through the inner gateway, in as many attempts as that takes."""
        if self._run_ends < math.inf:
            request = replace(request, begins_by=self._run_ends)
        try:
            return await self._inner.complete(request)
        except GatewayError as error:
            if self._settings.attempts == 1 or not _may_pass(error.fault, request):
                raise
            first = error
        return await self._again(request, first)

    async def close(self) -> None:
        """Tells how often calls were made again, and closes the inner gateway."""
        if self._reasons:
            each = ", ".join(
                f"{kind.value.replace('_', ' ')}: {times:,}"
                for kind, times in self._reasons.most_common()
            )
            times = self._reasons.total()
            told = f"{times:,} calls were" if times > 1 else "1 call was"
            self._outside.on_incident("retry", f"{told} made again ({each})")
        await self._inner.close()

    async def _again(self, request: Request, error: GatewayError) -> Completion:
        """Makes attempts until one is answered, or none is allowed any more."""
        outside = self._outside
        tries = _Tries(ends=outside.clock() + self._settings.deadline_s)
        request = replace(request, begins_by=min(tries.ends, self._run_ends))
        while True:
            fault = error.fault
            tries.count(fault, waits=request.waits)
            wait_s = self._wait_s(tries)
            if (why := self._why_not(request, fault, tries, wait_s)) is not None:
                raise GatewayError(_given_up(fault, why, tries)) from error
            try:
                await outside.sleep(wait_s)
                completion = await self._inner.complete(request)
            except (asyncio.CancelledError, StoreError) as end:
                raise cut_off_after(end, tries.spent + fault.cost) from end
            except GatewayError as again:
                if again.fault.kind is FaultKind.BREAKER:
                    # Of a call that was made, what went wrong says more than why it is not again.
                    why = f"not tried again: {again.fault.message}"
                    given_up = _given_up(replace(fault, final=again.fault.final), why, tries)
                    raise GatewayError(given_up) from again
                self._reasons[fault.kind] += 1
                tries.spent += fault.cost
                error = again
                continue
            self._reasons[fault.kind] += 1
            cost = completion.cost + tries.spent + fault.cost
            return replace(completion, cost=cost, retries=tries.made)

    def _wait_s(self, tries: "_Tries") -> float:
        """How long to wait for the next attempt; the ceiling doubles with each that failed."""
        settings = self._settings
        ceiling_s = min(settings.most_s, settings.base_s * 2.0 ** max(0, tries.failed - 1))
        return self._outside.random() * ceiling_s

    def _why_not(
        self, request: Request, fault: Fault, tries: "_Tries", wait_s: float
    ) -> str | None:
        """Why there is no further attempt, in words that may be empty; None when there is one."""
        settings = self._settings
        if not _may_pass(fault, request):
            return ""
        if tries.failed >= settings.attempts or tries.timeouts >= _MOST_TIMEOUTS:
            return f"tried {tries.made} times"
        begins = self._outside.clock() + wait_s
        if begins > tries.ends:
            return f"tried {tries.made} times within {settings.deadline_s:g} s"
        if begins > self._run_ends:
            return f"not tried again {settings.run_deadline_s:g} s after the run began"
        return None


@dataclass(slots=True, kw_only=True)
class _Tries:
    """What has become of a call so far: the attempts, which of them count, and what they cost.

    `failed` are those that use one up, `timeouts` those of them that may be charged for as if all
    had been said. `spent` is without the last one, whose fault has its own.
    """

    ends: float
    made: int = 0
    failed: int = 0
    timeouts: int = 0
    spent: Cost = Cost()

    def count(self, fault: Fault, *, waits: bool) -> None:
        """Counts an attempt that failed."""
        self.made += 1
        self.failed += fault.kind is not FaultKind.RATE_LIMIT or not waits
        self.timeouts += fault.billed and fault.kind is FaultKind.TIMEOUT


def _may_pass(fault: Fault, request: Request) -> bool:
    if fault.final or fault.kind not in _MAY_PASS:
        return False
    # Of an agent that was not reached nobody says what it cost, not even that it was nothing.
    return request.agent is None or not (fault.billed or fault.usd is not None)


def _given_up(fault: Fault, why: str, tries: _Tries) -> Fault:
    """The fault of the last attempt, with all that the ones before it cost."""
    message = f"{fault.message} ({why})" if why else fault.message
    earlier = fault.earlier + tries.spent
    return replace(fault, message=message, retries=tries.made - 1, earlier=earlier)
