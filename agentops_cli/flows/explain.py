"""`agentops explain`: the texts that the documentation is made of, too."""

import difflib
import inspect

from agentops_cli.errors import ExitCode, UsageError
from agentops_cli.flows.wiring import assertion_kinds


def explanation(name: str | None) -> str:
    """What a name means; of no name, what there is to explain.

    Raises `UsageError` for a name that there is not.
    """
    kinds = assertion_kinds()
    if name is None:
        return "\n".join(["exit-codes", *kinds.names()])
    if name == "exit-codes":
        return "\n".join(f"{code:>3}  {code.name:<12} {code.meaning}" for code in ExitCode)
    if not kinds.knows(name):
        near = difflib.get_close_matches(name, ["exit-codes", *kinds.names()], n=1)
        fix = f"did you mean {near[0]!r}?" if near else "run 'agentops explain' to list the names"
        raise UsageError(f"there is nothing called {name!r}", fix=fix)
    return f"{name}\n\n{inspect.getdoc(kinds.get(name)) or 'It has no documentation.'}"
