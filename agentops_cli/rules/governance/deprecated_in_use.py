"""A deprecated prompt is still used by another one, or should have been removed by now.

`status: deprecated` asks others to look elsewhere; `deprecated.remove_after` says until when.

Quiet: about suites that are about it: as long as it can run, it is tested.
"""

from collections.abc import Iterator
from datetime import date

from agentops_cli.model.json import Json
from agentops_cli.prompt.source import PromptFile
from agentops_cli.rules.project import Project
from agentops_cli.rules.rule import Hit


def check(file: PromptFile, project: Project) -> Iterator[Hit]:
    """The status, while others include the prompt; the day, when it has passed."""
    details = file.meta.get("deprecated")
    is_deprecated = file.meta.get("status") == "deprecated" or isinstance(details, dict)
    if not is_deprecated:
        return
    given = details if isinstance(details, dict) else {}
    until = _day(given.get("remove_after"))
    if until is not None and until < project.today:
        yield Hit(
            at=file.location(file.value_at("deprecated", "remove_after")),
            message=f"it was to be removed after {until}",
            fix="remove the prompt, or give it more time",
        )
    users = sorted(
        card.path
        for card in project.tree.values()
        if file.path in card.includes and card.status != "deprecated"
    )
    if users:
        instead = given.get("replaced_by")
        fix = f"include {instead} there" if isinstance(instead, str) else "include another there"
        more = f" and {len(users) - 1} more" if users[1:] else ""
        key = "status" if "status" in file.meta else "deprecated"
        yield Hit(
            at=file.location(file.value_at(key)),
            message=f"it is deprecated, and {users[0]}{more} includes it",
            fix=fix,
        )


def _day(value: Json) -> date | None:
    try:
        return date.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None
