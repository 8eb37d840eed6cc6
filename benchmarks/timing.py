"""Whole processes timed side by side: in turn, so that a machine that slows down slows all."""

import os
import statistics
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, kw_only=True)
class Timing:
    """Medians over the counted runs of one command, start-up included.

    `peak_mb` is the largest resident memory of its process, in MB of 2**20 bytes.
    """

    wall_s: float
    cpu_s: float
    peak_mb: float


def side_by_side(
    commands: Mapping[str, Sequence[str]],
    *,
    runs: int,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
) -> dict[str, Timing]:
    """Runs each command once to warm up, then `runs` rounds in turn; a failure raises.

    The benchmarks can be imported wherever the commands are run.
    """
    root = str(Path(__file__).parent.parent)
    environ = {**os.environ, "PYTHONPATH": root, **(env or {})}
    seen: dict[str, list[Timing]] = {name: [] for name in commands}
    for round_number in range(runs + 1):
        for name, command in commands.items():
            timing = _once(command, environ, cwd)
            if round_number:
                seen[name].append(timing)
    return {
        name: Timing(
            wall_s=statistics.median(timing.wall_s for timing in timings),
            cpu_s=statistics.median(timing.cpu_s for timing in timings),
            peak_mb=statistics.median(timing.peak_mb for timing in timings),
        )
        for name, timings in seen.items()
    }


def _once(command: Sequence[str], environ: Mapping[str, str], cwd: Path | None) -> Timing:
    started = time.perf_counter()
    process = subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        env=environ,
        cwd=cwd,
    )
    _, status, used = os.wait4(process.pid, 0)
    wall_s = time.perf_counter() - started
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command)
    peak_mb = used.ru_maxrss / 1024  # Linux counts it in units of 1024 bytes.
    return Timing(wall_s=wall_s, cpu_s=used.ru_utime + used.ru_stime, peak_mb=peak_mb)


def print_ratios(timings: Mapping[str, Timing], *, base: str) -> None:
    """A row for each command, with its ratio to the base."""
    floor = timings[base]
    for name, timing in timings.items():
        print(
            f"{name:28} wall {timing.wall_s * 1000:8.1f} ms  x{timing.wall_s / floor.wall_s:5.2f}"
            f"   cpu {timing.cpu_s * 1000:8.1f} ms  x{timing.cpu_s / floor.cpu_s:5.2f}"
            f"   peak {timing.peak_mb:6.1f} MB"
        )
