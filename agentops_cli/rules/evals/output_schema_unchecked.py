"""The prompt promises an output schema, and every suite of it switches the check of it off.

`agentops eval` holds each answer to `output.schema` unless `assertOutput: false` says not to. Where
all cases say so, and none asserts a `jsonSchema` of its own, callers are promised what nobody
checks.

Quiet: about prompts without a suite, and where a suite cannot be read.
"""

from collections.abc import Iterator

from agentops_cli.prompt.source import PromptFile
from agentops_cli.rules.evals.of_file import whole_suites
from agentops_cli.rules.project import Project
from agentops_cli.rules.rule import Hit


def check(file: PromptFile, project: Project) -> Iterator[Hit]:
    """The output of the prompt, where no case is held to its schema."""
    output = file.meta.get("output")
    if not isinstance(output, dict) or "schema" not in output:
        return
    suites = whole_suites(file, project)
    if not suites or any("jsonSchema" in suite.kinds for suite in suites):
        return
    cases = [case for suite in suites for case in suite.looked_at]
    if not cases or any(case.assert_output for case in cases):
        return
    yield Hit(
        at=file.location(file.value_at("output", "schema")),
        message="no suite holds the answers to this schema",
        fix="remove assertOutput: false from its suites",
    )
