"""Untrusted text can end the delimiter around it, and go on as if it were the prompt.

Whoever fills a variable between triple quotes, in a code fence or between lines of hyphens can
write the same signs, and what comes after them looks like yours. Escape the text, or make the
delimiter one that nobody can guess: a tag with a random suffix for each call.

Quiet: for tags, which another rule is about; where a filter escapes the text; where the delimiter
has a variable of its own in it. Untrusted is what a native file declares and does not trust;
elsewhere the name must tell.

Not seen: what an included file reads, and what stands around the call of a macro that reads it.
"""

from collections.abc import Iterator
from typing import Final

from agentops_cli.prompt.source import PromptFile
from agentops_cli.rules.project import Project
from agentops_cli.rules.rule import Hit
from agentops_cli.rules.security.delimiters import delimiter_of
from agentops_cli.rules.security.trust import untrusted_uses

_FORGEABLE: Final = {
    "code": "a code fence",
    "line": "lines of signs",
    "triple quotes": "triple quotes",
}
_ESCAPES: Final = frozenset(
    ("e", "escape", "forceescape", "replace", "striptags", "tojson", "json", "urlencode", "xmlattr")
)


def check(file: PromptFile, _project: Project) -> Iterator[Hit]:
    """Each untrusted variable between signs that it may hold itself."""
    for use in untrusted_uses(file):
        if use.kind != "output" or not _ESCAPES.isdisjoint(use.filters):
            continue
        if not file.passages[use.passage].exact:
            continue
        delimiter = delimiter_of(file, use)
        if delimiter in _FORGEABLE:
            yield Hit(
                at=use.span,
                message=f"the text of {use.name!r} can end {_FORGEABLE[delimiter]} around it",
                fix="use a tag, and escape the text, or give the tag a random suffix",
            )
