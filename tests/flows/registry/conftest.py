"""A repository to begin with."""

from pathlib import Path

import pytest

from tests.flows.diff.repos import new_repo, write


@pytest.fixture
def repo(tmp_path: Path) -> Path:
    """A project in a repository without a commit."""
    folder = new_repo(tmp_path / "repo")
    write(folder, "agentops.yaml", "{}\n")
    return folder
