"""Where the money of a run went: by suite, model and prompt version, subject and judges apart."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from heapq import nlargest
from typing import TextIO

from agentops_cli.model.codec import json_of_cascade, json_of_stood_in
from agentops_cli.model.ids import agent_of
from agentops_cli.model.json import Json, JsonObject
from agentops_cli.model.money import Cost, Usage
from agentops_cli.model.result import CaseResult, RunResult, SuiteResult, Totals
from agentops_cli.ports import Trials
from agentops_cli.reporters.accounting import CAVEAT, word_of, words_of_agents
from agentops_cli.reporters.answerers import cascades_of, write_answerers
from agentops_cli.reporters.assumed import words_of_assumed
from agentops_cli.reporters.lost import words_of_lost
from agentops_cli.reporters.markup import cell, code, table
from agentops_cli.reporters.wording import costs, counted, dollars, percent

SCHEMA = 2
_MOST_EXPENSIVE = 5
_ANSWERS = (
    "Answers and their tokens are those of the models and agents under test; of an agent each turn "
    "is one answer, with the tokens that it tells or that its meter saw. Calls of judges and "
    "attempts without an answer are in the dollars only."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Spending:
    """What some cases cost, and what the subject gave for it: `answers` is None without one.

    An answer is one of a step of a turn, kept or live; the tokens are those of the answers.
    """

    subject: Cost = Cost()
    judges: Cost = Cost()
    usage: Usage = Usage()
    answers: int | None = None
    cached: int = 0

    @property
    def cost(self) -> Cost:
        return self.subject + self.judges

    @property
    def live(self) -> int:
        return (self.answers or 0) - self.cached


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
            "total": _json_of(_spending(run.totals)),
            "lostUsd": f"{run.lost.usd:f}",
            "lostCalls": run.lost.assumed_calls,
            "suites": _json_of_parts(_by_suite(run)),
            "models": [
                {"name": name, "accounting": _accounting(run, name), **_json_of(spent)}
                for name, spent in _by_model(run).items()
            ],
            "prompts": _json_of_parts(_by_prompt(run)),
            "cascades": [
                {"name": label, **json_of_cascade(cascade)}
                for label, cascade in cascades_of(run).items()
            ],
            "stoodIn": [json_of_stood_in(each) for each in run.totals.stood_in],
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
        total = _spending(run.totals)
        out.write(f"## Cost: {against_budget(total.cost, run.budget_usd)}\n")
        out.writelines(
            f"\n{words}.\n" for words in filter(None, (words_of_assumed(run), words_of_lost(run)))
        )
        suites = [(cell(name), *_cells(spent)) for name, spent in _by_suite(run).items()]
        _write_table(("suite",), (*suites, ("total", *_cells(total))), out)
        out.write(f"\n{_ANSWERS}\n")
        _write_models(run, out)
        write_answerers(run, out)
        write_agents(run, out)
        prompts = [(cell(name), *_cells(spent)) for name, spent in _by_prompt(run).items()]
        _write_table(("prompt",), prompts, out)
        _write_most_expensive(run, out)


def against_budget(cost: Cost, budget_usd: Decimal | None) -> str:
    """`$0.0123, 2.5% of $0.50`; no share where a part has no known price."""
    if budget_usd is None:
        return f"{costs(cost)}, no budget"
    if cost.unpriced_calls or not budget_usd:
        return f"{costs(cost)}, budget {dollars(budget_usd)}"
    return f"{costs(cost)}, {percent(float(cost.usd / budget_usd))} of {dollars(budget_usd)}"


def _write_table(heads: Sequence[str], rows: Iterable[Sequence[str]], out: TextIO) -> None:
    out.write("\n")
    out.writelines(table((*heads, *_COLUMNS), rows, words=len(heads)))


def _write_models(run: RunResult, out: TextIO) -> None:
    """Models have prices; how the dollars are known is a question of agents."""
    has_agents = bool(words_of_agents(run))
    rows = []
    for name, spent in _by_model(run).items():
        accounting = (_accounting(run, name) or "-",) if has_agents else ()
        rows.append((cell(name), *accounting, *_cells(spent)))
    _write_table(("model", "accounting") if has_agents else ("model",), rows, out)


def write_agents(run: RunResult, out: TextIO) -> None:
    """A line for each agent under test that says how its dollars are known, as Markdown."""
    agents = words_of_agents(run)
    if agents:
        out.write("\n")
        out.writelines(f"- {code(agent)}: {words}\n" for agent, words in agents.items())
        out.write(f"\n{CAVEAT}\n")


def _by_suite(run: RunResult) -> Mapping[str, _Spending]:
    return {suite.path: _spending(suite.totals) for suite in run.suites}


def _by_model(run: RunResult) -> Mapping[str, _Spending]:
    """What each model cost as a subject, and what it cost as a judge of whatever subject."""
    answered = _grouped(each for suite in run.suites for each in suite.by_model.items())
    spent = {name: replace(_spending(each), judges=Cost()) for name, each in answered.items()}
    for judge, cost in run.totals.judges.items():
        name = judge or _NOBODY
        spent[name] = replace(spent.get(name, _Spending()), judges=cost)
    return spent


_NOBODY = "unknown judge"


def _accounting(run: RunResult, model: str) -> str | None:
    """How the dollars of an agent are known, None for a model."""
    if agent_of(model) is None:
        return None
    return next(word_of(suite, model) for suite in run.suites if model in suite.models)


def _by_prompt(run: RunResult) -> Mapping[str, _Spending]:
    parts = _grouped((_prompt_of(suite), suite.totals) for suite in run.suites)
    return {name: _spending(each) for name, each in parts.items() if each.cases}


def _prompt_of(suite: SuiteResult) -> str:
    if suite.prompt_name is None:
        return "no prompt"
    return f"{suite.prompt_name}@{suite.prompt_version or 'no version'}"


def _grouped(parts: Iterable[tuple[str, Totals]]) -> Mapping[str, Totals]:
    """Totals by name, names in the order in which they first come."""
    groups: dict[str, Totals] = {}
    for name, totals in parts:
        groups[name] = groups.get(name, Totals()) + totals
    return groups


def _spending(part: Totals | CaseResult) -> _Spending:
    return _Spending(
        subject=part.cost,
        judges=part.judge_cost,
        usage=part.usage,
        answers=part.calls,
        cached=part.cached_calls,
    )


def _most_expensive(run: RunResult) -> Sequence[tuple[SuiteResult, CaseResult, _Spending]]:
    """The cases that are known to have cost most, the dearest first."""
    # Where nothing was paid, the cases need not be looked at.
    suites = (suite for suite in run.suites if (suite.totals.cost + suite.totals.judge_cost).usd)
    paid = ((suite, case) for suite in suites for case in suite.cases if _known(case))
    dearest = nlargest(_MOST_EXPENSIVE, paid, key=lambda row: _known(row[1]))
    return [(suite, case, _spending(case)) for suite, case in dearest]


def _known(case: CaseResult) -> Decimal:
    return case.cost.usd + case.judge_cost.usd


def _write_most_expensive(run: RunResult, out: TextIO) -> None:
    dearest = _most_expensive(run)
    if not dearest:
        return
    out.write(f"\n### The {counted(len(dearest), 'most expensive case')}\n\n")
    rows = [
        (cell(case.case.id), cell(suite.name), cell(case.model), *_cells(spent))
        for suite, case, spent in dearest
    ]
    out.writelines(table(("case", "suite", "model", *_COLUMNS), rows, words=3))
    if unpriced := run.totals.unpriced:
        whose = f"{counted(unpriced, 'case')} with calls of unknown cost"
        out.write(f"\n{whose} may have cost more than these.\n")


_COLUMNS = (
    "cost",
    "subject",
    "judges",
    "answers",
    "live",
    "cached",
    "unpriced",
    "tokens in",
    "tokens out",
)


def _cells(spent: _Spending) -> tuple[str, ...]:
    return (
        costs(spent.cost),
        costs(spent.subject),
        costs(spent.judges),
        *(_answers(spent)),
        f"{spent.cost.unpriced_calls:,}",
        *(_tokens_of(spent)),
    )


def _answers(spent: _Spending) -> tuple[str, ...]:
    if spent.answers is None:
        return ("-", "-", "-")
    return (f"{spent.answers:,}", f"{spent.live:,}", f"{spent.cached:,}")


def _tokens_of(spent: _Spending) -> tuple[str, ...]:
    usage = spent.usage
    if spent.answers is None:
        return ("-", "-")
    return (
        _tokens(usage.input_tokens, usage.cached_input_tokens, "cached"),
        _tokens(usage.output_tokens, usage.reasoning_tokens, "reasoning"),
    )


def _tokens(number: int, part: int, word: str) -> str:
    return f"{number:,} ({part:,} {word})" if part else f"{number:,}"


def _json_of_parts(parts: Mapping[str, _Spending]) -> list[Json]:
    return [{"name": name, **_json_of(spent)} for name, spent in parts.items()]


def _json_of(spent: _Spending) -> JsonObject:
    usage = spent.usage
    return {
        **_json_of_cost(spent.cost),
        "subject": {
            **_json_of_cost(spent.subject),
            "answers": spent.answers or 0,
            "liveAnswers": spent.live,
            "cachedAnswers": spent.cached,
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
        "assumedCalls": cost.assumed_calls,
    }
