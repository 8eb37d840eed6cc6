"""What `agentops prompt lint` prints: the findings in a format, and what a run comes to."""

import os
import sys
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Final, Literal

import typer

from agentops_cli.files import atomic_write
from agentops_cli.reporters.lint import FORMATS
from agentops_cli.reporters.lint.report import LintReport
from agentops_cli.reporters.lint.words import clean_line, counts_of, statistics_lines
from agentops_cli.reporters.wording import flat

OutputFormat = Literal[
    "full", "concise", "json", "json-lines", "github", "gitlab", "sarif", "junit", "markdown"
]

_FOR_PEOPLE: Final = frozenset({"full", "concise"})

OF_REPOSITORY: Final = frozenset({"github", "gitlab", "sarif", "junit", "markdown"})
"""Formats whose readers look paths up from the root of the repository."""

OF_FOLDER: Final = _FOR_PEOPLE
"""Formats whose readers look paths up from the folder that they work in."""


def print_report(
    report: LintReport, output: OutputFormat, name: str | None, *, statistics: bool
) -> None:
    """Writes the findings to stdout or to a file, or how often each rule spoke.

    A format that a program reads is written whole; the statistics are on stderr then.
    """
    if statistics:
        for_people = output in _FOR_PEOPLE and name is None
        for line in statistics_lines(report):
            typer.echo(line, err=not for_people)
        if for_people:
            return
    if name is not None:
        with atomic_write(Path(name)) as stream:
            _writer(output)(report, stream)
        return
    if output == "full" and report.findings and _is_colourful():
        from agentops_cli.cli.paint import paint  # It loads rich, as slow as thousands of files.
        from agentops_cli.reporters.lint.full import lines

        paint(lines(report))
        return
    _writer(output)(report, sys.stdout)


def summary_of(report: LintReport, *, apart: str) -> str:
    """What was looked at and what came of it, in a line."""
    found = counts_of(report) if report.findings else clean_line(report)
    return flat(f"{found}{apart}")


def _writer(output: OutputFormat) -> Callable[..., None]:
    module, _, name = FORMATS[output].partition(":")
    writer: Callable[..., None] = getattr(import_module(module), name)
    return writer


def _is_colourful() -> bool:
    """Whether colours may be wanted; rich decides."""
    return sys.stdout.isatty() or bool(os.environ.get("FORCE_COLOR"))
