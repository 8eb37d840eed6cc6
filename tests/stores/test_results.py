import json
import os
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings

from agentops_cli.errors import InputError, StoreError
from agentops_cli.model.codec import json_of_case
from agentops_cli.reporters.run_json import RunJson
from agentops_cli.stores.results import JoinedResults, ResultFile
from tests.builders import (
    Evaluation,
    a_case,
    a_case_result,
    a_conversation,
    a_run,
    a_suite_result,
    a_trial,
    an_errored_trial,
    an_evaluation,
    an_eventful_evaluation,
)
from tests.reporters.written import written
from tests.strategies import evaluations


@contextmanager
def opened(text: str, name: str = "r.json") -> Iterator[ResultFile]:
    """A result file with this text."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / name
        path.write_text(text, encoding="utf-8")
        with closing(ResultFile(path, name=name)) as file:
            yield file


def relaid(text: str) -> str:
    """The same JSON as another program formats it."""
    return json.dumps(json.loads(text), indent=2, sort_keys=True)


def cases_in(text: str) -> list[Any]:
    return [case for suite in json.loads(text)["suites"] for case in suite["cases"]]


def read_back(text: str) -> list[Any]:
    """The cases of a result file, read and written again."""
    with opened(text) as file:
        joined = JoinedResults([file])
        cases = joined.cases(range(len(file.places)))
        return [json.loads(json.dumps(json_of_case(case, joined.of(case)))) for case in cases]


def test_every_kind_of_case_comes_back_as_it_was_written() -> None:
    text = written(RunJson(), an_eventful_evaluation())
    assert read_back(text) == cases_in(text)
    assert read_back(relaid(text)) == cases_in(text)


@settings(max_examples=25, deadline=None)
@given(evaluations())
def test_whatever_answers_hold_they_come_back(evaluation: Evaluation) -> None:
    text = written(RunJson(), evaluation)
    assert read_back(text) == cases_in(text)
    assert read_back(relaid(text)) == cases_in(text)


def test_the_run_comes_back_but_for_what_is_made_anew() -> None:
    evaluation = an_eventful_evaluation()
    with opened(written(RunJson(), evaluation)) as file:
        run = replace(evaluation.run, suites=())
        assert replace(file.run, suites=()) == run
        assert [suite.path for suite in file.suites] == [s.path for s in evaluation.run.suites]
        for suite, written_one in zip(file.suites, evaluation.run.suites, strict=True):
            assert (suite.gate, suite.decision) == (written_one.gate, written_one.decision)
            assert suite.accounting == written_one.accounting
            assert suite.max_usd_per_call == written_one.max_usd_per_call


def test_a_case_is_read_when_it_is_asked_for() -> None:
    with opened(written(RunJson(), an_eventful_evaluation())) as file:
        cases = JoinedResults([file]).cases(range(3, 9))
        assert len(cases) == 6
        assert [case.index for case in cases] == [3, 4, 5, 6, 7, 8]
        assert [case.index for case in cases[2:4]] == [5, 6]
        assert cases[-1] == [*cases][-1]


def test_the_latencies_of_live_calls_are_those_of_turns() -> None:
    talk = a_case_result([a_conversation()], case=a_case(id="talk"))
    lost = a_case_result([an_errored_trial(case_id="lost")])
    trials = ([a_conversation()], [an_errored_trial()])
    evaluation = an_evaluation(a_suite_result(talk, lost), trials=trials)
    with opened(written(RunJson(), evaluation)) as file:
        assert [*file.latencies_s[0]] == [0.812, 0.812]


def test_the_cases_of_several_files_are_in_the_order_of_the_plan() -> None:
    texts = []
    for places in ([1, 2], [0, 3]):
        suite = a_suite_result(*(a_case_result([a_trial(case_id=f"c{n}")]) for n in places))
        text = written(RunJson(), an_evaluation(suite, trials=[[a_trial()] for _ in places]))
        data = json.loads(text)
        for case, place in zip(data["suites"][0]["cases"], places, strict=True):
            case["index"] = place
        texts.append(json.dumps(data))
    with opened(texts[0]) as one, opened(texts[1]) as other:
        joined = JoinedResults([one, other])
        cases = joined.cases(range(4))
        assert [(case.index, case.case.id) for case in cases] == [
            (0, "c0"),
            (1, "c1"),
            (2, "c2"),
            (3, "c3"),
        ]
        assert [trial.index for case in cases for trial in joined.of(case)] == [0, 1, 2, 3]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "is no result of agentops"),
        ("[]", "is no result of agentops"),
        ("null", "is no result of agentops"),
        ('"text"', "is no result of agentops"),
        ("[" * 100_000, "is no result of agentops"),
        ('{"a": 1}', "is no result of agentops: no 'schema' is in it"),
        ('{"schema": 1}', "is no result of agentops: no 'run' is in it"),
        ('{"schema": 7}', "result schema 7 is not one that this version reads (1 to 1)"),
        ('{"schema": "1"}', "result schema '1' is not one that this version reads (1 to 1)"),
    ],
)
def test_what_is_no_result_is_refused_with_its_name(text: str, problem: str) -> None:
    with pytest.raises(InputError) as caught, opened(text, "odd.json"):
        pass
    [finding] = caught.value.findings
    assert finding.message.startswith(problem)
    assert finding.location is not None
    assert finding.location.path == "odd.json"


def test_half_a_result_is_none() -> None:
    text = written(RunJson(), an_eventful_evaluation())
    for length in (len(text) // 3, len(text) // 2, len(text) - 3):
        with pytest.raises(InputError, match="is no result of agentops"), opened(text[:length]):
            pass


@pytest.mark.parametrize(
    "change",
    [
        {"outcome": "splendid"},
        {"index": -1},
        {"index": "first"},
        {"trials": [{}]},
        {"tally": {"passed": 1, "odd": 2}},
        {"costUsd": "much"},
        {"location": None},
    ],
    ids=lambda change: next(iter(change)),
)
def test_a_result_with_a_case_that_is_none_is_refused(change: dict[str, Any]) -> None:
    data = json.loads(written(RunJson(), an_eventful_evaluation()))
    data["suites"][0]["cases"][0] |= change
    with pytest.raises(InputError), opened(json.dumps(data)):
        pass


def test_a_file_that_is_not_there_is_refused_with_its_name(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be read: No such file"):
        ResultFile(tmp_path / "none.json", name="none.json")
    with pytest.raises(InputError, match="is no ordinary file"):
        ResultFile(tmp_path, name="folder")
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(InputError, match="is no ordinary file"):
        ResultFile(tmp_path / "pipe", name="pipe")


def test_a_file_that_is_cut_while_it_is_read_is_told(tmp_path: Path) -> None:
    path = tmp_path / "r.json"
    path.write_text(written(RunJson(), an_evaluation(*a_run().suites, trials=[[a_trial()]])))
    with closing(ResultFile(path, name="r.json")) as file:
        path.write_text("")
        with pytest.raises(StoreError, match="was changed while it was read"):
            JoinedResults([file]).case(0)


def routes(value: Any, route: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Every place in some JSON, the whole of it left out; of a list the first two items."""
    keys = value if isinstance(value, dict) else range(len(value[:2]))
    for key in keys:
        yield (*route, key)
        if isinstance(value[key], dict | list):
            yield from routes(value[key], (*route, key))


def changed(data: Any, route: tuple[Any, ...], value: Any) -> str:
    """The JSON with another value in one place; `...` takes the place out."""
    copy = json.loads(json.dumps(data))
    *above, last = route
    holder = copy
    for key in above:
        holder = holder[key]
    if value is ...:
        del holder[last]
    else:
        holder[last] = value
    return json.dumps(copy)


@pytest.mark.parametrize("value", [..., None, "odd", -7, [], {}, ["odd"]], ids=repr)
def test_whatever_is_wrong_in_a_file_is_told_as_its_mistake(value: Any) -> None:
    data = json.loads(written(RunJson(), an_eventful_evaluation()))
    for suite in data["suites"]:
        suite["cases"] = suite["cases"][2:4]
    for route in [*routes(data)]:
        # Nothing but `InputError` comes through, wherever the mistake is.
        with suppress(InputError), opened(changed(data, route, value)) as file:
            for number in range(len(file.places)):
                file.whole(number)
