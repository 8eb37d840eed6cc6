"""A provider that goes wrong in every way: a run loses no trial to it and counts none twice."""

import json
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.servers.faulty_openai import FaultyOpenAI, Seen, running

CASES = 120
PROMPT = """---
version: 1.0.0
model: openai/gpt
temperature: 0
author: "@platform"
requires_review: false
max_tokens: 50
---
You repeat what you are told.
"""
SETTINGS = """
models: {openai/gpt: {price: {inputPer1M: 1, outputPer1M: 1}}}
retry: {attempts: 5, baseWaitS: 0.02}
breaker: {consecutiveFailures: 5, cooldownS: 0.05, probes: 1000}
"""
# A second call that timed out is the last one, and is made again at the end of the run; the last
# script is not to be mended.
SCRIPTS = (
    (),
    ("reset",),
    ("cut",),
    ("later",),
    ("500",),
    ("truncated",),
    ("hang",),
    ("503", "later", "html"),
    ("drop", "503", "503"),
    ("500", "empty", "500", "500"),
    ("hang", "hang"),
    ("503", "503", "503", "503", "503", "503", "503", "503", "503", "503"),
)
MENDED = range(
    11
)  # Those of the scripts that end in an answer, the last of them in the second pass.


@dataclass(frozen=True, kw_only=True)
class Ran:
    """A run that has ended: its result, each line of its trial log, and what the server saw."""

    result: Any
    lines: list[Any]
    seen: Counter[str]

    @property
    def cases(self) -> dict[str, Any]:
        return {case["id"]: case for suite in self.result["suites"] for case in suite["cases"]}


def number_of(case: str) -> int:
    return int(case.removeprefix("c"))


def chaos() -> Callable[[Seen], str]:
    """Goes through the script of each case, whose id stands in the message; then all is well."""
    asked: Counter[str] = Counter()

    def decide(seen: Seen) -> str:
        case = seen.said.split()[0]
        script = SCRIPTS[number_of(case) % len(SCRIPTS)]
        attempt = asked[case]
        asked[case] += 1
        return script[attempt] if attempt < len(script) else "ok"

    return decide


def evaluate(folder: Path, server: FaultyOpenAI) -> Ran:
    """Runs a suite of which every fifth case is lost, as a user does."""
    folder.mkdir()
    wanted = {n: "never" if n % 5 == 4 else f"c{n}" for n in range(CASES)}
    cases = "\n".join(
        f"  - {{id: c{n}, input: 'c{n} and more', mustContain: {word}}}"
        for n, word in wanted.items()
    )
    gate = f"{{minPassRate: 0.1, maxErrored: {CASES}}}"
    (folder / "echo.prompt.md").write_text(PROMPT)
    (folder / "agentops.yaml").write_text(SETTINGS)
    (folder / "s.yaml").write_text(f"prompt: echo.prompt.md\ngate: {gate}\ncases:\n{cases}\n")
    done = subprocess.run(
        [
            *(sys.executable, "-m", "agentops_cli", "eval", "s.yaml", "--json", "r.json"),
            *("--timeout", "1", "--concurrency", "20", "--budget", "1"),
        ],
        cwd=folder,
        env={
            "PATH": "/usr/bin:/bin",
            "HOME": str(folder),
            "OPENAI_BASE_URL": server.url,
            "OPENAI_API_KEY": "sk-none",
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    [log] = (folder / ".agentops" / "runs").glob("*/trials.jsonl")
    seen = Counter(request.said.split()[0] for request in server.requests)
    server.reset()
    return Ran(
        result=json.loads((folder / "r.json").read_text()),
        lines=[json.loads(line) for line in log.read_text().splitlines()],
        seen=seen,
    )


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> tuple[Ran, Ran]:
    """The suite on a healthy provider, and on one that is not."""
    folder = tmp_path_factory.mktemp("chaos")
    with running() as server:
        server.decide = lambda _: "ok"
        healthy = evaluate(folder / "healthy", server)
        server.decide = chaos()
        return healthy, evaluate(folder / "chaos", server)


def attempts_in(line: Any) -> int:
    """How many calls a trial says that it made."""
    return int(line["retries"] if line["fault"] is None else line["fault"]["retries"]) + 1


def test_no_trial_is_lost_and_none_is_there_twice(runs: tuple[Ran, Ran]) -> None:
    for ran in runs:
        assert sorted(ran.cases, key=number_of) == [f"c{n}" for n in range(CASES)]
        assert sum(len(suite["cases"]) for suite in ran.result["suites"]) == CASES
        assert all(len(case["trials"]) == 1 for case in ran.cases.values())


def test_every_call_that_the_server_saw_belongs_to_a_trial_and_is_counted_once(
    runs: tuple[Ran, Ran],
) -> None:
    for ran in runs:
        told: Counter[str] = Counter()
        for line in ran.lines:
            told[line["caseId"]] += attempts_in(line)
        assert told == ran.seen


def test_every_verdict_is_that_of_a_healthy_run(runs: tuple[Ran, Ran]) -> None:
    healthy, ill = runs
    judged = {id_ for id_, case in ill.cases.items() if case["outcome"] != "errored"}
    assert judged == {f"c{n}" for n in range(CASES) if n % len(SCRIPTS) in MENDED}, (
        "what can be mended is mended"
    )
    for id_ in judged:
        assert ill.cases[id_]["outcome"] == healthy.cases[id_]["outcome"], id_
        [one], [other] = ill.cases[id_]["trials"], healthy.cases[id_]["trials"]
        assert one["output"] == other["output"]
    assert {case["outcome"] for case in healthy.cases.values()} == {"passed", "failed"}


def test_what_could_not_be_judged_was_tried_once_more_at_the_end(runs: tuple[Ran, Ran]) -> None:
    _, ill = runs
    again = Counter(line["caseId"] for line in ill.lines)
    for case, lines in again.items():
        assert lines == (2 if number_of(case) % len(SCRIPTS) >= len(MENDED) - 1 else 1), case


def test_the_report_says_what_held_the_run_up(runs: tuple[Ran, Ran]) -> None:
    healthy, ill = runs
    assert healthy.result["run"]["incidents"] == []
    guards = {incident["guard"] for incident in ill.result["run"]["incidents"]}
    assert {"retry", "throttle"} <= guards
