"""A guardrail was removed or weakened since the base.

Guardrails are the sentences of the sections that the file declares (`guardrails: [Boundaries]`),
and elsewhere those that forbid or limit anything but style: `never`, `must not`, `do not`, `only`,
`refuse`, `no ...`. One is weakened when `must` has become `should`, `never` has become `avoid`,
`always` or `never fail to`, when the `not` is gone, when an exception is new (`unless`, `except`,
`if asked`) or a part is all that is left of it (`... to children`, `... in full`), when it stands
under a condition of the template that the base did not have, or in what is never sent, and when it
has moved out of the system message. The finding stands where the sentence stood, or where its
weaker successor stands.

It is a warning where a sentence forbids something else than it did, or in some cases only: that may
be less or more, and a reader has to tell.

Quiet: where a sentence was moved or put otherwise, as long as it forbids as much: two sentences are
one when more than half of their words are the same. English only.
"""

from collections.abc import Iterator
from typing import Final

from agentops_cli.model.finding import Severity
from agentops_cli.prompt.source import PromptFile
from agentops_cli.rules.project import Project
from agentops_cli.rules.rule import Hit

_BECAME: Final = {
    "guardrail-removed": "is removed",
    "guardrail-weakened": "is weakened",
    "guardrail-reworded": "may be weakened",
}


def check(file: PromptFile, project: Project) -> Iterator[Hit]:
    """Each guardrail of which less is left than there was."""
    history = project.history
    if history is None or history.before(file) is None:
        return
    for change in history.changes(file):
        what = _BECAME.get(change.kind.id)
        if what is None:
            continue
        where = f" (line {change.before.line} of {history.base})" if change.before else ""
        yield Hit(
            at=change.where or file.location(0),
            message=f"a guardrail {what}: {change.message}{where}",
            fix="bring it back; where it is meant to go, have it reviewed and leave this rule out",
            severity=Severity.WARNING if change.kind.id == "guardrail-reworded" else None,
        )
