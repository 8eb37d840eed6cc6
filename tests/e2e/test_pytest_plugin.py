"""`pytest evals/` and `agentops eval` on the repository's own suites: the same verdicts."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.pytest_plugin.conftest import Project, outcomes_in
from tests.servers import embedded_openai

ROOT = Path(__file__).parents[2]

# What an outcome is to pytest where the gate of its suite has said yes.
SHOWN = {
    "passed": "passed",
    "flaky": "passed",
    "failed": "xfail",
    "errored": "xfail",
    "skipped": "skip",
    "quarantined": "skip",
    "xfailed": "xfail",
}


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """What a clone holds of what pytest and agentops read."""
    for file in ("agentops.yaml", "pyproject.toml"):
        shutil.copy(ROOT / file, tmp_path)
    for folder in ("prompts", "evals"):
        shutil.copytree(ROOT / folder, tmp_path / folder)
    return tmp_path


def by_agentops(folder: Path, *suites: str) -> tuple[int, dict[str, str]]:
    """The exit code, and what pytest should show of each case and gate."""
    done = subprocess.run(
        [sys.executable, "-m", "agentops_cli", "eval", *suites, "--format", "json"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout, done.stderr
    wanted = {}
    for suite in json.loads(done.stdout)["suites"]:
        passed = suite["gate"]["passed"]
        wanted[f"{suite['path']}::gate"] = "passed" if passed else "failed"
        for case in suite["cases"]:
            outcome = case["outcome"]
            shown = {"failed": "failed", "errored": "error"}.get(outcome, SHOWN[outcome])
            wanted[f"{suite['path']}::{case['id']}"] = SHOWN[outcome] if passed else shown
    return done.returncode, wanted


def by_pytest(folder: Path, *arguments: str) -> tuple[int, dict[str, str]]:
    """The exit code, and what pytest shows of each item."""
    ended = subprocess.run(
        [sys.executable, "-m", "pytest", *arguments, "-q", "--junitxml=items.xml"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode in {0, 1}, ended.stdout + ended.stderr
    return ended.returncode, {
        f"{suite.removesuffix('.yaml').replace('.', '/')}.yaml::{name}": outcome
        for suite, name, outcome in outcomes_in(folder / "items.xml")
    }


def test_recorded_answers_get_the_same_verdicts(clone: Path) -> None:
    code, wanted = by_agentops(clone, "evals/xstest.yaml")
    assert by_pytest(clone, "evals/xstest.yaml") == (code, wanted)
    assert (code, len(wanted)) == (0, 451)


@pytest.mark.local_llm
@embedded_openai.skip_if_absent
@pytest.mark.timeout(400)
def test_all_configured_suites_get_the_same_verdicts(clone: Path) -> None:
    code, wanted = by_agentops(clone)
    assert by_pytest(clone, "evals/") == (code, wanted)
    assert code == 0
    assert {name.partition("::")[0] for name in wanted} > {"evals/xstest.yaml"}


@pytest.mark.local_llm
@embedded_openai.skip_if_absent
@pytest.mark.timeout(200)
def test_a_suite_that_fails_fails_the_same_way(clone: Path) -> None:
    code, wanted = by_agentops(clone, "evals/examples/failing.yaml")
    assert by_pytest(clone, "evals/examples/failing.yaml") == (code, wanted)
    assert code == 1


def test_a_suite_that_cannot_be_judged_is_in_error_the_same_way(clone: Path) -> None:
    project = Project(folder=clone)
    suite = project.suite({"a": "yes", "b": "no"}, extra="  - {id: lost, mustContain: 'yes'}\n")
    code, wanted = by_agentops(clone, suite)
    assert wanted == {
        f"{suite}::a": "passed", f"{suite}::b": "failed", f"{suite}::lost": "error",
        f"{suite}::gate": "failed",
    }  # fmt: skip
    assert by_pytest(clone, suite) == (1, wanted)
    assert code == 1
