"""A heading skips a level, or has nothing below it: models read headings as an outline.

Quiet: about the level of the first heading of a message; about headings in code and quotations;
about an empty section that tags of the template may fill.
"""

from collections.abc import Iterator
from itertools import pairwise

from agentops_cli.prompt.source import PromptFile
from agentops_cli.rules.project import Project
from agentops_cli.rules.rule import Hit


def check(file: PromptFile, _project: Project) -> Iterator[Hit]:
    """Each heading, with the one before it."""
    if "\n#" not in file.text:
        return
    for passage in file.passages:
        if not passage.exact or not passage.text:
            continue
        begin, end = passage.offset(0), passage.offset(len(passage.text) - 1) + 1
        mine = [each for each in file.markup.headings if begin <= each.span.start < end]
        for above, below in pairwise(mine):
            if below.level > above.level + 1:
                yield Hit(
                    at=below.span,
                    message=f"a heading of level {below.level} below one of level {above.level}",
                    fix=f"make it one of level {above.level + 1}",
                )
            elif (
                below.level <= above.level
                and not file.text[above.span.end : below.span.start].strip()
            ):
                yield Hit(
                    at=above.span,
                    message=f"there is nothing below the heading {above.text!r}",
                    fix="write what belongs there, or remove it",
                )
        if mine and not file.text[mine[-1].span.end : end].strip():
            yield Hit(
                at=mine[-1].span,
                message=f"there is nothing below the heading {mine[-1].text!r}",
                fix="write what belongs there, or remove it",
            )
