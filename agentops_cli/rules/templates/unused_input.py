"""A variable is declared, and the template never uses it: what a case gives for it is lost.

Either the text forgot it, or the declaration outlived its use; a near name that the template reads
without declaring it is told by PT002. The fix removes the declaration, where it is a line of its
own and nothing else in the frontmatter names the variable.

Quiet: where the template cannot be read, or includes others, which may use it; where it reads all
of its variables at once, as `{{json this}}` does.
"""

import re
from collections.abc import Iterator
from typing import Final

from agentops_cli.model.prompt import PromptInput
from agentops_cli.prompt.source import PromptFile
from agentops_cli.rules.project import Project
from agentops_cli.rules.rule import Edit, Hit

_WHOLE: Final = re.compile(r"\b(?:this|varargs|kwargs)\b|@root\b")
_LINE: Final = re.compile(r"[ \t]+(?:[\w-]+|'[\w-]+'|\"[\w-]+\")\??[^\S\n]*:[ \t]+[^\s|>&*{\[].*")


def check(file: PromptFile, _project: Project) -> Iterator[Hit]:
    """Each declared variable that no tag reads."""
    if not file.inputs or file.engine == "none":
        return
    view = file.template
    unused = [name for name in file.inputs if name not in view.names]
    if not unused or view.problems or view.includes or _reads_all(file.text):
        return
    if not file.passages:
        return
    for name in unused:
        declared = file.inputs[name]
        yield Hit(
            at=declared.location,
            message=f"the variable {name!r} is declared and never used",
            fix=f"use it, as {{{{ {name} }}}}, or remove it",
            edits=_removed(file, declared) if len(file.inputs) > 1 else (),
        )


def _reads_all(text: str) -> bool:
    """Whether a tag names all variables at once; takes time in proportion to the text."""
    if not _WHOLE.search(text):
        return False
    for part in text.split("}"):
        start = part.find("{{")
        if start >= 0 and _WHOLE.search(part, start):
            return True
    return False


def _removed(file: PromptFile, declared: PromptInput) -> tuple[Edit, ...]:
    """The edit that takes away the line of a declaration; none where more depends on it."""
    block = file.block
    if block is None or file.kind not in ("native", "dotprompt"):
        return ()
    name = re.compile(rf"(?<![\w-]){re.escape(declared.name)}(?![\w-])")
    if len(name.findall(file.text, block.start, block.end)) != 1:
        return ()
    line = file.line_at(file.offset(declared.location))
    below = file.line_at(min(line.end + 1, len(file.text)))
    if not _LINE.fullmatch(file.text, line.start, line.end):
        return ()
    if _indent(file.text[below.start : below.end]) > _indent(file.text[line.start : line.end]):
        return ()
    return (Edit(start=line.start, end=line.end + 1, text=""),)


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip(" \t"))
