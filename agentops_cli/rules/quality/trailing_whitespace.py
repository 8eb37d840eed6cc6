"""White space ends a line, or no line end ends the file: editors change both unasked.

Then a prompt differs from its last version where nobody changed anything, and the provider's cache
of its beginning is lost. The fix removes the one and adds the other.

Quiet: about two spaces before another line of text, which are a line break in Markdown.
"""

import re
from collections.abc import Iterator
from typing import Final

from agentops_cli.prompt.source import PromptFile, Span
from agentops_cli.rules.project import Project
from agentops_cli.rules.rule import Edit, Hit

_SPACE: Final = re.compile(r"(?<![ \t\n])[ \t]++(?=\n|\Z)|^[ \t]++(?=\n|\Z)", re.MULTILINE)
_BREAK: Final = "  "


def check(file: PromptFile, _project: Project) -> Iterator[Hit]:
    """Each line that ends in white space, then the end of the file."""
    text = file.text
    if " \n" in text or "\t\n" in text or text.endswith((" ", "\t")):
        for found in _SPACE.finditer(text):
            if found[0] == _BREAK and _is_break(text, found):
                continue
            span = Span(start=found.start(), end=found.end())
            yield Hit(
                at=span,
                message="white space at the end of the line",
                fix="remove it",
                edits=(Edit(start=span.start, end=span.end, text=""),),
            )
    if text and not text.endswith("\n"):
        end = len(text)
        yield Hit(
            at=Span(start=end, end=end),
            message="no line end at the end of the file",
            fix="add one",
            edits=(Edit(start=end, end=end, text="\n"),),
        )


def _is_break(text: str, found: re.Match[str]) -> bool:
    end = text.find("\n", found.end() + 1)
    following = text[found.end() + 1 : end if end >= 0 else len(text)]
    is_blank = found.start() == 0 or text[found.start() - 1] == "\n"
    return bool(following.strip()) and not is_blank
