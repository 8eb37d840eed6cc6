"""What git says about files of the working folder."""

import subprocess
from pathlib import Path

import pytest

from agentops_cli.gitrepo import is_tracked


@pytest.mark.parametrize("name", ["kept", "kept in mind", "kept*"])
def test_a_file_is_tracked_once_it_is_added(git_repo: Path, name: str) -> None:
    file = git_repo / "sub" / name
    file.parent.mkdir()
    file.write_text("x")
    assert not is_tracked(file)
    subprocess.run(["git", "add", "-f", "."], cwd=git_repo, check=True)
    assert is_tracked(file)
    assert not is_tracked(file.with_name("other"))


def test_outside_of_a_repository_nothing_is(tmp_path: Path) -> None:
    (tmp_path / "kept").write_text("x")
    assert not is_tracked(tmp_path / "kept")
