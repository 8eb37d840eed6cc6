import os
from pathlib import Path

import pytest

from agentops_cli.errors import StoreError
from agentops_cli.stores.runs import KEPT_RUNS, RunFolder, held_log, held_run, new_run, runs_in


def run_id(number: int) -> str:
    return f"20260501T{number:06}-0a1b2c"


def names_in(root: Path) -> list[str]:
    return sorted(path.name for path in (root / ".agentops" / "runs").iterdir())


def test_only_the_newest_runs_are_kept_and_nothing_else_is_removed(tmp_path: Path) -> None:
    (tmp_path / ".agentops" / "runs" / "notes").mkdir(parents=True)
    for number in range(KEPT_RUNS + 5):
        with new_run(tmp_path, run_id(number)) as folder:
            assert folder.path.is_dir()
    assert names_in(tmp_path) == [*(run_id(n) for n in range(5, KEPT_RUNS + 5)), "notes"]
    assert [folder.run_id for folder in runs_in(tmp_path)] == names_in(tmp_path)[:-1]
    assert (tmp_path / ".agentops" / ".gitignore").read_text() == "*\n"


def test_a_run_that_is_under_way_is_kept_however_old(tmp_path: Path) -> None:
    with new_run(tmp_path, run_id(0)):
        for number in range(1, KEPT_RUNS + 3):
            with new_run(tmp_path, run_id(number)):
                pass
        assert run_id(0) in names_in(tmp_path)
        assert run_id(1) not in names_in(tmp_path)
    with new_run(tmp_path, run_id(99)):
        assert run_id(0) not in names_in(tmp_path)


def test_a_run_of_an_earlier_version_has_no_lock_and_goes_when_it_is_old(tmp_path: Path) -> None:
    (tmp_path / ".agentops" / "runs" / run_id(0)).mkdir(parents=True)
    for number in range(1, KEPT_RUNS + 1):
        with new_run(tmp_path, run_id(number)):
            pass
    assert run_id(0) not in names_in(tmp_path)


@pytest.mark.parametrize("link", [".agentops", ".agentops/runs"])
def test_a_link_leads_nowhere_and_destroys_nothing(tmp_path: Path, link: str) -> None:
    victim = tmp_path / "victim"
    for number in range(KEPT_RUNS + 5):
        (victim / run_id(number)).mkdir(parents=True)
    root = tmp_path / "project"
    (root / link).parent.mkdir(parents=True)
    (root / link).symlink_to(victim)
    with pytest.raises(StoreError, match="is a link"), new_run(root, run_id(99)):
        pass
    assert len(list(victim.iterdir())) == KEPT_RUNS + 5


def test_a_run_that_is_a_link_is_neither_gone_on_with_nor_emptied(tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.mkdir()
    (victim / "precious").touch()
    runs = tmp_path / ".agentops" / "runs"
    runs.mkdir(parents=True)
    (runs / run_id(0)).symlink_to(victim)
    with pytest.raises(StoreError, match="is a link"), held_run(RunFolder(path=runs / run_id(0))):
        pass
    for number in range(1, KEPT_RUNS + 1):
        with new_run(tmp_path, run_id(number)):
            pass
    assert (victim / "precious").exists()


def test_a_run_is_of_one_process_at_a_time_and_the_message_names_it(tmp_path: Path) -> None:
    refused = pytest.raises(StoreError, match=f"run {run_id(1)} is under way")
    with new_run(tmp_path, run_id(1)) as folder, refused, held_run(folder):
        pass
    with held_run(folder), refused, held_run(folder):
        pass


def test_a_log_begins_afresh_unless_it_is_gone_on_with(tmp_path: Path) -> None:
    log = tmp_path / "logs" / "t.jsonl"
    with held_log(log, fresh=True):
        log.write_text("new")
    with held_log(log, fresh=False):
        assert log.read_text() == "new"
    with held_log(log, fresh=True):
        assert log.read_text() == ""


def test_a_log_that_another_run_writes_is_left_alone(tmp_path: Path) -> None:
    log = tmp_path / "t.jsonl"
    with held_log(log, fresh=True):
        log.write_text("theirs")
        refused = pytest.raises(StoreError, match=r"another run is writing.*t\.jsonl")
        with refused, held_log(log, fresh=True):
            pass
        assert log.read_text() == "theirs"


def test_a_log_is_an_ordinary_file_or_none(tmp_path: Path) -> None:
    pipe, link, folder = tmp_path / "pipe", tmp_path / "link", tmp_path / "folder"
    os.mkfifo(pipe)
    link.symlink_to(tmp_path / "elsewhere")
    folder.mkdir()
    for path in (pipe, link, folder):
        refused = pytest.raises(StoreError, match="no ordinary file")
        with refused, held_log(path, fresh=True):
            pass
        assert path.lstat()  # It is still there.
