"""A suite names a prompt that is not there, so `agentops eval` refuses to run it.

A path is read from the folder of the suite; a name without a slash and a suffix is that of a
configured prompt.

Quiet: about suites that name no prompt, as those of an agent.
"""

from collections.abc import Iterator
from difflib import get_close_matches

from agentops_cli.rules.project import Project
from agentops_cli.rules.rule import Hit


def check(project: Project) -> Iterator[Hit]:
    """The value of `prompt` in each such suite."""
    if project.suites is None:
        return
    for suite, problem in project.suites.dangling:
        if "@" in suite.prompt:
            yield Hit(at=suite.prompt_location, message=problem, fix="name a version that is there")
            continue
        names = {card.name: card.path for card in project.tree.values()}
        stem = suite.prompt.rpartition("/")[2].removesuffix(".prompt.md")
        near = get_close_matches(stem, names, n=1)
        fix = f"did you mean {names[near[0]]}?" if near else "name a prompt that is there"
        yield Hit(at=suite.prompt_location, message=problem, fix=fix)
