"""A result file back to values: the inverse of what `codec` writes for reports.

What is derived is not read but made anew: totals, figures of metrics, and the verdict. What is
broken raises what a broken mapping raises: whoever reads the file tells of it.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from agentops_cli.errors import ExitCode
from agentops_cli.model.codec import SCHEMA, read_dollars, trial_of_line
from agentops_cli.model.finding import Finding, Severity
from agentops_cli.model.metric import Measures, MetricGate, MetricResult, MetricSpec
from agentops_cli.model.money import Cost, Usage
from agentops_cli.model.place import Location
from agentops_cli.model.result import (
    Cascaded,
    CaseResult,
    GateDecision,
    GitStamp,
    Incident,
    Outcome,
    RunResult,
    Shard,
    StoodIn,
    SuiteResult,
    Tally,
    TrialResult,
)
from agentops_cli.model.settings import Accounting
from agentops_cli.model.suite import Case, Gate, Turn

Data = Mapping[str, Any]


def run_of_json(head: Data, gate: Data) -> RunResult:
    """A run without its suites."""
    git, shard = head["git"], head["shard"]
    return RunResult(
        run_id=str(head["id"]),
        started=datetime.fromisoformat(head["started"]),
        finished=datetime.fromisoformat(head["finished"]),
        tool_version=str(head["toolVersion"]),
        prices_version=head["pricesVersion"],
        git=GitStamp(commit=git["commit"], branch=git["branch"], dirty=git["dirty"])
        if git
        else None,
        config_digest=str(head["configDigest"]),
        suites=(),
        exit_code=ExitCode(gate["exitCode"]),
        reasons=tuple(map(_finding, gate["reasons"])),
        budget_usd=_optional_dollars(head["budgetUsd"]),
        shard=_shard(shard) if shard else None,
        incidents=tuple(map(_incident, head.get("incidents", ()))),
        lost=Cost(
            usd=read_dollars(head.get("lostUsd", "0")), assumed_calls=int(head.get("lostCalls", 0))
        ),
    )


def _incident(data: Data) -> Incident:
    return Incident(
        guard=str(data["guard"]),
        message=str(data["message"]),
        at=datetime.fromisoformat(data["at"]),
    )


def _shard(data: Data) -> Shard:
    return Shard(
        number=int(data["number"]),
        count=int(data["count"]),
        plan_digest=str(data["planDigest"]),
        plan=data["plan"],
        planned=int(data["planned"]),
        durations=data["durations"],
        budget_usd=_optional_dollars(data["budgetUsd"]),
    )


def suite_of_json(head: Data, metrics: Iterable[Data]) -> SuiteResult:
    """A suite without its cases and without the figures of its metrics."""
    return SuiteResult(
        name=str(head["name"]),
        path=str(head["path"]),
        prompt_name=head["promptName"],
        prompt_version=head["promptVersion"],
        prompt_sha256=head["promptSha256"],
        prompt_commit=head.get("promptCommit"),
        cases=(),
        by_model={},
        gate=_gate(head["gate"]),
        decision=_decision(head["gate"]),
        metrics=tuple(map(_metric, metrics)),
        accounting={
            agent: Accounting(how) if how else None for agent, how in head["accounting"].items()
        },
        max_usd_per_call={agent: read_dollars(usd) for agent, usd in head["maxUsdPerCall"].items()},
        measured=tuple(map(_spec, head["measured"])),
        location=_location(head["location"]),
    )


def _gate(data: Data) -> Gate:
    return Gate(
        min_pass_rate=_number(data["minPassRate"]),
        max_errored=_number(data["maxErrored"]),
        max_cost_usd=_optional_dollars(data["maxCostUsd"]),
        max_p95_latency_s=_optional_number(data["maxP95LatencyS"]),
        metrics={
            name: MetricGate(
                least=_number(gate["min"]),
                in_slices=_optional_number(gate["inSlices"]),
                location=_demanded(gate["location"]),
            )
            for name, gate in data["metrics"].items()
        },
    )


def _decision(data: Data) -> GateDecision:
    return GateDecision(
        passed=data["passed"],
        certain=data["certain"],
        reasons=tuple(map(_finding, data["reasons"])),
    )


def _spec(data: Data) -> MetricSpec:
    return MetricSpec(
        kind=data["kind"],
        name=data["name"],
        args=data["arguments"],
        location=_demanded(data["location"]),
        by=data["by"],
    )


def _metric(data: Data) -> MetricResult:
    """What was counted; the figures are to be made of it anew."""
    return MetricResult(
        name=data["name"],
        kind=data["kind"],
        model=data["model"],
        location=_demanded(data["location"]),
        measures=Measures(figures=()),
        n=_number(data["n"]),
        unjudged=_number(data["unjudged"]),
        slice=data["slice"],
        counts={(str(row), str(column)): int(count) for row, column, count in data["cells"]},
        asked=frozenset(data["asked"]),
    )


def case_of_json(data: Data, *, index: int) -> CaseResult:
    """A case with what reports tell of it: what was asked in it is not in a result file."""
    return CaseResult(
        index=index,
        case=_case(data),
        model=str(data["model"]),
        outcome=Outcome(data["outcome"]),
        tally=Tally(**{name: _number(count) for name, count in data["tally"].items()}),
        note=data["note"],
        cost=_cost(data["costUsd"], data["unpriced"], data["assumed"]),
        judge_cost=_cost(data["judgeCostUsd"], data["judgeUnpriced"], data["judgeAssumed"]),
        judge_model=None if data["judgeModel"] is None else str(data["judgeModel"]),
        usage=_usage(data["usage"]),
        calls=_number(data["calls"]),
        cached_calls=_number(data["cachedCalls"]),
        latency_s=_optional_number(data["latencyS"]),
        cascade=_cascade(data["cascade"]) if data["cascade"] else None,
        stood_in=tuple(map(_stood_in, data["stoodIn"])),
    )


def _cascade(data: Data) -> Cascaded:
    return Cascaded(
        small=_number(data["small"]),
        large=_number(data["large"]),
        saved_usd=read_dollars(data["savedUsd"], may_be_lost=True),
        unestimated=_number(data["unestimated"]),
    )


def _stood_in(data: Data) -> StoodIn:
    trials = _number(data["trials"])
    return StoodIn(asked=data["asked"], answered_by=data["answeredBy"], trials=trials)


def _case(data: Data) -> Case:
    place = _demanded(data["location"])
    return Case(
        id=str(data["id"]),
        location=place,
        tags=frozenset(data["tags"]),
        repeat=int(data["repeat"]),
        repeat_pass=int(data["repeatPass"]),
        repeat_auto=data["repeatAuto"],
        skip=data["skip"],
        xfail=data["xfail"],
        # That there are turns decides how a case is told; their words are in its trials.
        turns=(Turn(input="", location=place),) * int(data["turns"]),
    )


def trials_of_json(data: Data, *, index: int, suite: str) -> Iterator[TrialResult]:
    """The trials of a case, by repeat."""
    of = {
        "schema": SCHEMA,
        "index": index,
        "suite": suite,
        "caseId": str(data["id"]),
        "model": str(data["model"]),
    }
    return (trial_of_line({**trial, **of}, path=suite) for trial in data["trials"])


def _cost(usd: str, unpriced: int, assumed: int) -> Cost:
    return Cost(
        usd=read_dollars(usd), unpriced_calls=_number(unpriced), assumed_calls=_number(assumed)
    )


def _usage(data: Data) -> Usage:
    return Usage(
        input_tokens=_number(data["inputTokens"]),
        output_tokens=_number(data["outputTokens"]),
        cached_input_tokens=_number(data["cachedInputTokens"]),
        reasoning_tokens=_number(data["reasoningTokens"]),
    )


def _finding(data: Data) -> Finding:
    return Finding(
        rule=str(data["rule"]),
        message=str(data["message"]),
        location=_location(data["location"]),
        fix=None if data["fix"] is None else str(data["fix"]),
        severity=Severity[data["severity"].upper()],
    )


def _number(value: Any) -> Any:
    """The value as it was written, once it is known that it can be counted with."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise TypeError(f"{value!r} is no number")
    return value


def _optional_number(value: Any) -> Any:
    return None if value is None else _number(value)


def _demanded(data: Data) -> Location:
    return Location(path=data["path"], line=data["line"], column=data["column"])


def _location(data: Data | None) -> Location | None:
    return None if data is None else _demanded(data)


def _optional_dollars(usd: str | None) -> Decimal | None:
    return None if usd is None else read_dollars(usd)
