"""A line of CODEOWNERS says nothing, or not what it seems to say.

Hosts pass over a line that they cannot read, and say so only to whoever looks for it. So a prompt
has no owner, or the owner of an earlier line. An owner is `@user`, `@organisation/team` or an
address; on GitHub a pattern has no `!` and no range in brackets.

Quiet: about patterns that match no file, unless they are about folders of prompts.

Source: https://docs.github.com/en/repositories/managing-your-repositorys-settings-and-features/customizing-your-repository/about-code-owners#syntax-exceptions,
recalled.
"""

from collections.abc import Iterator

from agentops_cli.model.place import Location
from agentops_cli.rules.owners import Entry, Owners
from agentops_cli.rules.project import Project
from agentops_cli.rules.rule import Hit


def check(project: Project) -> Iterator[Hit]:
    """Each line that cannot be read, and each about prompts that are not there."""
    owners = project.owners
    if owners is None or owners.file is None:
        return
    for entry in owners.file.entries:
        problem = _problem(entry, owners)
        if problem:
            message, fix = problem
            place = Location(path=owners.file.path, line=entry.line, column=entry.column)
            yield Hit(at=place, message=message, fix=fix)


def _problem(entry: Entry, owners: Owners) -> tuple[str, str] | None:
    if entry.wrong:
        wrong = entry.wrong[0]
        return f"{wrong!r} is no owner", "write @user, @organisation/team or an address"
    if entry.problem:
        return f"{entry.pattern!r} matches nothing: {entry.problem}", "write the paths one by one"
    if owners.concerns(entry.pattern) and not owners.matches_any(entry.pattern):
        return f"{entry.pattern!r} matches no file", "mend the path, or remove the line"
    return None
