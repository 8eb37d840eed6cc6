"""`agentops eval --dry-run`: what a run would take at most. No call is made."""

from collections.abc import Sequence
from dataclasses import dataclass

from agentops_cli.flows.evaluate import Prepared
from agentops_cli.guards.budget import most_input_tokens, most_usd
from agentops_cli.model.money import ZERO, Cost
from agentops_cli.model.result import PlannedCase
from agentops_cli.prices import PriceTable


@dataclass(frozen=True, slots=True, kw_only=True)
class Forecast:
    """Upper bounds for one model of one suite: calls, tokens and dollars."""

    suite: str
    model: str
    cases: int
    calls: int
    input_tokens: int
    output_tokens: int
    cost: Cost


def forecast(prepared: Prepared) -> tuple[Forecast, ...]:
    """The bounds by suite and model, in plan order; skipped cases take nothing."""
    groups: dict[tuple[str, str], list[PlannedCase]] = {}
    for case in prepared.plan.cases:
        if case.case.skip is None:
            groups.setdefault((case.suite, case.model), []).append(case)
    return tuple(
        _forecast(suite, model, cases, prepared.prices) for (suite, model), cases in groups.items()
    )


def _forecast(suite: str, model: str, cases: Sequence[PlannedCase], prices: PriceTable) -> Forecast:
    price = prices.price_of(model)
    calls = sum(case.case.repeat for case in cases)
    if price is None:
        cost = Cost(unpriced_calls=calls)
    else:
        bounds = (case.case.repeat * most_usd(case.request, price) for case in cases)
        cost = Cost(usd=sum(bounds, ZERO))
    return Forecast(
        suite=suite,
        model=model,
        cases=len(cases),
        calls=calls,
        input_tokens=sum(c.case.repeat * most_input_tokens(c.request) for c in cases),
        output_tokens=sum(c.case.repeat * c.request.max_tokens for c in cases),
        cost=cost,
    )
