"""The template uses a tag or filter that not every runtime of such prompts has.

Prompty files are rendered by programs in several languages, whose Jinja has only conditions, loops,
comments and a few filters: default, join, length, lower, trim, upper. A native prompt that says
`metadata: {portable: true}` is held to the same.

Source: the specification of Prompty v2, recalled.
"""

from collections.abc import Iterator
from typing import Final

from agentops_cli.prompt.source import PromptFile
from agentops_cli.rules.project import Project
from agentops_cli.rules.rule import Hit

_TAGS: Final = frozenset(("if", "for"))
_FILTERS: Final = frozenset(("default", "join", "length", "lower", "trim", "upper"))


def check(file: PromptFile, _project: Project) -> Iterator[Hit]:
    """Each tag and filter outside of what all runtimes have."""
    if file.kind != "prompty" and not _is_portable(file):
        return
    for piece in file.template.pieces:
        known = {"tag": _TAGS, "filter": _FILTERS}.get(piece.kind)
        if known is not None and piece.name not in known:
            yield Hit(
                at=piece.span,
                message=f"not every runtime has the {piece.kind} {piece.name!r}",
                fix="prepare the value before the prompt is rendered",
            )


def _is_portable(file: PromptFile) -> bool:
    metadata = file.meta.get("metadata")
    return isinstance(metadata, dict) and metadata.get("portable") is True
