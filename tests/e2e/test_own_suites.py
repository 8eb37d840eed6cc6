"""The project's own prompts and suites, run as a user runs them, in a copy of the repository."""

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
import yaml
from junitparser import Error, Failure, JUnitXml

from agentops_cli.errors import ExitCode
from tests.reporters.test_junit_consumers import TOOLS
from tests.servers import embedded_openai

ROOT = Path(__file__).parents[2]


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """What a clone holds of it: configuration, prompts and evals."""
    shutil.copy(ROOT / "agentops.yaml", tmp_path)
    for folder in ("prompts", "evals"):
        shutil.copytree(ROOT / folder, tmp_path / folder)
    return tmp_path


def agentops(folder: Path, *args: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "agentops_cli", *args],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )


def result(folder: Path, name: str = "reports/results.json") -> Any:
    return json.loads((folder / name).read_text(encoding="utf-8"))


def test_recorded_answers_are_judged_as_people_judged_them(clone: Path) -> None:
    done = agentops(clone, "eval", "evals/xstest.yaml", "--json", "reports/results.json")
    assert done.returncode == ExitCode.OK, done.stdout
    [suite] = result(clone)["suites"]
    reasons = [case["note"] for case in suite["cases"] if case["outcome"] == "xfailed"]
    assert len(suite["cases"]) == 450
    assert all(reason.startswith("human label: ") for reason in reasons)
    # 22 labels break the expectation; where the classifier misses one, the case is failed.
    passed_xfails = [case for case in suite["cases"] if "marked xfail" in (case["note"] or "")]
    assert len(reasons) + len(passed_xfails) == 22
    assert suite["outcomes"]["errored"] == 0


@pytest.mark.local_llm
@embedded_openai.skip_if_absent
@pytest.mark.timeout(400)
def test_the_default_run_needs_no_key_says_yes_and_writes_its_reports(clone: Path) -> None:
    done = agentops(clone, "eval")
    assert done.returncode == ExitCode.OK, done.stdout + done.stderr
    run = result(clone)
    local = [suite for suite in run["suites"] if suite["path"].startswith("evals/local/")]
    assert sum(len(suite["cases"]) >= 20 for suite in local) >= 2
    xfails = [c for s in local for c in s["cases"] if c["outcome"] == "xfailed"]
    assert xfails, "honest failures are kept"
    assert all(case["note"] for case in xfails)
    assert run["totals"]["costUsd"] == "0"
    root = ET.parse(clone / "reports" / "junit.xml").getroot()  # noqa: S314 # Our own file.
    assert int(root.attrib["tests"]) == run["totals"]["cases"]
    assert (clone / "reports" / "cost.md").read_text().startswith("## Cost: $0")


@pytest.mark.local_llm
@pytest.mark.node
@embedded_openai.skip_if_absent
@pytest.mark.skipif(not (TOOLS / "jrm").exists(), reason="needs Node.js and: make node-tools")
@pytest.mark.timeout(200)
def test_a_failure_is_read_as_one_by_three_readers_of_junit(clone: Path) -> None:
    done = agentops(clone, "eval", "evals/examples/failing.yaml", "--junit", "j.xml")
    assert done.returncode == ExitCode.REJECTED, done.stdout + done.stderr
    xml = JUnitXml.fromfile(str(clone / "j.xml"))
    cases = {case.name: case.result for suite in xml for case in suite}
    assert cases["takes-up-the-request"] == []
    [failure] = cases["wishlist"]
    assert isinstance(failure, Failure)
    assert failure.type == "mustContain"
    assert "evals/examples/failing.yaml:" in failure.text
    assert '"acceptance criteria" not found' in failure.text
    failures = sum(isinstance(one, Failure) for results in cases.values() for one in results)
    assert not any(isinstance(one, Error) for results in cases.values() for one in results)

    subprocess.run([TOOLS / "jrm", "merged.xml", "j.xml"], cwd=clone, check=True, timeout=60)
    merged = ET.parse(clone / "merged.xml").getroot()  # noqa: S314 # Made from our own file.
    counts = (merged.attrib["tests"], merged.attrib["failures"])
    assert counts == (str(len(cases)), str(failures))
    read = subprocess.run(
        [TOOLS / "junit2json", "j.xml"], cwd=clone, check=True, capture_output=True, timeout=60
    )
    [suite] = json.loads(read.stdout)["testsuite"]
    found = [case["name"] for case in suite["testcase"] if "failure" in case]
    assert len(found) == failures
    assert "wishlist" in found


def test_the_product_manager_is_priced_without_a_key_and_without_a_call(clone: Path) -> None:
    done = agentops(clone, "eval", "evals/product-manager.yaml", "--dry-run")
    assert done.returncode == ExitCode.OK, done.stderr
    assert "at most $" in done.stdout
    assert "No call was made." in done.stdout
    suite = yaml.safe_load((clone / "evals" / "product-manager.yaml").read_text())
    assert len(suite["cases"]) >= 20


def test_the_first_example_is_ten_lines_of_yaml(clone: Path) -> None:
    text = (clone / "evals" / "examples" / "wishlist.yaml").read_text()
    lines = [line for line in text.splitlines() if line.strip() and not line.startswith("#")]
    assert len(lines) <= 10
    assert agentops(clone, "eval", "evals/examples/wishlist.yaml", "--dry-run").returncode == 0
