"""In which messages a place of a template may come to stand.

A role line within a condition or a loop may be left out, and then what follows belongs to the
message before it.
"""

import re
from bisect import bisect_right
from typing import Final

from agentops_cli.model.prompt import Role
from agentops_cli.prompt.roles import tags_of
from agentops_cli.prompt.source import PromptFile

_TAG: Final = re.compile(r"\{%[-+]?\s*+(?P<end>end)?(?P<word>if|for|elif|else)\b")

Roles = frozenset[Role | None]


class RoleFlow:
    """The roles that are in force after each tag and role line of a file, in its order."""

    def __init__(self, file: PromptFile) -> None:
        start = file.body.start if file.body else 0
        events: list[tuple[int, int, str, Role | None]] = [
            (passage.segments[0][1], 0, "role", passage.role) for passage in file.passages
        ]
        if file.body and "{%" in file.text:
            events += (
                (start + at, 1, found[0], None)
                for at, tag in tags_of(file.text[start:])
                if (found := _TAG.match(tag))
            )
        self._starts: list[int] = []
        self._roles: list[Roles] = []
        self._now: Roles = frozenset(("system",))
        # Of each open block: the roles before it, and those at the end of its branches so far.
        self._open: list[tuple[Roles, Roles]] = []
        for at, _, sign, role in sorted(events, key=lambda event: event[:2]):
            self._step(sign, role)
            self._starts.append(at)
            self._roles.append(self._now)

    def at(self, offset: int) -> Roles:
        """The roles of which a message at an offset of the file may be."""
        index = bisect_right(self._starts, offset) - 1
        return self._roles[index] if index >= 0 else frozenset(("system",))

    def _step(self, sign: str, role: Role | None) -> None:
        found = _TAG.match(sign)
        if found is None:
            self._now = frozenset((role,))
        elif not found["end"] and found["word"] in ("if", "for"):
            self._open.append((self._now, frozenset()))
        elif self._open:
            before, ends = self._open.pop()
            if found["end"]:
                # Behind an else there is no way past the block.
                self._now |= ends | before
                return
            ends |= self._now
            self._now = before
            self._open.append((frozenset() if found["word"] == "else" else before, ends))
