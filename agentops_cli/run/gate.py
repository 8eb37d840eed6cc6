"""Counted cases to a yes or a no, and to the exit code of the whole run."""

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

from agentops_cli.errors import ExitCode
from agentops_cli.model.finding import Finding, Severity
from agentops_cli.model.metric import MetricResult
from agentops_cli.model.money import Cost
from agentops_cli.model.place import Location
from agentops_cli.model.result import (
    GateDecision,
    Outcome,
    SuiteResult,
    Tally,
    Totals,
)
from agentops_cli.model.suite import Gate
from agentops_cli.run.metric_gate import metric_reasons


def judge_suite(
    cases: Totals,
    gate: Gate,
    *,
    p95_latency_s: float | None,
    location: Location,
    metrics: Sequence[MetricResult] = (),
    replayed: int = 0,
) -> GateDecision:
    """Holds the cases and the figures of one suite against its absolute thresholds.

    `replayed` are the answers that came from a cassette, those of judges too.

    Errored cases never pass a suite and never fail it for certain: `certain` says that even if
    all of them had passed, the answer were no.
    """
    rate = _pass_rate_reason(cases, gate, location)
    cost = _cost_reason(cases, gate, location) or _unpaid_note(cases, gate, location, replayed)
    latency = _latency_reason(cases, gate, p95_latency_s, location)
    reasons = [rate, cost, latency, _errored_reason(cases, gate, location)]
    measured = tuple(metric_reasons(metrics, gate.metrics))
    reasons += [reason.finding for reason in measured]
    found = tuple(reason for reason in reasons if reason)
    return GateDecision(
        passed=not any(reason.severity is Severity.ERROR for reason in found),
        certain=_surely_fails(cases, gate)
        or _is_surely_over(cases, gate)
        or any(reason.certain for reason in measured),
        reasons=found,
    )


def judge_part(cases: Totals, gate: Gate, *, elsewhere: int, location: Location) -> GateDecision:
    """What the cases of one part of a suite already say of the whole, which is never a yes.

    `elsewhere` are the cases of the suite in other parts that are not skipped: all of them might
    pass. The reasons are those that no other part can mend.
    """
    reasons: list[Finding] = []
    whole = replace(cases, cases=cases.cases + elsewhere, undecided=cases.undecided + elsewhere)
    if _surely_fails(whole, gate):
        failed = cases.judged - cases.good
        message = (
            f"{failed} of at most {whole.judged + whole.undecided} cases failed, so that the pass "
            f"rate of the whole suite is below {gate.min_pass_rate:.1%} whatever other parts say"
        )
        reasons.append(_reason("min-pass-rate", message, location, _FIX_FAILED))
    if _is_surely_over(cases, gate):
        reasons += filter(None, [_cost_reason(cases, gate, location)])
    certain = bool(reasons)
    reasons += filter(None, [_errored_reason(cases, gate, location)])
    return GateDecision(passed=False, certain=certain, reasons=tuple(reasons))


def decide(suites: Sequence[SuiteResult], *, interrupted: bool, is_part: bool = False) -> ExitCode:
    """The exit code of a run, in the order in which causes win over each other.

    A part of a run that leaves the verdict to the others is OK, also without a single case.
    """
    totals = sum((suite.totals for suite in suites), Totals())
    tally = totals.tally
    failed = _failed(tally)
    if interrupted:
        return ExitCode.INTERRUPTED
    if any(suite.decision.certain for suite in suites):
        return ExitCode.REJECTED
    if failed and not tally.answered:
        return ExitCode.UNREACHABLE
    if tally.stopped:
        return ExitCode.UNREACHABLE if _is_nobody_there(totals) else ExitCode.STOPPED
    if any(s.totals.outcomes.get(Outcome.ERRORED, 0) > s.gate.max_errored for s in suites):
        return ExitCode.UNREACHABLE
    if is_part:
        return ExitCode.OK
    if not all(suite.decision.passed for suite in suites):
        return ExitCode.REJECTED
    # Skipped, expected to fail, quarantined or in error: a run of these alone must not be green.
    return ExitCode.OK if totals.judged else ExitCode.EMPTY


def _is_nobody_there(totals: Totals) -> bool:
    """True where calls failed and none was ever answered.

    Answers that were kept are no sign of life, however they were judged: only a live one is, and a
    verdict that a judge was paid for. Where kept ones were judged, what failed may have been a
    check; it is the breaker that knows of calls.
    """
    tally = totals.tally
    if tally.answered > tally.cached or (tally.judged and totals.judge_cost.usd):
        return False
    return (tally.unreached if tally.judged else _failed(tally)) > 0


def _failed(tally: Tally) -> int:
    """The trials that errored for another reason than a limit."""
    return tally.errored - tally.stopped + tally.unreached


def _pass_rate_reason(cases: Totals, gate: Gate, location: Location) -> Finding | None:
    rate = cases.pass_rate
    if rate is None or rate >= gate.min_pass_rate:
        return None
    return _reason(
        "min-pass-rate",
        f"{cases.judged - cases.good} of {cases.judged} judged cases failed: pass rate {rate:.1%}, "
        f"the gate asks for {gate.min_pass_rate:.1%}",
        location,
        _FIX_FAILED,
    )


_FIX_FAILED = "mend the prompt; mark a known failure as xfail with its reason"


def _errored_reason(cases: Totals, gate: Gate, location: Location) -> Finding | None:
    errored = cases.outcomes.get(Outcome.ERRORED, 0)
    if errored <= gate.max_errored:
        return None
    return _reason(
        "max-errored",
        f"{errored} of {cases.cases} cases could not be judged, the gate allows {gate.max_errored}",
        location,
        "look at the errors, then run again",
    )


def _surely_fails(cases: Totals, gate: Gate) -> bool:
    """True when the pass rate would be too low even if every undecided case had passed."""
    judged = cases.judged + cases.undecided
    return judged > 0 and (cases.good + cases.undecided) / judged < gate.min_pass_rate


def _cost_reason(cases: Totals, gate: Gate, location: Location) -> Finding | None:
    if gate.max_cost_usd is None:
        return None
    cost = cases.cost + cases.judge_cost
    if cost.unpriced_calls:
        return _reason(
            "max-cost",
            f"{cost.unpriced_calls} calls have no known cost, so maxCostUsd cannot be met",
            location,
            "give the model a price in the configuration; the provider must report usage",
        )
    if not _is_over(cases, gate):
        return None
    assumed = cost.assumed_calls
    counted = f" ({assumed} calls without an answer counted at their most)" if assumed else ""
    return _reason(
        "max-cost",
        f"the suite cost ${cost.usd.normalize():f}{counted}, "
        f"the gate allows ${gate.max_cost_usd:f}",
        location,
        "shorten the prompt, lower max_tokens, or raise gate.maxCostUsd",
    )


def _unpaid_note(cases: Totals, gate: Gate, location: Location, replayed: int) -> Finding | None:
    """A warning where the cost that was held against the gate is not what the suite costs."""
    recorded = max(cases.cached_calls, replayed)
    if gate.max_cost_usd is None or not recorded:
        return None
    if cases.cached_calls == cases.calls and cases.cost + cases.judge_cost == Cost():
        message = "every answer was recorded, so maxCostUsd was not measured"
    else:
        answers = "1 answer was" if recorded == 1 else f"{recorded:,} answers were"
        message = f"{answers} recorded, so maxCostUsd was held against the cost of the others only"
    return Finding(
        rule="max-cost",
        message=message,
        location=location,
        fix="run the suite against the model to measure it",
        severity=Severity.WARNING,
    )


def _is_surely_over(cases: Totals, gate: Gate) -> bool:
    """True where every dollar was spent: an outage must not read as a prompt that is too dear."""
    return _is_over(cases, gate) and not (cases.cost + cases.judge_cost).assumed_calls


def _is_over(cases: Totals, gate: Gate) -> bool:
    limit = gate.max_cost_usd
    return limit is not None and (cases.cost + cases.judge_cost).usd > Decimal(limit)


def _latency_reason(
    cases: Totals, gate: Gate, p95_latency_s: float | None, location: Location
) -> Finding | None:
    limit = gate.max_p95_latency_s
    if limit is None:
        return None
    if p95_latency_s is None:
        recorded = cases.tally.cached > 0
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
