"""What `agentops prompt diff` prints: the page in a format, and what it comes to."""

import os
import shutil
import sys
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Final, Literal

import typer

from agentops_cli.files import atomic_write
from agentops_cli.reporters.diff import FORMATS, versions
from agentops_cli.reporters.diff.page import Page
from agentops_cli.reporters.diff.words import called, summary
from agentops_cli.reporters.wording import flat

DiffFormat = Literal["text", "stat", "name-only", "markdown", "json", "html", "github"]

OF_FOLDER: Final = frozenset({"text", "stat", "name-only"})
"""Formats whose readers look paths up from the folder that they work in."""

_WIDTH: Final = 120
_TELLING: Final = frozenset({"text", "stat"})
"""Formats in which the reader of stdout sees what could not be compared."""


def print_page(page: Page, output: DiffFormat, name: str | None, *, side_by_side: bool) -> None:
    """Writes the page to stdout or to a file, in colours where stdout has them.

    What could not be compared is on stderr too, unless it is told where the reader looks.
    """
    if page.problems and (output not in _TELLING or name is not None):
        for problem in page.problems:
            place = f"{problem.location}  " if problem.location else ""
            _say(f"{place}{problem.severity.word}  {problem.message}  [{problem.rule}]")
            if problem.fix:
                _say(f"  fix: {problem.fix}")
    if output in _TELLING:
        _print_text(page, output, name, side_by_side=side_by_side)
    elif name is None:
        _writer(output)(page, sys.stdout)
    else:
        with atomic_write(Path(name)) as stream:
            _writer(output)(page, stream)


def print_summary(page: Page, *, quiet: bool) -> None:
    """What was compared and what came of it, on stderr; if quiet only why there is no verdict."""
    if quiet:
        for line in versions.problems(page.evaluation) if page.evaluation else ():
            _say(line)
        return
    _say(f"{called(page.before)} → {called(page.after)}: {summary(page)}")
    for line in versions.lines(page.evaluation) if page.evaluation else ():
        _say(line)
    for note in page.notes:
        _say(note)


def _print_text(page: Page, output: str, name: str | None, *, side_by_side: bool) -> None:
    from agentops_cli.reporters.diff import stat, text  # Other formats need neither.

    has_colours = name is None and _is_colourful()
    columns = _columns(is_file=name is not None) if side_by_side else None
    look = text.Look(has_colours=has_colours, columns=columns)
    lines = stat.lines(page) if output == "stat" else text.lines(page, look)
    if has_colours:
        from agentops_cli.cli.paint import paint  # It loads rich, slower than the whole diff.

        paint(lines)
    elif name is None:
        text.write_lines(lines, sys.stdout)
    else:
        with atomic_write(Path(name)) as stream:
            text.write_lines(lines, stream)


def _writer(output: str) -> Callable[..., None]:
    module, _, name = FORMATS[output].partition(":")
    writer: Callable[..., None] = getattr(import_module(module), name)
    return writer


def _columns(*, is_file: bool) -> int:
    """How wide what is printed may be; a file has no width but the one that is asked for."""
    if is_file or not sys.stdout.isatty():
        asked = os.environ.get("COLUMNS", "")
        return int(asked) if asked.isdecimal() and int(asked) else _WIDTH
    return shutil.get_terminal_size((_WIDTH, 0)).columns


def _is_colourful() -> bool:
    """Whether changed words can be told by their colours; else they stand in brackets."""
    if os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb":
        return False
    return sys.stdout.isatty() or bool(os.environ.get("FORCE_COLOR"))


def _say(line: str) -> None:
    typer.echo(flat(line), err=True)
