"""A prompt has no frontmatter, so nothing says which version it is and which model it is for.

A file whose name ends in `.prompt.md`, and that the configuration names or that says a version, an
author, an input or an output, begins with a block of YAML between two lines `---`. Without it no
reviewer can tell what changed for whom, and no run can say which version it judged. Where only the
first of the two lines is missing, the fix puts it in.

Quiet: for plain text and Markdown, which is a prompt as it is; for the prompt files of editors.
Comments and blank lines may stand before the block.
"""

import re
from collections.abc import Iterator
from typing import Final

from agentops_cli.prompt.source import PromptFile
from agentops_cli.rules.problems import named, place_of
from agentops_cli.rules.project import Project
from agentops_cli.rules.rule import Edit, Hit

_KEYS_AND_FENCE: Final = re.compile(r"(?:(?:[a-z_]+:(?:[ \t].*)?|[ \t]+\S.*|- .*)\n)+---[ \t]*\n")


def check(file: PromptFile, _project: Project) -> Iterator[Hit]:
    """Where the reader looked for the block and found none."""
    for problem in named(file, "missing-frontmatter"):
        place = place_of(problem, file)
        at = file.offset(place)
        edits: tuple[Edit, ...] = ()
        if _KEYS_AND_FENCE.match(file.text, at):
            edits = (Edit(start=at, end=at, text="---\n"),)
        yield Hit(at=place, message=problem.message, fix=problem.fix or "", edits=edits)
