"""What the prompt does changed since the base, and none of its suites did.

A new rule in the prompt wants a case that would fail without it; else nobody knows whether it
works, and the next change may undo it.

Quiet: about changes that ask for no more than a patch (wording, white space, descriptions), about
new prompts, about drafts, and about prompts without a suite.
"""

from collections.abc import Iterator

from agentops_cli.prompt.changes import required_bump
from agentops_cli.prompt.source import PromptFile
from agentops_cli.rules.evals.of_file import place_of_tests, suites_of
from agentops_cli.rules.project import Project
from agentops_cli.rules.rule import Hit
from agentops_cli.rules.versioning.drafts import is_draft


def check(file: PromptFile, project: Project) -> Iterator[Hit]:
    """The prompt, where its behaviour changed and its suites are as they were."""
    history, suites = project.history, project.suites
    if history is None or suites is None:
        return
    before = history.before(file)
    if before is None or is_draft(before, file):
        return
    found = suites_of(file, project)
    if not found or any(suites.text_of(one.path) != history.text_before(one.path) for one in found):
        return
    version = file.meta.get("version")
    needed = required_bump(history.changes(file), version if isinstance(version, str) else None)
    if needed is None or needed.word == "patch":
        return
    where = found[0].path if len(found) == 1 else f"its {len(found)} suites"
    yield Hit(
        at=place_of_tests(file),
        message=f"the prompt changed since {history.base}, and {where} did not",
        fix="add a case that the old prompt would fail",
    )
