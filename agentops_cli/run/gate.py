"""Counted cases to a yes or a no, and to the exit code of the whole run."""

from collections.abc import Sequence
from decimal import Decimal

from agentops_cli.errors import ExitCode
from agentops_cli.model.finding import Finding, Severity
from agentops_cli.model.metric import MetricResult
from agentops_cli.model.place import Location
from agentops_cli.model.result import (
    GOOD,
    CaseResult,
    GateDecision,
    Outcome,
    SuiteResult,
    count_outcomes,
    pass_rate,
    total_cost,
)
from agentops_cli.model.suite import Gate
from agentops_cli.run.metric_gate import metric_reasons


def judge_suite(
    cases: Sequence[CaseResult],
    gate: Gate,
    *,
    p95_latency_s: float | None,
    location: Location,
    metrics: Sequence[MetricResult] = (),
) -> GateDecision:
    """Holds the cases and the figures of one suite against its absolute thresholds.

    Errored cases never pass a suite and never fail it for certain: `certain` says that even if
    all of them had passed, the answer were no.
    """
    rate = _pass_rate_reason(cases, gate, location)
    cost = _cost_reason(cases, gate, location)
    errored = count_outcomes(cases)[Outcome.ERRORED]
    reasons = [rate, cost, _latency_reason(cases, gate, p95_latency_s, location)]
    if errored > gate.max_errored:
        reasons.append(
            _reason(
                "max-errored",
                f"{errored} of {len(cases)} cases could not be judged, "
                f"the gate allows {gate.max_errored}",
                location,
                "look at the errors, then run again",
            )
        )
    measured = tuple(metric_reasons(metrics, gate.metrics))
    reasons += [reason.finding for reason in measured]
    found = tuple(reason for reason in reasons if reason)
    return GateDecision(
        passed=not any(reason.severity is Severity.ERROR for reason in found),
        certain=_surely_fails(cases, gate)
        or _is_over(cases, gate)
        or any(reason.certain for reason in measured),
        reasons=found,
    )


def decide(suites: Sequence[SuiteResult], *, interrupted: bool) -> ExitCode:
    """The exit code of a run, in the order in which causes win over each other."""
    cases = [case for suite in suites for case in suite.cases]
    answered = sum(case.tally.answered for case in cases)
    attempted = answered + sum(case.tally.errored - case.tally.stopped for case in cases)
    if interrupted:
        return ExitCode.INTERRUPTED
    if any(suite.decision.certain for suite in suites):
        return ExitCode.REJECTED
    if attempted and not answered:
        return ExitCode.UNREACHABLE
    if any(case.tally.stopped for case in cases):
        return ExitCode.STOPPED
    if any(count_outcomes(s.cases)[Outcome.ERRORED] > s.gate.max_errored for s in suites):
        return ExitCode.UNREACHABLE
    if not all(suite.decision.passed for suite in suites):
        return ExitCode.REJECTED
    return ExitCode.OK if _anything_was_judged(cases) else ExitCode.EMPTY


def _anything_was_judged(cases: Sequence[CaseResult]) -> bool:
    """False when no case can pass or fail the gate: such a run has no verdict.

    Skipped, expected to fail, quarantined or in error: a run of these alone must not be green.
    """
    return any(case.outcome is Outcome.FAILED or case.outcome in GOOD for case in cases)


def _pass_rate_reason(
    cases: Sequence[CaseResult], gate: Gate, location: Location
) -> Finding | None:
    counts = count_outcomes(cases)
    rate = pass_rate(counts)
    if rate is None or rate >= gate.min_pass_rate:
        return None
    failed = counts[Outcome.FAILED]
    judged = failed + sum(counts[outcome] for outcome in GOOD)
    return _reason(
        "min-pass-rate",
        f"{failed} of {judged} judged cases failed: pass rate {rate:.1%}, "
        f"the gate asks for {gate.min_pass_rate:.1%}",
        location,
        "mend the prompt; mark a known failure as xfail with its reason",
    )


def _surely_fails(cases: Sequence[CaseResult], gate: Gate) -> bool:
    """True when the pass rate would be too low even if every undecided case had passed."""
    counts = dict(count_outcomes(cases))
    undecided = sum(
        case.outcome is Outcome.ERRORED or (case.outcome is Outcome.SKIPPED and not case.case.skip)
        for case in cases
    )
    counts[Outcome.PASSED] = counts.get(Outcome.PASSED, 0) + undecided
    rate = pass_rate(counts)
    return rate is not None and rate < gate.min_pass_rate


def _cost_reason(cases: Sequence[CaseResult], gate: Gate, location: Location) -> Finding | None:
    if gate.max_cost_usd is None:
        return None
    cost = total_cost(cases)
    if cost.unpriced_calls:
        return _reason(
            "max-cost",
            f"{cost.unpriced_calls} calls have no known cost, so maxCostUsd cannot be met",
            location,
            "give the model a price in the configuration; the provider must report usage",
        )
    if not _is_over(cases, gate):
        return None
    return _reason(
        "max-cost",
        f"the suite cost ${cost.usd.normalize():f}, the gate allows ${gate.max_cost_usd:f}",
        location,
        "shorten the prompt, lower max_tokens, or raise gate.maxCostUsd",
    )


def _is_over(cases: Sequence[CaseResult], gate: Gate) -> bool:
    limit = gate.max_cost_usd
    return limit is not None and total_cost(cases).usd > Decimal(limit)


def _latency_reason(
    cases: Sequence[CaseResult], gate: Gate, p95_latency_s: float | None, location: Location
) -> Finding | None:
    limit = gate.max_p95_latency_s
    if limit is None:
        return None
    if p95_latency_s is None:
        recorded = any(case.tally.cached for case in cases)
        return Finding(
            rule="max-p95-latency",
            message="no call was live, so maxP95LatencyS was not measured",
            location=location,
            fix="run the suite against the model to measure it",
            severity=Severity.WARNING if recorded else Severity.ERROR,
        )
    if p95_latency_s <= limit:
        return None
    return _reason(
        "max-p95-latency",
        f"the 95th percentile of latency is {p95_latency_s:.2f} s, the gate allows {limit:g} s",
        location,
        "use a faster model, lower max_tokens, or raise gate.maxP95LatencyS",
    )


def _reason(rule: str, message: str, location: Location, fix: str) -> Finding:
    return Finding(rule=rule, message=message, location=location, fix=fix)
