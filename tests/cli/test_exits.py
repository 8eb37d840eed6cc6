"""The one door out: only our own commands, and typer's refusals, choose an exit code."""

from collections.abc import Callable
from typing import NoReturn

import pytest
import typer

from agentops_cli.cli.exits import run
from agentops_cli.errors import ExitCode


def command(body: Callable[[], object]) -> object:
    """A command line of one command."""
    app = typer.Typer()
    app.command()(body)
    return typer.main.get_command(app)


def raising(error: BaseException) -> Callable[[], NoReturn]:
    def body() -> NoReturn:
        raise error

    return body


class ForeignError(Exception):
    """What looks like a refusal of the command line, from somebody else's."""

    exit_code = 0

    def show(self) -> None:
        """Says nothing."""


@pytest.mark.parametrize(
    "error",
    [
        SystemExit(0),
        SystemExit(None),
        SystemExit(1),
        SystemExit("no"),
        BaseException("no"),
        GeneratorExit(),
        ValueError("no"),
        ForeignError(),
    ],
)
def test_what_nobody_expected_is_a_bug_and_never_a_verdict(
    error: BaseException, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(command(raising(error)), []) == ExitCode.INTERNAL
    assert f"internal error: {type(error).__name__}" in capsys.readouterr().err


@pytest.mark.parametrize("code", [ExitCode.OK, ExitCode.REJECTED, ExitCode.UNREACHABLE])
def test_a_command_gives_its_own_code(code: ExitCode) -> None:
    assert run(command(lambda: code), []) == code
    assert run(command(raising(typer.Exit(code))), []) == code


def test_what_typer_refuses_is_a_usage_error() -> None:
    assert run(command(lambda: ExitCode.OK), ["--nope"]) == ExitCode.USAGE


def test_shell_completion_ends_well(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    # Typer looks for a shell among the parents of the process; there may be none.
    monkeypatch.setenv("_TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION", "1")
    assert run(command(lambda: ExitCode.REJECTED), ["--show-completion", "bash"]) == ExitCode.OK
    assert "complete" in capsys.readouterr().out


def test_ctrl_c_is_an_interruption() -> None:
    assert run(command(raising(KeyboardInterrupt())), []) == ExitCode.INTERRUPTED


def group(*errors: Exception) -> ExceptionGroup[Exception]:
    return ExceptionGroup("unhandled errors in a TaskGroup", errors)


@pytest.mark.parametrize("error", [group(ValueError("no")), group(group(ValueError("no")))])
def test_a_bug_in_a_task_is_told_by_what_it_is(
    error: Exception, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(command(raising(error)), []) == ExitCode.INTERNAL
    assert "internal error: ValueError: no\n" in capsys.readouterr().err


def test_several_bugs_are_told_as_several(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(command(raising(group(ValueError("a"), TypeError("b")))), []) == ExitCode.INTERNAL
    assert "internal error: ExceptionGroup: " in capsys.readouterr().err
