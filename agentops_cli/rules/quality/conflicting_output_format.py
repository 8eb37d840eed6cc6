"""The prompt asks for two formats, each of them alone: every answer breaks one of the two.

Found are formats with a word such as `only`, `must be` or `nothing but`: `Answer with JSON only`
and `the answer must be a table`; and one such that is not what `output.format` says. Prose is
understood in English only.

Quiet: where a condition stands in the sentence (if, when, for, otherwise …); about code, quotations
and examples; about formats that are only mentioned.
"""

import re
from collections.abc import Iterator
from typing import Final

from agentops_cli.prompt.markup import Said, spoken
from agentops_cli.prompt.source import PromptFile
from agentops_cli.rules.project import Project
from agentops_cli.rules.quality.branches import are_apart
from agentops_cli.rules.quality.sentences import is_conditional
from agentops_cli.rules.rule import Hit

_ARTICLES: Final = r"(?:(?:a|an|the|valid|raw|one|single|well-formed|markdown|simple)[ ]){0,3}"
_FORMATS: Final = (
    r"(?:json|xml|yaml|csv|html|table|plain[ ]text|prose|bullet(?:ed)?[ ](?:list|points))\b"
)
_VERB: Final = (
    r"\b(?:answer|respond|reply|return|output|produce|write)s?[ ](?:(?:with|in|as|to)[ ])?"
)
_EXCLUSIVE: Final = re.compile(
    # Answer only with JSON
    rf"{_VERB}(?:only|exclusively|nothing[ ]but|exactly)[ ](?:(?:with|in|as)[ ])?"
    rf"{_ARTICLES}(?P<one>{_FORMATS})"
    # Answer with JSON only
    rf"|{_VERB}{_ARTICLES}(?P<two>{_FORMATS})[ ](?:only|exclusively)\b"
    # The answer must be JSON
    r"|\b(?:answer|response|reply|output)s?[ ](?:must|has[ ]to)[ ](?:only[ ])?be[ ]"
    rf"(?:only[ ]|in[ ]|formatted[ ]as[ ])?{_ARTICLES}(?P<three>{_FORMATS})"
    # JSON only
    rf"|^[-*+ ]*{_ARTICLES}(?P<four>{_FORMATS})[ ]only\b"
    # Format the answer as JSON
    r"|\b(?:format|present|give|write|return)[ ](?:your[ ]|the[ ])?"
    rf"(?:answer|response|reply|output)s?[ ](?:as|in)[ ]{_ARTICLES}(?P<five>{_FORMATS})",
    re.IGNORECASE | re.MULTILINE,
)


def check(file: PromptFile, _project: Project) -> Iterator[Hit]:
    """The first that does not go with those before it."""
    output = file.meta.get("output")
    declared = output.get("format") if isinstance(output, dict) else None
    first: tuple[str, str] | None = ("json", "output.format") if declared == "json" else None
    begin: int | None = None
    for said in spoken(file, _EXCLUSIVE):
        if is_conditional(said.match):
            continue
        name, at = _name(said), said.span.start
        if first is None:
            first, begin = (name, f"line {file.location(at).line}"), at
        elif name != first[0] and (begin is None or not are_apart(file, begin, at)):
            yield Hit(
                at=said.span,
                message=f"only {name} is asked for here, and only {first[0]} by {first[1]}",
                fix="keep one of the two, or say when each of them holds",
            )
            return


def _name(said: Said) -> str:
    name = next(filter(None, said.match.group("one", "two", "three", "four", "five")), "").lower()
    return "a bullet list" if name.startswith("bullet") else name
