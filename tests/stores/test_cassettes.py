import multiprocessing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from agentops_cli.errors import StoreError
from agentops_cli.model.cassette import Recording
from agentops_cli.model.cassette_lines import read_cassette, text_of
from agentops_cli.model.money import Usage
from agentops_cli.model.tool import ToolCall
from agentops_cli.stores.cassettes import Merged, demand_place, merge

CALL = ToolCall(id="call_1", name="get_order", arguments="{}")


def an_answer(case_id: str = "a", text: str = "Hello", **changes: Any) -> Recording:
    given: dict[str, Any] = {
        "case_id": case_id,
        "text": text,
        "line": 0,
        "key": case_id.encode().hex().zfill(64),
    }
    return Recording(**{**given, "model": "openai/m", "recorded_at": "2026-01-02", **changes})


def put(path: Path, *made: Recording, spent: str = "") -> Merged:
    return merge(path, made, is_spent=lambda one: one.case_id == spent)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "evals" / "cassettes" / "s.jsonl"


def texts(path: Path) -> dict[str, str]:
    return {one.case_id: one.text for one in read_cassette(path.read_text(), "s").recordings}


def test_the_first_recording_makes_the_file_and_its_folder(path: Path) -> None:
    merged = put(path, an_answer("b"), an_answer("a"))
    assert (merged.added, merged.changed, merged.same, merged.dropped) == (2, 0, 0, ())
    assert path.read_text() == text_of([an_answer("a"), an_answer("b")])
    assert [*path.parent.iterdir()] == [path]


def test_recording_the_same_again_gives_the_same_bytes(path: Path) -> None:
    put(path, an_answer(tool_calls=(CALL,), usage=Usage(input_tokens=7, output_tokens=3)))
    before = path.read_bytes()
    again = an_answer(
        tool_calls=(replace(CALL, id="call_2"),),
        usage=Usage(input_tokens=7, output_tokens=3, cached_input_tokens=5),
        recorded_at="2026-02-03",
    )
    assert put(path, again).same == 1
    assert path.read_bytes() == before


def test_another_answer_replaces_its_line_and_no_other(path: Path) -> None:
    put(path, *map(an_answer, "abc"))
    before = path.read_text().splitlines()
    merged = put(path, an_answer("b", "Bye", recorded_at="2026-02-03"))
    after = path.read_text().splitlines()
    assert (merged.changed, merged.added) == (1, 0)
    assert [n for n in range(3) if before[n] != after[n]] == [1]
    assert '"Bye"' in after[1]
    assert "2026-02-03" in after[1]


def test_an_unchanged_answer_tells_of_the_prompt_of_today(path: Path) -> None:
    put(path, an_answer(prompt_sha="old"))
    put(path, an_answer(prompt_sha="new", recorded_at="2026-02-03"))
    [kept] = read_cassette(path.read_text(), "s").recordings
    assert (kept.prompt_sha, kept.recorded_at) == ("new", "2026-01-02")


def test_what_is_spent_leaves_and_is_told(path: Path) -> None:
    put(path, an_answer("a"), an_answer("old"))
    merged = put(path, an_answer("a"), spent="old")
    assert [(one.case_id, one.line) for one in merged.dropped] == [("old", 2)]
    assert texts(path) == {"a": "Hello"}


def test_what_another_run_recorded_meanwhile_stays(path: Path) -> None:
    put(path, an_answer("a", "mine"))
    put(path, an_answer("b", "theirs"))
    assert texts(path) == {"a": "mine", "b": "theirs"}


def test_what_was_written_by_hand_stays(path: Path) -> None:
    path.parent.mkdir(parents=True)
    path.write_text('{"caseId": "hand", "text": "1"}\n')
    put(path, an_answer("a"))
    assert texts(path) == {"a": "Hello", "hand": "1"}


def _put_many(path: Path, name: str) -> None:
    for number in range(20):
        put(
            path, an_answer(f"{name}{number}", name, key=f"{name}{number}".encode().hex().zfill(64))
        )


def test_two_processes_that_record_one_suite_lose_nothing_of_each_other(path: Path) -> None:
    context = multiprocessing.get_context("fork")
    processes = [context.Process(target=_put_many, args=(path, name)) for name in "ab"]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    assert len(texts(path)) == 40


@pytest.mark.parametrize("text", ["{\n", '{"caseId": "a", "text": "1", "repeat": -1}\n', "\udcff"])
def test_a_file_that_was_broken_meanwhile_is_left_as_it_is(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True)
    path.write_bytes(broken := text.encode(errors="surrogateescape"))
    with pytest.raises(StoreError, match="changed while the run went on"):
        put(path, an_answer())
    assert path.read_bytes() == broken


def test_a_place_that_can_be_written_is_none_to_complain_of(path: Path) -> None:
    demand_place(path)
    put(path, an_answer())
    demand_place(path)


def test_a_link_a_folder_and_a_file_in_the_way_are_refused(path: Path, tmp_path: Path) -> None:
    path.parent.parent.mkdir()
    path.parent.symlink_to(tmp_path)
    with pytest.raises(StoreError, match="cassettes is a link"):
        demand_place(path)
    path.parent.unlink()
    path.parent.write_text("")
    with pytest.raises(StoreError, match=r"ENOTDIR|EEXIST"):
        demand_place(path)
    path.parent.unlink()
    path.mkdir(parents=True)
    with pytest.raises(StoreError, match="no ordinary file"):
        demand_place(path)
    path.rmdir()
    path.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(StoreError, match=r"s\.jsonl is a link"):
        demand_place(path)


def test_a_folder_that_cannot_be_made_is_told_before_the_run() -> None:
    with pytest.raises(StoreError, match="cannot write"):
        demand_place(Path("/proc/evals/cassettes/s.jsonl"))
