"""`agentops explain`: the texts that the documentation is made of, too."""

import difflib
import inspect

from agentops_cli.errors import ExitCode, UsageError
from agentops_cli.flows.wiring import assertion_kinds, metric_kinds


def explanation(name: str | None) -> str:
    """What a name means; of no name, what there is to explain.

    Raises `UsageError` for a name that there is not.
    """
    shelves = (assertion_kinds(), metric_kinds())
    known = ["exit-codes", *(kind for shelf in shelves for kind in shelf.names())]
    if name is None:
        return "\n".join(known)
    if name == "exit-codes":
        return "\n".join(f"{code:>3}  {code.name:<12} {code.meaning}" for code in ExitCode)
    shelf = next((shelf for shelf in shelves if shelf.knows(name)), None)
    if shelf is None:
        near = difflib.get_close_matches(name, known, n=1)
        fix = f"did you mean {near[0]!r}?" if near else "run 'agentops explain' to list the names"
        raise UsageError(f"there is nothing called {name!r}", fix=fix)
    return f"{name}\n\n{inspect.getdoc(shelf.get(name)) or 'It has no documentation.'}"
