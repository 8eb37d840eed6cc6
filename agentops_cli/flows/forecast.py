"""`agentops eval --dry-run`: what a run would take at most. No call is made."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import TypeAlias

from agentops_cli.assertions.judged import may_ask_judge, most_questions, question_of
from agentops_cli.guards.bounds import INPUT_MARGIN, bounded, most_input_tokens
from agentops_cli.guards.retry import most_billed_attempts
from agentops_cli.judge.question import Material
from agentops_cli.model.call import Purpose, StandIn
from agentops_cli.model.ids import Kind, agent_of, kind_of
from agentops_cli.model.json import JsonObject
from agentops_cli.model.money import ZERO, Cost, Price
from agentops_cli.model.result import PlannedCase
from agentops_cli.model.settings import Config
from agentops_cli.prices import PriceTable
from agentops_cli.run.answers import answers_of
from agentops_cli.run.once_more import MOST_PASSES
from agentops_cli.run.plan import Plan
from agentops_cli.run.worst_case import LargestCall, largest_calls, most_said


@dataclass(frozen=True, slots=True, kw_only=True)
class Forecast:
    """Upper bounds for one model of one suite, as a subject or as a judge: calls, tokens, dollars.

    They hold where every call is answered at its first attempt. Where calls fail, each is made and
    charged for at most `made` times: `worst_calls` and `worst` hold whatever fails. Attempts that
    were refused with a 429 are in neither; they are never charged for.

    Of a judge `cases` are those that may ask it. The tokens of an agent are not known, None.
    `mostly` is what it costs at most where no answer calls a tool more than once. Of the large
    model of a cascade `after` is the small one: it is asked for all of its cases at most. A
    stand-in is `in_place_of` another model, which may have been charged for without an answer: at
    most every call is made of both.
    """

    suite: str
    model: str
    purpose: Purpose
    cases: int
    calls: int
    made: int
    input_tokens: int | None
    output_tokens: int | None
    cost: Cost
    mostly: Cost
    after: str | None = None
    in_place_of: str | None = None

    @property
    def worst_calls(self) -> int:
        """The most calls that may be charged for, whatever fails."""
        return self.made * self.calls

    @property
    def worst(self) -> Cost:
        """The most that they cost together."""
        unpriced = self.made * self.cost.unpriced_calls
        return Cost(usd=self.made * self.cost.usd, unpriced_calls=unpriced)


StandIns: TypeAlias = Mapping[tuple[str, str], Sequence[StandIn]]
"""Who may be asked in the place of a model in a suite, by its path and the model."""


def forecast(plan: Plan, prices: PriceTable, config: Config) -> tuple[Forecast, ...]:
    """The bounds by suite and model, in plan order, judges last."""
    rows: dict[tuple[object, ...], Forecast] = {}
    for planned in plan.cases:
        for row in rows_of(planned, plan.stand_ins, prices, config):
            key = (row.purpose, row.suite, row.model, row.after, row.in_place_of)
            rows[key] = _together(rows[key], row) if key in rows else row
    return tuple(sorted(rows.values(), key=lambda row: row.purpose is Purpose.JUDGE))


def rows_of(
    planned: PlannedCase, stand_ins: StandIns, prices: PriceTable, config: Config
) -> Iterator[Forecast]:
    """The bounds of one case; one that is skipped takes nothing.

    Both models of a cascade are in them, and both are judged; so is every stand-in.
    """
    if planned.case.skip is not None:
        return
    small = None
    for case in planned.on_each_model:
        yield replace(_of_subject(case, case.model, prices, config), after=small)
        for other in stand_ins.get((case.suite, case.model), ()):
            row = _of_subject(case, other.model, prices, config)
            yield replace(row, in_place_of=case.model)
        if case.judge is not None:
            yield _of_judge(case, case.judge.model, prices, config)
        small = case.model


def _together(one: Forecast, other: Forecast) -> Forecast:
    return replace(
        one,
        cases=one.cases + other.cases,
        calls=one.calls + other.calls,
        input_tokens=_sum(one.input_tokens, other.input_tokens),
        output_tokens=_sum(one.output_tokens, other.output_tokens),
        cost=one.cost + other.cost,
        mostly=one.mostly + other.mostly,
    )


def _sum(one: int | None, other: int | None) -> int | None:
    return None if one is None or other is None else one + other


def json_of_forecast(rows: Sequence[Forecast], *, budget_usd: Decimal | None) -> JsonObject:
    """The bounds as `--dry-run --format json` prints them; dollars as decimal text.

    `calls` and `costUsd` hold where every call is answered at its first attempt, `mostlyCostUsd`
    where besides no answer calls a tool more than once; `worstCalls` and `worstCostUsd` whatever
    fails.
    """
    return {
        "schema": 1,
        "dryRun": True,
        "budgetUsd": None if budget_usd is None else f"{budget_usd:f}",
        **_json_of_bounds(rows),
        "models": [
            {
                "suite": row.suite,
                "model": row.model,
                "purpose": row.purpose.value,
                "cases": row.cases,
                "after": row.after,
                "inPlaceOf": row.in_place_of,
                "inputTokens": row.input_tokens,
                "outputTokens": row.output_tokens,
                **_json_of_bounds([row]),
            }
            for row in rows
        ],
    }


def _json_of_bounds(rows: Sequence[Forecast]) -> JsonObject:
    most = sum((row.cost for row in rows), Cost())
    mostly = sum((row.mostly for row in rows), Cost())
    worst = sum((row.worst for row in rows), Cost())
    return {
        "calls": sum(row.calls for row in rows),
        "costUsd": f"{most.usd:f}",
        "unpriced": most.unpriced_calls,
        "mostlyCostUsd": f"{mostly.usd:f}",
        "worstCalls": sum(row.worst_calls for row in rows),
        "worstCostUsd": f"{worst.usd:f}",
    }


_Calls: TypeAlias = tuple[int, LargestCall]
"""So many calls, none larger than this one."""


def _of_subject(case: PlannedCase, model: str, prices: PriceTable, config: Config) -> Forecast:
    if agent_of(model):
        return _of_agent(case, model, config)
    is_asked = kind_of(model) is not Kind.REPLAY  # A file: no call is made.
    times = case.case.repeat if is_asked else 0
    return _row(
        case,
        model,
        Purpose.SUBJECT,
        most=[(times, call) for call in largest_calls(case)],
        likely=[(times, call) for call in largest_calls(case, each_tool_once=True)],
        price=prices.price_of(model),
        made=_made(model, config),
    )


def _of_judge(case: PlannedCase, model: str, prices: PriceTable, config: Config) -> Forecast:
    return _row(
        case,
        model,
        Purpose.JUDGE,
        most=list(_questions(case)),
        likely=list(_questions(case, each_tool_once=True)),
        price=prices.price_of(model),
        made=_made(model, config),
    )


def _of_agent(case: PlannedCase, model: str, config: Config) -> Forecast:
    """What an agent takes: its tokens are its own, its dollars known where they are declared."""
    calls = case.case.repeat * (1 + len(case.later))
    most = config.agents[agent_of(model) or ""].max_usd_per_call
    cost = Cost(unpriced_calls=calls) if most is None else Cost(usd=calls * most)
    return Forecast(
        suite=case.suite,
        model=model,
        purpose=Purpose.SUBJECT,
        cases=1,
        calls=calls,
        made=_made(model, config),
        input_tokens=None,
        output_tokens=None,
        cost=cost,
        mostly=cost,
    )


def _made(model: str, config: Config) -> int:
    """How many times a call is made and charged for at most: all attempts, in every pass."""
    return MOST_PASSES * most_billed_attempts(config.retry, model)


def _row(  # noqa: PLR0913 # What a row is made of, by name.
    case: PlannedCase,
    model: str,
    purpose: Purpose,
    *,
    most: Sequence[_Calls],
    likely: Iterable[_Calls],
    price: Price | None,
    made: int,
) -> Forecast:
    """What one case asks of a model: at most, and where each tool is called once."""
    return Forecast(
        suite=case.suite,
        model=model,
        purpose=purpose,
        cases=1,
        calls=sum(times for times, _ in most),
        made=made,
        input_tokens=INPUT_MARGIN * sum(times * call.input_tokens for times, call in most),
        output_tokens=sum(times * call.output_tokens for times, call in most),
        cost=_cost(most, price),
        mostly=_cost(likely, price),
    )


def _cost(several: Iterable[_Calls], price: Price | None) -> Cost:
    if price is None:
        return Cost(unpriced_calls=sum(times for times, _ in several))
    return Cost(usd=sum((times * _usd(call, price) for times, call in several), ZERO))


def _usd(call: LargestCall, price: Price) -> Decimal:
    most = bounded(price, input_tokens=call.input_tokens, output_tokens=call.output_tokens)
    return most.usd


def _questions(planned: PlannedCase, *, each_tool_once: bool = False) -> Iterator[_Calls]:
    """What the assertions of a case ask its judge at most.

    What is not said yet is taken to have as many tokens for its judge as it may have for its model,
    and what a judge said once more is taken to be sent along with every question.
    """
    judge, case = planned.judge, planned.case
    if judge is None:
        return
    requests = (planned.request, *planned.later)
    said = tuple(message for request in requests for message in request.messages)
    unsaid = most_said(planned, each_tool_once=each_tool_once)
    for number, (specs, said_by_then) in enumerate(zip(answers_of(case), unsaid, strict=True)):
        here = case.turns[number] if case.turns else None
        material = Material(
            answer="",
            input=here.input if here else case.input,
            vars={**case.vars, **(here.vars if here else {})},
            conversation=said,
        )
        unknown = said_by_then + judge.max_tokens
        for spec in filter(may_ask_judge, specs):
            asked = most_input_tokens(question_of(spec, judge, material)) + unknown
            largest = LargestCall(input_tokens=asked, output_tokens=judge.max_tokens)
            yield case.repeat * most_questions(spec, judge), largest
