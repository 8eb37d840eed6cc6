"""What an attacker may write stands in the system message, where the model takes it for orders.

The system message is the prompt's own voice. A variable in it that a user, a web page or a document
fills lets whoever writes there speak with that voice. Put it into a user message, between tags.

A native file says which of its variables an attacker may fill: all that it declares, unless
`input.untrusted` lists others or JSON Schema says `trusted: true`. In other formats, and for
variables that are not declared, the name must tell (`question`, `user_input`, `documents`), and it
is a warning; so it is in a file without role lines, whose whole text is the system message.

What the template sets from such a variable is followed, also into included files, which read it by
the name that it was given. A role line within a condition may be left out: what stands behind it
may still be the system message. One in a macro, in a block that is set or in an included file
counts where that is put in.

Not seen: what a macro from another file writes, and what stands in blocks of a template that others
extend.

Quiet: for numbers, booleans, dates and enumerations, which cannot hold orders, and for what a
filter makes a number of.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Final, TypeAlias

from agentops_cli.model.finding import Severity
from agentops_cli.prompt.includes import included_path
from agentops_cli.prompt.role_flow import (
    AS_BEFORE,
    RoleFlow,
    Roles,
    flow_of,
    flow_of_included,
)
from agentops_cli.prompt.source import PromptFile, Span
from agentops_cli.prompt.uses import Include, TemplateView, Use, view_of
from agentops_cli.rules.partials import Partials
from agentops_cli.rules.project import Project
from agentops_cli.rules.rule import Hit
from agentops_cli.rules.security.trust import is_declared, is_shown, is_untrusted, untrusted_uses

_MOST: Final = 100
"""So many included files are looked at for one prompt."""

Given: TypeAlias = Mapping[str, Mapping[str, frozenset[str]]]
"""What names are made of, as `Include.given` has it."""


def check(file: PromptFile, project: Project) -> Iterator[Hit]:
    """Each untrusted variable in a system message; one with another name once a message."""
    takes_in = "include" in file.text and file.engine == "jinja2" and project.partials is not None
    taken = _Taken(file, project.partials) if takes_in and project.partials else None
    # In a native file without such tags a message is what its role line says.
    steers = "{%" in file.text
    flow: RoleFlow | None = None
    seen: set[tuple[str, int]] = set()
    for use in untrusted_uses(file):
        key = use.name, use.passage
        if use.alias and key in seen:
            continue
        if file.body is not None and (steers or (use.role != "system" and file.kind != "native")):
            flow = flow or (flow_of(file, taken.behind) if taken else flow_of(file))
            roles = _NO_ROLES if flow.opens_messages(use.alias) else flow.at(use.span.start)
        else:
            roles = frozenset((use.role,))
        if "system" in roles:
            seen.add(key)
            yield _hit(file, use.name, use.span)
    if taken is not None:
        yield from _included(file, taken)


def _included(file: PromptFile, taken: "_Taken") -> Iterator[Hit]:
    flow = flow_of(file, taken.behind) if file.body else None
    for include in file.template.includes:
        roles = flow.at(include.span.start) if flow else frozenset((include.role,))
        for name in dict.fromkeys(taken.shown_as_system(include, roles)):
            if is_untrusted(file, name):
                yield _hit(file, name, include.span)


class _Taken:
    """The files that a prompt includes, and those that they do; each is looked at once."""

    def __init__(self, file: PromptFile, partials: Partials) -> None:
        self._prompt = file.path
        self._partials = partials
        self._known: dict[str, tuple[TemplateView, RoleFlow] | None] = {}

    def behind(self, name: str) -> Roles:
        """The roles that are in force behind an included file."""
        found = self._get(name)
        return found[1].end if found else AS_BEFORE

    def shown_as_system(self, include: Include, roles: Roles) -> Iterator[str]:
        """The outer variables that come into a system message by a tag where `roles` are."""
        left: list[tuple[Include, Roles, Given]] = [(include, roles, include.given)]
        seen = {include.name}
        while left:
            taken, around, given = left.pop()
            found = self._get(taken.name) if taken.name is not None else None
            if found is None:
                continue
            view, flow = found
            for use in (*view.uses, *view.aliases):
                is_told = flow.opens_messages(use.alias)
                if not is_told and "system" in _in(flow.at(use.span.start), around):
                    yield from _outer(use, given)
            for each in view.includes:
                if each.name not in seen:
                    seen.add(each.name)
                    inner = _in(flow.at(each.span.start), around)
                    left.append((each, inner, _through(each.given, given)))

    def _get(self, name: str) -> tuple[TemplateView, RoleFlow] | None:
        if name not in self._known and len(self._known) < _MOST:
            self._known[name] = None  # It may include itself.
            partial = self._partials.file(included_path(self._prompt, name))
            if partial is not None:
                template = replace(partial, engine="jinja2")
                self._known[name] = view_of(template), flow_of_included(template, self.behind)
        return self._known.get(name)


_NO_ROLES: Final[Roles] = frozenset()


def _in(roles: Roles, around: Roles) -> Roles:
    return (roles - AS_BEFORE) | around if None in roles else roles


def _outer(use: Use, given: Given) -> Iterable[str]:
    """The outer names whose text a use in an included file shows."""
    for name, passed in given.get(use.name, {use.name: frozenset[str]()}).items():
        if is_shown(replace(use, filters=(*passed, *use.filters))):
            yield name


def _through(inner: Given, outer: Given) -> Given:
    """What the names in a file are made of, where some of these were given to it."""
    found: dict[str, Mapping[str, frozenset[str]]] = dict(outer)
    for name, made_of in inner.items():
        found[name] = {
            origin: passed | before
            for via, passed in made_of.items()
            for origin, before in outer.get(via, {via: frozenset[str]()}).items()
        }
    return found


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
