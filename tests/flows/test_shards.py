from collections.abc import Callable, Sequence
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from agentops_cli.flows.evaluate import Prepared, prepare
from agentops_cli.flows.forecast import forecast
from agentops_cli.flows.options import EvalOptions
from agentops_cli.flows.world import World
from agentops_cli.model.suite import Budget

PROMPT = """---
version: 1.0.0
model: openai/small
temperature: 0
author: "@platform"
requires_review: false
max_tokens: 50
---
You repeat what you are told.
"""
MODELS = """
models:
  openai/small: {price: {inputPer1M: 1, outputPer1M: 1}}
  openai/large: {price: {inputPer1M: 30, outputPer1M: 60}}
  openai/free: {price: {inputPer1M: 0, outputPer1M: 0}}
"""
LIMITS = "budget: {runUsd: 0.0731, calls: 101, tokens: 77777, usdPerHour: 1.1, caseUsd: 0.01}\n"

Prepare = Callable[..., Prepared]


@pytest.fixture
def part(project: Path) -> Prepare:
    """Prepares one part of a run over `a.yaml` and `b.yaml`; None for the whole."""
    (project / "p.prompt.md").write_text(PROMPT, encoding="utf-8")

    def prepared(number: int | None = None, count: int = 1) -> Prepared:
        chosen = None if number is None else (number, count)
        options = EvalOptions(suites=("a.yaml", "b.yaml"), part=chosen)
        return prepare(options, World(cwd=project, environ={}))

    return prepared


def write(project: Path, *, config: str, models: str = "openai/small") -> None:
    (project / "agentops.yaml").write_text(MODELS + config, encoding="utf-8")
    for name, cases, head in (
        ("a.yaml", 11, "budget: {runUsd: 0.0313, calls: 31}"),
        ("b.yaml", 6, ""),
    ):
        lines = [
            f"  - {{id: c{n}, input: '{'long ' * (n * 40)}', mustContain: x, repeat: {1 + n % 3}}}"
            for n in range(cases)
        ]
        text = f"prompt: p.prompt.md\nmodels: [{models}]\n{head}\ncases:\n" + "\n".join(lines)
        (project / name).write_text(text, encoding="utf-8")


def added(budgets: Sequence[Budget]) -> Budget:
    """What some parts may spend together."""
    return Budget(
        run_usd=sum((b.run_usd or Decimal(0) for b in budgets), Decimal(0)),
        calls=sum(b.calls or 0 for b in budgets),
        tokens=sum(b.tokens or 0 for b in budgets),
        usd_per_hour=sum((b.usd_per_hour or Decimal(0) for b in budgets), Decimal(0)),
    )


@pytest.mark.parametrize("count", [1, 2, 3, 7, 30])
@pytest.mark.parametrize("models", ["openai/small, openai/large", "openai/free"])
def test_the_parts_have_every_case_once_and_one_budget(
    project: Path, part: Prepare, count: int, models: str
) -> None:
    write(project, config=LIMITS, models=models)
    whole = part()
    parts = [part(number, count) for number in range(1, count + 1)]
    places = [place for one in parts if one.part for place in one.part.shard.places]
    assert sorted(places) == list(range(len(whole.plan.cases)))
    for one in parts:
        assert one.part is not None
        own = [whole.plan.cases[place] for place in one.part.shard.places]
        assert [(c.suite, c.case.id, c.model) for c in one.plan.cases] == [
            (c.suite, c.case.id, c.model) for c in own
        ]
        assert [case.index for case in one.plan.cases] == list(range(len(own)))
    limits = replace(whole.config.budget, case_usd=None)
    assert added([one.config.budget for one in parts]) == limits
    assert {one.config.budget.case_usd for one in parts} == {Decimal("0.01")}
    for path, limit in ((s.suite.path, s.suite.budget) for s in whole.plan.suites):
        of_suite = [
            s.suite.budget for one in parts for s in one.plan.suites if s.suite.path == path
        ]
        together = added(of_suite)
        if limit.run_usd is not None:
            assert (together.run_usd, together.calls) == (limit.run_usd, limit.calls)
        else:
            assert {budget.run_usd for budget in of_suite} == {None}


def most_usd(prepared: Prepared) -> Decimal:
    rows = forecast(prepared.plan, prepared.prices, prepared.config)
    return sum((row.cost.usd for row in rows), Decimal(0))


def test_a_part_has_its_share_of_what_all_cost_at_most(project: Path, part: Prepare) -> None:
    write(project, config="budget: {runUsd: 1}\n", models="openai/small, openai/large")
    whole = most_usd(part())
    for number in (1, 2, 3):
        one = part(number, 3)
        assert one.config.budget.run_usd is not None
        assert abs(one.config.budget.run_usd - most_usd(one) / whole) < Decimal("1e-11")


def test_where_nothing_costs_the_calls_are_what_is_shared(project: Path, part: Prepare) -> None:
    write(project, config="budget: {calls: 33}\n", models="openai/free")
    for number in (1, 2, 3):
        one = part(number, 3)
        # There are 33 trials, of one call each: every part may make just its own.
        assert one.config.budget.calls == sum(case.case.repeat for case in one.plan.cases)


def test_all_parts_agree_in_what_the_whole_is(project: Path, part: Prepare) -> None:
    write(project, config=LIMITS)
    shards = [one.part.shard for one in (part(1, 2), part(2, 2)) if one.part]
    assert shards[0].plan_digest == shards[1].plan_digest
    assert shards[0].plan == shards[1].plan
    assert {shard.planned for shard in shards} == {17}
    assert {shard.budget_usd for shard in shards} == {part().budget_usd}
    [other] = [one.part.shard for one in [part(1, 3)] if one.part]
    assert other.plan_digest != shards[0].plan_digest


def test_a_part_knows_how_many_cases_are_elsewhere(project: Path, part: Prepare) -> None:
    write(project, config="")
    text = (project / "b.yaml").read_text()
    (project / "b.yaml").write_text(text.replace("id: c0,", "id: c0, skip: not yet,"))
    for number in (1, 2):
        one = part(number, 2)
        assert one.part is not None
        for path, cases in (("a.yaml", 11), ("b.yaml", 5)):
            own = [c for c in one.plan.cases if c.suite == path and c.case.skip is None]
            assert one.part.elsewhere[path] + len(own) == cases
