"""A prompt was moved since the base, and has another name now.

Suites, callers and the history of results know a prompt by its name. Without `name` in the
frontmatter it is that of the file, so that moving the file is enough to lose it.

Quiet: where the version was raised as for a breaking change: then it was meant.
"""

from collections.abc import Iterator

from agentops_cli.prompt.change_kinds import Bump
from agentops_cli.prompt.changes import bump_between, required_bump
from agentops_cli.prompt.ranges import parse_version
from agentops_cli.prompt.source import PromptFile, Span
from agentops_cli.rules.project import Project
from agentops_cli.rules.rule import Hit


def check(file: PromptFile, project: Project) -> Iterator[Hit]:
    """The name, where it is another one."""
    history = project.history
    before = history.before(file) if history else None
    if history is None or before is None:
        return
    if before.path == file.path or before.name == file.name or _is_meant(before, file, project):
        return
    at = file.value_at("name") if "name" in file.meta else file.line_at(0).start
    line = file.line_at(at)
    yield Hit(
        at=Span(start=at, end=line.end),
        message=f"{before.path} was moved here, and {before.name!r} is {file.name!r} now",
        fix=f"keep 'name: {before.name}', or raise the version as for a breaking change",
    )


def _is_meant(before: PromptFile, file: PromptFile, project: Project) -> bool:
    then, now = (parse_version(each.meta.get("version")) for each in (before, file))
    if project.history is None or then is None or now is None:
        return False
    needed = required_bump(project.history.changes(file), str(then)) or Bump.MAJOR
    raised = bump_between(then, now)
    return raised is not None and raised >= needed
