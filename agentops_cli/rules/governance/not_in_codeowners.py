"""Nobody owns the prompt, so nobody is asked to review a change of it.

A host of repositories asks the owners that CODEOWNERS names, and only those; a line without owners,
or none that matches, lets a change through with anybody's approval. Where the line was there at the
base, the finding stands where it stood. A repository without a CODEOWNERS file has one finding, on
its first prompt.

An error in tier `production`, and where a change takes the owners away; else a warning.

Quiet: about prompts that the configuration does not name, and in tier `toy`.

Source: https://docs.github.com/en/repositories/managing-your-repositorys-settings-and-features/customizing-your-repository/about-code-owners,
recalled.
"""

from collections.abc import Iterator
from typing import Final

from agentops_cli.model.finding import Severity
from agentops_cli.model.place import Location
from agentops_cli.prompt.source import PromptFile
from agentops_cli.rules.owners import Lost, Owners
from agentops_cli.rules.project import Project
from agentops_cli.rules.rule import Hit
from agentops_cli.rules.tiers import tier_of

_FIX: Final = "add a line to CODEOWNERS that names its owners"


def check(file: PromptFile, project: Project) -> Iterator[Hit]:
    """The line that is gone from CODEOWNERS, or the first line of the prompt."""
    owners = project.owners
    if owners is None or (owners.file is not None and owners.file.of(file.path)):
        return
    lost = owners.lost(file.path)
    if owners.file is None and lost is None and owners.first != file.path:
        return  # The finding of the first prompt is for all.
    tier = tier_of(file, project)
    if tier == "toy" or not owners.has(file.path):
        return
    if lost is not None:
        yield from _lost(file, owners, lost)
        return
    severity = Severity.ERROR if tier == "production" else Severity.WARNING
    if owners.file is not None:
        message = f"no line of {owners.file.path} gives {file.path} an owner"
        yield Hit(at=file.line_at(0), message=message, fix=_FIX, severity=severity)
    elif owners.is_in_repository:
        yield Hit(
            at=file.line_at(0),
            message="the repository has no CODEOWNERS file, so nobody owns its prompts",
            fix="write one that names the owners of the prompts",
            severity=severity,
        )


def _lost(file: PromptFile, owners: Owners, lost: Lost) -> Iterator[Hit]:
    if lost.paths[0] != file.path:
        return  # The finding of the first of them is for all.
    others = len(lost.paths) - 1
    more = f" and {others} more prompt{'s' if others > 1 else ''}" if others else ""
    gave = f"{lost.entry.pattern} {' '.join(lost.entry.owners)}"
    at = file.line_at(0)
    place = (
        Location(path=owners.file.path, line=lost.line, column=1)
        if owners.file and lost.line
        else file.location(at.start)
    )
    yield Hit(
        at=place,
        message=f"nobody owns {file.path}{more} any more: '{gave}' is gone from CODEOWNERS",
        fix="bring the line back, or name other owners",
        severity=Severity.ERROR,
    )
