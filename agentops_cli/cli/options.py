"""Options that commands share, each written once."""

import math
import re
from typing import Annotated, Literal, TypeAlias

import typer

from agentops_cli.errors import UsageError

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


def demand_numbers(budget: str | None, concurrency: int | None, timeout: float | None) -> None:
    """Refuses figures that no run can have; `config` would, but as a mistake in a file."""
    if budget is not None and not re.fullmatch(r"\d+(\.\d+)?", budget):
        raise UsageError(f"--budget must be dollars such as 0.50, not {budget!r}")
    if concurrency is not None and concurrency < 1:
        raise UsageError(f"--concurrency must be at least 1, not {concurrency}")
    if timeout is not None and not 0 < timeout < math.inf:
        raise UsageError(f"--timeout must be seconds above 0, not {timeout:g}")
