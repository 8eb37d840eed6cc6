"""Nothing says what the prompt is for, or too little to choose it by.

A registry shows the description beside the name, and a reviewer reads it before the text. For a
skill or an agent it is more than that: the description is all that a model sees when it decides
whether to use it, and loaders refuse one without. Three words are the least that says anything.

Quiet: about the number of words in languages that put no spaces between them.

Source: https://agentskills.io/specification and
https://docs.github.com/copilot/reference/custom-agents-configuration (both require a description),
verified 2026-11-24.
"""

from collections.abc import Iterator
from typing import Final

from agentops_cli.model.finding import Severity
from agentops_cli.prompt.source import PromptFile
from agentops_cli.rules.project import Project
from agentops_cli.rules.rule import Hit

_LEAST_WORDS: Final = 3
# From Thai on; the scripts before it put spaces between words.
_FIRST_WITHOUT_SPACES: Final = "\u0e00"


def check(file: PromptFile, _project: Project) -> Iterator[Hit]:
    """A description that is missing, empty, or of a word or two."""
    text = file.meta.get("description")
    needed = Severity.WARNING if file.kind == "native" else Severity.ERROR
    if isinstance(text, str) and text.strip():
        words = len(text.split())
        if words < _LEAST_WORDS and max(text) < _FIRST_WITHOUT_SPACES:
            yield Hit(
                at=file.location(file.value_at("description")),
                message=f"the description has {words} word{'s' if words > 1 else ''}",
                fix="say in a sentence what it does, and when to use it",
            )
    elif file.block is not None and ("description" not in file.meta or file.kind != "native"):
        at = file.location(file.key_at("description"))
        fix = "add description: what it does, and when to use it"
        yield Hit(at=at, message="there is no description", fix=fix, severity=needed)
