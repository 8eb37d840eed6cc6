"""Tokens and dollars. Dollars are `Decimal`; what is unknown stays unknown and is counted."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Literal, TypeGuard

ZERO = Decimal(0)

MOST_TOKENS = 10**9
"""More than any call has; what is beyond it is no count, and no sum of dollars survives it."""

Unit = Literal["usd", "calls", "tokens"]
"""What a limit may be of; each is a field of `Amount`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Amount:
    """What one call takes of everything that can be limited, at most or in fact."""

    usd: Decimal = ZERO
    calls: int = 0
    tokens: int = 0

    def __add__(self, other: "Amount") -> "Amount":
        return Amount(
            usd=self.usd + other.usd,
            calls=self.calls + other.calls,
            tokens=self.tokens + other.tokens,
        )


def is_tokens(value: object) -> TypeGuard[int]:
    """True for what can be the tokens of one call; what a file or a provider says may be no count.

    JSON's `true` is none, nor is a number with a decimal point.
    """
    return type(value) is int and 0 <= value <= MOST_TOKENS


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """Tokens of one or more calls, as the provider reported them.

    `cached_input_tokens` is part of `input_tokens`, `reasoning_tokens` is part of `output_tokens`.
    """

    input_tokens: int = 0
    output_tokens: int = 0
    cached_input_tokens: int = 0
    reasoning_tokens: int = 0

    def __add__(self, other: "Usage") -> "Usage":
        return Usage(
            input_tokens=self.input_tokens + other.input_tokens,
            output_tokens=self.output_tokens + other.output_tokens,
            cached_input_tokens=self.cached_input_tokens + other.cached_input_tokens,
            reasoning_tokens=self.reasoning_tokens + other.reasoning_tokens,
        )

    @property
    def total_tokens(self) -> int:
        """Input and output together, the figure that a token limit is about."""
        return self.input_tokens + self.output_tokens


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """Dollars known to be spent, and how many calls could not be priced.

    A call without a known price adds nothing to `usd` and 1 to `unpriced_calls`; every report
    prints both, so an unknown price never reads as free. `assumed_calls` are those that gave no
    answer and may have been charged for: they are in `usd` at the most that they may have cost.
    """

    usd: Decimal = ZERO
    unpriced_calls: int = 0
    assumed_calls: int = 0

    def __add__(self, other: "Cost") -> "Cost":
        return Cost(
            usd=self.usd + other.usd,
            unpriced_calls=self.unpriced_calls + other.unpriced_calls,
            assumed_calls=self.assumed_calls + other.assumed_calls,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Rates:
    """Dollars per token."""

    input_usd: Decimal
    output_usd: Decimal
    cached_input_usd: Decimal | None = None
    reasoning_usd: Decimal | None = None

    def cost_of(self, usage: Usage) -> Decimal:
        """Prices a usage, cached input and reasoning tokens at their own rate if there is one."""
        cached_rate = self.input_usd if self.cached_input_usd is None else self.cached_input_usd
        reasoning_rate = self.output_usd if self.reasoning_usd is None else self.reasoning_usd
        return (
            self.input_usd * (usage.input_tokens - usage.cached_input_tokens)
            + cached_rate * usage.cached_input_tokens
            + self.output_usd * (usage.output_tokens - usage.reasoning_tokens)
            + reasoning_rate * usage.reasoning_tokens
        )

    def bound(self, *, input_tokens: int, output_tokens: int) -> Decimal:
        """The most that so many tokens can cost, whichever of them are cached or reasoning."""
        highest_input = max(self.input_usd, self.cached_input_usd or ZERO)
        highest_output = max(self.output_usd, self.reasoning_usd or ZERO)
        return highest_input * input_tokens + highest_output * output_tokens


@dataclass(frozen=True, slots=True, kw_only=True)
class Price:
    """What a model costs: base rates, and rates that apply to the whole call above a size.

    `tiers` holds (input tokens, rates) in rising order: a call with more input tokens than the
    first number pays those rates for all of its tokens, as long-context prices are billed.
    `per_call_usd` is added to every call.
    """

    rates: Rates
    tiers: tuple[tuple[int, Rates], ...] = ()
    per_call_usd: Decimal = ZERO

    def cost_of(self, usage: Usage) -> Decimal:
        """Dollars of one call with this usage."""
        rates = self.rates
        for above_tokens, tier in self.tiers:
            if usage.input_tokens > above_tokens:
                rates = tier
        return self.per_call_usd + rates.cost_of(usage)

    def bound(self, *, input_tokens: int, output_tokens: int) -> Decimal:
        """An upper bound in dollars for a call of at most so many tokens."""
        reachable = [self.rates, *(tier for above, tier in self.tiers if input_tokens > above)]
        return self.per_call_usd + max(
            rates.bound(input_tokens=input_tokens, output_tokens=output_tokens)
            for rates in reachable
        )


FREE = Price(rates=Rates(input_usd=ZERO, output_usd=ZERO))
