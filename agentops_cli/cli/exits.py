"""The one door out: whatever ended a command becomes a message and an exit code."""

import io
import os
import sys
import tempfile
import traceback
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from agentops_cli.cli.streams import silence_stdout
from agentops_cli.errors import AgentopsError, ExitCode, InputError, StoreError


def run(command: Any, args: Sequence[str]) -> int:
    """Runs a command line and gives its exit code; nothing is raised.

    A command returns its code, raises `typer.Exit`, or raises an `AgentopsError`. What typer
    itself refuses is a usage error. An `OSError` that nobody expected is about the place: stdout
    that takes no more, a working folder that is gone. Anything else is our bug, and so is an exit
    that code of others asks for: a crash report is written, and no code but ours is a verdict.
    """
    _open_closed_streams()
    _spell_what_stdout_cannot_say()
    stdout = sys.stdout
    try:
        result = command.main(args=list(args), prog_name="agentops", standalone_mode=False)
        sys.stdout.flush()
        return int(result or 0)
    except AgentopsError as error:
        return _refused(error)
    except KeyboardInterrupt:
        return ExitCode.INTERRUPTED
    except BrokenPipeError:
        silence_stdout()
        return ExitCode.OK
    except OSError as error:
        silence_stdout()
        return _refused(StoreError(f"{error.strerror or error}: {error.filename or 'stdout'}"))
    except BaseException as error:  # noqa: BLE001 # The last line of defence; it is reported.
        if isinstance(error, SystemExit) and _is_of_typer(error):
            # Typer ends a broken pipe with 1, having put a silent stream in place of stdout.
            return ExitCode.OK if sys.stdout is not stdout else _code(error)
        if getattr(error, "exit_code", None) == ExitCode.USAGE and hasattr(error, "show"):
            error.show()
            return ExitCode.USAGE
        return _crashed(error)


def _open_closed_streams() -> None:
    """Gives a process that was started with closed streams some that swallow everything."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            nowhere = Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115 # Open to the end.
            setattr(sys, name, nowhere)


def _spell_what_stdout_cannot_say() -> None:
    """Makes a pipe of another encoding than UTF-8 get `\\u2192` where it has no arrow.

    stderr is so from the start.
    """
    if isinstance(sys.stdout, io.TextIOWrapper) and sys.stdout.errors == "strict":
        sys.stdout.reconfigure(errors="backslashreplace")


def _refused(error: AgentopsError) -> int:
    from agentops_cli.cli.screen import print_findings, print_problem

    if isinstance(error, InputError):
        print_findings(error.findings)
    else:
        print_problem(error.message, error.fix)
    return error.exit_code


def _crashed(error: BaseException) -> int:
    from agentops_cli.cli.screen import print_problem
    from agentops_cli.redact import Redact, secrets_in

    redact = Redact(secrets_in(os.environ))
    report = redact("".join(traceback.format_exception(error)))
    handle, name = tempfile.mkstemp(prefix="agentops-crash-", suffix=".txt")
    with os.fdopen(handle, "w", encoding="utf-8", errors="backslashreplace") as file:
        file.write(report)
    cause = _alone(error)
    print_problem(
        redact(f"internal error: {type(cause).__name__}: {cause}"),
        f"this is a bug of agentops; report it with {Path(name)}",
    )
    return ExitCode.INTERNAL


def _alone(error: BaseException) -> BaseException:
    """What a task failed with, if it was the only one: the group around it says nothing."""
    while isinstance(error, BaseExceptionGroup) and len(error.exceptions) == 1:
        [error] = error.exceptions
    return error


def _is_of_typer(end: SystemExit) -> bool:
    """True when no code but typer's was on the way: shell completion, or a broken pipe."""
    _, *frames = traceback.walk_tb(end.__traceback__)  # The first is our own call.
    names = {str(frame.f_globals.get("__name__")).partition(".")[0] for frame, _ in frames}
    return names == {"typer"}


def _code(end: SystemExit) -> int:
    return end.code if isinstance(end.code, int) else ExitCode.OK if end.code is None else 1
