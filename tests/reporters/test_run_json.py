import json
from datetime import datetime, timedelta
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from jsonschema import Draft202012Validator

from agentops_cli.errors import ExitCode
from agentops_cli.model.call import FaultKind, Finish
from agentops_cli.model.codec import dumps, line_of_trial
from agentops_cli.model.finding import Severity
from agentops_cli.model.result import Outcome, TrialResult
from agentops_cli.reporters.run_json import RunJson
from tests.builders import (
    HOSTILE,
    Evaluation,
    a_case_result,
    a_completion,
    a_suite_result,
    a_trial,
    an_evaluation,
    an_eventful_evaluation,
)
from tests.reporters.written import assert_golden, written
from tests.strategies import evaluations, trials

SCHEMA: dict[str, Any] = json.loads(
    files("agentops_cli").joinpath("schemas/result.schema.json").read_text("utf-8")
)


def closed(schema: Any) -> Any:
    """The schema without room for keys that it does not describe."""
    if isinstance(schema, list):
        return [closed(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    inside = {key: closed(part) for key, part in schema.items()}
    if "properties" in schema:
        inside["unevaluatedProperties"] = False
    return inside


VALIDATOR = Draft202012Validator(closed(SCHEMA), format_checker=Draft202012Validator.FORMAT_CHECKER)


def result_of(evaluation: Evaluation) -> dict[str, Any]:
    """The parsed result, once it is known to fit the schema."""
    result = json.loads(written(RunJson(), evaluation))
    VALIDATOR.validate(result)
    assert isinstance(result, dict)
    return result


def test_the_result_of_an_eventful_run_is_the_golden_one() -> None:
    result_of(an_eventful_evaluation())
    assert_golden("result.json", written(RunJson(), an_eventful_evaluation()))


def test_the_schema_is_a_schema_and_describes_itself() -> None:
    Draft202012Validator.check_schema(SCHEMA)
    assert {"$schema", "$id", "title", "description"} <= set(SCHEMA)


@given(evaluations())
@settings(max_examples=40, deadline=None)
def test_every_result_fits_the_schema(evaluation: Evaluation) -> None:
    result_of(evaluation)


@given(trials)
def test_every_line_of_the_trial_log_fits_the_schema(trial: TrialResult) -> None:
    line = json.loads(dumps(line_of_trial(trial)))
    within("trialLine", SCHEMA).validate(line)
    for key in SCHEMA["$defs"]["trialLine"]["required"]:
        del line[key]
    within("trial", closed(SCHEMA)).validate(line)


def within(part: str, schema: dict[str, Any]) -> Draft202012Validator:
    """A validator of one definition of the schema."""
    return Draft202012Validator({"$defs": schema["$defs"], "$ref": f"#/$defs/{part}"})


def test_the_schema_knows_every_word_that_can_be_written() -> None:
    parts = SCHEMA["$defs"]
    trial = parts["trial"]["properties"]
    fault = trial["fault"]["oneOf"][1]["properties"]
    assert set(parts["case"]["properties"]["outcome"]["enum"]) == set(Outcome)
    assert set(parts["outcomes"]["required"]) == set(Outcome)
    assert set(trial["finish"]["enum"]) == {*Finish, None}
    assert set(fault["kind"]["enum"]) == set(FaultKind)
    ends = parts["verdictOfRun"]["properties"]
    assert set(ends["exitCode"]["enum"]) == set(ExitCode)
    assert set(ends["exit"]["enum"]) == {end.name.lower() for end in ExitCode}
    severities = parts["finding"]["properties"]["severity"]["enum"]
    assert set(severities) == {severity.word for severity in Severity}


def test_every_described_key_is_required() -> None:
    for name, part in SCHEMA["$defs"].items():
        assert part.get("required", []) == list(part.get("properties", {})), name


def test_keys_come_in_the_documented_order() -> None:
    result = result_of(an_eventful_evaluation())
    assert list(result) == ["schema", "run", "suites", "totals", "gate"]
    first = ("name", "path", "promptName", "promptVersion", "promptSha256")
    suite = result["suites"][0]
    assert tuple(suite)[:5] == first
    assert tuple(suite)[-2:] == ("cases", "metrics")


def test_times_are_utc_and_can_be_read() -> None:
    run = result_of(an_eventful_evaluation())["run"]
    started, finished = (datetime.fromisoformat(run[key]) for key in ("started", "finished"))
    assert started.utcoffset() == timedelta(0)
    assert (finished - started).total_seconds() == 72.25


def test_the_same_run_gives_the_same_bytes() -> None:
    one, other = an_eventful_evaluation(), an_eventful_evaluation()
    assert written(RunJson(), one) == written(RunJson(), other)


def test_the_order_in_which_trials_finished_leaves_no_trace() -> None:
    one = an_eventful_evaluation()
    other = Evaluation(run=one.run, trials=one.trials[::-1])
    assert written(RunJson(), one) == written(RunJson(), other)


def test_each_case_stands_on_a_line_of_its_own() -> None:
    lines = written(RunJson(), an_eventful_evaluation()).splitlines()
    cases = [json.loads(line.rstrip(",")) for line in lines if line.startswith('{"id"')]
    assert len(cases) == 15


def test_answers_are_there_in_full() -> None:
    answer = HOSTILE + "x" * 100_000
    trial = a_trial(completion=a_completion(answer))
    suite = a_suite_result(a_case_result([trial]))
    result = result_of(an_evaluation(suite, trials=[[trial]]))
    assert result["suites"][0]["cases"][0]["trials"][0]["output"] == answer


@pytest.mark.parametrize("suites", [[], [a_suite_result(cases=())]], ids=["no suite", "no case"])
def test_a_run_without_cases_is_a_result_too(suites: list[Any]) -> None:
    result = result_of(an_evaluation(*suites, exit_code=ExitCode.EMPTY))
    assert result["totals"]["cases"] == 0
    assert result["gate"]["passed"] is False


def test_the_schema_is_part_of_the_package() -> None:
    assert Path(str(files("agentops_cli").joinpath("schemas/result.schema.json"))).is_file()
