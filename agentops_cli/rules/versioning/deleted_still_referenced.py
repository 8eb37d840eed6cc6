"""A prompt was deleted since the base, and a suite or another prompt still uses it.

The next run of that suite, or of that prompt, fails. Where it was only moved, git tells, and the
message says where it is now.
"""

from collections.abc import Iterator

from agentops_cli.model.place import Location
from agentops_cli.rules.project import Project
from agentops_cli.rules.rule import Hit


def check(project: Project) -> Iterator[Hit]:
    """Each place that names a deleted prompt."""
    history, suites = project.history, project.suites
    if history is None or suites is None:
        return
    for gone in history.gone:
        message = f"{gone.path} is used here, and was deleted since {history.base}"
        fix = "name another prompt, or bring it back"
        is_named = any(card.name == gone.name for card in project.tree.values())
        for suite in suites.of(gone.path, None if is_named else gone.name):
            yield Hit(at=suite.prompt_location, message=message, fix=fix)
        for card in project.tree.values():
            if gone.path in card.includes:
                place = Location(path=card.path, line=card.includes[gone.path], column=1)
                yield Hit(at=place, message=message, fix=fix)
