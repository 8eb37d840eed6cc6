"""Runs that are killed, stopped or out of disk, and gone on with: by real processes."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.servers.faulty_openai import FaultyOpenAI, Seen, running

AGENTOPS = [sys.executable, "-m", "agentops_cli"]
USD_PER_CALL = Decimal("0.000034")  # 20 tokens in at $1 and 7 out at $2 per million.
CONFIG = """
models:
  openai/slow-15: {price: {inputPer1M: 1, outputPer1M: 2}}
  openai/hang: {price: {inputPer1M: 1, outputPer1M: 2}}
  openai/badmodel: {price: {inputPer1M: 1, outputPer1M: 2}}
budget: {runUsd: 1}
"""
PROMPT = """---
version: 1.0.0
model: openai/slow-15
temperature: 0
seed: 1000
author: "@platform"
requires_review: false
max_tokens: 50
---
You repeat what you are told.
"""
WORDS = """
prompt: echo.prompt.md
repeat: 2
repeatPass: 1/2
cases:
"""
TALK = """
prompt: echo.prompt.md
models: [openai/slow-15, openai/badmodel]
gate: {maxErrored: 1}
cases:
  - id: long
    turns:
      - {input: "turn one", mustContain: "one"}
      - {input: "turn two", mustContain: "two"}
      - {input: "turn three", mustContain: "three"}
      - {input: "turn four", mustContain: "four"}
      - {input: "turn five", mustContain: "five"}
"""
ROWS = r"""
prompt: echo.prompt.md
datasets: [{file: rows.csv, input: input, assert: [{contains: said}]}]
metrics:
  - kind: classification
    name: who
    expected: "{{ row.input }}"
    actual: {regex: '(\S+@\S+)'}
    labels: [p0@firma.de, p1@firma.de, p2@firma.de, p3@firma.de, p4@firma.de, p5@firma.de]
    by: team
gate: {metrics: {accuracy: 1.0}}
"""
# Times, what a process that was killed took along, and what was done to the run.
APART = {
    *("id", "started", "finished", "latencyS", "p50LatencyS", "p95LatencyS"),
    *("lostUsd", "lostCalls", "incidents"),
}


@pytest.fixture(scope="module")
def server() -> Iterator[FaultyOpenAI]:
    with running() as server:
        yield server


@dataclass(frozen=True, kw_only=True)
class Machine:
    """A project, and processes of `agentops` in it."""

    folder: Path
    server: FaultyOpenAI

    @contextmanager
    def process(self, *args: str, within: str = "") -> Iterator[subprocess.Popen[str]]:
        """A command that is under way; it is killed if the block leaves it alive."""
        environ = {
            **os.environ, "OPENAI_BASE_URL": self.server.url, "OPENAI_API_KEY": "sk-none",
        }  # fmt: skip
        command = [*AGENTOPS, "eval", "--concurrency", "4", "--no-cache", *args]
        if within:
            command = ["bash", "-c", f'{within} && exec "$@"', "bash", *command]
        with subprocess.Popen(
            command,
            cwd=self.folder,
            env=environ,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        ) as process:
            try:
                yield process
            finally:
                process.kill()

    def run(self, *args: str, within: str = "") -> tuple[int, str]:
        """The exit code of a command and what it said on stderr."""
        with self.process(*args, within=within) as process:
            _, err = process.communicate(timeout=60)
        assert "Traceback" not in err
        return process.returncode, err

    def wait(self, process: subprocess.Popen[str], requests: int) -> bool:
        """Waits until the server has had so many requests; False when the process ended first."""
        deadline = time.monotonic() + 60
        while len(self.server.requests) < requests:
            assert time.monotonic() < deadline, f"{requests} requests did not come"
            if process.poll() is not None:
                return False
            os.sched_yield()
        return True

    @property
    def lines(self) -> list[dict[str, Any]]:
        """The whole lines of the trial log of the only run."""
        [log] = (self.folder / ".agentops" / "runs").glob("*/trials.jsonl")
        return [json.loads(line) for line in log.read_bytes().split(b"\n")[:-1]]

    def result(self, name: str = "r.json") -> Any:
        """A result file."""
        return json.loads((self.folder / name).read_text())


@pytest.fixture
def machine(git_repo: Path, server: FaultyOpenAI) -> Machine:
    server.reset()
    cases = "".join(f"  - {{id: c{n}, input: 'n{n}', mustContain: n{n}}}\n" for n in range(24))
    rows = "".join(f"p{n}@firma.de,{'ab'[n % 2]}\n" for n in range(6))
    for name, text in {
        "agentops.yaml": CONFIG,
        "echo.prompt.md": PROMPT,
        "words.yaml": WORDS + cases,
        "talk.yaml": TALK,
        "rows.yaml": ROWS,
        "rows.csv": f"input,team\n{rows}",
    }.items():
        (git_repo / name).write_text(text)
    return Machine(folder=git_repo, server=server)


SUITES = ("talk.yaml", "words.yaml", "rows.yaml")


def asked(seen: Seen) -> tuple[str, int]:
    """What a request was about: the words and, by its seed, the repeat."""
    return str(seen.body["messages"][-1]["content"]), int(seen.body["seed"])


def answered(lines: Sequence[dict[str, Any]]) -> set[tuple[str, int]]:
    """The requests of all trials that have a verdict, as `asked` has them."""
    return {
        (said.removeprefix("You said: "), 1000 + line["repeat"])
        for line in lines
        if line["outcome"] in {"passed", "failed"}
        for said in [turn["output"] for turn in line["turns"]] or [line["output"]]
        if "[redacted" not in said
    }


def without(value: Any, keys: set[str]) -> Any:
    if isinstance(value, dict):
        return {key: without(part, keys) for key, part in value.items() if key not in keys}
    return [without(part, keys) for part in value] if isinstance(value, list) else value


def billed(seen: Sequence[Seen]) -> Decimal:
    """What the provider may charge: for every request that it had, but the refused ones."""
    return USD_PER_CALL * sum(one.behaviour.startswith("slow") for one in seen)


def told(result: Any) -> Decimal:
    """Every dollar that a result tells of."""
    totals = result["totals"]
    return sum(
        map(Decimal, (totals["costUsd"], totals["judgeCostUsd"], result["run"]["lostUsd"])),
        Decimal(0),
    )


def good(seen: Sequence[Seen]) -> list[tuple[str, int]]:
    """What was asked of the model that answers; of the other one it is asked again each time."""
    return [asked(one) for one in seen if one.behaviour == "slow-15"]


def test_a_run_that_is_killed_ten_times_ends_as_if_nobody_had_touched_it(machine: Machine) -> None:
    server = machine.server
    code, err = machine.run(*SUITES, "--json", "undisturbed.json")
    assert code == 0, err
    undisturbed = machine.result("undisturbed.json")
    assert told(undisturbed) == billed(server.requests)
    for run in (machine.folder / ".agentops" / "runs").iterdir():
        run.rename(machine.folder / run.name)

    server.reset()
    moments = random.Random(20_260_501)  # noqa: S311 # Reproducible, and no secret.
    finished: set[tuple[str, int]] = set()
    in_flight: Counter[tuple[str, int]] = Counter()
    for kill in range(11):
        args = ("--resume", "last") if kill else (*SUITES, "--json", "r.json")
        before = len(server.requests)
        with machine.process(*args) as process:
            if kill < 10:
                more = moments.randint(1, 7)
                assert machine.wait(process, before + more), process.communicate()
                process.kill()
            assert process.wait(timeout=60) == (-signal.SIGKILL if kill < 10 else 0)
        now_asked = set(good(server.requests[before:]))
        assert not now_asked & finished, f"paid twice, before kill {kill + 1}"
        finished = answered(machine.lines)
        in_flight.update(now_asked - finished)

    result = machine.result()
    assert without(result, APART) == without(undisturbed, APART)
    calls = Counter(good(server.requests))
    # As often as it was under way when the process was killed, and once more for the answer.
    assert {key: n for key, n in calls.items() if n > 1 + in_flight[key]} == {}
    assert told(result) >= billed(server.requests)
    assert Decimal(result["run"]["lostUsd"]) > 0


def test_ctrl_c_then_resume_has_every_verdict(machine: Machine) -> None:
    with machine.process("words.yaml", "--json", "r.json") as process:
        assert machine.wait(process, 20), process.communicate()
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=60)
    assert process.returncode == 130
    run = machine.result()["run"]["id"]
    assert f"to go on with it: agentops eval --resume {run}" in err
    kept = answered(machine.lines)
    before = len(machine.server.requests)
    code, err = machine.run("--resume", run)
    assert code == 0, err
    assert f"{len(kept)} of 48 trials are kept" in err
    assert not set(good(machine.server.requests[before:])) & kept
    result = machine.result()
    assert result["run"]["id"] == run
    assert result["totals"]["outcomes"]["passed"] == 24
    assert result["totals"]["trials"]["errored"] == 0
    assert len(answered(machine.lines)) == 48


def test_a_full_disk_then_resume_has_every_verdict(machine: Machine) -> None:
    code, err = machine.run("words.yaml", "--json", "r.json", within="ulimit -f 16")
    assert code == 7
    assert "EFBIG" in err
    assert "agentops eval --resume 20" in err
    kept = answered(machine.lines)
    assert 0 < len(kept) < 48
    before = len(machine.server.requests)
    code, err = machine.run("--resume", "last")
    assert code == 0, err
    assert not set(good(machine.server.requests[before:])) & kept
    assert machine.result()["totals"]["outcomes"]["passed"] == 24
    assert told(machine.result()) >= billed(machine.server.requests)


def test_of_two_that_go_on_with_a_run_one_is_refused(machine: Machine) -> None:
    text = (machine.folder / "words.yaml").read_text()
    both = text.replace("repeat:", "models: [openai/slow-15, openai/hang]\nrepeat:")
    (machine.folder / "words.yaml").write_text(both)
    with machine.process("words.yaml") as process:
        assert machine.wait(process, 8), process.communicate()
    before = len(machine.server.requests)
    with machine.process("--resume", "last") as first:
        assert machine.wait(first, before + 1), first.communicate()
        asked_before = len(machine.lines)
        code, err = machine.run("--resume", "last")
        assert code == 7
        assert "is under way in another process" in err
        assert first.poll() is None
        assert len(machine.lines) >= asked_before


def test_of_two_runs_that_write_one_trial_log_the_second_is_refused(machine: Machine) -> None:
    text = (machine.folder / "words.yaml").read_text()
    (machine.folder / "slow.yaml").write_text(
        text.replace("repeat:", "models: [openai/hang]\nrepeat:")
    )
    log = machine.folder / "t.jsonl"
    with machine.process("slow.yaml", "words.yaml", "--jsonl", "t.jsonl") as first:
        assert machine.wait(first, 4), first.communicate()
        code, err = machine.run("words.yaml", "--jsonl", "t.jsonl")
        assert code == 7
        assert "another run is writing its trials to" in err
        code, _ = machine.run("words.yaml", "--jsonl", "other.jsonl")
        assert code == 0
    code, _ = machine.run("words.yaml", "--jsonl", "t.jsonl")
    assert code == 0
    assert len(log.read_text().splitlines()) == 48
