"""How long a command takes to start, as ratios measured in one run.

    python benchmarks/start.py [--runs N]

`--version` against an interpreter that does nothing, `--help` against the help of the smallest
typer application there is.
"""

import argparse
import sys

from benchmarks.timing import print_ratios, side_by_side

TWO_COMMANDS = """
import typer
app = typer.Typer()
@app.command()
def one(n: int = 1): "The first."
@app.command()
def two(n: int = 1): "The second."
app()
"""


def main() -> None:
    """Prints two tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=15)
    runs = parser.parse_args().runs
    python, agentops = [sys.executable], [sys.executable, "-m", "agentops_cli"]
    nothing, version = "python -c pass", "agentops --version"
    timings = side_by_side(
        {nothing: [*python, "-c", "pass"], version: [*agentops, "--version"]}, runs=runs
    )
    print_ratios(timings, base=nothing)
    typer, helped = "typer, two commands, --help", "agentops --help"
    timings = side_by_side(
        {typer: [*python, "-c", TWO_COMMANDS, "--help"], helped: [*agentops, "--help"]}, runs=runs
    )
    print_ratios(timings, base=typer)


if __name__ == "__main__":
    main()
