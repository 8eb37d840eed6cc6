"""The file has a byte-order mark, or line ends of Windows.

`agentops` reads both as if they were not there, but other tools look for `---` on the very first
byte, or find it followed by a carriage return, and then see no frontmatter at all. Diffs show every
line as changed when one editor writes them and another does not. The fix removes them; what the
prompt renders to stays the same. It is unsafe in formats that others render.

Quiet: about line ends where `.gitattributes` at the root asks for them with `eol=crlf`.
"""

import re
from collections.abc import Iterator
from typing import Final

from agentops_cli.prompt.source import PromptFile, Span
from agentops_cli.rules.project import Project
from agentops_cli.rules.rule import Edit, Hit

_RETURN: Final = re.compile("\r\n?")


def check(file: PromptFile, project: Project) -> Iterator[Hit]:
    """One finding for the whole file, on its first line that is not as it should be."""
    stored = file.stored
    if stored.is_plain:
        return
    characters = stored.characters
    mark = characters.startswith("\ufeff")
    on_purpose = project.attributes and project.attributes.has_windows_lines(file.path)
    returns = [] if on_purpose else list(_RETURN.finditer(characters))
    what = ["a byte-order mark"] if mark else []
    plural = "s" if len(returns) > 1 else ""
    what += [f"{len(returns):,} line end{plural} of Windows"] if returns else []
    if not what:
        return
    edits = [Edit(start=0, end=1, text="", stored=True)] if mark else []
    edits += (Edit(start=r.start(), end=r.end(), text="\n", stored=True) for r in returns)
    at = 0 if mark else file.text.index("\n")
    yield Hit(
        at=Span(start=at, end=at),
        message=f"the file has {' and '.join(what)}",
        fix="save it as UTF-8 without a mark, with line feeds",
        edits=tuple(edits),
        safety=None if file.kind == "native" else "unsafe",
    )
