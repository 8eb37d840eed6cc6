"""A loop takes the entries of a mapping as they come, and their order is that of whoever made it.

Two programs that pass the same data in another order get two prompts, two answers and no cache hit.
`{% for key, value in data | dictsort %}` fixes the order.

Quiet: about lists; where the loop sorts.
"""

import re
from collections.abc import Iterator
from typing import Final

from agentops_cli.prompt.source import PromptFile
from agentops_cli.prompt.uses import Use
from agentops_cli.rules.project import Project
from agentops_cli.rules.rule import Hit

_OF_MAPPINGS: Final = re.compile(r"\.\s*(?:items|keys|values)\s*\(\s*\)|\|\s*items\b")
_SORTS: Final = re.compile(r"\|\s*(?:dictsort|sort|groupby)\b")


def check(file: PromptFile, _project: Project) -> Iterator[Hit]:
    """Each loop over a mapping."""
    if file.engine != "jinja2":
        return
    for use in file.template.uses:
        if use.kind == "loop" and _is_unsorted(file, use):
            yield Hit(
                at=use.span,
                message=f"the order of the entries of {use.name!r} is not fixed",
                fix=f"sort them: {use.name} | dictsort",
            )


def _is_unsorted(file: PromptFile, use: Use) -> bool:
    tag = file.text[use.tag.start : use.tag.end]
    if _SORTS.search(tag):
        return False
    declared = file.inputs.get(use.name) if file.inputs else None
    is_mapping = (
        declared is not None
        and declared.schema.get("type") == "object"
        and not use.filters
        and re.search(rf"\bin\s+{re.escape(use.name)}\s*-?%\}}", tag) is not None
    )
    return is_mapping or _OF_MAPPINGS.search(tag) is not None
