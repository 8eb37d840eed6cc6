"""The parts of a run to the run: its metrics, its verdict, and what else there is to say of it.

The verdict is made anew over all cases, by what judges a run that was never cut up.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from hashlib import sha256

from agentops_cli.errors import ExitCode
from agentops_cli.model.finding import Finding
from agentops_cli.model.metric import MetricResult, MetricSpec
from agentops_cli.model.money import Cost
from agentops_cli.model.result import (
    CaseResult,
    GitStamp,
    Outcome,
    RunResult,
    SuiteResult,
    Totals,
)
from agentops_cli.model.totals import totals_by_model
from agentops_cli.ports import MetricType
from agentops_cli.registry import Registry
from agentops_cli.run.conclude import concluded
from agentops_cli.run.gate import decide
from agentops_cli.run.measure import measured_anew


@dataclass(frozen=True, slots=True, kw_only=True)
class SuiteInParts:
    """One suite: what each part that has cases of it says, and all of its cases in plan order."""

    parts: Sequence[SuiteResult]
    cases: Sequence[CaseResult]
    latencies_s: Sequence[float]


def merged_suite(suite: SuiteInParts, kinds: Registry[MetricType]) -> SuiteResult:
    """The suite as a run that was never cut up would have it."""
    first = suite.parts[0]
    by_model = totals_by_model(suite.cases)
    accounting = {agent: how for part in suite.parts for agent, how in part.accounting.items()}
    most = {agent: usd for part in suite.parts for agent, usd in part.max_usd_per_call.items()}
    whole = replace(
        first,
        cases=suite.cases,
        by_model=by_model,
        metrics=tuple(
            result
            for spec in first.measured
            for result in _merged_metric(spec, suite.parts, models=by_model, kinds=kinds)
        ),
        accounting={model: accounting[model] for model in by_model if model in accounting},
        max_usd_per_call={model: most[model] for model in by_model if model in most},
    )
    return concluded(whole, suite.latencies_s)


def _merged_metric(
    spec: MetricSpec,
    parts: Sequence[SuiteResult],
    *,
    models: Iterable[str],
    kinds: Registry[MetricType],
) -> Iterator[MetricResult]:
    """The results of one metric, by model, all cases before their slices."""
    metric = kinds.get(spec.kind)(spec)
    found: dict[tuple[str, str | None], MetricResult] = {}
    for result in (result for part in parts for result in part.metrics):
        if result.name == spec.name:
            key = (result.model, result.slice)
            found[key] = _added(found[key], result) if key in found else result
    for model in models:
        whole = [None] if (model, None) in found else []
        slices = sorted(name for of, name in found if of == model and name is not None)
        yield from (measured_anew(found[model, name], metric) for name in [*whole, *slices])


def _added(one: MetricResult, other: MetricResult) -> MetricResult:
    cells = sorted(one.counts.keys() | other.counts.keys())
    return replace(
        one,
        n=one.n + other.n,
        unjudged=one.unjudged + other.unjudged,
        counts={cell: one.counts.get(cell, 0) + other.counts.get(cell, 0) for cell in cells},
        asked=one.asked | other.asked,
    )


def merged_run(
    parts: Sequence[RunResult], suites: Sequence[SuiteResult], *, budget_usd: Decimal | None
) -> RunResult:
    """The run whose parts these are, which agree in what they were made of.

    Of one that was interrupted, or could not write its trials down, the whole has no verdict.
    """
    failures = _each(_failures(part) for part in parts)
    interrupted = any(part.exit_code is ExitCode.INTERRUPTED for part in parts)
    missing = [] if interrupted or failures else [*_never_begun(suites)]
    exit_code = decide(suites, interrupted=interrupted)
    started = min(part.started for part in parts)
    ids = ",".join(sorted(part.run_id for part in parts))
    return replace(
        parts[0],
        run_id=f"{started:%Y%m%dT%H%M%S}-{sha256(ids.encode()).hexdigest()[:6]}",
        started=started,
        finished=max(part.finished for part in parts),
        git=_git(parts),
        suites=tuple(suites),
        exit_code=ExitCode.UNREACHABLE if failures or missing else exit_code,
        reasons=(
            *failures,
            *missing,
            *(reason for suite in suites for reason in suite.decision.reasons),
            *_each(_asides(part) for part in parts),
        ),
        budget_usd=budget_usd,
        incidents=tuple(sorted((one for p in parts for one in p.incidents), key=lambda i: i.at)),
        lost=sum((part.lost for part in parts), Cost()),
        shard=None,
    )


_OWN = frozenset({"store", "part"})


def _failures(part: RunResult) -> Iterator[Finding]:
    """Why a part could not write its trials down."""
    return (reason for reason in part.reasons if reason.rule == "store")


def _asides(part: RunResult) -> Iterator[Finding]:
    """What a part says that is not about the gate of a suite, nor about its being a part."""
    judged = {reason for suite in part.suites for reason in suite.decision.reasons}
    return (r for r in part.reasons if r not in judged and r.rule not in _OWN)


def _each(lists: Iterable[Iterable[Finding]]) -> list[Finding]:
    """Every finding, once."""
    return [*dict.fromkeys(finding for findings in lists for finding in findings)]


def _never_begun(suites: Sequence[SuiteResult]) -> Iterator[Finding]:
    """Cases that nobody ran, though no part says that it was interrupted."""
    totals = sum((suite.totals for suite in suites), Totals())
    number = totals.undecided - totals.outcomes.get(Outcome.ERRORED, 0)
    if number:
        message = f"{number:,} of {totals.cases:,} cases were never begun"
        yield Finding(rule="store", message=message, location=None, fix="run that part again")


def _git(parts: Sequence[RunResult]) -> GitStamp | None:
    first = parts[0].git
    return first and replace(first, dirty=any(part.git and part.git.dirty for part in parts))
