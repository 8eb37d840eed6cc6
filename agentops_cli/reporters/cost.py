"""Where the money of a run went: by suite, model and prompt version, subject and judges apart."""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import TextIO

from agentops_cli.model.json import Json, JsonObject
from agentops_cli.model.money import Cost, Usage
from agentops_cli.model.result import CaseResult, RunResult, SuiteResult, total_cost, total_usage
from agentops_cli.ports import Trials
from agentops_cli.reporters.markup import cell, table
from agentops_cli.reporters.wording import costs, counted, dollars, percent

SCHEMA = 1
_MOST_EXPENSIVE = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class _Spending:
    """What some cases cost. Calls are those of the subject that gave an answer."""

    subject: Cost
    judges: Cost
    usage: Usage
    calls: int
    cached: int

    @property
    def cost(self) -> Cost:
        return self.subject + self.judges


class CostJson:
    """The cost report for programs. `usd` is null, never 0, where a part has no known price."""

    def write(self, run: RunResult, trials: Trials, out: TextIO) -> None:  # noqa: ARG002 - no answers here
        """Writes the report."""
        report: JsonObject = {
            "schema": SCHEMA,
            "runId": run.run_id,
            "finished": run.finished.isoformat(),
            "pricesVersion": run.prices_version,
            "budgetUsd": None if run.budget_usd is None else f"{run.budget_usd:f}",
            "total": _json_of(_spending(run.cases)),
            "suites": _json_of_parts(_by_suite(run)),
            "models": _json_of_parts(_by_model(run)),
            "prompts": _json_of_parts(_by_prompt(run)),
            "mostExpensiveCases": [
                {"suite": suite.path, "id": case.case.id, "model": case.model, **_json_of(spent)}
                for suite, case, spent in _most_expensive(run)
            ],
        }
        json.dump(report, out, indent=2)
        out.write("\n")


class CostMarkdown:
    """The cost report for people."""

    def write(self, run: RunResult, trials: Trials, out: TextIO) -> None:  # noqa: ARG002 - no answers here
        """Writes the report."""
        total = _spending(run.cases)
        out.write(f"## Cost: {against_budget(total.cost, run.budget_usd)}\n")
        for head, parts in (
            ("suite", _by_suite(run)),
            ("model", _by_model(run)),
            ("prompt", _by_prompt(run)),
        ):
            rows = [(cell(name), *_cells(_spending(cases))) for name, cases in parts.items()]
            if head == "suite":
                rows.append(("total", *_cells(total)))
            out.write("\n")
            out.writelines(table((head, *_COLUMNS), rows))
        _write_most_expensive(run, out)


def against_budget(cost: Cost, budget_usd: Decimal | None) -> str:
    """`$0.0123, 2.5% of $0.50`; no share where a part has no known price."""
    if budget_usd is None:
        return f"{costs(cost)}, no budget"
    if cost.unpriced_calls or not budget_usd:
        return f"{costs(cost)}, budget {dollars(budget_usd)}"
    return f"{costs(cost)}, {percent(float(cost.usd / budget_usd))} of {dollars(budget_usd)}"


def _by_suite(run: RunResult) -> Mapping[str, list[CaseResult]]:
    return {suite.path: list(suite.cases) for suite in run.suites}


def _by_model(run: RunResult) -> Mapping[str, list[CaseResult]]:
    return _grouped((case.model, case) for case in run.cases)


def _by_prompt(run: RunResult) -> Mapping[str, list[CaseResult]]:
    return _grouped((_prompt_of(suite), case) for suite in run.suites for case in suite.cases)


def _prompt_of(suite: SuiteResult) -> str:
    if suite.prompt_name is None:
        return "no prompt"
    return f"{suite.prompt_name}@{suite.prompt_version or 'no version'}"


def _grouped(cases: Iterable[tuple[str, CaseResult]]) -> Mapping[str, list[CaseResult]]:
    """Cases by name, names in the order in which they first come."""
    groups: dict[str, list[CaseResult]] = {}
    for name, case in cases:
        groups.setdefault(name, []).append(case)
    return groups


def _spending(cases: Iterable[CaseResult]) -> _Spending:
    cases = tuple(cases)
    return _Spending(
        subject=total_cost(cases, judges=False),
        judges=sum((case.judge_cost for case in cases), Cost()),
        usage=total_usage(cases),
        calls=sum(case.tally.answered for case in cases),
        cached=sum(case.tally.cached for case in cases),
    )


def _most_expensive(run: RunResult) -> Iterator[tuple[SuiteResult, CaseResult, _Spending]]:
    """The cases that are known to have cost most, the dearest first."""
    paid = [(suite, case) for suite in run.suites for case in suite.cases if _known(case)]
    paid.sort(key=lambda row: -_known(row[1]))
    return ((suite, case, _spending([case])) for suite, case in paid[:_MOST_EXPENSIVE])


def _known(case: CaseResult) -> Decimal:
    return case.cost.usd + case.judge_cost.usd


def _write_most_expensive(run: RunResult, out: TextIO) -> None:
    dearest = list(_most_expensive(run))
    if not dearest:
        return
    out.write(f"\n### The {counted(len(dearest), 'most expensive case')}\n\n")
    rows = [
        (cell(case.case.id), cell(suite.name), cell(case.model), *_cells(spent))
        for suite, case, spent in dearest
    ]
    out.writelines(table(("case", "suite", "model", *_COLUMNS), rows, words=3))
    unpriced = sum(bool((case.cost + case.judge_cost).unpriced_calls) for case in run.cases)
    if unpriced:
        whose = f"{counted(unpriced, 'case')} with calls of unknown price"
        out.write(f"\n{whose} may have cost more than these.\n")


_COLUMNS = (
    "cost",
    "subject",
    "judges",
    "calls",
    "live",
    "cached",
    "unpriced",
    "tokens in",
    "tokens out",
)


def _cells(spent: _Spending) -> tuple[str, ...]:
    usage = spent.usage
    return (
        costs(spent.cost),
        costs(spent.subject),
        costs(spent.judges),
        f"{spent.calls:,}",
        f"{spent.calls - spent.cached:,}",
        f"{spent.cached:,}",
        f"{spent.cost.unpriced_calls:,}",
        _tokens(usage.input_tokens, usage.cached_input_tokens, "cached"),
        _tokens(usage.output_tokens, usage.reasoning_tokens, "reasoning"),
    )


def _tokens(number: int, part: int, word: str) -> str:
    return f"{number:,} ({part:,} {word})" if part else f"{number:,}"


def _json_of_parts(parts: Mapping[str, list[CaseResult]]) -> list[Json]:
    return [{"name": name, **_json_of(_spending(cases))} for name, cases in parts.items()]


def _json_of(spent: _Spending) -> JsonObject:
    usage = spent.usage
    return {
        **_json_of_cost(spent.cost),
        "subject": {
            **_json_of_cost(spent.subject),
            "calls": spent.calls,
            "liveCalls": spent.calls - spent.cached,
            "cachedCalls": spent.cached,
            "inputTokens": usage.input_tokens,
            "cachedInputTokens": usage.cached_input_tokens,
            "outputTokens": usage.output_tokens,
            "reasoningTokens": usage.reasoning_tokens,
        },
        "judges": _json_of_cost(spent.judges),
    }


def _json_of_cost(cost: Cost) -> JsonObject:
    known = f"{cost.usd:f}"
    return {
        "usd": None if cost.unpriced_calls else known,
        "knownUsd": known,
        "unpricedCalls": cost.unpriced_calls,
    }
