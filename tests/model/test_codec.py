import json
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given

from agentops_cli.errors import ExitCode, InputError
from agentops_cli.model.codec import (
    SCHEMA,
    TRACE_CHARACTERS,
    check_schema,
    dumps,
    json_of_case,
    json_of_gate,
    json_of_run_head,
    json_of_suite_head,
    json_of_totals,
    json_of_trial,
    line_of_trial,
    pieces_of_case,
    text_of_trial,
    trial_of_line,
)
from agentops_cli.model.json import Json
from agentops_cli.model.money import Cost
from agentops_cli.model.result import Outcome, TrialResult
from agentops_cli.model.settings import Accounting
from tests.builders import (
    BOT,
    JUDGE,
    LEGACY,
    a_case,
    a_case_result,
    a_completion,
    a_conversation,
    a_fault,
    a_lost_trial,
    a_run,
    a_suite_result,
    a_trial,
    a_turn,
    an_errored_trial,
    an_eventful_evaluation,
)
from tests.strategies import trials


@given(trials)
def test_a_trial_comes_back_as_it_was_written(trial: TrialResult) -> None:
    assert trial_of_line(json.loads(dumps(line_of_trial(trial))), path="x") == trial


@given(trials)
def test_a_line_is_ascii_without_a_line_end(trial: TrialResult) -> None:
    line = dumps(line_of_trial(trial))
    assert line.isascii()
    assert len(line.splitlines()) == 1


def test_the_keys_of_a_line_are_the_documented_ones_in_their_order() -> None:
    assert list(line_of_trial(a_trial())) == [
        *("schema", "run", "start", "index", "suite", "caseId", "model", "cells"),
        *("repeat", "outcome", "output"),
        *("said", "toolCalls", "usage", "costUsd", "unpriced", "assumed", "latencyS", "cached"),
        *("servedModel", "answeredBy", "retries"),
        *("finish", "failure", "trace", "stoppedAfter", "providerFaults"),
        *("verdicts", "fault", "judgeCostUsd", "judgeUnpriced", "judgeAssumed", "turns"),
        *("tier", "savedUsd", "tried"),
    ]


def test_a_line_names_its_run_and_what_it_adds_to_metrics() -> None:
    line = line_of_trial(a_trial(cells={"label": (("bug", "other"),)}), run="a-run")
    assert (line["run"], line["cells"]) == ("a-run", {"label": [["bug", "other"]]})


def test_a_trial_inside_its_case_does_not_repeat_what_the_case_says() -> None:
    [inside] = [json_of_trial(a_trial())]
    outside = {"schema", "run", "start", "index", "suite", "caseId", "model", "cells"}
    assert not outside & set(inside)


@pytest.mark.parametrize(
    ("usd", "written"),
    [("1E-9", "0.000000001"), ("1E+3", "1000"), ("0.10", "0.10"), ("0", "0")],
)
def test_dollars_are_decimal_strings_without_an_exponent(usd: str, written: str) -> None:
    trial = a_trial(completion=a_completion(cost=Cost(usd=Decimal(usd))))
    assert json_of_trial(trial)["costUsd"] == written


def test_an_answer_that_never_came_has_no_cost_rather_than_a_cost_of_zero() -> None:
    written = json_of_trial(an_errored_trial())
    absent = (
        *("output", "costUsd", "unpriced", "assumed", "latencyS", "cached", "servedModel"),
        *("finish", "answeredBy", "retries"),
        *("failure", "trace", "stoppedAfter", "providerFaults"),
    )
    assert {written[key] for key in absent} == {None}


def test_what_is_assumed_of_a_call_without_an_answer_is_read_back() -> None:
    fault = a_fault(billed=True, usd=Decimal("0.0123"), assumed=True)
    trial = an_errored_trial(fault=fault, judge_cost=Cost(usd=Decimal(1), assumed_calls=2))
    line = as_read(trial)
    assert (line["fault"]["assumed"], line["fault"]["costUsd"]) == (True, "0.0123")
    assert line["judgeAssumed"] == 2
    assert trial_of_line(line, path="x") == trial
    assert "assumed" not in as_read(an_errored_trial(fault=a_fault()))["fault"]


def test_an_answer_and_its_absence_have_the_same_keys() -> None:
    assert list(json_of_trial(an_errored_trial())) == list(json_of_trial(a_trial()))


def test_a_turn_tells_what_was_said_and_all_that_came_of_it() -> None:
    [first, second] = as_read(a_conversation())["turns"]
    assert (first["input"], first["output"]) == ("Where is my order 0812?", "It is shipped.")
    assert first["toolCalls"] == [
        {"id": "call_1", "name": "get_order", "arguments": '{"id": "0812"}'}
    ]
    assert (first["steps"], second["steps"], second["conversation"]) == (2, 1, 0)
    assert first["costUsd"] == "0.0000384"


def test_a_trial_of_one_call_has_no_turns() -> None:
    assert json_of_trial(a_trial())["turns"] == []


def test_turns_before_a_fault_are_kept() -> None:
    trial = an_errored_trial(turns=(a_turn(),))
    assert json_of_trial(trial)["output"] is None
    assert trial_of_line(line_of_trial(trial), path="x").turns == (a_turn(),)


def test_a_line_of_a_version_without_turns_is_read() -> None:
    line = as_read(a_trial())
    agents = ("said", "failure", "trace", "stoppedAfter", "providerFaults", "turns")
    for key in (*agents, "run", "cells", "assumed", "judgeAssumed"):
        del line[key]
    for verdict in line["verdicts"]:
        del verdict["turn"]
    assert trial_of_line(line, path="old.jsonl") == a_trial()


def test_a_trace_is_kept_in_its_shape_up_to_a_length() -> None:
    whole: Json = ["x" * (TRACE_CHARACTERS - 4)]
    assert written_trace(whole) == whole
    cut = written_trace(["x" * (TRACE_CHARACTERS + 10)])
    assert cut == f'["{"x" * (TRACE_CHARACTERS - 2)} … [14 more characters]'


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity"])
def test_a_trace_that_is_no_json_is_kept_as_text(number: str) -> None:
    """Python reads such numbers in a reply, and other readers would refuse the whole line."""
    assert written_trace(json.loads(f'{{"score": {number}}}')) == f'{{"score": {number}}}'


def test_a_trace_without_a_bottom_does_not_end_the_run() -> None:
    deep: Json = "bottom"
    for _ in range(100_000):
        deep = [deep]
    assert written_trace(deep) == "(nested too deeply to be kept)"


def as_read(trial: TrialResult) -> dict[str, Any]:
    """The line of a trial, as a reader of the file has it."""
    line = json.loads(dumps(line_of_trial(trial)))
    assert isinstance(line, dict)
    return line


def written_trace(trace: Json) -> Json:
    written: Json = as_read(a_trial(completion=a_completion(trace=trace)))["trace"]
    return written


def test_an_empty_answer_is_not_an_absent_one() -> None:
    trial = a_trial(completion=a_completion(""))
    assert trial_of_line(line_of_trial(trial), path="x").completion is not None


@pytest.mark.parametrize("schema", [SCHEMA + 1, 0, "1", None, 1.5])
def test_a_schema_that_this_version_does_not_read_is_refused(schema: Json) -> None:
    line = {**line_of_trial(a_trial()), "schema": schema}
    with pytest.raises(InputError) as caught:
        trial_of_line(line, path="runs/old.jsonl")
    [finding] = caught.value.findings
    assert str(finding.location) == "runs/old.jsonl"
    assert repr(schema) in finding.message
    assert finding.fix is not None


def test_the_present_schema_is_read() -> None:
    check_schema({"schema": SCHEMA}, path="x")


def test_nan_is_refused_because_it_is_not_json() -> None:
    with pytest.raises(ValueError, match="JSON"):
        dumps({"score": float("nan")})


def test_a_case_carries_its_trials_and_what_its_author_asked_for() -> None:
    executed = [a_trial(), a_lost_trial(repeat=1)]
    case = a_case_result(
        executed,
        case=a_case(repeat=2, repeat_pass=1, tags=frozenset({"b", "a"})),
        outcome=Outcome.FLAKY,
    )
    written = json_of_case(case, executed)
    assert written["outcome"] == "flaky"
    assert written["passRate"] == 0.5
    assert (written["repeat"], written["repeatPass"]) == (2, 1)
    assert written["tags"] == ["a", "b"]
    assert written["trials"] == [json_of_trial(trial) for trial in executed]


def test_the_costs_of_judges_stand_apart_from_those_of_the_subject() -> None:
    run = an_eventful_evaluation().run
    totals = json_of_totals(run)
    assert totals["judgeCostUsd"] == "0.0021"
    assert totals["costUsd"] == f"{sum(case.cost.usd for case in run.cases):f}"
    assert totals["unpriced"] == 1


def test_totals_count_every_outcome_and_every_trial() -> None:
    totals = json_of_totals(an_eventful_evaluation().run)
    assert totals["cases"] == 15
    assert totals["outcomes"] == {
        "passed": 3,
        "flaky": 1,
        "failed": 4,
        "errored": 4,
        "skipped": 1,
        "xfailed": 1,
        "quarantined": 1,
    }
    assert totals["trials"] == {
        "passed": 11,
        "failed": 7,
        "errored": 4,
        "skipped": 0,
        "answered": 20,
        "cached": 1,
        "stopped": 1,
        "unreached": 0,
        "spared": 0,
    }


def test_a_run_without_a_verdict_has_not_passed_and_says_how_it_ended() -> None:
    gate = json_of_gate(a_run(exit_code=ExitCode.STOPPED))
    assert (gate["passed"], gate["exitCode"], gate["exit"]) == (False, 6, "stopped")


def test_a_suite_head_tells_the_gate_and_the_prompt_but_no_cases() -> None:
    head = json_of_suite_head(a_suite_result())
    assert head["promptVersion"] == "1.2.0"
    assert head["gate"] == {
        "minPassRate": 1.0,
        "maxErrored": 0,
        "maxCostUsd": None,
        "maxP95LatencyS": None,
        "metrics": {},
        "passed": True,
        "certain": True,
        "reasons": [],
    }
    assert "cases" not in head


def test_a_suite_head_tells_how_the_dollars_of_its_agents_are_known() -> None:
    suite = a_suite_result(
        accounting={BOT: Accounting.ENFORCED, LEGACY: Accounting.DECLARED, "agent/mute": None},
        max_usd_per_call={LEGACY: Decimal("2E-2")},
    )
    head = json_of_suite_head(suite)
    assert head["accounting"] == {BOT: "enforced", LEGACY: "declared", "agent/mute": None}
    assert head["maxUsdPerCall"] == {LEGACY: "0.02"}


def test_a_case_tells_its_judge_and_how_many_calls_it_took() -> None:
    case = a_case_result([a_conversation()], judge_model=JUDGE)
    written = json_of_case(case, [])
    assert (written["judgeModel"], written["calls"], written["cachedCalls"]) == (JUDGE, 3, 0)


def test_a_run_head_has_the_documented_keys_and_utc_times() -> None:
    head = json_of_run_head(a_run(git=None))
    assert list(head) == [
        *("id", "started", "finished", "toolVersion", "pricesVersion"),
        *("git", "configDigest", "shard", "budgetUsd", "incidents", "lostUsd", "lostCalls"),
    ]
    assert head["started"] == "2026-01-02T03:04:05+00:00"
    assert head["git"] is None


@pytest.mark.parametrize("executed", [(), (a_trial(),), (a_trial(), a_trial(repeat=1))])
def test_a_case_of_texts_is_the_case_of_its_trials(executed: tuple[TrialResult, ...]) -> None:
    case = a_case_result(executed)
    texts = [dumps(json_of_trial(trial)) for trial in executed]
    assert "".join(pieces_of_case(case, texts)) == dumps(json_of_case(case, executed))


def test_the_trial_of_a_line_is_found_behind_whatever_its_head_says() -> None:
    hostile = '},"repeat":7,'
    trial = a_trial(suite=hostile, case_id=hostile, repeat=3, cells={hostile: (("a", hostile),)})
    trial = replace(trial, cells={**trial.cells, "repeat": (("b", "c"),)})
    line = dumps(line_of_trial(trial, run=hostile)).encode() + b"\n"
    assert text_of_trial(line) == (3, dumps(json_of_trial(trial)))
