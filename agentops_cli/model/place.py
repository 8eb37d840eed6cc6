"""Where something is written."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Location:
    """A place in a file; prints as `path:line:column`, the form editors and CI logs link.

    Lines and columns count from 1. `line` is None when the whole file is meant, `column` is None
    when the whole line is meant. `path` is as the user typed or configured it, with `/`.
    """

    path: str
    line: int | None = None
    column: int | None = None

    def __str__(self) -> str:
        parts = [self.path, self.line, self.column if self.line is not None else None]
        return ":".join(str(part) for part in parts if part is not None)
