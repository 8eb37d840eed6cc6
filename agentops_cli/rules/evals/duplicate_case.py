"""Two cases of a suite ask the same: the second call costs, and weighs one question twice.

In a dataset it is worse: two rows with one input and two labels cannot both be right. To ask more
than once on purpose, write `repeat:`.

Quiet: about cases that differ in anything they send (input, variables, turns, messages, what tools
answer), about skipped ones, and beyond the first 5,000 of a suite. Rows of one dataset are told
of together. It offers no fix: which of the two expectations is right, only people know.
"""

from collections.abc import Iterator

from agentops_cli.rules.project import Project
from agentops_cli.rules.rule import Hit


def check(project: Project) -> Iterator[Hit]:
    """The first case of a file that asks again."""
    seen: set[tuple[str, int | None]] = set()
    for suite in project.suites.all if project.suites else ():
        for again in suite.again:
            key = (again.location.path, again.location.line)
            if key in seen:
                continue
            seen.add(key)
            more = f"; so do {again.more} more" if again.more else ""
            yield Hit(
                at=again.location,
                message=f"this asks the same as the case at {again.first}{more}",
                fix="merge them; to ask more than once, write repeat:",
            )
