"""A diff in a repository of many prompts and commits: how many processes it takes, and how long."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.repository import make
from benchmarks.timing import side_by_side
from tests.flows.diff.repos import git

_AT_MOST = 4


@pytest.fixture(scope="module")
def huge(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """2,000 commits of 1,000 prompts, as a project that is years old has them."""
    folder = tmp_path_factory.mktemp("huge") / "repository"
    make(folder)
    return folder


@pytest.fixture
def counted(tmp_path: Path) -> Path:
    """A folder with a git that writes down how it is called, and then is git."""
    log, shim = tmp_path / "calls", tmp_path / "bin" / "git"
    shim.parent.mkdir()
    shim.write_text(f'#!/bin/sh\necho "$*" >> {log}\nexec {shutil.which("git")} "$@"\n')
    shim.chmod(0o755)
    return tmp_path


def started(folder: Path, counted: Path, *args: str) -> tuple[list[str], str]:
    """The git commands that a diff starts, and what it prints."""
    environ = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[3])}
    environ["PATH"] = f"{counted / 'bin'}{os.pathsep}{environ['PATH']}"
    command = [sys.executable, "-m", "agentops_cli", "prompt", "diff", "--name-only", *args]
    done = subprocess.run(
        command, cwd=folder, env=environ, check=True, capture_output=True, text=True
    )
    calls = (counted / "calls").read_text().splitlines()
    (counted / "calls").unlink()
    return calls, done.stdout


@pytest.mark.parametrize(
    "refs",
    [
        ("HEAD~500",),
        ("HEAD~1",),
        ("HEAD~500", "HEAD"),
        ("HEAD~500...HEAD",),
        (),
        ("--staged",),
        ("HEAD~500", "--staged"),
    ],
)
def test_a_diff_starts_git_four_times_at_most(
    huge: Path, counted: Path, refs: tuple[str, ...]
) -> None:
    calls, _ = started(huge, counted, *refs)
    assert len(calls) <= _AT_MOST
    assert sum(" cat-file " in call for call in calls) == 1


def test_it_names_the_files_that_git_says_differ(huge: Path, counted: Path) -> None:
    _, names = started(huge, counted, "HEAD~500")
    of_git = git(huge, "diff", "--name-only", "-M", "HEAD~500").splitlines()
    assert len(of_git) > 490
    assert set(names.splitlines()) >= set(of_git)


def test_it_takes_no_longer_than_a_multiple_of_git(huge: Path) -> None:
    ours = (sys.executable, "-m", "agentops_cli", "prompt", "diff", "--quiet")
    found = side_by_side(
        {"git": ("git", "diff", "HEAD~500"), "ours": (*ours, "HEAD~500")}, runs=3, cwd=huge
    )
    assert found["ours"].cpu_s / found["git"].cpu_s <= 75
