"""Whole processes timed side by side: in turn, so that a machine that slows down slows all."""

import os
import statistics
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Timing:
    """Medians over the counted runs of one command, in seconds, start-up included."""

    wall_s: float
    cpu_s: float


def side_by_side(
    commands: Mapping[str, Sequence[str]], *, runs: int, env: Mapping[str, str] | None = None
) -> dict[str, Timing]:
    """Runs each command once to warm up, then `runs` rounds in turn; a failure raises."""
    seen: dict[str, list[tuple[float, float]]] = {name: [] for name in commands}
    for round_number in range(runs + 1):
        for name, command in commands.items():
            timing = _once(command, env)
            if round_number:
                seen[name].append(timing)
    return {
        name: Timing(
            wall_s=statistics.median(wall for wall, _ in timings),
            cpu_s=statistics.median(cpu for _, cpu in timings),
        )
        for name, timings in seen.items()
    }


def _once(command: Sequence[str], env: Mapping[str, str] | None) -> tuple[float, float]:
    started = time.perf_counter()
    process = subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        env={**os.environ, **(env or {})},
    )
    _, status, used = os.wait4(process.pid, 0)
    wall_s = time.perf_counter() - started
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command)
    return wall_s, used.ru_utime + used.ru_stime


def print_ratios(timings: Mapping[str, Timing], *, base: str) -> None:
    """A row for each command, with its ratio to the base."""
    floor = timings[base]
    for name, timing in timings.items():
        print(
            f"{name:28} wall {timing.wall_s * 1000:8.1f} ms  x{timing.wall_s / floor.wall_s:5.2f}"
            f"   cpu {timing.cpu_s * 1000:8.1f} ms  x{timing.cpu_s / floor.cpu_s:5.2f}"
        )
