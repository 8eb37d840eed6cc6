"""Values that are read without typer are the values that typer would have read."""

from collections.abc import Iterator
from importlib import import_module
from typing import Annotated, Any

import pytest
import typer

from agentops_cli.cli.app import COMMANDS
from agentops_cli.cli.values import reading_plain_values
from agentops_cli.errors import ExitCode
from tests.cli.running import Cli

TYPED: list[Any] = [
    *(None, True, False, "", "0", "7", "007", "20", "1.50", "text", "json", "missing", "all"),
    *("999999999", "0.0"),  # Beyond the ends of any range that an option may have.
    *("-1", "+7", " 7 ", "1_000", "1e3", ".5", "5.", "٣", "Text", "yes", "9" * 30, "a b"),
    *((), ("a",), ["a", "b"], ["7", "x"]),
]


def leaves(command: Any, *path: str) -> Iterator[tuple[str, Any]]:
    """Every command that takes values, by what is typed for it."""
    below = getattr(command, "commands", {})
    for name, one in below.items():
        yield from leaves(one, *path, name)
    if not below:
        yield " ".join(path), command


def made() -> dict[str, Any]:
    """All commands, anew."""
    found: dict[str, Any] = {}
    for name, (module, _) in COMMANDS.items():
        found |= leaves(typer.main.get_command(import_module(module).app), name)
    return found


def outcome(param: Any, ctx: Any, value: Any) -> Any:
    """What comes of a value, or what is said of one that is refused."""
    try:
        read = param.process_value(ctx, value)
    except typer.BadParameter as error:
        return type(error), str(error)
    return read, [type(item) for item in (read if isinstance(read, list) else [read])]


@pytest.mark.parametrize("name", sorted(made()))
def test_every_option_reads_every_value_as_typer_does(name: str) -> None:
    theirs, ours = made()[name], reading_plain_values(made()[name])
    ctx = theirs.make_context("x", [], resilient_parsing=True)
    for by_typer, by_us in zip(theirs.get_params(ctx), ours.get_params(ctx), strict=True):
        for value in TYPED:
            if by_typer.is_eager:  # `--help` would end the test.
                continue
            wanted, found = outcome(by_typer, ctx, value), outcome(by_us, ctx, value)
            assert found == wanted, (by_typer.name, value)


@pytest.mark.parametrize("typed", ["0", "1", "20", "21", "x"])
def test_the_ends_of_a_range_are_typers_to_look_at(typed: str) -> None:
    app = typer.Typer()

    @app.command()
    def _count(number: Annotated[int | None, typer.Option(min=1, max=20)] = None) -> None:
        raise NotImplementedError(number)

    theirs, ours = (typer.main.get_command(app) for _ in range(2))
    ctx = theirs.make_context("x", [], resilient_parsing=True)
    [by_typer] = [param for param in theirs.get_params(ctx) if param.name == "number"]
    [by_us] = [p for p in reading_plain_values(ours).get_params(ctx) if p.name == "number"]
    assert outcome(by_us, ctx, typed) == outcome(by_typer, ctx, typed)


@pytest.mark.parametrize(
    "flags", [("--concurrency", "many"), ("--timeout", "1s"), ("--format", "xml")], ids=" ".join
)
def test_what_is_no_value_is_refused_by_typer(cli: Cli, flags: tuple[str, str]) -> None:
    ended = cli.run("eval", *flags)
    assert ended.code is ExitCode.USAGE
    assert f"Invalid value for '{flags[0]}'" in ended.err
