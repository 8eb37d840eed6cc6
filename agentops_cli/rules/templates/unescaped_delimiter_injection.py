"""Text that a stranger fills in stands in a tag such as `<question>`, and may hold its end.

Who writes `</question>` into a question stands outside of it, and what follows reads like words of
the prompt's author. `{{ question | e }}` writes `&lt;` for `<`, so that no text can close the tag.
The fix puts the filter in.

Quiet: about variables that the prompt trusts, or whose type leaves no room for a tag; where a
filter escapes the text or makes JSON of it.

Not seen: what an included file reads, and what stands around the call of a macro that reads it.
"""

import re
from collections.abc import Iterator
from typing import Final

from agentops_cli.prompt.source import PromptFile
from agentops_cli.prompt.uses import Use
from agentops_cli.rules.project import Project
from agentops_cli.rules.rule import Edit, Hit
from agentops_cli.rules.security.delimiters import delimiter_of
from agentops_cli.rules.security.trust import untrusted_uses

_ESCAPING: Final = frozenset(("e", "escape", "forceescape", "tojson", "json"))
_SIMPLE: Final = re.compile(r"\{\{-?\s*[\w.]+()\s*-?\}\}")


def check(file: PromptFile, _project: Project) -> Iterator[Hit]:
    """Each use of such a variable within a tag."""
    if "</" not in file.text or file.engine != "jinja2":
        return
    for use in untrusted_uses(file):
        is_shown = use.kind == "output" and _ESCAPING.isdisjoint(use.filters)
        if is_shown and delimiter_of(file, use) == "tag":
            yield Hit(
                at=use.span,
                message=f"{use.name!r} can close the tag in which it stands",
                fix=f"escape it: {{{{ {use.alias or use.name} | e }}}}",
                edits=_escaped(file, use),
            )


def _escaped(file: PromptFile, use: Use) -> tuple[Edit, ...]:
    found = _SIMPLE.fullmatch(file.text, use.tag.start, use.tag.end)
    return (Edit(start=found.start(1), end=found.start(1), text=" | e"),) if found else ()
