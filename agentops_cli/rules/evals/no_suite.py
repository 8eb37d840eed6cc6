"""No suite names the prompt, so nobody notices when a change makes its answers worse.

A suite tests a prompt that it names, by path or by name; the prompt may name its suites under
`tests`, where they lie outside the configured ones. A path there that leads to no suite tests
nothing either.

Where the project has no suite at all, that is said once, at the first prompt. For prompts of the
tiers `mvp` and `production` it is an error.

Quiet: about prompts that the configuration does not name; about partials, whose names begin with
`_`; about drafts and deprecated prompts; about formats that carry their own cases (`testData`);
while there is a suite that is no YAML, which may name any prompt.
"""

from collections.abc import Iterator
from pathlib import PurePosixPath

from agentops_cli.model.finding import Severity
from agentops_cli.prompt.source import PromptFile
from agentops_cli.rules.evals.of_file import place_of_tests, suites_of
from agentops_cli.rules.project import Project
from agentops_cli.rules.rule import Hit
from agentops_cli.rules.suites import suites_named
from agentops_cli.rules.tiers import tier_of


def check(file: PromptFile, project: Project) -> Iterator[Hit]:
    """The first line, or the value of `tests` that leads nowhere."""
    suites = project.suites
    if suites is None or suites_of(file, project) or suites.may_name_any or not _counts(file):
        return
    severity = Severity.WARNING if tier_of(file, project) == "toy" else Severity.ERROR
    named = suites_named(file)
    for pattern in named:
        found = suites.matching(file.path, pattern)
        problem = f"{found[0]} is named here, and tests another prompt" if found else ""
        yield Hit(
            at=file.location(file.value_at("tests")),
            message=problem or f"there is no suite at {pattern!r}",
            fix=f"let its 'prompt' name {file.path}"
            if found
            else "mend the path, or add the suite",
            severity=severity,
        )
        return
    if not suites.has(file.path):
        return
    if suites.all:
        message = "no suite names this prompt"
    elif file.path == suites.first:
        message = "the project has no suite that names a prompt"
    else:
        return
    yield Hit(
        at=place_of_tests(file),
        message=message,
        fix="write one that names it: 'prompt: …' and 'cases:', among the configured suites",
        severity=severity,
    )


def _counts(file: PromptFile) -> bool:
    """Whether the prompt is one that is shipped, and has no cases of its own."""
    if file.meta.get("status") in ("draft", "deprecated") or "testData" in file.meta:
        return False
    return not PurePosixPath(file.path).name.startswith("_")
