"""What templates read that only put values in the place of names: `{{name}}`, and `$name`."""

import re
from typing import Final

from agentops_cli.model.finding import Finding
from agentops_cli.prompt.source import PromptFile
from agentops_cli.prompt.uses import Source, TemplateView, Use

_PLACEHOLDER: Final = re.compile(r"\{\{[ \t]*+(?P<name>[^\W\d][\w-]*+)[ \t]*+\}\}")

# As Python's `string.Template` reads them.
_DOLLAR: Final = re.compile(
    r"\$(?:(?P<escaped>\$)|(?P<name>[_a-zA-Z][_a-zA-Z0-9]*+)"
    r"|\{(?P<braced>[_a-zA-Z][_a-zA-Z0-9]*+)\}|(?P<wrong>))"
)


def view(source: Source, file: PromptFile) -> TemplateView:
    """The view of one template."""
    pattern = _PLACEHOLDER if file.engine == "placeholders" else _DOLLAR
    uses, problems = [], []
    for found in pattern.finditer(source.text):
        groups = found.groupdict()
        if groups.get("wrong") is not None:
            problems.append(_no_name(source, file, found.start()))
        elif groups.get("escaped") is None:
            uses.append(_use(source, found, "name" if groups["name"] else "braced"))
    return TemplateView(uses=tuple(uses), problems=tuple(problems[:1]))


def _use(source: Source, found: re.Match[str], group: str) -> Use:
    start, end = found.span(group)
    span = source.span(start, end)
    passage, role = source.message(span)
    return Use(
        name=found[group],
        span=span,
        tag=source.span(found.start(), found.end()),
        kind="output",
        role=role,
        passage=passage,
    )


def _no_name(source: Source, file: PromptFile, at: int) -> Finding:
    return Finding(
        rule="syntax",
        message="'$' is followed by no name",
        location=file.location(source.span(at, at + 1).start),
        fix="write $$ for the sign itself",
    )
