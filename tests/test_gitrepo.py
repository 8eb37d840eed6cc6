"""What git says about files of the working folder."""

import subprocess
from pathlib import Path

import pytest

from agentops_cli.gitrepo import tracks_any


@pytest.mark.parametrize("name", ["kept", "kept in mind", "kept*", "below/kept"])
def test_a_folder_is_tracked_once_a_file_in_it_is_added(git_repo: Path, name: str) -> None:
    file = git_repo / "sub" / name
    file.parent.mkdir(parents=True)
    file.write_text("x")
    (git_repo / "other").mkdir()
    assert tracks_any(git_repo / "sub") is False
    subprocess.run(["git", "add", "-f", "."], cwd=git_repo, check=True)
    assert tracks_any(git_repo / "sub") is True
    assert tracks_any(git_repo / "other") is False


def test_outside_of_a_repository_nothing_is(tmp_path: Path) -> None:
    (tmp_path / "kept").write_text("x")
    assert tracks_any(tmp_path) is False


def test_without_git_a_repository_does_not_tell(
    git_repo: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(git_repo))
    assert tracks_any(git_repo) is None
