"""`agentops`, and `python -m agentops_cli`."""

import sys

from agentops_cli import __version__


def main() -> None:
    """Runs the command line and ends the process with its exit code."""
    if sys.argv[1:] == ["--version"]:  # Answered before typer is imported.
        print(f"agentops {__version__}")  # noqa: T201 # There is no console yet.
        return
    from agentops_cli.cli.app import COMMAND
    from agentops_cli.cli.exits import run

    sys.exit(run(COMMAND, sys.argv[1:]))


if __name__ == "__main__":
    main()
