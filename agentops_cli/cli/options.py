"""Options that commands share, each written once."""

import math
import re
from typing import Annotated, Literal, TypeAlias

import typer

from agentops_cli.config import RETRIES
from agentops_cli.errors import UsageError
from agentops_cli.model.json import Json

Format: TypeAlias = Annotated[
    Literal["text", "json"],
    typer.Option("--format", help="What stdout is for: a person, or a program."),
]
Quiet: TypeAlias = Annotated[
    bool, typer.Option("--quiet", "-q", help="Print nothing but the verdict and what is wrong.")
]
Verbose: TypeAlias = Annotated[
    bool, typer.Option("--verbose", "-v", help="Show every case, with what each assertion said.")
]
NoProgress: TypeAlias = Annotated[
    bool, typer.Option("--no-progress", help="Show no progress on stderr.")
]
Budget: TypeAlias = Annotated[
    str | None,
    typer.Option(help="Spend no more than this; the strictest budget holds.", metavar="USD"),
]
Concurrency: TypeAlias = Annotated[
    int | None, typer.Option(help="How many calls may be under way at once.", metavar="N")
]
Timeout: TypeAlias = Annotated[
    float | None, typer.Option(help="Seconds that one call may take.", metavar="S")
]
Retries: TypeAlias = Annotated[
    int | None,
    typer.Option(help="How often a failed call is made again at most; 0 is never.", metavar="N"),
]
DryRun: TypeAlias = Annotated[
    bool, typer.Option("--dry-run", help="Print calls, tokens and the most dollars; call nothing.")
]

JUnit: TypeAlias = Annotated[
    str | None, typer.Option("--junit", help="Write JUnit XML.", metavar="FILE")
]
ResultJson: TypeAlias = Annotated[
    str | None, typer.Option("--json", help="Write the result JSON.", metavar="FILE")
]
Md: TypeAlias = Annotated[
    str | None, typer.Option("--md", help="Write a Markdown report.", metavar="FILE")
]
CostReport: TypeAlias = Annotated[
    str | None,
    typer.Option(
        "--cost", help="Write the cost report, as JSON or Markdown by the name.", metavar="FILE"
    ),
]
ExitZero: TypeAlias = Annotated[
    bool, typer.Option("--exit-zero", help="Exit 0 in place of 1; changes nothing else.")
]


def limits_typed(
    budget: str | None,
    concurrency: int | None,
    timeout: float | None,
    retries: int | None,
) -> dict[str, Json]:
    """The limits that were typed, as settings; raises `UsageError` for what none can be."""
    _demand_numbers(budget, concurrency, timeout)
    if retries is not None and retries not in RETRIES:
        raise UsageError(f"--retries must be from 0 to {RETRIES[-1]}, not {retries}")
    typed: dict[str, Json] = {
        "budget.runUsd": budget,
        "concurrency": concurrency,
        "timeoutS": timeout,
        "retry.attempts": retries,
    }
    return {key: value for key, value in typed.items() if value is not None}


def _demand_numbers(budget: str | None, concurrency: int | None, timeout: float | None) -> None:
    """Refuses figures that no run can have; `config` would, but as a mistake in a file."""
    if budget is not None and not re.fullmatch(r"\d+(\.\d+)?", budget):
        raise UsageError(f"--budget must be dollars such as 0.50, not {budget!r}")
    if concurrency is not None and concurrency < 1:
        raise UsageError(f"--concurrency must be at least 1, not {concurrency}")
    if timeout is not None and not 0 < timeout < math.inf:
        raise UsageError(f"--timeout must be seconds above 0, not {timeout:g}")
