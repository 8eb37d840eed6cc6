import os
from pathlib import Path

import pytest

from agentops_cli.errors import StoreError
from agentops_cli.stores.runs import KEPT_RUNS, fresh_log, new_run


def run_id(number: int) -> str:
    return f"20260501T{number:06}-0a1b2c"


def test_only_the_newest_runs_are_kept_and_nothing_else_is_removed(tmp_path: Path) -> None:
    runs = tmp_path / ".agentops" / "runs"
    (runs / "notes").mkdir(parents=True)
    for number in range(KEPT_RUNS + 5):
        log = new_run(tmp_path, run_id(number))
        assert log.parent.is_dir()
    names = sorted(path.name for path in runs.iterdir())
    assert names == [*(run_id(n) for n in range(5, KEPT_RUNS + 5)), "notes"]
    assert (tmp_path / ".agentops" / ".gitignore").read_text() == "*\n"


@pytest.mark.parametrize("link", [".agentops", ".agentops/runs"])
def test_a_link_leads_nowhere_and_destroys_nothing(tmp_path: Path, link: str) -> None:
    victim = tmp_path / "victim"
    for number in range(KEPT_RUNS + 5):
        (victim / run_id(number)).mkdir(parents=True)
    root = tmp_path / "project"
    (root / link).parent.mkdir(parents=True)
    (root / link).symlink_to(victim)
    with pytest.raises(StoreError, match="is a link"):
        new_run(root, run_id(99))
    assert len(list(victim.iterdir())) == KEPT_RUNS + 5


def test_a_log_begins_afresh(tmp_path: Path) -> None:
    log = tmp_path / "t.jsonl"
    log.write_text("old")
    assert not fresh_log(log).exists()


def test_a_log_is_an_ordinary_file_or_none(tmp_path: Path) -> None:
    pipe, link, folder = tmp_path / "pipe", tmp_path / "link", tmp_path / "folder"
    os.mkfifo(pipe)
    link.symlink_to(tmp_path / "elsewhere")
    folder.mkdir()
    for path in (pipe, link, folder):
        with pytest.raises(StoreError, match="no ordinary file"):
            fresh_log(path)
        assert path.lstat()  # It is still there.
