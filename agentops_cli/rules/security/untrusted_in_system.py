"""What an attacker may write stands in the system message, where the model takes it for orders.

The system message is the prompt's own voice. A variable in it that a user, a web page or a document
fills lets whoever writes there speak with that voice. Put it into a user message, between tags.

A native file says which of its variables an attacker may fill: all that it declares, unless
`input.untrusted` lists others or JSON Schema says `trusted: true`. In other formats, and for
variables that are not declared, the name must tell (`question`, `user_input`, `documents`), and it
is a warning; so it is in a file without role lines, whose whole text is the system message.

What the template sets from such a variable is followed, and so is what an included file reads. A
role line within a condition may be left out: what stands behind it may still be the system message.

Quiet: for numbers, booleans, dates and enumerations, which cannot hold orders, and for what a
filter makes a number of.
"""

import posixpath
from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from agentops_cli.model.finding import Severity
from agentops_cli.prompt.role_flow import RoleFlow
from agentops_cli.prompt.source import PromptFile, Span
from agentops_cli.prompt.uses import view_of
from agentops_cli.rules.partials import Partials
from agentops_cli.rules.project import Project
from agentops_cli.rules.rule import Hit
from agentops_cli.rules.security.trust import is_declared, is_shown, is_untrusted, untrusted_uses

_MOST: Final = 100
"""So many included files are looked at for one prompt."""


def check(file: PromptFile, project: Project) -> Iterator[Hit]:
    """Each untrusted variable in a system message; one with another name once a message."""
    flow: RoleFlow | None = None
    seen: set[tuple[str, int]] = set()
    for use in untrusted_uses(file):
        key = use.name, use.passage
        if use.alias and key in seen:
            continue
        if use.role != "system":
            flow = flow or RoleFlow(file)
            if file.body is None or "system" not in flow.at(use.span.start):
                continue
        seen.add(key)
        yield _hit(file, use.name, use.span)
    if "include" in file.text and file.engine == "jinja2" and project.partials is not None:
        yield from _included(file, project.partials)


def _included(file: PromptFile, partials: Partials) -> Iterator[Hit]:
    flow = RoleFlow(file)
    for include in file.template.includes:
        roles = flow.at(include.span.start) if file.body else {include.role}
        if include.name is not None and "system" in roles:
            for name in dict.fromkeys(_read_in(include.name, file, partials)):
                yield _hit(file, name, include.span)


def _read_in(name: str, file: PromptFile, partials: Partials) -> Iterator[str]:
    """The untrusted variables that an included template reads, and those that it includes."""
    # Names are paths from the folder of the prompt, wherever they are written.
    folder = posixpath.dirname(file.path)
    left, seen = [name], {name}
    while left:
        partial = partials.file(posixpath.normpath(posixpath.join(folder, left.pop())))
        if partial is None:
            continue
        view = view_of(replace(partial, engine="jinja2"))
        for use in (*view.uses, *view.aliases):
            if use.role in (None, "system") and is_shown(use) and is_untrusted(file, use.name):
                yield use.name
        for include in view.includes:
            if include.name is not None and include.name not in seen and len(seen) < _MOST:
                seen.add(include.name)
                left.append(include.name)


def _hit(file: PromptFile, name: str, at: Span) -> Hit:
    is_sure = is_declared(file, name) and len(file.passages) > 1
    return Hit(
        at=at,
        message=f"the system message has {name!r}, which an attacker may fill",
        fix=_fix(file),
        severity=None if is_sure else Severity.WARNING,
    )


def _fix(file: PromptFile) -> str:
    move = "move it into a user message, between tags"
    if file.kind != "native":
        return move
    return f"{move}; or, if nobody outside can fill it, leave it out of a list input.untrusted"
