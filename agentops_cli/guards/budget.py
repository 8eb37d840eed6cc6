"""Never over budget: an upper bound is reserved before each call and settled after it.

What is spent and what is reserved together never exceed a limit, however many calls are under
way, because a bound is taken before the call is made. A call that may have been billed without an
answer keeps its whole reservation.
"""

import asyncio
import json
from collections.abc import Callable, Mapping
from decimal import Decimal

from agentops_cli.errors import GatewayError
from agentops_cli.model.call import Completion, Fault, FaultKind, Request
from agentops_cli.model.money import ZERO, Price
from agentops_cli.ports import Gateway

_TOKENS_PER_REQUEST = 64
_TOKENS_PER_MESSAGE = 16


def most_input_tokens(request: Request) -> int:
    """An upper bound of the input tokens of a request, whatever the tokenizer.

    No tokenizer of byte-level pieces makes more tokens than there are UTF-8 bytes; what a chat
    format adds for roles and separators is covered by an allowance for each message. What is sent
    beside the messages counts too: providers may put a response schema, or tools that are passed
    through, into the prompt.
    """
    contents = sum(_bytes(message.content) for message in request.messages)
    sampling = request.sampling
    beside = (request.response_schema, dict(sampling.extra), list(sampling.stop))
    others = sum(_bytes(json.dumps(part)) for part in beside if part)
    overhead = _TOKENS_PER_REQUEST + _TOKENS_PER_MESSAGE * len(request.messages)
    return contents + others + overhead


def _bytes(text: str) -> int:
    return len(text.encode("utf-8", "surrogatepass"))


def most_usd(request: Request, price: Price) -> Decimal:
    """An upper bound in dollars of one call."""
    return price.bound(input_tokens=most_input_tokens(request), output_tokens=request.max_tokens)


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


class Budgeted:
    """A gateway that refuses what it cannot be sure to afford, with a BUDGET fault.

    `run_usd` limits the run, `suite_usd` suites by path; a call must fit into both. A call that
    does not fit only because others are under way waits for them to settle. Without a price a
    call is refused: the plan has already refused such a run, this is the second lock.
    """

    def __init__(
        self,
        inner: Gateway,
        *,
        price_of: Callable[[str], Price | None],
        run_usd: Decimal | None,
        suite_usd: Mapping[str, Decimal],
    ) -> None:
        self._inner = inner
        self._price_of = price_of
        self._run = None if run_usd is None else Account(run_usd, owner="the run")
        self._suites = {path: Account(usd, owner=path) for path, usd in suite_usd.items()}
        self._settled = asyncio.Event()

    async def complete(self, request: Request) -> Completion:
        """Reserves, answers through the inner gateway, settles."""
        accounts = self._accounts(request)
        price = self._price_of(request.model)
        if price is None and accounts:
            problem = f"{request.model} has no known price"
            fix = f"add models.{request.model}.price to the configuration"
            raise GatewayError(Fault(kind=FaultKind.BUDGET, message=problem, fix=fix))
        bound = most_usd(request, price) if price else ZERO
        await self._reserve(accounts, bound)
        spent = bound  # What a cancelled or cut-off call is taken to have cost.
        try:
            completion = await self._inner.complete(request)
            spent = bound if completion.cost.unpriced_calls else completion.cost.usd
        except GatewayError as error:
            spent = bound if error.fault.billed else ZERO
            raise
        finally:
            self._settle(accounts, reserved=bound, spent=spent)
        return completion

    async def close(self) -> None:
        """Closes the inner gateway."""
        await self._inner.close()

    def _accounts(self, request: Request) -> list[Account]:
        suite = self._suites.get(request.tags.suite) if request.tags else None
        return [account for account in (suite, self._run) if account is not None]

    async def _reserve(self, accounts: list[Account], usd: Decimal) -> None:
        while not all(account.can_reserve(usd) for account in accounts):
            for account in accounts:
                if not account.could_ever_reserve(usd):
                    raise GatewayError(_refusal(account, usd))
            await self._settled.wait()
        for account in accounts:
            account.reserved_usd += usd

    def _settle(self, accounts: list[Account], *, reserved: Decimal, spent: Decimal) -> None:
        for account in accounts:
            account.reserved_usd -= reserved
            account.spent_usd += spent
        # Wakes all that wait now; whoever does not fit waits for the next settlement.
        self._settled.set()
        self._settled = asyncio.Event()


def _refusal(account: Account, usd: Decimal) -> Fault:
    return Fault(
        kind=FaultKind.BUDGET,
        message=(
            f"a call may cost ${usd.normalize():f}, but of the ${account.limit_usd:f} of "
            f"{account.owner} ${account.spent_usd.normalize():f} are spent"
        ),
        fix="raise the budget, lower max_tokens, or select fewer cases",
    )
