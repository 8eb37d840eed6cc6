"""What was typed and is empty is a mistake, mostly a variable of a CI job that is not set.

Taken as if it had not been typed, it would begin a new run in place of going on with one, write no
report, or select everything.
"""

from typing import Any

from agentops_cli.errors import UsageError


def refusing_empties(command: Any) -> Any:
    """The command, which refuses empty values of all that it takes; so do those below it."""
    for below in getattr(command, "commands", {}).values():
        refusing_empties(below)
    for param in command.params:
        param.callback = _checked(param.callback)
    return command


def _checked(callback: Any) -> Any:
    """The callback of a parameter, for values that are not empty."""

    def check(ctx: Any, param: Any, value: Any) -> Any:
        if "" in (value if isinstance(value, list | tuple) else [value]):
            name = param.opts[-1]
            name = name if name.startswith("-") else param.metavar or name.upper()
            fix = "leave it out, or give it a value; is a variable not set?"
            raise UsageError(f"{name} is empty", fix=fix)
        return value if callback is None else callback(ctx, param, value)

    return check
