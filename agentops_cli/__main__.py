"""`agentops`, and `python -m agentops_cli`."""

import gc
import sys

from agentops_cli import __version__


def main() -> None:
    """Runs the command line and ends the process with its exit code."""
    if sys.argv[1:] == ["--version"]:  # Answered before typer is imported.
        print(f"agentops {__version__}")  # noqa: T201 # There is no console yet.
        return
    from agentops_cli.cli.app import COMMAND
    from agentops_cli.cli.exits import run

    # A command lives for seconds and makes few cycles; looking for them costs more than they do,
    # most of all the last look, when everything is about to go anyway.
    gc.set_threshold(100_000)
    code = run(COMMAND, sys.argv[1:])
    gc.freeze()
    sys.exit(code)


if __name__ == "__main__":
    main()
