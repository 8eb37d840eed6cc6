import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentops_cli.errors import StoreError
from agentops_cli.model.call import FaultKind
from agentops_cli.model.codec import dumps, json_of_trial
from agentops_cli.model.result import Outcome, TrialResult
from agentops_cli.redact import Redact, redact_trial
from agentops_cli.stores.trials import TrialLog
from tests.builders import (
    a_case_result,
    a_completion,
    a_fault,
    a_lost_trial,
    a_lost_verdict,
    a_trial,
    an_errored_trial,
)
from tests.limits import files_limited_to
from tests.strategies import trials

REDACT = Redact()
HIDDEN = "a-key-that-nobody-may-see"


def a_log(path: Path, redact: Redact, **more: Any) -> TrialLog:
    """A log that reads all trials back, as one of a large run does."""
    return TrialLog(path, redact, **{"kept_bytes": 0, **more})


def lines_of(path: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in path.read_bytes().split(b"\n")[:-1]]


def test_trials_come_back_by_case_and_in_the_order_of_their_repeats(tmp_path: Path) -> None:
    third, first, other = a_trial(repeat=2), a_trial(repeat=0), a_trial(index=1)
    with a_log(tmp_path / "trials.jsonl", REDACT) as log:
        for trial in (third, other, first):
            log.append(trial)
        assert log.of(a_case_result(index=0)) == (first, third)
        assert log.of(a_case_result(index=1)) == (other,)
        assert log.of(a_case_result(index=2)) == ()


def test_the_file_keeps_the_order_in_which_trials_finished(tmp_path: Path) -> None:
    path = tmp_path / "trials.jsonl"
    with a_log(path, REDACT) as log:
        for repeat in (2, 0, 1):
            log.append(a_trial(repeat=repeat))
    assert [line["repeat"] for line in lines_of(path)] == [2, 0, 1]


def test_a_trial_is_with_the_operating_system_when_append_returns(tmp_path: Path) -> None:
    path = tmp_path / "trials.jsonl"
    with a_log(path, REDACT) as log:
        log.append(a_trial())
        assert len(lines_of(path)) == 1


def test_reading_between_two_writes_does_not_move_where_the_next_one_goes(tmp_path: Path) -> None:
    with a_log(tmp_path / "trials.jsonl", REDACT) as log:
        log.append(a_trial(repeat=0))
        log.of(a_case_result())
        log.append(a_trial(repeat=1))
        assert log.of(a_case_result()) == (a_trial(repeat=0), a_trial(repeat=1))


def test_a_second_pass_over_an_errored_trial_replaces_it(tmp_path: Path) -> None:
    path = tmp_path / "trials.jsonl"
    with a_log(path, REDACT) as log:
        log.append(an_errored_trial())
        log.append(a_trial())
        assert log.of(a_case_result()) == (a_trial(),)
    assert [line["outcome"] for line in lines_of(path)] == ["errored", "passed"]


def test_what_is_redacted_never_reaches_the_disk(tmp_path: Path) -> None:
    path = tmp_path / "trials.jsonl"
    hidden = "a password of the environment"
    trial = a_lost_trial(
        completion=a_completion(f"the key is {hidden}"),
        verdicts=(a_lost_verdict(reason=f"'{hidden}' is not the key"),),
    )
    with a_log(path, Redact([hidden])) as log:
        log.append(trial)
        [read] = log.of(a_case_result())
    assert hidden not in path.read_text()
    assert read.completion is not None
    assert read.completion.text.startswith("the key is [redacted:")
    assert "[redacted:" in read.verdicts[0].reason


@pytest.mark.parametrize(
    "text",
    [
        "a lone \ud83d surrogate",
        "a NUL \x00 and an escape \x1b[31m",
        "lines\nof\r\nall\u2028kinds\u0085",
        "\N{PARTY POPPER} é 漢",
        "x" * 1_000_000,
        "",
    ],
    ids=["surrogate", "control", "lines", "wide", "1 MB", "empty"],
)
def test_every_answer_survives(tmp_path: Path, text: str) -> None:
    trial = a_trial(completion=a_completion(text))
    path = tmp_path / "trials.jsonl"
    with a_log(path, REDACT) as log:
        log.append(trial)
        assert log.of(a_case_result()) == (trial,)
    assert len(path.read_text("ascii").splitlines()) == 1


# A trial may be long; hypothesis is not to say so each time that it could not print it well.
@pytest.mark.filterwarnings("ignore:Generating overly large repr")
@given(st.lists(trials, max_size=2, unique_by=lambda trial: (trial.index, trial.repeat)))
def test_any_trials_come_back_redacted(
    tmp_path_factory: pytest.TempPathFactory, written: list[TrialResult]
) -> None:
    with a_log(tmp_path_factory.mktemp("log") / "trials.jsonl", REDACT) as log:
        for trial in written:
            log.append(trial)
        for index in {trial.index for trial in written}:
            expected = [redact_trial(trial, REDACT) for trial in written if trial.index == index]
            expected.sort(key=lambda trial: trial.repeat)
            case = a_case_result(index=index)
            assert log.of(case) == tuple(expected)
            assert [*log.texts(case)] == [dumps(json_of_trial(trial)) for trial in log.of(case)]


def test_what_another_run_wrote_is_kept_and_not_read(tmp_path: Path) -> None:
    path = tmp_path / "trials.jsonl"
    with a_log(path, REDACT) as log:
        log.append(a_trial())
    with a_log(path, REDACT) as log:
        assert log.of(a_case_result()) == ()
        log.append(a_lost_trial())
        assert log.of(a_case_result()) == (a_lost_trial(),)
    assert [line["outcome"] for line in lines_of(path)] == ["passed", "failed"]


def test_a_half_line_of_a_killed_process_does_not_swallow_the_next_one(tmp_path: Path) -> None:
    path = tmp_path / "trials.jsonl"
    path.write_bytes(b'{"schema":1,"ind')
    with a_log(path, REDACT) as log:
        log.append(a_trial())
        assert log.of(a_case_result()) == (a_trial(),)
    torn, whole, after = path.read_bytes().split(b"\n")
    assert (torn, after) == (b'{"schema":1,"ind', b"")
    assert json.loads(whole)["repeat"] == 0


def an_interrupted_log(path: Path, *trials: TrialResult, torn: bytes = b"") -> Path:
    """What a process left that was killed."""
    with a_log(path, REDACT, run="r1") as log:
        for trial in trials:
            log.append(trial)
    with path.open("ab") as file:
        file.write(torn)
    return path


def test_a_run_that_goes_on_knows_what_was_written_before(tmp_path: Path) -> None:
    path = an_interrupted_log(tmp_path / "t.jsonl", an_errored_trial(), a_trial(index=1))
    with a_log(path, REDACT, run="r1", resumed=True) as log:
        assert list(log.recover()) == [an_errored_trial(), a_trial(index=1)]
        log.append(a_trial())
        assert log.of(a_case_result(index=0)) == (a_trial(),)
        assert log.of(a_case_result(index=1)) == (a_trial(index=1),)
    assert [line["outcome"] for line in lines_of(path)] == ["errored", "passed", "passed"]


@pytest.mark.parametrize(
    "torn",
    [b'{"schema":1,"ind', b"{", b"\x00" * 5000, b'{"x": "' + b"y" * 200_000],
    ids=["line", "brace", "zeros", "long"],
)
def test_half_a_line_is_cut_off_so_that_the_log_stays_json(tmp_path: Path, torn: bytes) -> None:
    path = an_interrupted_log(tmp_path / "t.jsonl", a_trial(), torn=torn)
    for repeat in (1, 2):
        with a_log(path, REDACT, run="r1", resumed=True) as log:
            assert len(list(log.recover())) == repeat
            log.append(a_trial(repeat=repeat))
    assert [line["repeat"] for line in lines_of(path)] == [0, 1, 2]


@pytest.mark.parametrize("torn", [b"", b"x", b'{"schema":1,"ind'])
def test_a_log_without_a_whole_line_has_no_trials(tmp_path: Path, torn: bytes) -> None:
    path = tmp_path / "t.jsonl"
    path.write_bytes(torn)
    with a_log(path, REDACT, run="r1", resumed=True) as log:
        assert list(log.recover()) == []
    assert path.read_bytes() == b""


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"x",
        b"[]",
        b"{}",
        b"7",
        b'{"run": "r1", "schema": 1}',
        b"\xff",
        b"[" * 100_000,
        b"\x00\x00",
    ],
)
def test_a_line_that_is_no_trial_is_damage(tmp_path: Path, line: bytes) -> None:
    path = an_interrupted_log(tmp_path / "t.jsonl", a_trial(), torn=line + b"\n")
    place = f"{len(path.read_bytes()) - len(line) - 1:,}"
    with (
        a_log(path, REDACT, run="r1", resumed=True) as log,
        pytest.raises(StoreError, match=f"is damaged: there is no trial at byte {place}"),
    ):
        list(log.recover())


@pytest.mark.parametrize(
    ("made", "says", "follows"),
    [
        (an_errored_trial(), "passed", "errored"),
        (an_errored_trial(fault=a_fault(kind=FaultKind.MISS)), "passed", "errored"),
        (a_lost_trial(), "passed", "failed"),
        (a_trial(), "failed", "passed"),
    ],
)
def test_an_outcome_that_does_not_follow_from_the_verdicts_is_damage(
    tmp_path: Path, made: TrialResult, says: str, follows: str
) -> None:
    path = an_interrupted_log(tmp_path / "t.jsonl", a_trial(index=1), made)
    first, second = path.read_bytes().splitlines(keepends=True)
    edited = second.replace(f'"outcome":"{follows}"'.encode(), f'"outcome":"{says}"'.encode())
    assert edited != second
    path.write_bytes(first + edited)
    told = f"the trial at byte {len(first):,} is {says}, and by its verdicts {follows}"
    with (
        a_log(path, REDACT, run="r1", resumed=True) as log,
        pytest.raises(StoreError, match=told),
    ):
        list(log.recover())


def test_an_outcome_on_the_smaller_model_must_follow_too(tmp_path: Path) -> None:
    tried = a_lost_trial(outcome=Outcome.PASSED)
    path = an_interrupted_log(tmp_path / "t.jsonl", a_trial(tried=tried))
    with (
        a_log(path, REDACT, run="r1", resumed=True) as log,
        pytest.raises(StoreError, match="byte 0 is passed, and by its verdicts failed"),
    ):
        list(log.recover())


def test_the_trials_of_another_run_are_not_taken_for_ours(tmp_path: Path) -> None:
    path = an_interrupted_log(tmp_path / "t.jsonl", a_trial())
    with (
        a_log(path, REDACT, run="r2", resumed=True) as log,
        pytest.raises(StoreError, match="has the trials of run r1"),
    ):
        list(log.recover())


def test_parent_folders_are_created(tmp_path: Path) -> None:
    with a_log(tmp_path / "runs" / "1" / "trials.jsonl", REDACT) as log:
        log.append(a_trial())
    assert (tmp_path / "runs" / "1" / "trials.jsonl").exists()


def test_a_disk_that_fills_up_is_a_store_error_and_leaves_no_half_line(tmp_path: Path) -> None:
    path = tmp_path / "trials.jsonl"
    with a_log(path, REDACT) as log:
        log.append(a_trial())
        with files_limited_to(8192), pytest.raises(StoreError, match=r"trials\.jsonl.*EFBIG"):
            log.append(a_trial(repeat=1, completion=a_completion("x" * 100_000)))
        log.append(a_trial(repeat=2))
        assert log.of(a_case_result()) == (a_trial(), a_trial(repeat=2))
    assert [line["repeat"] for line in lines_of(path)] == [0, 2]


def test_a_file_that_may_not_grow_is_named_with_its_code_and_a_fix(tmp_path: Path) -> None:
    with (
        a_log(tmp_path / "trials.jsonl", REDACT) as log,
        files_limited_to(10),
        pytest.raises(StoreError) as caught,
    ):
        log.append(a_trial())
    assert "EFBIG" in caught.value.message
    assert caught.value.fix is not None
    assert "file size limit" in caught.value.fix


def test_a_log_that_cannot_be_opened_is_a_store_error(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="is no ordinary file"):
        a_log(tmp_path, REDACT)


def test_a_log_that_was_cut_while_the_run_went_on_is_a_store_error(tmp_path: Path) -> None:
    path = tmp_path / "trials.jsonl"
    with a_log(path, REDACT) as log:
        log.append(a_trial())
        path.write_bytes(b"")
        with pytest.raises(StoreError, match="changed while the run went on"):
            log.of(a_case_result())


def test_a_trial_that_is_kept_is_the_one_that_is_read_back(tmp_path: Path) -> None:
    redact = Redact([HIDDEN])
    trials = (a_trial(completion=a_completion(f"the key is {HIDDEN}")), an_errored_trial(repeat=1))
    read = []
    for kept_bytes in (0, 1_500, 1_000_000):
        with a_log(tmp_path / f"{kept_bytes}.jsonl", redact, kept_bytes=kept_bytes) as log:
            for trial in trials:
                log.append(trial)
            read.append(log.of(a_case_result()))
    assert read[0] == read[1] == read[2]
    assert HIDDEN not in repr(read)


def test_only_places_stay_in_memory(tmp_path: Path) -> None:
    import tracemalloc  # Slows everything down while it runs.

    trial = a_trial(completion=a_completion("x" * 100_000))
    with a_log(tmp_path / "trials.jsonl", REDACT) as log:
        log.append(trial)
        tracemalloc.start()
        before = tracemalloc.get_traced_memory()[0]
        for index in range(1, 101):
            log.append(replace(trial, index=index))
        after = tracemalloc.get_traced_memory()[0]
        tracemalloc.stop()
    assert after - before < 100_000


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("latencyS", float("nan")),
        ("latencyS", -1.0),
        ("latencyS", "1"),
        ("costUsd", "NaN"),
        ("costUsd", "1e999"),
        ("judgeCostUsd", "-1"),
        ("usage", {"inputTokens": -5, "outputTokens": 1}),
        ("repeat", True),
        ("start", 1),
    ],
)
def test_a_line_that_no_log_has_is_refused_and_never_believed(
    tmp_path: Path, key: str, value: object
) -> None:
    path = tmp_path / "trials.jsonl"
    with a_log(path, REDACT, run="r1") as log:
        log.append(a_trial())
    [line] = lines_of(path)
    path.write_text(json.dumps({**line, key: value}) + "\n", encoding="ascii")
    with (
        a_log(path, REDACT, run="r1", resumed=True) as log,
        pytest.raises(StoreError, match="is damaged"),
    ):
        list(log.recover())
