"""`agentops`, and `python -m agentops_cli`."""

import gc
import sys

from agentops_cli import __version__


def main() -> None:
    """Runs the command line and ends the process with its exit code."""
    try:
        code = _run(sys.argv[1:])
    except KeyboardInterrupt:  # While a module was being imported.
        code = 130
    gc.freeze()  # Everything is about to go anyway; no last look for cycles.
    sys.exit(code)


def _run(args: list[str]) -> int:
    if args == ["--version"]:  # Answered before typer is imported.
        return _print_version()
    # A command lives for seconds and makes few cycles: looking for them costs more than they do.
    gc.set_threshold(500_000)
    from agentops_cli.cli.app import COMMAND
    from agentops_cli.cli.exits import run
    from agentops_cli.flows.stopping import terminate_as_ctrl_c

    terminate_as_ctrl_c()
    return run(COMMAND, args)


def _print_version() -> int:
    try:
        sys.stdout.write(f"agentops {__version__}\n")
        sys.stdout.flush()
    except BrokenPipeError:
        from agentops_cli.cli.streams import silence_stdout

        silence_stdout()
    return 0


if __name__ == "__main__":
    main()
