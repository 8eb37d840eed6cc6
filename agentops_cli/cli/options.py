"""Options that commands share, each written once."""

from typing import Annotated, Literal, TypeAlias

import typer

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
