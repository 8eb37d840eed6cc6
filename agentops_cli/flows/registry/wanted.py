"""What a user writes to name a prompt, and which version of it."""

import re
from dataclasses import dataclass
from typing import Final

from agentops_cli.errors import UsageError

_WANTED: Final = re.compile(
    r"(?P<name>@?[^@]+)(?:@\{(?P<ref>.+)\}|@(?P<range>(?!\{).+))?", re.DOTALL
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """A prompt by its name, or its path, and at most one of two: versions, or a ref of git.

    `range` is as npm has them, see `prompt.ranges`; `ref` is whatever git takes for a commit.
    """

    name: str
    range: str | None = None
    ref: str | None = None

    def __str__(self) -> str:
        if self.ref is not None:
            return f"{self.name}@{{{self.ref}}}"
        return self.name if self.range is None else f"{self.name}@{self.range}"


def read_wanted(text: str) -> Wanted:
    """Reads `name`, `name@1.2.0`, `name@^1.2` or `name@{REF}`; raises `UsageError`."""
    found = _WANTED.fullmatch(text)
    if found is None:
        raise UsageError(f"{text!r} names no prompt", fix=_FIX)
    return Wanted(name=found["name"], range=found["range"], ref=found["ref"])


_FIX: Final = "write a name, name@1.2.0, name@^1.2 or name@{REF}"
