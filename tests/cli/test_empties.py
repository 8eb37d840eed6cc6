"""What is typed and empty, as an unset variable of a CI job makes it."""

from collections.abc import Iterator
from importlib import import_module
from typing import Any

import pytest
import typer

from agentops_cli.cli.app import COMMANDS
from agentops_cli.errors import ExitCode
from tests.cli.running import Cli


def texts(command: Any, path: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    """Every command line with one empty text: each option, and an argument in its place."""
    for name, below in getattr(command, "commands", {}).items():
        yield from texts(below, (*path, name))
    for param in command.params:
        option = param.opts[-1]
        if option in {"--help", "--install-completion"} or getattr(param, "is_flag", False):
            continue
        if param.type_descriptor.annotation in (str, list[str]):
            yield (*path, option, "") if option.startswith("-") else (*path, "")


LINES = sorted(
    line
    for name, (module, _) in COMMANDS.items()
    for line in texts(typer.main.get_command(import_module(module).app), (name,))
)


def test_every_text_that_can_be_typed_is_looked_at() -> None:
    options = {line[1] for line in LINES if line[0] == "eval"}
    assert options >= {"--resume", "--json", "--junit", "--jsonl", "--md", "--cost", "-k", "--tag"}
    assert {line[0] for line in LINES} >= {"eval", "cache", "report", "schema", "judge", "explain"}


@pytest.mark.parametrize("line", LINES, ids=" ".join)
def test_an_empty_text_is_refused(cli: Cli, line: tuple[str, ...]) -> None:
    before = {*cli.folder.iterdir()}
    ended = cli.run(*line)
    assert ended.code is ExitCode.USAGE
    assert "is empty" in ended.err
    assert {*cli.folder.iterdir()} == before


def test_an_empty_name_of_a_run_does_not_begin_another_one(cli: Cli) -> None:
    ended = cli.run("eval", "--resume", "")
    assert (ended.code, "--resume is empty" in ended.err) == (ExitCode.USAGE, True)
