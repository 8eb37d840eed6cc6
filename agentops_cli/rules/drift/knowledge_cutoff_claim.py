"""The prompt says up to when the model knows the world, which another model makes untrue.

«Your knowledge ends in 2023» is copied from prompt to prompt, and outlives each change of the
model. A model that is told so denies what it knows.

Quiet: within code, quotations and examples. The words are English.
"""

import re
from collections.abc import Iterator
from typing import Final

from agentops_cli.prompt.source import PromptFile, Span
from agentops_cli.rules.project import Project
from agentops_cli.rules.rule import Hit

_CLAIM: Final = re.compile(
    r"\b(?:knowledge|training)(?:[ -]base| data)?[ -]"
    r"(?:cut-?off|cuts? off|ends?|stops?|was|is|goes)\b[^.\n]{0,60}?\b20[12]\d\b",
    re.IGNORECASE,
)


def check(file: PromptFile, _project: Project) -> Iterator[Hit]:
    """Each claim."""
    text = file.text
    if "nowledge" not in text and "raining" not in text:
        return
    for passage in file.passages:
        for found in _CLAIM.finditer(passage.text):
            start = passage.offset(found.start())
            if file.markup.is_own_voice(start):
                end = passage.offset(found.end() - 1) + 1 if passage.exact else start
                yield Hit(
                    at=Span(start=start, end=end),
                    message="what the model knows depends on the model, not on the prompt",
                    fix="leave it out",
                )
