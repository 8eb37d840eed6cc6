"""A repository to begin with."""

from pathlib import Path

import pytest

from tests.flows.diff.repos import HELLO, A, commit, new_repo


@pytest.fixture
def repo(tmp_path: Path) -> Path:
    """A repository with one prompt on main, and nothing else."""
    folder = new_repo(tmp_path / "repo")
    commit(folder, {A: HELLO, "agentops.yaml": "{}\n"})
    return folder
