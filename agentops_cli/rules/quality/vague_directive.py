"""A directive leaves to the model what it means, and each model means something else by it.

`Be helpful` is what a model does anyway; `as appropriate` says that somebody did not decide. Say
what a good answer has that a bad one lacks. Prose is understood in English only.

Quiet: about code, quotations and examples.
"""

import re
from collections.abc import Iterator
from typing import Final

from agentops_cli.prompt.markup import spoken
from agentops_cli.prompt.source import PromptFile
from agentops_cli.rules.project import Project
from agentops_cli.rules.rule import Hit

_VAGUE: Final = re.compile(
    r"\b(?:be[ ](?:as[ ]|very[ ])?(?:helpful|useful|smart|clever|good)(?:[ ]as[ ]possible)?"
    r"|as[ ](?:appropriate|needed|necessary|you[ ]see[ ]fit)"
    r"|use[ ](?:your[ ])?(?:best|good)[ ]judge?ment"
    r"|do[ ]your[ ]best|try[ ]your[ ]best|if[ ]appropriate|and[ ]so[ ]on|etc\.)",
    re.IGNORECASE,
)

_WORDS: Final = (
    *("helpful", "useful", "smart", "clever", "be good", "as needed", "necessary", "see fit"),
    *("appropriate", "judg", "your best", "so on", "etc."),
)


def check(file: PromptFile, _project: Project) -> Iterator[Hit]:
    """Each such phrase."""
    text = file.text.lower()
    if not any(word in text for word in _WORDS):
        return
    for said in spoken(file, _VAGUE):
        yield Hit(
            at=said.span,
            message=f"{said.match[0]!r} leaves to the model what is meant",
            fix="say what a good answer has, or leave it out",
        )
