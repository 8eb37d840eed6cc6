"""A guardrail was removed or weakened since the base.

Guardrails are the sentences of the sections that the file declares (`guardrails: [Boundaries]`),
and elsewhere those that forbid something about safety: secrets, instructions, harm, advice that
needs a professional, actions that cannot be undone. One is weakened when `must` has become
`should`, `never` has become `avoid`, or the `not` is gone. The finding stands where the sentence
stood, or where its weaker successor stands.

Quiet: where a sentence was moved or put otherwise, as long as it forbids as much: two sentences are
one when more than half of their words are the same. English only.
"""

from collections.abc import Iterator

from agentops_cli.prompt.source import PromptFile
from agentops_cli.rules.project import Project
from agentops_cli.rules.rule import Hit


def check(file: PromptFile, project: Project) -> Iterator[Hit]:
    """Each guardrail of which less is left than there was."""
    history = project.history
    if history is None or history.before(file) is None:
        return
    for change in history.changes(file):
        if change.kind.id not in {"guardrail-removed", "guardrail-weakened"}:
            continue
        where = f" (line {change.before.line} of {history.base})" if change.before else ""
        what = "removed" if change.kind.id == "guardrail-removed" else "weakened"
        yield Hit(
            at=change.where or file.location(0),
            message=f"a guardrail is {what}: {change.message}{where}",
            fix="bring it back; where it is meant to go, have it reviewed and leave this rule out",
        )
