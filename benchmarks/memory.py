"""Peak memory of whole evaluations: it must not grow with the number of trials.

    python -m benchmarks.memory [--small N] [--large N]

Each form is run small and large as a process of its own, with every report written. The answers
come from a gateway that a plugin brings and that keeps nothing, so that what grows is ours. One
trial in a hundred fails.
"""

import argparse
import csv
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

MOST_RATIO = 1.2
REPEATED_CASES = 200
SMALL, LARGE = 20_000, 200_000

_PROMPT = """---
version: 1.0.0
model: scripted/echo
max_tokens: 50
---
You repeat what you are told.
"""

_PLUGIN = '''
import asyncio

from agentops_cli.model.call import Completion, Finish
from agentops_cli.model.money import Usage

USAGE = Usage(input_tokens=20, output_tokens=20)


class Echo:
    """Repeats the last message, but fails one call in a hundred; keeps nothing."""

    def __init__(self, models, *, environ, concurrency):
        self.calls = 0

    async def complete(self, request):
        self.calls += 1
        await asyncio.sleep(0)
        text = request.messages[-1].content if self.calls % 100 else "no"
        return Completion(
            text=text, finish=Finish.STOP, model="echo", latency_s=self.calls * 1e-6, usage=USAGE
        )

    async def close(self):
        pass
'''


_KEEPING = """
from agentops_cli import spool
from agentops_cli.__main__ import main
spool.KEPT = {kept}
main()
"""


@dataclass(frozen=True, kw_only=True)
class Peak:
    """What one evaluation took: megabytes at its peak, seconds of processor time in all."""

    megabytes: float
    seconds: float


def write_project(folder: Path) -> None:
    """A project with a prompt, and beside it a plugin that answers for `scripted/…` models."""
    (folder / "agentops.yaml").write_text("", encoding="utf-8")
    (folder / "echo.prompt.md").write_text(_PROMPT, encoding="utf-8")
    (folder / "echo_gateway.py").write_text(_PLUGIN, encoding="utf-8")
    installed = folder / "echo_gateway-1.dist-info"
    installed.mkdir()
    (installed / "METADATA").write_text("Name: echo-gateway\nVersion: 1\n", encoding="utf-8")
    points = "[agentops.gateways]\nscripted = echo_gateway:Echo\n"
    (installed / "entry_points.txt").write_text(points, encoding="utf-8")


def write_csv(folder: Path, trials: int) -> None:
    """A suite whose cases are the rows of a CSV file."""
    with (folder / "rows.csv").open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["id", "question", "want"])
        rows.writerows(_row(number) for number in range(trials))
    _write_dataset(folder, "rows.csv")


def write_jsonl(folder: Path, trials: int) -> None:
    """The same as a JSON Lines file."""
    with (folder / "rows.jsonl").open("w", encoding="utf-8") as file:
        for number in range(trials):
            row = zip(("id", "question", "want"), _row(number), strict=True)
            file.write(json.dumps(dict(row)) + "\n")
    _write_dataset(folder, "rows.jsonl")


def write_repeats(folder: Path, trials: int) -> None:
    """A suite of a few cases, each repeated often."""
    text = f"prompt: echo.prompt.md\nrepeat: {trials // REPEATED_CASES}\ncases:\n"
    for number in range(REPEATED_CASES):
        case_id, question, want = _row(number)
        text += f'  - {{id: {case_id}, input: "{question}", mustContain: ["{want}"]}}\n'
    (folder / "suite.yaml").write_text(text, encoding="utf-8")


FORMS: Mapping[str, Callable[[Path, int], None]] = {
    "rows of a CSV file": write_csv,
    "rows of a JSONL file": write_jsonl,
    f"{REPEATED_CASES} cases, repeated": write_repeats,
}


def _row(number: int) -> tuple[str, str, str]:
    question = f"Case {number}: what is six times seven? Answer in one sentence. token-{number}-end"
    return f"c{number}", question, f"token-{number}-end"


def _write_dataset(folder: Path, name: str) -> None:
    dataset = f"{{file: {name}, input: question, mustContain: ['{{{{ row.want }}}}']}}"
    text = f"prompt: echo.prompt.md\ndatasets:\n  - {dataset}\n"
    (folder / "suite.yaml").write_text(text, encoding="utf-8")


def peak_of(form: str, trials: int, *, kept: int | None = None) -> Peak:
    """Runs one form with so many trials; raises when it gives no verdict, or not of all.

    With `kept`, so few values stay in memory that a small run is like a large one.
    """
    run = ["-m", "agentops_cli"] if kept is None else ["-c", _KEEPING.format(kept=kept)]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_project(folder)
        FORMS[form](folder, trials)
        environ = {**os.environ, "PYTHONPATH": os.pathsep.join([name, str(Path.cwd())])}
        reports = {"junit": "j.xml", "json": "r.json", "md": "r.md", "cost": "c.json"}
        process = subprocess.Popen(
            [
                *(sys.executable, *run, "eval", "suite.yaml", "--quiet"),
                *(part for kind, path in reports.items() for part in (f"--{kind}", path)),
            ],
            cwd=folder,
            env=environ,
            stdout=subprocess.DEVNULL,
        )
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode not in {0, 1}:
            raise subprocess.CalledProcessError(process.returncode, process.args)
        totals = json.loads(_tail(folder / "r.json"))["totals"]
        counted = sum(totals["trials"][key] for key in ("passed", "failed"))
        if counted != trials:
            raise SystemExit(f"{counted} of {trials} trials were judged")
    # Linux counts kilobytes, macOS bytes.
    unit = 1024 if sys.platform == "darwin" else 1
    return Peak(megabytes=used.ru_maxrss / unit / 1024, seconds=used.ru_utime + used.ru_stime)


def _tail(path: Path) -> str:
    """The end of a result file, from its totals on, as JSON: the whole may be large."""
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - 65536))
        end = file.read().decode()
    return "{" + end[end.rindex('\n"totals":') + 1 :]


def main() -> None:
    """Prints a line for each form; exits 1 when one of them grows too much."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--small", type=int, default=SMALL)
    parser.add_argument("--large", type=int, default=LARGE)
    parser.add_argument("--form", choices=FORMS, action="append")
    given = parser.parse_args()
    worst = 0.0
    for form in given.form or FORMS:
        small, large = peak_of(form, given.small), peak_of(form, given.large)
        ratio = large.megabytes / small.megabytes
        worst = max(worst, ratio)
        print(
            f"{form:24} {given.small:>7,}: {small.megabytes:6.1f} MB {small.seconds:6.1f} s"
            f"   {given.large:>7,}: {large.megabytes:6.1f} MB {large.seconds:6.1f} s"
            f"   x{ratio:.3f}",
            flush=True,
        )
    sys.exit(worst > MOST_RATIO)


if __name__ == "__main__":
    main()
