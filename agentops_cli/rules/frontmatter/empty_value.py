"""A key has no value, so whoever reads the file cannot tell a default from a thing forgotten.

`author:` is null in YAML, not an empty text, and not what it would be without the key. Give the key
a value, or remove it.

An error where `agentops eval` refuses it.

Quiet: for Cursor's rules, whose editor writes `description:` and `globs:` without values itself;
for keys that no convention knows.
"""

from collections.abc import Iterator
from typing import Final

from agentops_cli.model.finding import Severity
from agentops_cli.prompt.conventions import KEYS
from agentops_cli.prompt.source import Kind, PromptFile
from agentops_cli.rules.problems import named, place_of
from agentops_cli.rules.project import Project
from agentops_cli.rules.rule import Hit

_EMPTY_ON_PURPOSE: Final[frozenset[Kind]] = frozenset({"cursor-rule"})


def check(file: PromptFile, _project: Project) -> Iterator[Hit]:
    """What the reader refuses for being empty; of other formats the known keys without a value."""
    if file.kind == "native":
        for problem in named(file, "empty-value") if file.problems else ():
            yield Hit(
                at=place_of(problem, file),
                message=problem.message,
                fix=problem.fix or "give it a value, or remove it",
                severity=Severity.ERROR,
            )
    elif file.kind in KEYS and file.kind not in _EMPTY_ON_PURPOSE:
        for key, value in file.meta.items():
            # What a description is missing for is told by the rule about descriptions.
            if value is None and key in KEYS[file.kind] and key != "description":
                at = file.location(file.key_at(key))
                yield Hit(at=at, message=f"{key!r} is empty", fix="give it a value, or remove it")
