"""In which messages a place of a template may come to stand.

A role line within a condition or a loop may be left out, and then what follows belongs to the
message before it. One in a macro, in a block that is set or in an included file counts where that
is put in.
"""

import re
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final, TypeAlias

from agentops_cli.model.prompt import Role
from agentops_cli.prompt.passages import role_lines
from agentops_cli.prompt.roles import layout_of, tags_of
from agentops_cli.prompt.source import PromptFile

_TAG: Final = re.compile(
    r"""
    \{%[-+]?\s*+ (?:
      (?P<branch>if|for|elif|else|endif|endfor)\b
    | (?P<ends>endmacro|endset)\b
    | (?:macro|set) \s++ (?P<aside>\w++) \s*+ (?:\(|\||[-+]?%\})
    | include \s*+ (?P<mark>["']) (?P<file>.*?) (?P=mark)
    | (?P<call>call)\b
    )
    """,
    re.VERBOSE,
)
_WORD: Final = re.compile(r"\w+")

_DEEPEST: Final = 20
"""Loops in loops that Python takes."""

Roles: TypeAlias = frozenset[Role | None]
"""None is the role of the place where a text is put in."""

AS_BEFORE: Final[Roles] = frozenset((None,))
_SYSTEM: Final[Roles] = frozenset(("system",))

Behind: TypeAlias = Callable[[str], Roles]
"""Gives the roles that are in force behind an included file, by its name in the tag."""


@dataclass(slots=True, kw_only=True)
class _Block:
    """An open condition, loop, macro or block that is set; `name` is that of one of the last two.

    `before` are the roles before it, `ends` those at the ends of its branches so far. `first` is
    the index of what stands first in it.
    """

    before: Roles
    first: int
    word: str = ""
    name: str = ""
    ends: Roles = frozenset()


@dataclass(slots=True, kw_only=True)
class _Aside:
    """A text that stands where it is put in: roles at its end, and of the places that do so."""

    end: Roles
    around: Roles = frozenset()


@dataclass(slots=True, kw_only=True)
class _Stretch:
    """The roles in force from an offset on; `aside` is the one that it is a part of."""

    start: int
    roles: Roles
    aside: str
    opens: bool = field(default=False)


class RoleFlow:
    """The roles that are in force after each tag and role line of a template, in its order."""

    def __init__(
        self,
        lines: Iterable[tuple[int, Role | None]],
        tags: Iterable[tuple[int, str]],
        *,
        first: Role | None,
        behind: Behind,
    ) -> None:
        self._behind = behind
        self._now: Roles = frozenset((first,))
        self._found = [_Stretch(start=0, roles=self._now, aside="")]
        self._open: list[_Block] = []
        self._asides: dict[str, _Aside] = {}
        self._inside: list[str] = [""]
        events: list[tuple[int, int, str, Role | None]] = [
            *((at, 0, "", role) for at, role in lines),
            *((at, 1, tag, None) for at, tag in tags),
        ]
        for at, is_tag, tag, role in sorted(events, key=lambda event: event[:2]):
            if is_tag:
                self._step(tag)
            else:
                self._now = frozenset((role,))
            self._found.append(
                _Stretch(start=at, roles=self._now, aside=self._inside[-1], opens=not is_tag)
            )
        self._starts = [each.start for each in self._found]

    @property
    def end(self) -> Roles:
        """The roles that are in force behind the template."""
        return self._now

    def at(self, offset: int) -> Roles:
        """The roles of which a message at an offset may be.

        Of a macro or a block that is set and opens no message there are none: what it has in it
        is told where it is put in.
        """
        found = self._found[max(bisect_right(self._starts, offset) - 1, 0)]
        if not found.aside or None not in found.roles:
            return found.roles
        around = self._asides[found.aside].around if self.opens_messages(found.aside) else _NONE
        return (found.roles - AS_BEFORE) | around

    def opens_messages(self, name: str) -> bool:
        """Whether a name is that of a macro or a block that has role lines of its own."""
        return name in self._asides and self._asides[name].end != AS_BEFORE

    def _step(self, tag: str) -> None:
        found = _TAG.match(tag)
        if found is None or found["call"]:
            if self._asides and (found or tag.startswith("{{")):
                self._put_in(tag)
        elif found["branch"]:
            self._branch(found["branch"])
        elif found["aside"]:
            self._open.append(_Block(before=self._now, first=len(self._found), name=found["aside"]))
            self._inside.append(found["aside"])
            self._now = AS_BEFORE
        elif found["file"]:
            self._now = _through(self._now, self._behind(found["file"]))
        elif found["ends"] and self._open and self._open[-1].name:
            block = self._open.pop()
            self._inside.pop()
            self._asides[block.name] = _Aside(end=self._now)
            self._now = block.before

    def _put_in(self, tag: str) -> None:
        """What a tag puts in has come by now; a condition in the tag may leave it out."""
        words = _WORD.findall(tag)
        asides = [self._asides[word] for word in words if word in self._asides]
        if not asides:
            return
        # In a macro that another one calls, nobody knows what is around it.
        around = (self._now - AS_BEFORE) | _SYSTEM if self._inside[-1] else self._now
        behind = self._now if "if" in words or "call" in words else _NONE
        for aside in asides:
            aside.around |= around
            behind |= _through(self._now, aside.end)
        self._now = behind

    def _branch(self, word: str) -> None:
        if word in ("if", "for"):
            self._open.append(_Block(before=self._now, first=len(self._found), word=word))
        elif self._open and self._open[-1].word:
            block = self._open[-1]
            if not word.startswith("end"):
                block.ends |= self._now
                self._now = block.before
                # Behind an else there is no way past the block.
                block.before = block.before if word == "elif" else _NONE
                return
            self._open.pop()
            if word == "endfor" and len(self._open) < _DEEPEST:
                self._go_round(block.first)
            self._now |= block.ends | block.before

    def _go_round(self, first: int) -> None:
        """What is in force at the end of a loop is so too before the first role line in it."""
        for each in self._found[first:]:
            if each.opens:
                return
            each.roles |= self._now


_NONE: Final[Roles] = frozenset()


def _through(now: Roles, end: Roles) -> Roles:
    """The roles behind a text that is put in where `now` are in force, and ends in `end`."""
    return (end - AS_BEFORE) | now if None in end else end


def _as_before(_name: str) -> Roles:
    return AS_BEFORE


def flow_of(file: PromptFile, behind: Behind = _as_before) -> RoleFlow:
    """The flow of a prompt with a body: before the first role line is the system message."""
    lines = ((each.segments[0][1], each.role) for each in file.passages)
    return RoleFlow(lines, _tags(file), first="system", behind=behind)


def flow_of_included(file: PromptFile, behind: Behind) -> RoleFlow:
    """The flow of a file that prompts include, which begins in the message around the tag."""
    start = file.body.start if file.body else 0
    text = file.text[start:]
    lines = ((start + at, role) for role, at, _ in role_lines(text, 0, layout_of(text)))
    return RoleFlow(lines, _tags(file), first=None, behind=behind)


def _tags(file: PromptFile) -> Iterator[tuple[int, str]]:
    if "{" not in file.text:
        return
    start = file.body.start if file.body else 0
    yield from ((start + at, tag) for at, tag in tags_of(file.text[start:]))
