"""Processes that are stopped from outside, as a user or a CI job does."""

import json
import os
import pty
import select
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from agentops_cli.flows.stopping import STOPPING, finishing, stopping, terminate_as_ctrl_c
from tests.cli.conftest import PROMPT
from tests.gateways.agents.running import is_running
from tests.servers.faulty_openai import FaultyOpenAI

AGENTOPS = [sys.executable, "-m", "agentops_cli"]


@pytest.fixture(autouse=True)
def _hears_of_a_closed_terminal() -> Iterator[None]:
    """What a process ignores its children ignore too, and these tests may run under `nohup`."""
    before = signal.signal(signal.SIGHUP, signal.SIG_DFL)
    yield
    signal.signal(signal.SIGHUP, before)


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


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
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


def test_what_a_signal_cuts_off_is_told_at_the_most_that_it_may_have_cost(
    project: Path, server: FaultyOpenAI
) -> None:
    (project / "agentops.yaml").write_text(
        "models: {openai/hang: {price: {inputPer1M: 0, outputPer1M: 10000}}}\n"
    )
    with half_way(project, server) as process:
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=60)
    totals = json.loads((project / "r.json").read_text())["totals"]
    hung = 4  # Of 50 tokens each.
    assert (totals["assumed"], float(totals["costUsd"])) == (hung, hung * 0.5)
    assert totals["unpriced"] == 12  # Those of the other model.


AGENT = """
import os, time

def answer(input, context):
    if input == "hang":
        with open("pid.new", "w") as file:
            file.write(str(os.getpid()))
        os.rename("pid.new", "pid")
        time.sleep(600)
    return "hello"
"""
AROUND = """
agents:
  bot:
    python: "bot:answer"
    setup: {command: [sh, -c, "sleep 600 & echo $! > server"]}
    teardown: {command: [sh, -c, "echo down > down"]}
"""


def wait_for(file: Path, process: subprocess.Popen[bytes], terminal: int) -> int:
    """The number in a file that will be there; the terminal is read meanwhile, as by a person."""
    deadline = time.monotonic() + 60
    while not (file.exists() and file.read_text()):
        assert process.poll() is None
        assert time.monotonic() < deadline, f"{file.name} did not come"
        if select.select([terminal], [], [], 0.01)[0]:
            os.read(terminal, 65536)
    return int(file.read_text())


def test_a_terminal_that_is_closed_ends_a_run_in_order(project: Path) -> None:
    (project / "bot.py").write_text(AGENT)
    (project / "agentops.yaml").write_text(AROUND)
    cases = "".join(
        f"  - {{id: {word}, input: {word}, mustContain: hello}}\n" for word in ("hi", "hang")
    )
    (project / "s.yaml").write_text(f"models: [agent/bot]\ncases:\n{cases}")
    ours, theirs = pty.openpty()
    # As `setsid --ctty` does it: only the leader of a terminal's session is told that it closed.
    script = (
        "import fcntl, os, sys, termios; fcntl.ioctl(0, termios.TIOCSCTTY, 0);"
        "os.execv(sys.executable, [sys.executable, *sys.argv[1:]])"
    )
    # One at a time, so that the first case has ended when the second one hangs.
    given = ["eval", "s.yaml", "--junit", "j.xml", "--concurrency", "1"]
    command = [sys.executable, "-c", script, *AGENTOPS[1:], *given]
    with subprocess.Popen(
        command, cwd=project, stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True
    ) as process:
        os.close(theirs)
        pids = [wait_for(project / name, process, ours) for name in ("pid", "server")]
        os.close(ours)
        process.send_signal(signal.SIGHUP)  # The shell tells too.
        assert process.wait(timeout=60) == 130
    root = ET.parse(project / "j.xml").getroot()  # noqa: S314 # Our own file.
    assert len(list(root.iter("error"))) == 1
    assert (project / "down").exists()
    assert not any(map(is_running, pids))


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


@pytest.mark.parametrize(
    "args", [["--version"], ["--help"], ["explain"], ["schema", "suite"], ["config", "show"]]
)
def test_a_reader_that_leaves_early_is_no_error(project: Path, args: list[str]) -> None:
    script = f"set -o pipefail; {' '.join([*AGENTOPS, *args])} | true"
    done = subprocess.run(["bash", "-c", script], cwd=project, capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (0, b"")


@pytest.mark.parametrize(("needle", "code"), [("yes", 0), ("no", 1)])
@pytest.mark.parametrize("stdout", ["| true", ">&-", ">&- 2>&-"])
def test_a_verdict_does_not_depend_on_who_reads_it(
    project: Path, needle: str, code: int, stdout: str
) -> None:
    (project / "c.jsonl").write_text('{"caseId": "a", "text": "yes"}\n')
    (project / "s.yaml").write_text(
        f"models: [replay/c.jsonl]\ncases: [{{id: a, mustContain: {needle!r}}}]\n"
    )
    script = f"set -o pipefail; {' '.join(AGENTOPS)} eval s.yaml {stdout}"
    done = subprocess.run(["bash", "-c", script], cwd=project, capture_output=True, check=False)
    assert done.returncode == code, done.stderr
    assert b"Traceback" not in done.stderr


@pytest.mark.parametrize("columns", ["", "abc", "0", "-5", "20"])
def test_any_width_of_the_terminal_will_do(
    project: Path, monkeypatch: pytest.MonkeyPatch, columns: str
) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    done = subprocess.run(
        [*AGENTOPS, "explain", "exit-codes"], cwd=project, capture_output=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, b"")
    done = subprocess.run([*AGENTOPS, "eval"], cwd=project, capture_output=True, check=False)
    assert done.returncode == 5
    assert b"nothing matches" in done.stderr


def test_a_full_stdout_is_told_and_is_no_bug(project: Path) -> None:
    script = f"{' '.join(AGENTOPS)} schema suite >/dev/full"
    done = subprocess.run(["bash", "-c", script], cwd=project, capture_output=True, check=False)
    assert done.returncode == 7
    assert b"No space left on device" in done.stderr


def write_under(*signals: signal.Signals) -> list[str]:
    """What is written by a block that is sent these signals first."""
    written = []

    def block() -> None:
        with finishing():
            for number in signals:
                os.kill(os.getpid(), number)
            written.append("report")

    with pytest.raises(KeyboardInterrupt):
        block()
    return written


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_waits_until_reports_are_written(number: signal.Signals) -> None:
    assert write_under(number) == ["report"]
    assert write_under(number, signal.SIGHUP) == ["report"]


def test_a_hang_up_that_is_ignored_stays_so_as_under_nohup() -> None:
    before = {number: signal.getsignal(number) for number in STOPPING}
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        assert stopping() == (signal.SIGINT, signal.SIGTERM)
        terminate_as_ctrl_c()
        assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def test_a_second_signal_does_not_wait() -> None:
    assert write_under(signal.SIGTERM, signal.SIGINT) == []
