"""Processes that are stopped from outside, as a user or a CI job does."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from tests.cli.conftest import PROMPT
from tests.servers.faulty_openai import FaultyOpenAI

AGENTOPS = [sys.executable, "-m", "agentops_cli"]


@contextmanager
def half_way(folder: Path, server: FaultyOpenAI) -> Iterator[subprocess.Popen[str]]:
    """A run whose first cases have been answered and whose others never will be."""
    (folder / "echo.prompt.md").write_text(PROMPT)
    cases = "".join(f"  - {{id: c{n}, input: 'n{n}', mustContain: n{n}}}\n" for n in range(12))
    (folder / "s.yaml").write_text(
        f"prompt: echo.prompt.md\nmodels: [openai/ok, openai/hang]\ncases:\n{cases}"
    )
    command = [
        *AGENTOPS, "eval", "s.yaml", "--concurrency", "4", "--junit", "j.xml", "--json", "r.json",
    ]  # fmt: skip
    with subprocess.Popen(
        command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        try:
            deadline = time.monotonic() + 60
            while len(server.requests) < 16:
                assert process.poll() is None, process.communicate()
                assert time.monotonic() < deadline, "the run did not get half way"
                os.sched_yield()
            yield process
        finally:
            process.kill()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_half_way_keeps_what_finished_and_exits_130(
    project: Path, server: FaultyOpenAI, number: signal.Signals
) -> None:
    with half_way(project, server) as process:
        process.send_signal(number)
        out, err = process.communicate(timeout=60)
    assert process.returncode == 130, err
    assert "Traceback" not in err
    assert "12 of 12 judged cases passed" in out
    outcomes = json.loads((project / "r.json").read_text())["totals"]["outcomes"]
    assert (outcomes["passed"], outcomes["errored"], outcomes["skipped"]) == (12, 4, 8)
    root = ET.parse(project / "j.xml").getroot()  # noqa: S314 # Our own file.
    assert len(list(root.iter("testcase"))) >= 24
    assert len(list(root.iter("error"))) == 4
    assert not list(root.iter("failure"))


def test_a_killed_run_leaves_every_finished_trial_on_disk(
    project: Path, server: FaultyOpenAI
) -> None:
    with half_way(project, server) as process:
        process.kill()
        process.wait(timeout=60)
    [log] = (project / ".agentops" / "runs").glob("*/trials.jsonl")
    trials = [json.loads(line) for line in log.read_text().splitlines()]
    assert sorted(trial["caseId"] for trial in trials) == sorted(f"c{n}" for n in range(12))
    assert (project / ".agentops" / ".gitignore").read_text() == "*\n"


def test_two_runs_at_once_do_not_disturb_each_other(project: Path, server: FaultyOpenAI) -> None:
    (project / "echo.prompt.md").write_text(PROMPT)
    (project / "s.yaml").write_text(
        "prompt: echo.prompt.md\nrepeat: 30\ncases: [{id: a, input: x, mustContain: x}]\n"
    )
    command = [*AGENTOPS, "eval", "s.yaml", "--json"]
    runs = [subprocess.Popen([*command, f"{n}.json"], cwd=project) for n in range(2)]
    assert [run.wait(timeout=60) for run in runs] == [0, 0]
    ids = {json.loads((project / f"{n}.json").read_text())["run"]["id"] for n in range(2)}
    assert len(ids) == 2


@pytest.mark.parametrize("args", [["--help"], ["explain"], ["schema", "suite"]])
def test_a_reader_that_leaves_early_is_no_error(project: Path, args: list[str]) -> None:
    script = f"set -o pipefail; {' '.join([*AGENTOPS, *args])} | head -1 >/dev/null"
    done = subprocess.run(["bash", "-c", script], cwd=project, capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (0, b"")
