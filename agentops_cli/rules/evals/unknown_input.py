"""A case gives a variable that the prompt does not take, or does not give one that it needs.

`agentops eval` refuses such a suite before it makes any call; this says so while the prompt is
edited. It is the same check: what the input schema declares, its defaults, what the template reads
where there is no schema, and the type of each value.

Quiet: about cases that are skipped, and about prompts that cannot be read or rendered at all, which
other rules name. Of many cases with one mistake the first is named. Only the first 5,000 cases of a
suite are looked at.
"""

from collections.abc import Iterator

from agentops_cli.prompt.source import PromptFile
from agentops_cli.rules.evals.of_file import suites_of
from agentops_cli.rules.project import Project
from agentops_cli.rules.rule import Hit


def check(file: PromptFile, project: Project) -> Iterator[Hit]:
    """The first case of a suite with each mistake."""
    for suite in suites_of(file, project):
        if project.suites is None or suite.problem:
            continue
        for mistake in project.suites.mistakes(suite, file):
            first, more = mistake.first, mistake.more
            if first.location is None or first.location.path == file.path:
                continue  # What is wrong in the prompt itself is for others to say.
            others = f", and {more} more case{'s' if more > 1 else ''}" if more else ""
            fix = first.fix or "give what the prompt takes"
            yield Hit(at=first.location, message=f"{first.message}{others}", fix=fix)
