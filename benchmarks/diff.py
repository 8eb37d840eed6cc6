"""What `agentops prompt diff` costs, against `git diff` of the same refs.

    python -m benchmarks.diff [--prompts N] [--commits N] [--back N] [--runs N]

Both are whole processes in one repository, timed in turn. `git diff` compares lines; ours reads
the prompts on both sides, grades what changed, counts tokens, and compares words. How long it takes
to change nothing and to name the files shows where the rest goes.
"""

import argparse
import sys
import tempfile
from pathlib import Path

from benchmarks.repository import make
from benchmarks.timing import Timing, print_ratios, side_by_side

GIT = "git diff"
OURS = "prompt diff"


def compared(
    folder: Path, *, prompts: int = 1_000, commits: int = 2_000, back: int = 500, runs: int = 5
) -> dict[str, Timing]:
    """What the commands cost in a repository that is made in a folder that is not there yet."""
    make(folder, prompts=prompts, commits=commits)
    ref = f"HEAD~{back}"
    ours = (sys.executable, "-m", "agentops_cli", "prompt", "diff", "--quiet")
    return side_by_side(
        {
            GIT: ("git", "diff", ref),
            OURS: (*ours, ref),
            f"{OURS} --name-only": (*ours, ref, "--name-only"),
            "no change": (*ours, "HEAD"),
        },
        runs=runs,
        cwd=folder,
    )


def main() -> None:
    """Prints a row for each command."""
    parser = argparse.ArgumentParser(description="Time prompt diff against git diff.")
    parser.add_argument("--prompts", type=int, default=1_000)
    parser.add_argument("--commits", type=int, default=2_000)
    parser.add_argument("--back", type=int, default=500)
    parser.add_argument("--runs", type=int, default=5)
    typed = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        found = compared(
            Path(folder) / "repository",
            prompts=typed.prompts,
            commits=typed.commits,
            back=typed.back,
            runs=typed.runs,
        )
    print_ratios(found, base=GIT)


if __name__ == "__main__":
    main()
