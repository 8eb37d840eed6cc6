"""Whether a budget holds against a provider that takes all it can get: 20 of 20 runs must.

    python -m benchmarks.budget_attack [--runs N] [--trials T] [--concurrency C] [--parts P]

Each run is whole processes of `agentops eval` against a server that counts up to twice our upper
bound of the input, fails 10 % of the calls and stalls 2 %; its bill is what counts. The budget is
drawn so that it ends some runs early and leaves others room. With `--parts`, one run is cut into so
many shards that run at once with one budget; one of them is killed half way and gone on with.
"""

import argparse
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from tests.servers.greedy_openai import Bill, Running, running

MAX_TOKENS = 40
# A message of the system's and one of the user's, as the server counts them at most: twice 64 and
# 2 times 16 tokens and some 80 bytes, and what an answer may have, four times as dear.
MOST_OF_A_CALL_USD = Decimal(2 * (64 + 32 + 80) + 4 * MAX_TOKENS).scaleb(-6)

PROMPT = f"""---
version: 1.0.0
model: openai/greedy
temperature: 0
author: benchmarks
requires_review: false
max_tokens: {MAX_TOKENS}
---
You answer in one sentence.
"""
SUITE = """prompt: greedy.prompt.md
defaults: {mustContain: answer}
datasets: [{file: rows.jsonl, input: text}]
"""
CONFIG = """models: {openai/greedy: {price: {inputPer1M: 1, outputPer1M: 4}}}
budget: {runUsd: %s}
retry: {baseWaitS: 0.05, maxWaitS: 0.2}
breaker: {consecutiveFailures: 50}
"""


@dataclass(frozen=True, kw_only=True)
class Attack:
    """How one run ended: what the server is owed, against what it may be."""

    budget_usd: Decimal
    bill: Bill
    exits: tuple[int, ...]
    reported_usd: Decimal
    seconds: float

    @property
    def held(self) -> bool:
        """True when not a dollar too much is owed, and all that is owed is reported."""
        return self.bill.usd <= min(self.budget_usd, self.reported_usd)

    def __str__(self) -> str:
        share = self.bill.usd / self.budget_usd
        bill = self.bill
        return (
            f"{'held' if self.held else 'BROKEN':6}  owed ${bill.usd:.4f} of ${self.budget_usd:.4f}"
            f" ({share:.1%}), reported ${self.reported_usd:.4f}; {bill.calls:,} calls,"
            f" {bill.failed:,} failed, {bill.stalled:,} stalled, {bill.most_open} at once;"
            f" exit {', '.join(map(str, self.exits))}; {self.seconds:.1f} s"
        )


def attack(
    folder: Path, *, seed: int, trials: int, concurrency: int, budget_usd: Decimal
) -> Attack:
    """One run under attack."""
    _write_project(folder, trials, budget_usd)
    with running(seed) as server:
        started = time.monotonic()
        process = _start(folder, server, concurrency)
        process.communicate()
        return _attack([folder], [process.returncode], server, budget_usd, started)


def attack_parts(
    folder: Path, *, seed: int, trials: int, concurrency: int, budget_usd: Decimal, parts: int
) -> Attack:
    """One run in parts at once; the first is killed half way, and gone on with."""
    folders = [folder / str(number) for number in range(1, parts + 1)]
    for each in folders:
        each.mkdir()
        _write_project(each, trials, budget_usd)
    with running(seed) as server:
        started = time.monotonic()
        processes = [
            _start(each, server, concurrency, "--shard", f"{number}/{parts}")
            for number, each in enumerate(folders, 1)
        ]
        runs = folders[0] / ".agentops" / "runs"
        _kill_half_way(processes[0], runs, server, budget_usd)
        [run] = runs.iterdir()
        again = _start(folders[0], server, concurrency, "--resume", run.name)
        for process in (again, *processes):
            process.communicate()
        exits = [again.returncode, *(process.returncode for process in processes[1:])]
        return _attack(folders, exits, server, budget_usd, started)


def _write_project(folder: Path, trials: int, budget_usd: Decimal) -> None:
    (folder / "agentops.yaml").write_text(CONFIG % budget_usd, encoding="utf-8")
    (folder / "greedy.prompt.md").write_text(PROMPT, encoding="utf-8")
    (folder / "s.yaml").write_text(SUITE, encoding="utf-8")
    rows = (json.dumps({"id": f"c{n}", "text": f"What is number {n}?"}) for n in range(trials))
    (folder / "rows.jsonl").write_text("\n".join(rows), encoding="utf-8")


def _start(folder: Path, server: Running, concurrency: int, *more: str) -> subprocess.Popen[bytes]:
    flags = () if "--resume" in more else ("s.yaml",)
    return subprocess.Popen(
        [
            *(sys.executable, "-m", "agentops_cli", "eval", *flags, *more),
            *("--concurrency", str(concurrency), "--timeout", "2", "--no-cache", "--quiet"),
            *("--json", "r.json"),
        ],
        cwd=folder,
        env={**os.environ, "OPENAI_BASE_URL": server.url, "OPENAI_API_KEY": "sk-none"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def _kill_half_way(
    process: subprocess.Popen[bytes], runs: Path, server: Running, budget_usd: Decimal
) -> None:
    """Kills a process that has begun when some 30 % of the budget is owed.

    It cannot have come to its end, unless the others were far ahead.
    """
    while not any(runs.glob("*")) or server.bill().usd < budget_usd * 3 / 10:
        if process.poll() is not None:
            raise SystemExit("it ended before it could be killed")
        time.sleep(0.02)
    process.send_signal(signal.SIGKILL)
    process.wait()


def _attack(
    folders: Sequence[Path],
    exits: Sequence[int],
    server: Running,
    budget_usd: Decimal,
    started: float,
) -> Attack:
    heads = [(folder / "r.json").read_text(encoding="utf-8") for folder in folders]
    return Attack(
        budget_usd=budget_usd,
        bill=server.bill(),
        exits=tuple(exits),
        reported_usd=sum(map(_reported, heads), Decimal(0)),
        seconds=time.monotonic() - started,
    )


def _reported(result: str) -> Decimal:
    """What a result says was spent: by its trials, and by calls that a kill cut off."""
    read = json.loads(result)
    return Decimal(read["totals"]["costUsd"]) + Decimal(read["run"]["lostUsd"])


def main() -> None:
    """Attacks again and again, and prints one line each."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=20)
    parser.add_argument("--trials", type=int, default=5000)
    parser.add_argument("--concurrency", type=int, default=200)
    parser.add_argument("--parts", type=int, default=1)
    given = parser.parse_args()
    held = 0
    for seed in range(given.runs):
        share = random.Random(seed).choice([1, 10, 30, 60, 75, 90])  # noqa: S311 # A budget, no secret.
        budget_usd = (given.trials * MOST_OF_A_CALL_USD * share / 100).quantize(Decimal("0.0001"))
        with tempfile.TemporaryDirectory() as name:
            settings = {
                "seed": seed,
                "trials": given.trials,
                "concurrency": given.concurrency,
                "budget_usd": budget_usd,
            }
            if given.parts > 1:
                found = attack_parts(Path(name), parts=given.parts, **settings)
            else:
                found = attack(Path(name), **settings)
        held += found.held
        print(f"{seed:2}  {found}", flush=True)
    print(f"the budget held in {held} of {given.runs} runs")
    if held < given.runs:
        raise SystemExit(1)


if __name__ == "__main__":
    main()
