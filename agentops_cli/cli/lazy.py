"""A group whose commands are imported when they are used, and named in a table until then."""

from collections.abc import Mapping
from importlib import import_module
from typing import Any, ClassVar

import typer
from typer.core import TyperCommand, TyperGroup

from agentops_cli.cli.values import reading_plain_values


class LazyGroup(TyperGroup):
    """A group over `COMMANDS`, `name → (module, summary)`; each module has an `app`.

    Listing the commands for help shows the table and imports none of them.
    """

    COMMANDS: ClassVar[Mapping[str, tuple[str, str]]] = {}
    _listing = False

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ARG002 # The signature is typer's.
        """Names in the order of the table."""
        return list(self.COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:  # noqa: ARG002 # As above.
        """The command of a name; a stand-in with its summary while help is being listed."""
        if cmd_name not in self.COMMANDS:
            return None
        module, summary = self.COMMANDS[cmd_name]
        if self._listing:
            return TyperCommand(name=cmd_name, help=summary, callback=lambda: None)
        from agentops_cli.cli.empties import refusing_empties  # As late as the command itself.

        command = typer.main.get_command(import_module(module).app)
        return reading_plain_values(refusing_empties(command))

    def format_help(self, ctx: Any, formatter: Any) -> None:
        """Help from the table."""
        self._listing = True
        try:
            super().format_help(ctx, formatter)
        finally:
            self._listing = False
