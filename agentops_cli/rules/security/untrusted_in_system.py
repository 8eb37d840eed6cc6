"""What an attacker may write stands in the system message, where the model takes it for orders.

The system message is the prompt's own voice. A variable in it that a user, a web page or a document
fills lets whoever writes there speak with that voice. Put it into a user message, between tags.

A native file says which of its variables an attacker may fill: all that it declares, unless
`input.untrusted` lists others or JSON Schema says `trusted: true`. In other formats, and for
variables that are not declared, the name must tell (`question`, `user_input`, `documents`), and it
is a warning; so it is in a file without role lines, whose whole text is the system message.

Quiet: for numbers, booleans, dates and enumerations, which cannot hold orders, and for what a
filter makes a number of.
"""

from collections.abc import Iterator

from agentops_cli.model.finding import Severity
from agentops_cli.prompt.source import PromptFile
from agentops_cli.rules.project import Project
from agentops_cli.rules.rule import Hit
from agentops_cli.rules.security.trust import is_declared, untrusted_uses


def check(file: PromptFile, _project: Project) -> Iterator[Hit]:
    """Each untrusted variable in a system message."""
    for use in untrusted_uses(file):
        if use.role != "system":
            continue
        is_sure = is_declared(file, use.name) and len(file.passages) > 1
        yield Hit(
            at=use.span,
            message=f"the system message has {use.name!r}, which an attacker may fill",
            fix=_fix(file),
            severity=None if is_sure else Severity.WARNING,
        )


def _fix(file: PromptFile) -> str:
    move = "move it into a user message, between tags"
    if file.kind != "native":
        return move
    return f"{move}; or, if nobody outside can fill it, leave it out of a list input.untrusted"
