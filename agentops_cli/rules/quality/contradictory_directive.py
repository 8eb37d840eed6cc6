"""What is always to be done is never to be done elsewhere, so each answer breaks one of the two.

Found are `always` and `never` before the same words, such as `always cite a source` and `never cite
a source`. Prose is understood in English only.

Quiet: where a condition stands in the sentence (if, when, unless, for …); about code, quotations
and examples.
"""

import re
from collections.abc import Iterator
from typing import Final

from agentops_cli.prompt.markup import spoken
from agentops_cli.prompt.source import PromptFile, Span
from agentops_cli.rules.project import Project
from agentops_cli.rules.quality.branches import are_apart
from agentops_cli.rules.quality.sentences import is_conditional
from agentops_cli.rules.rule import Hit

# White space within a paragraph: a heading such as «Never do» does not go on in the list below it.
_GAP: Final = r"(?: |\n(?![ \t]*\n))+"
_DIRECTIVE: Final = re.compile(
    rf"\b(?P<when>always|never){_GAP}(?P<what>[a-z][\w'-]*(?:{_GAP}[\w'-]+){{1,6}})(?!{_GAP}[\w'-])"
    r"(?![\w'-])",
    re.IGNORECASE,
)

_POINTING: Final = re.compile(r"\b(?:this|that|it|these|those|so)$", re.IGNORECASE)
"""What the words mean stands elsewhere."""


def check(file: PromptFile, _project: Project) -> Iterator[Hit]:
    """The second of each pair."""
    text = file.text
    if ("never" not in text and "Never" not in text and "NEVER" not in text) or (
        "always" not in text and "Always" not in text and "ALWAYS" not in text
    ):
        return
    first: dict[str, tuple[str, Span]] = {}
    for said in spoken(file, _DIRECTIVE):
        if _POINTING.search(said.match["what"]) or is_conditional(said.match):
            continue
        when, what = said.match["when"].lower(), " ".join(said.match["what"].lower().split())
        other = first.setdefault(what, (when, said.span))
        if other[0] != when and not are_apart(file, other[1].start, said.span.end):
            line = file.location(other[1].start).line
            yield Hit(
                at=said.span,
                message=f"'{when} {what}', but '{other[0]} {what}' on line {line}",
                fix="remove one of the two, or say when each of them holds",
            )
