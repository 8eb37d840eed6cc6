"""Words of courtesy cost tokens with every call, and no measured answer is better for them.

The fix takes out `please` and `kindly`. Prose is understood in English only.

Quiet: about code, quotations and examples; about the assistant's own words.
"""

import re
from collections.abc import Iterator
from typing import Final

from agentops_cli.prompt.markup import Said, spoken
from agentops_cli.prompt.source import PromptFile
from agentops_cli.rules.project import Project
from agentops_cli.rules.rule import Edit, Hit

_COURTESY: Final = re.compile(
    r"\b(?P<word>please|kindly)\b(?P<rest>,?[ ]+(?P<next>\w))?"
    r"|\b(?:thank[ ]you|thanks)\b(?:[ ](?:so[ ]|very[ ])?much|[ ]in[ ]advance)?[.!]?",
    re.IGNORECASE,
)

_WORDS: Final = ("please", "kindly", "thank")


def check(file: PromptFile, _project: Project) -> Iterator[Hit]:
    """Each such word."""
    text = file.text.lower()
    if not any(word in text for word in _WORDS):
        return
    for said in spoken(file, _COURTESY):
        if said.passage.role != "assistant":
            words = said.match["word"] or said.match[0]
            yield Hit(
                at=said.span,
                message=f"{words!r} costs tokens and changes nothing",
                fix="leave it out",
                edits=_removal(said),
            )


def _removal(said: Said) -> tuple[Edit, ...]:
    """The edit that takes the word out; the next one is then written as this was."""
    match = said.match
    if match["next"] is None or not said.passage.exact:
        return ()
    letter = match["next"].upper() if match["word"][0].isupper() else match["next"]
    return (Edit(start=said.span.start, end=said.span.end, text=letter),)
