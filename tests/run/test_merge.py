from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from agentops_cli.errors import ExitCode
from agentops_cli.metrics import BUILTIN
from agentops_cli.model.finding import Finding
from agentops_cli.model.metric import Cell, Measures, MetricGate, MetricResult, MetricSpec
from agentops_cli.model.money import Cost
from agentops_cli.model.result import (
    CaseResult,
    GateDecision,
    Incident,
    Outcome,
    RunResult,
    SuiteResult,
)
from agentops_cli.model.settings import Accounting
from agentops_cli.model.suite import Gate
from agentops_cli.ports import MetricType
from agentops_cli.registry import Registry
from agentops_cli.run.merge import SuiteInParts, merged_run, merged_suite
from tests.builders import (
    BOT,
    MINI,
    SONNET,
    a_case,
    a_case_result,
    a_lost_trial,
    a_place,
    a_run,
    a_suite_result,
    a_trial,
)

KINDS: Registry[MetricType] = Registry("agentops.metrics", BUILTIN, noun="metric")
SPEC = MetricSpec(
    kind="classification", name="triage", args={"labels": ["bug", "other"]}, location=a_place()
)


def a_result(
    counts: Mapping[Cell, int], *, model: str = MINI, name: str | None = None, unjudged: int = 0
) -> MetricResult:
    return MetricResult(
        name="triage",
        kind="classification",
        model=model,
        location=a_place(),
        measures=Measures(figures=()),
        n=sum(counts.values()),
        unjudged=unjudged,
        slice=name,
        counts=counts,
        asked=frozenset(row for row, _ in counts),
    )


def cases(*models: str) -> list[CaseResult]:
    return [
        a_case_result([a_trial(case_id=f"c{n}", model=model)], index=n)
        for n, model in enumerate(models)
    ]


def a_suite(*metrics: MetricResult, models: tuple[str, ...] = (MINI,), **changes: Any) -> Any:
    return a_suite_result(*cases(*models), metrics=metrics, measured=(SPEC,), **changes)


def together(*parts: SuiteResult, models: tuple[str, ...] = (MINI,)) -> SuiteResult:
    suite = SuiteInParts(parts=parts, cases=cases(*models), latencies_s=[3.0, 1.0, 2.0])
    return merged_suite(suite, KINDS)


def test_the_cells_of_parts_are_added_up_and_measured_anew() -> None:
    one = a_suite(a_result({("bug", "bug"): 3, ("bug", "other"): 1}, unjudged=1))
    other = a_suite(a_result({("other", "other"): 4, ("bug", "bug"): 2}))
    [merged] = together(one, other).metrics
    assert merged.counts == {("bug", "bug"): 5, ("bug", "other"): 1, ("other", "other"): 4}
    assert (merged.n, merged.unjudged) == (10, 1)
    assert merged.asked == {"bug", "other"}
    recall = merged.figure("recall.bug")
    assert recall is not None
    assert recall.value == pytest.approx(5 / 6)
    assert recall.n == 6
    assert merged.measures.confusion == ((5, 1, 0), (0, 4, 0))


def test_results_come_by_model_in_the_order_of_the_plan_and_slices_after_the_whole() -> None:
    hit = {("bug", "bug"): 1}
    one = a_suite(a_result(hit, model=SONNET), a_result(hit, model=SONNET, name="lang:fr"))
    other = a_suite(
        a_result(hit), a_result(hit, name="lang:de"), a_result(hit, name="lang:aa"),
        a_result(hit, model=SONNET), a_result(hit, model=SONNET, name="lang:de"),
    )  # fmt: skip
    merged = together(one, other, models=(MINI, SONNET)).metrics
    assert [(result.model, result.slice, result.n) for result in merged] == [
        (MINI, None, 1),
        (MINI, "lang:aa", 1),
        (MINI, "lang:de", 1),
        (SONNET, None, 2),
        (SONNET, "lang:de", 1),
        (SONNET, "lang:fr", 1),
    ]


def test_the_gate_judges_all_cases_and_all_figures_together() -> None:
    gate = Gate(metrics={"triage.accuracy": MetricGate(least=0.7, location=a_place())})
    part = a_suite(a_result({("bug", "other"): 1, ("other", "other"): 1}), gate=gate)
    rest = a_suite(a_result({("bug", "bug"): 2}), gate=gate)
    assert not together(part).decision.passed
    assert together(part, rest).decision.passed


def test_percentiles_are_those_of_all_live_calls() -> None:
    merged = together(a_suite_result())
    assert (merged.p50_latency_s, merged.p95_latency_s) == (2.0, 3.0)


def test_what_is_known_of_agents_in_any_part_is_known_in_the_order_of_models() -> None:
    one = a_suite_result(accounting={"agent/z": None}, max_usd_per_call={"agent/z": Decimal(2)})
    other = a_suite_result(accounting={BOT: Accounting.ENFORCED})
    merged = together(one, other, models=(BOT, "agent/z"))
    assert [*merged.accounting.items()] == [(BOT, Accounting.ENFORCED), ("agent/z", None)]
    assert merged.max_usd_per_call == {"agent/z": 2}


# The run

PART = a_run(
    replace(a_suite_result(), decision=replace(a_suite_result().decision, certain=False)),
    run_id="20260102T030405-aaaaaa",
)


def a_finding(rule: str, message: str = "x") -> Finding:
    return Finding(rule=rule, message=message, location=None)


def merged(*parts: RunResult, suites: tuple[SuiteResult, ...] = PART.suites) -> RunResult:
    return merged_run(parts, suites, budget_usd=Decimal(7))


def test_the_run_lasts_from_the_first_to_the_last_part_and_has_the_whole_budget() -> None:
    later = PART.finished + timedelta(hours=1)
    run = merged(PART, replace(PART, started=PART.finished, finished=later))
    assert (run.started, run.finished) == (PART.started, later)
    assert run.budget_usd == 7
    assert run.shard is None
    assert run.exit_code is ExitCode.OK


def test_its_id_follows_from_those_of_its_parts() -> None:
    other = replace(PART, run_id="20260102T030405-bbbbbb")
    assert merged(PART, other).run_id == merged(other, PART).run_id
    assert merged(PART, other).run_id != merged(PART, PART).run_id
    assert merged(PART, other).run_id.startswith("20260102T030405-")


def test_it_is_dirty_where_any_part_was() -> None:
    assert PART.git is not None
    dirty = replace(PART, git=replace(PART.git, dirty=True))
    git = merged(PART, dirty).git
    assert git is not None
    assert git.dirty
    assert merged(replace(PART, git=None)).git is None


def test_incidents_are_told_in_the_order_in_which_they_happened() -> None:
    at = [PART.started + timedelta(seconds=n) for n in range(3)]
    first, second, third = (Incident(guard="retry", message=str(when), at=when) for when in at)
    run = merged(replace(PART, incidents=(first, third)), replace(PART, incidents=(second,)))
    assert run.incidents == (first, second, third)


def test_what_was_lost_is_added_up() -> None:
    lost = replace(PART, lost=Cost(usd=Decimal("0.2"), assumed_calls=1))
    assert merged(lost, PART, lost).lost == Cost(usd=Decimal("0.4"), assumed_calls=2)


def test_what_parts_say_beside_their_gates_is_said_once() -> None:
    aside, other = a_finding("served-otherwise"), a_finding("teardown")
    gate, own = a_finding("min-pass-rate"), a_finding("part")
    [suite] = PART.suites
    judged = replace(suite, decision=replace(suite.decision, reasons=(gate,)))
    one = replace(PART, suites=(judged,), reasons=(gate, aside, own))
    assert merged(one, replace(one, reasons=(aside, other, own))).reasons == (aside, other)


@pytest.mark.parametrize("code", [ExitCode.OK, ExitCode.REJECTED, ExitCode.STOPPED])
def test_how_a_part_ended_is_not_how_the_whole_ends(code: ExitCode) -> None:
    assert merged(PART, replace(PART, exit_code=code)).exit_code is ExitCode.OK


def test_an_interrupted_part_interrupts_the_whole() -> None:
    run = merged(PART, replace(PART, exit_code=ExitCode.INTERRUPTED))
    assert run.exit_code is ExitCode.INTERRUPTED


def test_a_part_whose_trials_could_not_be_written_leaves_no_verdict() -> None:
    full = a_finding("store", "the disk is full")
    run = merged(PART, replace(PART, exit_code=ExitCode.UNREACHABLE, reasons=(full,)))
    assert run.exit_code is ExitCode.UNREACHABLE
    assert run.reasons[0] == full


def test_cases_that_nobody_began_leave_no_verdict() -> None:
    begun = a_case_result([a_trial()])
    never = a_case_result([], outcome=Outcome.SKIPPED, case=a_case(id="never"))
    skipped = a_case_result([], outcome=Outcome.SKIPPED, case=a_case(id="s", skip="not yet"))
    yes = GateDecision(passed=True)
    run = merged(PART, suites=(a_suite_result(begun, never, skipped, decision=yes),))
    assert run.exit_code is ExitCode.UNREACHABLE
    assert [reason.message for reason in run.reasons] == ["1 of 3 cases were never begun"]
    whole = merged(PART, suites=(a_suite_result(begun, skipped, decision=yes),))
    assert whole.exit_code is ExitCode.OK


def test_a_certain_no_is_a_no() -> None:
    lost = a_case_result([a_lost_trial()])
    suite = merged_suite(
        SuiteInParts(parts=[a_suite_result(lost)], cases=[lost], latencies_s=[]), KINDS
    )
    assert merged(PART, suites=(suite,)).exit_code is ExitCode.REJECTED
