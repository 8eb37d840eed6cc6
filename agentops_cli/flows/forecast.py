"""`agentops eval --dry-run`: what a run would take at most. No call is made."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from agentops_cli.assertions.judged import may_ask_judge, most_questions, question_of
from agentops_cli.flows.evaluate import Prepared
from agentops_cli.guards.budget import most_input_tokens
from agentops_cli.judge.question import Material
from agentops_cli.model.call import Purpose
from agentops_cli.model.json import JsonObject
from agentops_cli.model.money import ZERO, Cost, Price
from agentops_cli.model.result import PlannedCase
from agentops_cli.model.settings import AgentSettings, agent_of
from agentops_cli.prices import PriceTable
from agentops_cli.run.answers import answers_of
from agentops_cli.run.worst_case import LargestCall, largest_calls, most_said


@dataclass(frozen=True, slots=True, kw_only=True)
class Forecast:
    """Upper bounds for one model of one suite, as a subject or as a judge: calls, tokens, dollars.

    Of a judge `cases` are those that may ask it. The tokens of an agent are not known, None.
    `mostly` is what it costs at most where no answer calls a tool more than once.
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


def forecast(prepared: Prepared) -> tuple[Forecast, ...]:
    """The bounds by suite and model, in plan order, judges last; skipped cases take nothing."""
    groups: dict[tuple[str, str], list[PlannedCase]] = {}
    judged: dict[tuple[str, str], list[PlannedCase]] = {}
    for case in prepared.plan.cases:
        if case.case.skip is None:
            groups.setdefault((case.suite, case.model), []).append(case)
            if case.judge is not None:
                judged.setdefault((case.suite, case.judge.model), []).append(case)
    prices, agents = prepared.prices, prepared.config.agents
    return (
        *(
            _agents(suite, agents[name], cases)
            if (name := agent_of(model))
            else _forecast(suite, model, cases, prices)
            for (suite, model), cases in groups.items()
        ),
        *(_judges(suite, model, cases, prices) for (suite, model), cases in judged.items()),
    )


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


def _forecast(suite: str, model: str, cases: Sequence[PlannedCase], prices: PriceTable) -> Forecast:
    price = prices.price_of(model)
    calls = [(case.case.repeat, call) for case in cases for call in largest_calls(case)]
    likely = [
        (case.case.repeat, call)
        for case in cases
        for call in largest_calls(case, each_tool_once=True)
    ]
    return Forecast(
        suite=suite,
        model=model,
        purpose=Purpose.SUBJECT,
        cases=len(cases),
        calls=sum(times for times, _ in calls),
        input_tokens=sum(times * call.input_tokens for times, call in calls),
        output_tokens=sum(times * call.output_tokens for times, call in calls),
        cost=_cost(calls, price),
        mostly=_cost(likely, price),
    )


def _cost(calls: Sequence[tuple[int, LargestCall]], price: Price | None) -> Cost:
    """What some calls cost, each made so many times."""
    if price is None:
        return Cost(unpriced_calls=sum(times for times, _ in calls))
    bounds = (
        times * price.bound(input_tokens=call.input_tokens, output_tokens=call.output_tokens)
        for times, call in calls
    )
    return Cost(usd=sum(bounds, ZERO))


def _agents(suite: str, agent: AgentSettings, cases: Sequence[PlannedCase]) -> Forecast:
    """What an agent takes: its tokens are its own, its dollars known where they are declared."""
    calls = sum(case.case.repeat * (1 + len(case.later)) for case in cases)
    most = agent.max_usd_per_call
    cost = Cost(unpriced_calls=calls) if most is None else Cost(usd=calls * most)
    return Forecast(
        suite=suite,
        model=agent.model,
        purpose=Purpose.SUBJECT,
        cases=len(cases),
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


def _judges(suite: str, model: str, cases: Sequence[PlannedCase], prices: PriceTable) -> Forecast:
    price = prices.price_of(model)
    asking = [each for case in cases for each in _asking(case, price)]
    likely = [each for case in cases for each in _asking(case, price, each_tool_once=True)]
    return Forecast(
        suite=suite,
        model=model,
        purpose=Purpose.JUDGE,
        cases=len(cases),
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
            tokens = most_input_tokens(question_of(spec, judge, material)) + unknown
            most = judge.max_tokens
            usd = price.bound(input_tokens=tokens, output_tokens=most) if price else None
            yield _Asking(
                calls=calls,
                input_tokens=calls * tokens,
                output_tokens=calls * most,
                usd=None if usd is None else calls * usd,
            )
