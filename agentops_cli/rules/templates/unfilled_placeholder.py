"""A text that somebody was to fill in stands in the prompt: `[INSERT TONE]`, `<YOUR_NAME>`, TODO.

The model reads it as it is, and answers with it, or makes something up. In a template `{{TODO}}` is
a variable that nobody gives.

Quiet: within code, quotations and examples, where a placeholder may be the point; about variables
that are declared; about words in brackets that are not in capitals, which mostly describe what the
model is to write.
"""

import re
from collections.abc import Iterator
from typing import Final

from agentops_cli.prompt.source import PromptFile, Span
from agentops_cli.rules.project import Project
from agentops_cli.rules.rule import Hit

PLACEHOLDERS: Final = frozenset(("TODO", "FIXME", "TBD", "XXX", "PLACEHOLDER", "INSERT_HERE"))
"""Names of variables that only hold a place."""

_PLACEHOLDER: Final = re.compile(
    r"""
    \{\{\s*+ (?P<name>TODO|FIXME|TBD|XXX|PLACEHOLDER|INSERT_HERE) \s*+\}\}
  | \[ (?:INSERT|TODO|FIXME|TBD|YOUR|FILL[ _]IN|PLACEHOLDER) (?:[ _:-][^\]\n\[]{0,80})? \] (?!\()
  | < (?:INSERT|TODO|FIXME|TBD|YOUR|PLACEHOLDER) (?:[ _:-][A-Z0-9 _:-]{0,60})? > (?!.*</)
  | [Ll]orem\ ipsum\ dolor
    """,
    re.VERBOSE,
)


def check(file: PromptFile, _project: Project) -> Iterator[Hit]:
    """Each text to fill in."""
    for passage in file.passages:
        for found in _PLACEHOLDER.finditer(passage.text):
            if found["name"] and found["name"] in (file.inputs or ()):
                continue
            start = passage.offset(found.start())
            if file.markup.is_own_voice(start):
                end = passage.offset(found.end() - 1) + 1 if passage.exact else start
                yield Hit(
                    at=Span(start=start, end=end),
                    message=f"{found[0]!r} was never filled in",
                    fix="write what belongs here, or make it a variable of the input",
                )
