"""How results are written as JSON, and how trials are read back.

Keys are camelCase and come in a fixed order, dollars are decimal strings without an exponent, and
what is absent is null. `schema` is raised when a key changes its meaning or goes away, never for
a new key: readers ignore keys that they do not know.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import fields
from decimal import Decimal
from functools import lru_cache
from typing import Any

from agentops_cli.errors import InputError
from agentops_cli.model.call import Completion, Fault, FaultKind, Finish, Verdict
from agentops_cli.model.finding import Finding
from agentops_cli.model.json import Json, JsonObject
from agentops_cli.model.metric import Figure, MetricResult
from agentops_cli.model.money import Cost, Usage
from agentops_cli.model.place import Location
from agentops_cli.model.result import (
    Cascaded,
    CaseResult,
    Incident,
    Outcome,
    RunResult,
    Shard,
    StoodIn,
    SuiteResult,
    Tally,
    Totals,
    TrialResult,
    TurnResult,
)
from agentops_cli.model.suite import Gate
from agentops_cli.model.tool import ToolCall

SCHEMA = 1

TRACE_CHARACTERS = 20_000
"""What agents tell of their way has no bounds of its own; more of it than this is cut."""


def dumps(value: Json) -> str:
    """JSON on one line, in ASCII.

    ASCII so that nothing in an answer (a lone surrogate, U+2028, a terminal escape) can break a
    line, a strict reader or a screen. NaN is refused: it is not JSON.
    """
    return _encode(value)


# `json.dumps` makes an encoder for each call; a run has a call for each trial.
_encode = json.JSONEncoder(ensure_ascii=True, allow_nan=False, separators=(",", ":")).encode


def check_schema(data: Mapping[str, Any], *, path: str) -> None:
    """Raises `InputError` when `data`, read from `path`, is newer than this version can read."""
    found = data.get("schema")
    if isinstance(found, int) and 1 <= found <= SCHEMA:
        return
    problem = f"result schema {found!r} is not one that this version reads (1 to {SCHEMA})"
    fix = "read it with the version of agentops that wrote it, or a newer one"
    place = Location(path=path)
    raise InputError([Finding(rule="result-schema", message=problem, location=place, fix=fix)])


def line_of_trial(result: TrialResult, *, run: str | None = None, start: int = 0) -> JsonObject:
    """One trial as a line of the trial log: the trial, and which run and case it belongs to.

    `start` is the byte of the log with which the line begins.
    """
    return {
        "schema": SCHEMA,
        "run": run,
        "start": start,
        "index": result.index,
        "suite": result.suite,
        "caseId": result.case_id,
        "model": result.model,
        "cells": {name: [[*cell] for cell in cells] for name, cells in result.cells.items()},
        **json_of_trial(result),
    }


# What `cells` ends with and a trial begins with. In no text, whose quotes are escaped, nor in the
# cells themselves, which are lists, can it stand before that.
_TRIAL = b'},"repeat":'


def text_of_trial(line: bytes) -> tuple[int, str]:
    """The repeat of a line of the trial log, and its trial as `json_of_trial` has it, in JSON.

    Reading and writing it all again would give the same text and take ten times as long.
    """
    start = line.index(_TRIAL) + 2
    repeat = line[start + len(_TRIAL) - 2 : line.index(b",", start)]
    return int(repeat), "{" + line[start:].decode("ascii").rstrip()


def trial_of_line(data: Mapping[str, Any], *, path: str) -> TrialResult:
    """The inverse of `line_of_trial`; raises `InputError` when the line has a newer schema."""
    check_schema(data, path=path)
    return TrialResult(
        index=data["index"],
        suite=data["suite"],
        case_id=data["caseId"],
        model=data["model"],
        repeat=data["repeat"],
        outcome=Outcome(data["outcome"]),
        completion=_completion(data) if data["output"] is not None else None,
        verdicts=tuple(map(_verdict, data["verdicts"])),
        judge_cost=_cost(data["judgeCostUsd"], data["judgeUnpriced"], data.get("judgeAssumed", 0)),
        fault=_fault(data["fault"]),
        turns=tuple(map(_turn, data.get("turns", ()))),
        cells={
            name: tuple((row, column) for row, column in cells)
            for name, cells in data.get("cells", {}).items()
        },
        tier=data.get("tier"),
        tried=_tried(data, path),
        saved_usd=_saved_usd(data),
    )


def _tried(data: Mapping[str, Any], path: str) -> TrialResult | None:
    """What came of the small model of a cascade, which belongs to the same case."""
    tried = data.get("tried")
    if tried is None:
        return None
    whose = {key: data[key] for key in ("schema", "index", "suite", "caseId", "model")}
    return trial_of_line({**tried, **whose}, path=path)


def _saved_usd(data: Mapping[str, Any]) -> Decimal | None:
    usd = data.get("savedUsd")
    return None if usd is None else read_dollars(usd, may_be_lost=True)


def json_of_trial(result: TrialResult) -> JsonObject:
    """One trial as it stands in its case; `output` and its costs are null without an answer."""
    answer = result.completion
    return {
        "repeat": result.repeat,
        "outcome": result.outcome.value,
        **(_json_of_answer(answer) if answer else _NO_ANSWER),
        "verdicts": [_json_of_verdict(verdict) for verdict in result.verdicts],
        "fault": _json_of_fault(result.fault) if result.fault else None,
        "judgeCostUsd": _dollars(result.judge_cost.usd),
        "judgeUnpriced": result.judge_cost.unpriced_calls,
        "judgeAssumed": result.judge_cost.assumed_calls,
        "turns": [_json_of_turn(turn) for turn in result.turns],
        "tier": result.tier,
        "savedUsd": _optional_dollars(result.saved_usd),
        "tried": json_of_trial(result.tried) if result.tried else None,
    }


def pieces_of_case(
    case: CaseResult, trials: Iterable[str], *, place: int | None = None
) -> Iterator[str]:
    """One case with its trials, each of them as JSON already; all of it as JSON, piece by piece.

    The text of a case of a thousand trials would be in memory several times over.
    """
    yield dumps(json_of_case(case, (), place=place)).removesuffix("]}")
    for number, trial in enumerate(trials):
        if number:
            yield ","
        yield trial
    yield "]}"


def json_of_case(
    case: CaseResult, trials: Iterable[TrialResult], *, place: int | None = None
) -> JsonObject:
    """One case with its trials, which come last: a reader may want the rest alone.

    `place` is its place in the whole plan, which is its index unless it is in a part of a run.
    """
    return {
        "id": case.case.id,
        "index": case.index if place is None else place,
        "model": case.model,
        "outcome": case.outcome.value,
        "passRate": case.pass_rate,
        "note": case.note,
        "repeat": case.case.repeat,
        "repeatPass": case.case.repeat_pass,
        "repeatAuto": case.case.repeat_auto,
        "tally": _json_of_tally(case.tally),
        "skip": case.case.skip,
        "xfail": case.case.xfail,
        "turns": len(case.case.turns),
        **_json_of_costs(case.cost, case.judge_cost),
        "judgeModel": case.judge_model,
        "usage": _json_of_usage(case.usage),
        "calls": case.calls,
        "cachedCalls": case.cached_calls,
        "latencyS": case.latency_s,
        "cascade": json_of_cascade(case.cascade) if case.cascade else None,
        "stoodIn": [json_of_stood_in(each) for each in case.stood_in],
        "tags": [*sorted(case.case.tags)],
        "location": _json_of_location(case.case.location),
        "trials": [json_of_trial(trial) for trial in trials],
    }


def json_of_suite_head(suite: SuiteResult) -> JsonObject:
    """Everything about a suite but its cases, which come one by one, and its metrics."""
    return {
        "name": suite.name,
        "path": suite.path,
        "promptName": suite.prompt_name,
        "promptVersion": suite.prompt_version,
        "promptSha256": suite.prompt_sha256,
        "promptCommit": suite.prompt_commit,
        "location": _json_of_location(suite.location),
        "models": [*suite.models],
        "passRate": suite.totals.pass_rate,
        "outcomes": _json_of_outcomes(suite.totals),
        "cascades": {
            model: json_of_cascade(totals.cascade)
            for model, totals in suite.by_model.items()
            if totals.cascade
        },
        "stoodIn": [json_of_stood_in(each) for each in suite.totals.stood_in],
        "p50LatencyS": suite.p50_latency_s,
        "p95LatencyS": suite.p95_latency_s,
        "accounting": {
            agent: how.value if how else None for agent, how in suite.accounting.items()
        },
        "maxUsdPerCall": {agent: _dollars(usd) for agent, usd in suite.max_usd_per_call.items()},
        "gate": {
            **json_of_thresholds(suite.gate),
            "passed": suite.decision.passed,
            "certain": suite.decision.certain,
            "reasons": [_json_of_finding(reason) for reason in suite.decision.reasons],
        },
        "measured": [
            {
                "name": spec.name,
                "kind": spec.kind,
                "by": spec.by,
                "arguments": dict(spec.args),
                "location": _json_of_location(spec.location),
            }
            for spec in suite.measured
        ],
    }


def json_of_thresholds(gate: Gate) -> JsonObject:
    """What a gate demands."""
    return {
        "minPassRate": gate.min_pass_rate,
        "maxErrored": gate.max_errored,
        "maxCostUsd": _optional_dollars(gate.max_cost_usd),
        "maxP95LatencyS": gate.max_p95_latency_s,
        "metrics": {
            name: {
                "min": one.least,
                "inSlices": one.in_slices,
                "location": _json_of_location(one.location),
            }
            for name, one in gate.metrics.items()
        },
    }


def json_of_metric(result: MetricResult) -> JsonObject:
    """One metric on one model, over all cases or one slice."""
    measures = result.measures
    return {
        "name": result.name,
        "kind": result.kind,
        "model": result.model,
        "slice": result.slice,
        "location": _json_of_location(result.location),
        "n": result.n,
        "unjudged": result.unjudged,
        "figures": [_json_of_figure(figure) for figure in measures.figures],
        "labels": [*measures.labels],
        "columns": [*measures.columns],
        "confusion": [[*row] for row in measures.confusion],
        "asked": [*sorted(result.asked)],
        "cells": [[*cell, count] for cell, count in sorted(result.counts.items())],
    }


def json_of_run_head(run: RunResult) -> JsonObject:
    """What was run, when, from which commit and with which prices."""
    git = run.git
    return {
        "id": run.run_id,
        "started": run.started.isoformat(),
        "finished": run.finished.isoformat(),
        "toolVersion": run.tool_version,
        "pricesVersion": run.prices_version,
        "git": {"commit": git.commit, "branch": git.branch, "dirty": git.dirty} if git else None,
        "configDigest": run.config_digest,
        "shard": _json_of_shard(run.shard) if run.shard else None,
        "budgetUsd": _optional_dollars(run.budget_usd),
        "incidents": [_json_of_incident(incident) for incident in run.incidents],
        "lostUsd": _dollars(run.lost.usd),
        "lostCalls": run.lost.assumed_calls,
    }


def _json_of_incident(incident: Incident) -> JsonObject:
    return {
        "guard": incident.guard,
        "message": incident.message,
        "at": incident.at.isoformat(),
    }


def _json_of_shard(shard: Shard) -> JsonObject:
    return {
        "number": shard.number,
        "count": shard.count,
        "planDigest": shard.plan_digest,
        "planned": shard.planned,
        "durations": shard.durations,
        "budgetUsd": _optional_dollars(shard.budget_usd),
        "plan": shard.plan,
    }


def json_of_totals(run: RunResult) -> JsonObject:
    """The whole run in numbers: cases by outcome, trials, dollars, tokens."""
    totals = run.totals
    return {
        "cases": totals.cases,
        "passRate": totals.pass_rate,
        "outcomes": _json_of_outcomes(totals),
        "trials": _json_of_tally(totals.tally),
        **_json_of_costs(totals.cost, totals.judge_cost),
        "usage": _json_of_usage(totals.usage),
        "stoodIn": [json_of_stood_in(each) for each in totals.stood_in],
    }


def json_of_gate(run: RunResult) -> JsonObject:
    """The verdict of the run. `passed` is false also when there is none: `exitCode` above 1."""
    return {
        "passed": run.passed,
        "exitCode": int(run.exit_code),
        "exit": run.exit_code.name.lower(),
        "reasons": [_json_of_finding(reason) for reason in run.reasons],
    }


def _json_of_turn(turn: TurnResult) -> JsonObject:
    return {
        "input": turn.input,
        **_json_of_answer(turn.completion),
        "steps": turn.steps,
        "conversation": turn.conversation,
    }


def _json_of_answer(answer: Completion) -> JsonObject:
    return {
        "output": answer.text,
        "said": [*answer.said],
        "toolCalls": [_json_of_tool_call(call) for call in answer.tool_calls],
        "usage": _json_of_usage(answer.usage) if answer.usage else None,
        "costUsd": _dollars(answer.cost.usd),
        "unpriced": answer.cost.unpriced_calls,
        "assumed": answer.cost.assumed_calls,
        "latencyS": answer.latency_s,
        "cached": answer.cached,
        "servedModel": answer.model,
        "answeredBy": answer.answered_by,
        "retries": answer.retries,
        "finish": answer.finish.value,
        "failure": answer.failure,
        "trace": None if answer.trace is None else _bounded(answer.trace),
        "stoppedAfter": answer.stopped_after,
        "providerFaults": answer.provider_faults,
    }


# What a trial without an answer has in place of one: no cost is not a cost of zero.
_NO_ANSWER: JsonObject = {
    "output": None,
    "said": [],
    "toolCalls": [],
    "usage": None,
    "costUsd": None,
    "unpriced": None,
    "assumed": None,
    "latencyS": None,
    "cached": None,
    "servedModel": None,
    "answeredBy": None,
    "retries": None,
    "finish": None,
    "failure": None,
    "trace": None,
    "stoppedAfter": None,
    "providerFaults": None,
}


def _bounded(trace: Json) -> Json:
    """The trace as it is; where that is too long, or no JSON, its text as far as it fits."""
    try:
        text = json.dumps(trace, ensure_ascii=False)
        dumps(trace)
    except RecursionError:
        return "(nested too deeply to be kept)"
    except ValueError:
        pass  # NaN and the infinities can be read here, but by nobody else.
    else:
        if len(text) <= TRACE_CHARACTERS:
            return trace
    missing = len(text) - TRACE_CHARACTERS
    return f"{text[:TRACE_CHARACTERS]} … [{missing:,} more characters]" if missing > 0 else text


def _json_of_figure(figure: Figure) -> JsonObject:
    return {
        "name": figure.name,
        "value": figure.value,
        "low": figure.low,
        "high": figure.high,
        "n": figure.n,
        "undefined": figure.undefined,
    }


def _json_of_outcomes(totals: Totals) -> JsonObject:
    return {outcome.value: totals.outcomes.get(outcome, 0) for outcome in Outcome}


def _json_of_tally(tally: Tally) -> JsonObject:
    return {name: getattr(tally, name) for name in _TALLY}


_TALLY = tuple(field.name for field in fields(Tally))


def _json_of_costs(subject: Cost, judges: Cost) -> JsonObject:
    return {
        "costUsd": _dollars(subject.usd),
        "unpriced": subject.unpriced_calls,
        "assumed": subject.assumed_calls,
        "judgeCostUsd": _dollars(judges.usd),
        "judgeUnpriced": judges.unpriced_calls,
        "judgeAssumed": judges.assumed_calls,
    }


def json_of_cascade(cascade: Cascaded) -> JsonObject:
    """What came of a cascade; what it saved may be negative."""
    return {
        "small": cascade.small,
        "large": cascade.large,
        "savedUsd": _dollars(cascade.saved_usd),
        "unestimated": cascade.unestimated,
    }


def json_of_stood_in(stood_in: StoodIn) -> JsonObject:
    """Who stood in for whom, and in how many trials."""
    return {
        "asked": stood_in.asked,
        "answeredBy": stood_in.answered_by,
        "trials": stood_in.trials,
    }


def _json_of_usage(usage: Usage) -> JsonObject:
    return {
        "inputTokens": usage.input_tokens,
        "outputTokens": usage.output_tokens,
        "cachedInputTokens": usage.cached_input_tokens,
        "reasoningTokens": usage.reasoning_tokens,
    }


def _json_of_tool_call(call: ToolCall) -> JsonObject:
    return {"id": call.id, "name": call.name, "arguments": call.arguments}


def _json_of_verdict(verdict: Verdict) -> JsonObject:
    return {
        "kind": verdict.kind,
        "passed": verdict.passed,
        "score": verdict.score,
        "reason": verdict.reason,
        "location": _json_of_location(verdict.location),
        "advisory": verdict.advisory,
        "turn": verdict.turn,
        "unsure": verdict.unsure,
    }


def _json_of_fault(fault: Fault) -> JsonObject:
    return {
        "kind": fault.kind.value,
        "message": fault.message,
        "fix": fault.fix,
        "billed": fault.billed,
        **({} if fault.usd is None else {"costUsd": _dollars(fault.usd)}),
        **({"assumed": True} if fault.assumed else {}),
        "final": fault.final,
        "retries": fault.retries,
        **({} if fault.earlier == Cost() else {"earlier": _json_of_earlier(fault.earlier)}),
    }


def _json_of_earlier(cost: Cost) -> JsonObject:
    return {
        "costUsd": _dollars(cost.usd),
        "unpriced": cost.unpriced_calls,
        "assumed": cost.assumed_calls,
    }


def _json_of_finding(finding: Finding) -> JsonObject:
    return {
        "rule": finding.rule,
        "severity": finding.severity.word,
        "message": finding.message,
        "location": _json_of_location(finding.location),
        "fix": finding.fix,
    }


def _json_of_location(place: Location | None) -> JsonObject | None:
    if place is None:
        return None
    return {"path": place.path, "line": place.line, "column": place.column}


def _dollars(usd: Decimal) -> str:
    return f"{usd:f}"


# A sum has at most 28 digits that count; what comes before them is bounded, too.
_DOLLARS = re.compile(r"-?\d{1,15}(\.\d{1,200})?", re.ASCII)


def read_dollars(text: str, *, may_be_lost: bool = False) -> Decimal:
    """Dollars as they are written; raises `ValueError` for what is no amount.

    Only what a cascade saved may be negative: it `may_be_lost`. An exponent is refused, since a
    short text could then take all memory to write.
    """
    if not _DOLLARS.fullmatch(text) or (text.startswith("-") and not may_be_lost):
        raise ValueError(f"{text!r:.60} is no amount of dollars")
    return Decimal(text)


def _optional_dollars(usd: Decimal | None) -> str | None:
    return None if usd is None else _dollars(usd)


def _turn(data: Mapping[str, Any]) -> TurnResult:
    return TurnResult(
        input=data["input"],
        completion=_completion(data),
        steps=data["steps"],
        conversation=data["conversation"],
    )


def _completion(data: Mapping[str, Any]) -> Completion:
    # Lines of earlier versions lack what agents and conversations brought.
    return Completion(
        text=data["output"],
        finish=Finish(data["finish"]),
        model=data["servedModel"],
        latency_s=data["latencyS"],
        usage=_usage(data["usage"]),
        cost=_cost(data["costUsd"], data["unpriced"], data.get("assumed", 0)),
        tool_calls=tuple(
            ToolCall(id=call["id"], name=call["name"], arguments=call["arguments"])
            for call in data["toolCalls"]
        ),
        cached=data["cached"],
        failure=data.get("failure"),
        trace=data.get("trace"),
        stopped_after=data.get("stoppedAfter"),
        provider_faults=data.get("providerFaults", 0),
        said=tuple(data.get("said", ())),
        answered_by=data.get("answeredBy"),
        retries=data.get("retries", 0),
    )


def _usage(data: Mapping[str, Any] | None) -> Usage | None:
    if data is None:
        return None
    return Usage(
        input_tokens=data["inputTokens"],
        output_tokens=data["outputTokens"],
        cached_input_tokens=data["cachedInputTokens"],
        reasoning_tokens=data["reasoningTokens"],
    )


# Most trials of a run cost one of a few amounts, and nearly all of their judges nothing.
@lru_cache(maxsize=128, typed=True)
def _cost(usd: str, unpriced_calls: int, assumed_calls: int) -> Cost:
    return Cost(usd=read_dollars(usd), unpriced_calls=unpriced_calls, assumed_calls=assumed_calls)


def _verdict(data: Mapping[str, Any]) -> Verdict:
    return Verdict(
        kind=data["kind"],
        passed=data["passed"],
        score=data["score"],
        reason=data["reason"],
        location=_location(data["location"]),
        advisory=data["advisory"],
        turn=data.get("turn"),
        unsure=data.get("unsure", False),
    )


def _fault(data: Mapping[str, Any] | None) -> Fault | None:
    if data is None:
        return None
    return Fault(
        kind=FaultKind(data["kind"]),
        message=data["message"],
        fix=data["fix"],
        billed=data["billed"],
        usd=read_dollars(data["costUsd"]) if "costUsd" in data else None,
        assumed=data.get("assumed", False),
        final=data.get("final", False),
        retries=data.get("retries", 0),
        earlier=_earlier(data["earlier"]) if "earlier" in data else Cost(),
    )


def _earlier(data: Mapping[str, Any]) -> Cost:
    return Cost(
        usd=read_dollars(data["costUsd"]),
        unpriced_calls=data["unpriced"],
        assumed_calls=data["assumed"],
    )


def _location(data: Mapping[str, Any] | None) -> Location | None:
    if data is None:
        return None
    return Location(path=data["path"], line=data["line"], column=data["column"])
