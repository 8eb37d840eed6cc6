"""What `agentops prompt log` and its kin cost in a repository of 2,000 commits and 1,000 prompts.

    python -m benchmarks.registry [--runs N]

The floors are `git log` of the same file, and a Python that does nothing. One prompt has 300
versions; a log of them reads and compares all. All are CPU seconds of whole processes on one core,
those of git included, measured in one run.
"""

import argparse
import sys
import tempfile
from pathlib import Path

from benchmarks.repository import VERSIONED, make, path_of
from benchmarks.timing import side_by_side


def main() -> None:
    """Measures, and prints a table."""
    parser = argparse.ArgumentParser(description="Measure the registry in a long history.")
    parser.add_argument("--runs", type=int, default=5)
    runs = parser.parse_args().runs
    ours = (sys.executable, "-P", "-m", "agentops_cli", "prompt")
    commands = {
        "python -c pass": (sys.executable, "-c", "pass"),
        "git log FILE": ("git", "log", "--format=%h", "--", path_of(VERSIONED)),
        "prompt log, 300 versions": (*ours, "log", VERSIONED),
        "prompt log -n 1": (*ours, "log", VERSIONED, "-n", "1"),
        "prompt list, 1,000 prompts": (*ours, "list"),
        "prompt show NAME": (*ours, "show", VERSIONED),
        "prompt show NAME@1.0.0, the oldest": (*ours, "show", f"{VERSIONED}@1.0.0"),
    }
    with tempfile.TemporaryDirectory() as folder:
        repository = Path(folder) / "repo"
        make(repository)
        timings = side_by_side(commands, runs=runs, cwd=repository)
    for name, timing in timings.items():
        print(
            f"{name:36} {timing.cpu_s:6.2f} s CPU {timing.wall_s:6.2f} s {timing.peak_mb:6.0f} MB"
        )


if __name__ == "__main__":
    main()
