"""All cases say what an answer must have, and none what it must never be.

A prompt that answers everything, agrees to everything or adds what nobody asked for passes such a
suite. One case suffices: `mustNotContain`, `expectedCategory: refusal`, an assertion with
`not: true`, `noSecrets`, `noPii` or `noPromptLeak`, or one that leaves no room for more, such as
`equals`, `oneOf`, `jsonPath` and `jsonSchema`.

Quiet: about suites that are measured over all cases (`metrics`), about prompts without a suite, and
where a suite cannot be read or has more than 5,000 cases.
"""

from collections.abc import Iterator
from typing import Final

from agentops_cli.prompt.source import PromptFile
from agentops_cli.rules.evals.of_file import place_of_tests, whole_suites
from agentops_cli.rules.project import Project
from agentops_cli.rules.rule import Hit

_EXACT: Final = frozenset(
    {"equals", "jsonPath", "jsonSchema", "levenshtein", "oneOf", "rubric", "script"}
)
"""Kinds that a wrong answer does not pass for what it has too much."""


def check(file: PromptFile, project: Project) -> Iterator[Hit]:
    """The prompt, where none of its cases forbids anything."""
    suites = whole_suites(file, project)
    if not suites or not any(suite.cases for suite in suites):
        return
    if any(suite.forbids or suite.measured or suite.kinds & _EXACT for suite in suites):
        return
    yield Hit(
        at=place_of_tests(file),
        message="no case of its suites says what an answer must not be",
        fix="add one: a request to refuse, or mustNotContain what must never be said",
    )
