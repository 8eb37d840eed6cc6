"""Who owns which file, as CODEOWNERS says.

Source: https://docs.github.com/en/repositories/managing-your-repositorys-settings-and-features/customizing-your-repository/about-code-owners
and https://docs.gitlab.com/user/project/codeowners/reference/ (sections, and their owners by
default), recalled.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Final, Protocol

if TYPE_CHECKING:
    from codeowners import CodeOwners

PLACES: Final = (".github/CODEOWNERS", "CODEOWNERS", "docs/CODEOWNERS", ".gitlab/CODEOWNERS")
"""Where the file may be, from the root of the repository; the first one that is there counts."""

_SECTION: Final = re.compile(r"\^?\[(?P<name>[^\]]+)\](?:\[\d+\])?(?P<owners>(?:\s+\S+)*)")
_OWNER: Final = re.compile(r"@[\w.-]+(?:/[\w./-]+)?|[^@\s]+@[^@\s]+\.[^@\s]+|@@[\w-]+")
_COMMENT: Final = re.compile(r"(?:^|\s)#.*")
_FIELD: Final = re.compile(r"(?:\\.|\S)+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A line that gives files their owners. `line` counts from 1; `wrong` are no owners at all.

    `column` is where the pattern begins. A pattern that cannot be read has `problem`, and matches
    nothing.
    """

    line: int
    column: int
    pattern: str
    owners: tuple[str, ...]
    section: str = ""
    wrong: tuple[str, ...] = ()
    problem: str | None = None


@dataclass(frozen=True, kw_only=True)
class OwnersFile:
    """A CODEOWNERS file. The last line of a section that matches decides; sections add up.

    `path` is from the project's root, `prefix` what leads there from the repository's.
    """

    path: str
    prefix: str
    entries: tuple[Entry, ...]

    def of(self, path: str) -> tuple[str, ...]:
        """The owners of a file, as written; none where no line matches or the last one un-owns."""
        found: dict[str, None] = {}
        for entry in self.matching(path):
            found.update(dict.fromkeys(entry.owners))
        return tuple(found)

    def matching(self, path: str) -> Sequence[Entry]:
        """The lines that decide about a file: one of each section that has any."""
        found = []
        for matcher in self._matchers:
            line = matcher.matching_line(self.prefix + path)[1]
            if line is not None:
                found.append(self._by_line[line])
        return found

    @cached_property
    def _by_line(self) -> dict[int, Entry]:
        return {entry.line: entry for entry in self.entries}

    @cached_property
    def _matchers(self) -> "Sequence[CodeOwners]":
        from codeowners import CodeOwners  # Most runs do not need it.

        sections: dict[str, list[str]] = {}
        length = max((entry.line for entry in self.entries), default=0)
        for entry in self.entries:
            lines = sections.setdefault(entry.section.casefold(), [""] * length)
            if entry.problem is None:
                # A pattern may begin with a bracket, which is a section where it stands alone.
                lines[entry.line - 1] = f"{entry.pattern} @owner"
        return [CodeOwners("\n".join(lines)) for lines in sections.values()]


class Owners(Protocol):
    """What the CODEOWNERS file of a repository says about its prompts, now and at the base."""

    @property
    def file(self) -> OwnersFile | None:
        """The file as it is; None where the repository has none."""
        ...

    @property
    def is_in_repository(self) -> bool:
        """Whether there is a repository at all, whose hosts would look for such a file."""
        ...

    @property
    def first(self) -> str | None:
        """The first prompt that is linted and that the configuration names."""
        ...

    def has(self, path: str) -> bool:
        """Whether the configuration names a file as a prompt."""
        ...

    def lost(self, path: str) -> "Lost | None":
        """The line that gave a file its owners at the base, where it is gone; None without one."""
        ...

    @property
    def is_checked_in_ci(self) -> bool:
        """Whether any workflow, hook or script of the repository calls us."""
        ...

    def concerns(self, pattern: str) -> bool:
        """Whether a pattern is about a folder of prompts."""
        ...

    def matches_any(self, pattern: str) -> bool:
        """Whether a pattern matches any file of the working tree."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Lost:
    """A line that is gone, or gives no owners any more, and the prompts that it gave owners to.

    `line` is the one of the file as it is now at which it stood, None where that file is gone.
    """

    entry: Entry
    line: int | None
    paths: tuple[str, ...]


def owners_of(text: str, *, path: str, prefix: str = "") -> OwnersFile:
    """Reads a CODEOWNERS file; what is wrong is in its entries."""
    return OwnersFile(path=path, prefix=prefix, entries=tuple(_entries(text)))


def _entries(text: str) -> Iterator[Entry]:
    section, common = "", ()
    for number, written in enumerate(text.split("\n"), start=1):
        line = _COMMENT.sub("", written)
        if not line.strip():
            continue
        heading = _SECTION.fullmatch(line.strip())
        if heading:
            section = heading["name"].strip()
            common = tuple(heading["owners"].split())
            continue
        pattern, *rest = _FIELD.findall(line)
        yield Entry(
            line=number,
            column=len(line) - len(line.lstrip()) + 1,
            pattern=pattern,
            owners=tuple(each for each in rest if _OWNER.fullmatch(each)) or common,
            section=section,
            wrong=tuple(each for each in rest if not _OWNER.fullmatch(each)),
            problem=_problem(pattern),
        )


def _problem(pattern: str) -> str | None:
    """Why a pattern cannot be read; None where it can."""
    if pattern.startswith("!"):
        return "a pattern cannot be negated with '!'"
    if "[" in pattern or "]" in pattern:
        return "a pattern cannot have a range in brackets"
    return None
