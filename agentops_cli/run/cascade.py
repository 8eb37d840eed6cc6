"""A small model first, and a large one where that does not suffice: one trial on a cascade.

Why the large model is asked is told from the verdicts on the small one's answer, of which advisory
ones do not count:

- `failed`: the answer was judged and lost.
- `lowConfidence`: what decided on it was not sure. An assertion abstained, or an opinion without
  which the answer would have passed or failed otherwise says that it is `unsure`.

A trial without an answer, or whose judge could not be asked, is errored and asks nobody else: an
outage says nothing of an answer. The trial is made anew on the large model, all turns of it, and
its verdict counts alone.
"""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from decimal import Decimal
from typing import TypeAlias

from agentops_cli.model.call import FaultKind
from agentops_cli.model.money import ZERO, Cost, Price
from agentops_cli.model.result import (
    Cascaded,
    Escalation,
    Outcome,
    StoodIn,
    Trial,
    TrialResult,
)
from agentops_cli.model.suite import When

_JUDGED = frozenset({Outcome.PASSED, Outcome.FAILED})

Attempt: TypeAlias = Callable[[Trial, TrialResult | None], Awaitable[TrialResult]]
"""Runs one trial on one model, after what was tried on a smaller one."""


async def climb(trial: Trial, attempt: Attempt) -> TrialResult:
    """Runs a trial on its model, and on the larger one of its cascade where that is wanted."""
    first = await attempt(trial, None)
    larger = trial.planned.escalation
    if larger is None:
        return first
    if larger.when.isdisjoint(reasons_of(first)):
        return replace(first, saved_usd=_saved(first, larger.price))
    second = await attempt(_on_larger(trial, larger), first)
    return replace(second, saved_usd=_lost(first))


def reasons_of(result: TrialResult) -> frozenset[When]:
    """Why a larger model may be asked after this trial; none where the answer is good for sure."""
    is_failed = result.outcome is Outcome.FAILED
    if not is_failed and not _is_answered(result):
        return frozenset()
    binding = [verdict for verdict in result.verdicts if not verdict.advisory]
    if is_failed:
        # One that is sure of its no is enough.
        is_unsure = all(verdict.unsure for verdict in binding if verdict.passed is False)
    else:
        is_unsure = any(verdict.unsure or verdict.passed is None for verdict in binding)
    reasons: list[When] = ["failed"] if is_failed else []
    return frozenset([*reasons, "lowConfidence"] if is_unsure else reasons)


def _is_answered(result: TrialResult) -> bool:
    """True when there is a whole answer, and nothing but an abstention kept it from a verdict."""
    fault = result.fault
    return result.completion is not None and (fault is None or fault.kind is FaultKind.UNDECIDED)


def _on_larger(trial: Trial, larger: Escalation) -> Trial:
    requests = (larger.request, *larger.later)
    return replace(trial, requests=tuple(one.in_repeat(trial.repeat) for one in requests))


def _saved(result: TrialResult, price: Price | None) -> Decimal | None:
    """What a judged trial that sufficed saved: its tokens at the larger one's price, less its cost.

    An answer that was not paid for saves nothing. None where a price or the tokens are not known.
    """
    if result.outcome not in _JUDGED:
        return None
    saved = ZERO
    answers = [turn.completion for turn in result.turns] or result.answers
    for answer in answers:
        if answer.cached:
            continue
        if price is None or answer.usage is None or answer.cost.unpriced_calls:
            return None
        saved += price.cost_of(answer.usage) - answer.cost.usd
    return saved


def _lost(tried: TrialResult) -> Decimal | None:
    """What was spent in vain, as a saving; None where that is not known."""
    spent = spent_on(tried)
    return None if spent.unpriced_calls else -spent.usd


def spent_on(result: TrialResult) -> Cost:
    """All that one model of a trial cost: its answers, what gave none, and its judges."""
    fault = result.fault.cost if result.fault else Cost()
    return sum((answer.cost for answer in result.answers), fault) + result.judge_cost


def cascaded(result: TrialResult) -> Cascaded | None:
    """What one finished trial adds to the figures of its cascade; None where there is none.

    What a trial without a verdict saved or cost in vain counts too, but not who decided it.
    """
    if result.tier is None:
        return None
    judged = result.outcome in _JUDGED
    return Cascaded(
        small=int(judged and result.tried is None),
        large=int(judged and result.tried is not None),
        saved_usd=result.saved_usd or ZERO,
        unestimated=int(judged and result.saved_usd is None),
    )


def stood_in(result: TrialResult) -> tuple[StoodIn, ...]:
    """Who stood in for whom in one judged trial; of several steps or turns in any of them."""
    if result.outcome not in _JUDGED:
        return ()
    return tuple(
        StoodIn(asked=one.asked, answered_by=name, trials=1)
        for one in result.tries
        for name in dict.fromkeys(
            name
            for answer in one.answers
            if answer.answered_by
            for name in answer.answered_by.split(", ")
        )
    )
