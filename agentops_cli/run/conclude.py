"""What follows from the counted cases of a suite: percentiles, and what its gate says."""

from collections.abc import Sequence
from dataclasses import replace

from agentops_cli.model.place import Location
from agentops_cli.model.result import GateDecision, SuiteResult
from agentops_cli.run.fold import percentile
from agentops_cli.run.gate import judge_part, judge_suite

UNDECIDED = GateDecision(passed=False)
"""What stands in a suite before it is concluded."""


def concluded(
    suite: SuiteResult,
    latencies_s: Sequence[float],
    *,
    elsewhere: int | None = None,
    replayed: int = 0,
) -> SuiteResult:
    """The suite with its percentiles and its decision.

    `latencies_s` are those of all live calls. `elsewhere` is how many cases of the suite are in
    other parts of the run, None for a whole one. `replayed` are the answers from its cassette.
    """
    totals, place = suite.totals, suite.location or Location(path=suite.path)
    p95_latency_s = percentile(latencies_s, 0.95)
    if elsewhere is None:
        decision = judge_suite(
            totals,
            suite.gate,
            p95_latency_s=p95_latency_s,
            location=place,
            metrics=suite.metrics,
            replayed=replayed,
        )
    else:
        decision = judge_part(totals, suite.gate, elsewhere=elsewhere, location=place)
    return replace(
        suite,
        p50_latency_s=percentile(latencies_s, 0.5),
        p95_latency_s=p95_latency_s,
        decision=decision,
    )
