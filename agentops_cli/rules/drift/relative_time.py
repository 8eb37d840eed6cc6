"""The prompt speaks of «currently» or «this year», which moves on while the prompt stands still.

What was meant is true when it is written. A reader, and the model, can only guess when that was.

Quiet: within code, quotations and examples. The words are English.
"""

import re
from collections.abc import Iterator
from typing import Final

from agentops_cli.prompt.source import PromptFile, Span
from agentops_cli.rules.project import Project
from agentops_cli.rules.rule import Hit

_WORDS: Final = re.compile(
    r"\b(?:currently|recently|nowadays|these days|at present|as of (?:now|today)"
    r"|(?:this|last|next) (?:year|month|quarter))\b",
    re.IGNORECASE,
)


_PARTS: Final = (
    "urrently",
    "ecently",
    "owadays",
    "hese days",
    "t present",
    "s of now",
    "s of today",
)
_SPANS: Final = (" year", " month", " quarter")


def check(file: PromptFile, _project: Project) -> Iterator[Hit]:
    """Each such word."""
    text = file.text
    if not any(part in text for part in (*_PARTS, *_SPANS)):
        return
    for passage in file.passages:
        for found in _WORDS.finditer(passage.text):
            start = passage.offset(found.start())
            if file.markup.is_own_voice(start):
                end = passage.offset(found.end() - 1) + 1 if passage.exact else start
                yield Hit(
                    at=Span(start=start, end=end),
                    message=f"{found[0]!r} is true only at the time of writing",
                    fix="name the time, or say what is meant without it",
                )
