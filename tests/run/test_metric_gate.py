from collections import Counter
from collections.abc import Mapping

import pytest

from agentops_cli.errors import ExitCode
from agentops_cli.model.finding import Finding, Severity
from agentops_cli.model.metric import Cell, MetricGate, MetricResult
from agentops_cli.model.result import GateDecision, SuiteResult, Totals
from agentops_cli.model.suite import Gate
from agentops_cli.model.totals import totals_by_model
from agentops_cli.run.gate import decide, judge_suite
from agentops_cli.run.metric_gate import MetricReason, metric_reasons
from tests.builders import a_case_result, a_place, a_suite_result, a_trial, an_errored_trial
from tests.metrics.observing import LABELS, a_classification

GATE = a_place(9, 30)


def result(
    counts: Mapping[Cell, int], *, of: str | None = None, unjudged: int = 0, model: str = "m"
) -> MetricResult:
    counts = Counter(counts)
    names = LABELS if of is None else {expected for expected, _ in counts}
    return MetricResult(
        name="triage",
        kind="classification",
        model=model,
        location=a_place(8, 5),
        measures=a_classification().measure(counts, names),
        n=sum(counts.values()),
        unjudged=unjudged,
        slice=of,
    )


def threshold(least: float, in_slices: float | None = None) -> MetricGate:
    return MetricGate(least=least, location=GATE, in_slices=in_slices)


def reasons(results: list[MetricResult], **gates: MetricGate) -> list[MetricReason]:
    named = {f"triage.{name.replace('_', '.')}": gate for name, gate in gates.items()}
    return list(metric_reasons(results, named))


def messages(found: list[MetricReason]) -> list[str]:
    return [reason.finding.message for reason in found]


GOOD = {("billing", "billing"): 45, ("bug", "bug"): 45, ("other", "other"): 8, ("other", "bug"): 2}
# 95 of 100 are right, and no bug is recognised.
BLIND = {("billing", "billing"): 45, ("other", "other"): 50, ("bug", "other"): 5}


def test_enough_is_enough() -> None:
    assert reasons([result(GOOD)], accuracy=threshold(0.98), recall_other=threshold(0.8)) == []


def test_a_figure_that_is_too_low_says_all_there_is_to_know() -> None:
    [reason] = reasons([result(GOOD)], recall_other=threshold(0.9))
    assert reason.finding == Finding(
        rule="metric",
        message="recall.other of triage on m is 0.800 (95%: 0.490 to 0.943, n = 10), "
        "the gate asks for 0.9: 2 of 10 'other' were called 'bug'",
        location=GATE,
        fix="look at the mistakes in the report and mend the prompt, or lower the threshold",
    )
    assert reason.certain


def test_only_the_mistakes_that_lower_a_figure_are_named() -> None:
    counts = {**GOOD, ("billing", "other"): 9}
    [precision] = messages(reasons([result(counts)], precision_other=threshold(0.9)))
    assert "9 of 54 'billing' were called 'other'" in precision
    assert "called 'bug'" not in precision
    [recall] = messages(reasons([result(counts)], recall_other=threshold(0.9)))
    assert "called 'bug'" in recall
    assert "billing" not in recall
    [macro] = messages(reasons([result(counts)], macroF1=threshold(0.99)))
    assert macro.index("9 of 54") < macro.index("2 of 10")


def test_a_figure_that_would_be_rounded_to_enough_is_shown_exactly() -> None:
    counts = {("billing", "billing"): 9_996, ("billing", "bug"): 1_003, ("bug", "bug"): 1}
    [message] = messages(reasons([result(counts)], accuracy=threshold(0.909)))
    assert "accuracy of triage on m is 0.908818 (" in message


def test_rounding_of_sums_makes_no_difference() -> None:
    exact = {(label, given): n for label in LABELS for given, n in ((label, 17), ("?", 3))}
    recall = 17 / 20
    f1 = 2 * recall / (1 + recall)
    assert reasons([result(exact)], macroF1=threshold(f1 + 1e-15)) == []


@pytest.mark.parametrize(
    ("counts", "figure", "why"),
    [
        (BLIND, "precision_bug", "undefined ('bug' was never given)"),
        (
            {("bug", "bug"): 1},
            "macroF1",
            "undefined (no judged answer was to be 'billing' or 'other')",
        ),
        ({("bug", "bug"): 1}, "recall_other", "undefined (no judged answer was to be 'other')"),
        ({}, "accuracy", "undefined (no answer was judged)"),
    ],
)
def test_what_is_not_defined_is_not_enough(
    counts: Mapping[Cell, int], figure: str, why: str
) -> None:
    first, *_ = messages(reasons([result(counts)], **{figure: threshold(0.1)}))
    assert f" is {why}, the gate asks for 0.1" in first


def test_what_was_not_measured_is_not_enough() -> None:
    assert messages(reasons([], macroF1=threshold(0.1))) == ["triage.macroF1 was not measured"]
    assert messages(reasons([result(GOOD)], f2=threshold(0.1))) == [
        "f2 of triage on m was not measured"
    ]


def test_each_model_must_be_good_enough() -> None:
    found = messages(reasons([result(GOOD), result(BLIND, model="n")], macroF1=threshold(0.8)))
    assert found[0].startswith("macroF1 of triage on n is ")


def test_slices_have_a_threshold_of_their_own() -> None:
    results = [result(GOOD), result({("bug", "bug"): 4, ("bug", "other"): 1}, of="lang:de")]
    assert reasons(results, recall_bug=threshold(0.9)) == []
    assert reasons(results, recall_bug=threshold(0.9, in_slices=0.8)) == []
    [message] = messages(reasons(results, recall_bug=threshold(0.9, in_slices=0.9)))
    assert message.startswith("recall.bug of triage in lang:de on m is 0.800 (95%: ")
    assert "n = 5" in message


def test_many_bad_slices_are_told_in_short_the_worst_first() -> None:
    slices = [
        result({("bug", "bug"): n, ("bug", "other"): 10}, of=f"lang:{n:02}") for n in range(1, 9)
    ]
    slices.insert(0, slices.pop())
    found = messages(reasons([result(GOOD), *slices], recall_bug=threshold(0.1, in_slices=0.9)))
    assert [message.partition(" on ")[0][-7:] for message in found[:5]] == [
        f"lang:{n:02}" for n in range(1, 6)
    ]
    assert found[5] == "recall.bug is below 0.9 in 3 more slices: lang:06, lang:07, lang:08"
    assert len(found) == 6


def test_a_slice_without_the_label_is_told_and_gates_nothing() -> None:
    results = [result(GOOD), result({("other", "other"): 5}, of="lang:de")]
    [reason] = reasons(results, recall_bug=threshold(0.9, in_slices=0.9))
    assert reason.finding.severity is Severity.WARNING
    assert reason.finding.message == (
        "recall.bug is not judged in lang:de: no case there expects it"
    )
    assert not reason.certain


def test_a_slice_where_nothing_was_judged_is_not_enough() -> None:
    metric = a_classification()
    empty = MetricResult(
        name="triage",
        kind="classification",
        model="m",
        location=a_place(),
        measures=metric.measure({}, {"bug"}),
        n=0,
        unjudged=3,
        slice="lang:de",
    )
    [reason] = reasons([result(GOOD), empty], recall_bug=threshold(0.9, in_slices=0.5))
    assert "undefined (no judged answer was to be 'bug')" in reason.finding.message
    assert "3 trials without a verdict" in reason.finding.message
    assert not reason.certain


def test_a_label_that_is_never_recognised_is_a_no_by_itself() -> None:
    [reason] = reasons([result(BLIND)])
    assert reason.finding.message == (
        "'bug' of triage on m was never recognised: 0 of 5: 5 of 5 'bug' were called 'other'"
    )
    assert reason.finding.severity is Severity.ERROR
    assert reason.finding.location == a_place(8, 5)
    assert reason.certain


@pytest.mark.parametrize(("times", "told"), [(2, 0), (3, 1)])
def test_twice_is_too_seldom_to_say_never(times: int, told: int) -> None:
    assert len(reasons([result({**BLIND, ("bug", "other"): times})])) == told


def test_a_threshold_for_its_recall_takes_the_place_of_that_rule() -> None:
    assert messages(reasons([result(BLIND)], recall_bug=threshold(0.5)))[1:] == []


@pytest.mark.parametrize(("times", "told"), [(2, 0), (3, 1), (10, 1)])
def test_a_label_that_is_never_recognised_in_a_slice_is_a_no_too(times: int, told: int) -> None:
    found = reasons([result(GOOD), result({("bug", "other"): times}, of="lang:de")])
    assert len(found) == told
    for reason in found:
        assert reason.finding.severity is Severity.ERROR
        assert reason.certain
        assert reason.finding.message.startswith(
            f"'bug' of triage in lang:de on m was never recognised: 0 of {times}"
        )
        assert reason.finding.fix == (
            "mend the prompt; to live with it, set recall.bug with inSlices in gate.metrics"
        )


def test_an_entry_for_its_recall_takes_the_place_of_that_too() -> None:
    results = [result(GOOD), result({("bug", "other"): 10}, of="lang:de")]
    assert reasons(results, recall_bug=threshold(0.5)) == []
    [low] = messages(reasons(results, recall_bug=threshold(0.5, in_slices=0.5)))
    assert low.startswith("recall.bug of triage in lang:de on m is 0.000 ")


def test_a_slice_that_is_not_judged_whole_is_no_certain_no() -> None:
    [reason] = reasons([result(GOOD), result({("bug", "other"): 5}, of="lang:de", unjudged=1)])
    assert not reason.certain


def test_a_slice_adds_nothing_to_what_is_said_of_all() -> None:
    assert len(reasons([result(BLIND), result({("bug", "other"): 5}, of="lang:de")])) == 1


@pytest.mark.parametrize(
    ("figure", "least", "unjudged", "certain"),
    [
        # 95 of 100 are right, 8 of 10 others are recognised.
        ("accuracy", 0.99, 0, True),
        ("accuracy", 0.99, 1, True),
        ("accuracy", 0.99, 399, True),
        ("accuracy", 0.99, 400, False),
        ("recall_other", 0.9, 9, True),
        ("recall_other", 0.9, 10, False),
        ("precision_other", 1.1, 0, True),
        ("precision_other", 1.1, 1, False),
        ("macroF1", 1.1, 1, False),
    ],
)
def test_a_no_is_certain_when_missing_trials_could_not_change_it(
    figure: str, least: float, unjudged: int, certain: bool
) -> None:
    counts = {**GOOD, ("billing", "billing"): 44, ("bug", "bug"): 43, ("bug", "other"): 3}
    [reason] = reasons([result(counts, unjudged=unjudged)], **{figure: threshold(least)})
    assert reason.certain is certain


def test_other_slices_are_certain_by_the_same_rule() -> None:
    slices = [
        result({("bug", "bug"): 1, ("bug", "other"): 99}, of=f"lang:{n}", unjudged=5)
        for n in range(6)
    ]
    found = reasons([result(GOOD), *slices], recall_bug=threshold(0.1, in_slices=0.5))
    assert [reason.certain for reason in found] == [True] * 6


PROMPT, ERRORS, SELECTION = "mend the prompt", "without a verdict", "not selected"


@pytest.mark.parametrize(
    ("counts", "unjudged", "figure", "fix"),
    [
        (GOOD, 0, "recall_other", PROMPT),
        (BLIND, 0, "precision_bug", PROMPT),
        ({("bug", "bug"): 1}, 0, "recall_other", SELECTION),
        ({("bug", "bug"): 1}, 0, "precision_other", SELECTION),
        ({("bug", "bug"): 1}, 0, "f1_other", SELECTION),
        ({("bug", "bug"): 1}, 0, "macroF1", SELECTION),
        ({("bug", "bug"): 1}, 2, "recall_other", ERRORS),
        ({}, 2, "accuracy", ERRORS),
        ({}, 0, "accuracy", SELECTION),
        (GOOD, 0, "nothing", SELECTION),
    ],
)
def test_the_fix_is_where_the_cause_is(
    counts: Mapping[Cell, int], unjudged: int, figure: str, fix: str
) -> None:
    first, *_ = reasons([result(counts, unjudged=unjudged)], **{figure: threshold(1.1)})
    assert first.finding.fix is not None
    assert fix in first.finding.fix


def test_a_mean_of_f1_is_no_certain_no_while_trials_are_missing() -> None:
    [macro, never] = reasons([result(BLIND, unjudged=1)], macroF1=threshold(0.9))
    assert not macro.certain
    assert not never.certain
    assert macro.finding.message.endswith("; 1 trial without a verdict")


# The gate of the suite


def decided(metrics: list[MetricResult], gate: Gate, *, errored: int = 0) -> SuiteResult:
    cases = [a_case_result([a_trial()]) for _ in range(9)]
    cases += [a_case_result([an_errored_trial()]) for _ in range(errored)]
    totals = sum(totals_by_model(cases).values(), Totals())
    decision = judge_suite(
        totals, gate, p95_latency_s=1.0, location=a_place(1), metrics=tuple(metrics)
    )
    return a_suite_result(*cases, gate=gate, decision=decision, metrics=tuple(metrics))


def test_a_suite_whose_cases_all_pass_is_rejected_for_a_figure() -> None:
    gate = Gate(metrics={"triage.macroF1": threshold(0.85)})
    suite = decided([result(BLIND)], gate)
    assert not suite.decision.passed
    assert decide([suite], interrupted=False) is ExitCode.REJECTED


def test_a_gated_figure_that_nobody_hands_in_is_a_no() -> None:
    gate = Gate(metrics={"triage.macroF1": threshold(0.85)})
    assert not decided([], gate).decision.passed


def test_warnings_alone_are_a_yes() -> None:
    gate = Gate(metrics={"triage.recall.bug": threshold(0.5, in_slices=0.5)})
    suite = decided([result(GOOD), result({("other", "other"): 5}, of="lang:de")], gate)
    assert suite.decision == GateDecision(passed=True, reasons=suite.decision.reasons)
    assert len(suite.decision.reasons) == 1


@pytest.mark.parametrize(("unjudged", "code"), [(0, ExitCode.REJECTED), (2, ExitCode.UNREACHABLE)])
def test_missing_verdicts_leave_the_question_open(unjudged: int, code: ExitCode) -> None:
    """An outage of two trials may have hidden what would have been enough."""
    gate = Gate(metrics={"triage.macroF1": threshold(0.85)})
    suite = decided([result(BLIND, unjudged=unjudged)], gate, errored=2)
    assert decide([suite], interrupted=False) is code
