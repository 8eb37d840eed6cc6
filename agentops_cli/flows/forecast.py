"""`agentops eval --dry-run`: what a run would take at most. No call is made."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Protocol, TypeAlias

from agentops_cli.assertions.judged import may_ask_judge, most_questions, question_of
from agentops_cli.guards.budget import INPUT_MARGIN, most_input_tokens
from agentops_cli.judge.question import Material
from agentops_cli.model.call import Purpose
from agentops_cli.model.json import JsonObject
from agentops_cli.model.money import ZERO, Cost, Price
from agentops_cli.model.result import PlannedCase
from agentops_cli.model.settings import AgentSettings, Config, agent_of
from agentops_cli.prices import PriceTable
from agentops_cli.run.answers import answers_of
from agentops_cli.run.plan import Plan
from agentops_cli.run.worst_case import LargestCall, largest_calls, most_said


@dataclass(frozen=True, slots=True, kw_only=True)
class Forecast:
    """Upper bounds for one model of one suite, as a subject or as a judge: calls, tokens, dollars.

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
    input_tokens: int | None
    output_tokens: int | None
    cost: Cost
    mostly: Cost
    after: str | None = None
    in_place_of: str | None = None


class Planned(Protocol):
    """What a forecast is made of: a run that may begin has it."""

    @property
    def plan(self) -> Plan:
        """What would run."""
        ...

    @property
    def prices(self) -> PriceTable:
        """What it would cost."""
        ...

    @property
    def config(self) -> Config:
        """What agents declare."""
        ...


def forecast(prepared: Planned) -> tuple[Forecast, ...]:
    """The bounds by suite and model, in plan order, judges last; skipped cases take nothing.

    Both models of a cascade are in them, and both are judged; so is every stand-in.
    """
    subjects: dict[_Key, Forecast] = {}
    judges: dict[_Key, Forecast] = {}
    for planned in prepared.plan.cases:
        if planned.case.skip is not None:
            continue
        small = None
        for case in planned.on_each_model:
            for row in _subjects(case, prepared, small):
                _add(row, subjects)
            if case.judge is not None:
                _add(_judging(case, case.judge.model, prepared.prices), judges)
            small = case.model
    return (*subjects.values(), *judges.values())


_Key: TypeAlias = tuple[str, str, str | None, str | None]


def _add(row: Forecast, rows: dict[_Key, Forecast]) -> None:
    """Adds the bounds of one case to those of its group, of which only sums are kept."""
    key = (row.suite, row.model, row.after, row.in_place_of)
    rows[key] = _together(rows[key], row) if key in rows else row


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


def _subjects(case: PlannedCase, prepared: Planned, small: str | None) -> Iterator[Forecast]:
    """The bounds of one case on its model, and on each that may stand in for that."""
    if name := agent_of(case.model):
        yield _on_agent(case, prepared.config.agents[name])
        return
    yield replace(_on_model(case, case.model, prepared.prices), after=small)
    for other in prepared.plan.stand_ins.get((case.suite, case.model), ()):
        yield replace(_on_model(case, other.model, prepared.prices), in_place_of=case.model)


def json_of_forecast(rows: Sequence[Forecast], *, budget_usd: Decimal | None) -> JsonObject:
    """The bounds as `--dry-run --format json` prints them; dollars as decimal text.

    `mostly` is what they cost where no answer calls a tool more than once.
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
    return {
        "calls": sum(row.calls for row in rows),
        "costUsd": f"{most.usd:f}",
        "unpriced": most.unpriced_calls,
        "mostlyCostUsd": f"{mostly.usd:f}",
    }


def _on_model(case: PlannedCase, model: str, prices: PriceTable) -> Forecast:
    price, times = prices.price_of(model), case.case.repeat
    is_asked = not model.startswith("replay/")  # Which is a file: no call is made for its answers.
    calls = list(largest_calls(case)) if is_asked else []
    likely = list(largest_calls(case, each_tool_once=True)) if is_asked else []
    return Forecast(
        suite=case.suite,
        model=model,
        purpose=Purpose.SUBJECT,
        cases=1,
        calls=times * len(calls),
        input_tokens=times * sum(INPUT_MARGIN * call.input_tokens for call in calls),
        output_tokens=times * sum(call.output_tokens for call in calls),
        cost=_cost(calls, times, price),
        mostly=_cost(likely, times, price),
    )


def _cost(calls: Sequence[LargestCall], times: int, price: Price | None) -> Cost:
    """What some calls cost, each made so many times."""
    if price is None:
        return Cost(unpriced_calls=times * len(calls))
    return Cost(usd=times * sum((most_usd_of(call, price) for call in calls), ZERO))


def most_usd_of(call: LargestCall, price: Price) -> Decimal:
    """What is reserved for a call at most."""
    input_tokens = INPUT_MARGIN * call.input_tokens
    return price.bound(input_tokens=input_tokens, output_tokens=call.output_tokens)


def _on_agent(case: PlannedCase, agent: AgentSettings) -> Forecast:
    """What an agent takes: its tokens are its own, its dollars known where they are declared."""
    calls = case.case.repeat * (1 + len(case.later))
    most = agent.max_usd_per_call
    cost = Cost(unpriced_calls=calls) if most is None else Cost(usd=calls * most)
    return Forecast(
        suite=case.suite,
        model=agent.model,
        purpose=Purpose.SUBJECT,
        cases=1,
        calls=calls,
        input_tokens=None,
        output_tokens=None,
        cost=cost,
        mostly=cost,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asking:
    """All that one assertion asks a judge at most, over the repeats of its case."""

    calls: int
    input_tokens: int
    output_tokens: int
    usd: Decimal | None


def _judging(case: PlannedCase, model: str, prices: PriceTable) -> Forecast:
    price = prices.price_of(model)
    asking = list(_asking(case, price))
    likely = list(_asking(case, price, each_tool_once=True))
    return Forecast(
        suite=case.suite,
        model=model,
        purpose=Purpose.JUDGE,
        cases=1,
        calls=sum(each.calls for each in asking),
        input_tokens=sum(each.input_tokens for each in asking),
        output_tokens=sum(each.output_tokens for each in asking),
        cost=_cost_of_asking(asking),
        mostly=_cost_of_asking(likely),
    )


def _cost_of_asking(asking: Sequence[_Asking]) -> Cost:
    priced = [each.usd for each in asking if each.usd is not None]
    if len(priced) == len(asking):
        return Cost(usd=sum(priced, ZERO))
    return Cost(unpriced_calls=sum(each.calls for each in asking))


def _asking(
    planned: PlannedCase, price: Price | None, *, each_tool_once: bool = False
) -> Iterator[_Asking]:
    """What the assertions of a case ask at most.

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
        for spec in specs:
            if not may_ask_judge(spec):
                continue
            calls = case.repeat * most_questions(spec, judge)
            asked = most_input_tokens(question_of(spec, judge, material)) + unknown
            tokens = INPUT_MARGIN * asked
            most = judge.max_tokens
            usd = price.bound(input_tokens=tokens, output_tokens=most) if price else None
            yield _Asking(
                calls=calls,
                input_tokens=calls * tokens,
                output_tokens=calls * most,
                usd=None if usd is None else calls * usd,
            )
