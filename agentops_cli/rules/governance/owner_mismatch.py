"""The owners that the prompt names are not those whom CODEOWNERS names for it.

Readers believe the prompt, the host asks those of CODEOWNERS. The fix writes the latter.

Quiet: where CODEOWNERS names nobody, which is the matter of `not-in-codeowners`; about the order of
owners, and upper and lower case.
"""

from collections.abc import Iterator

from agentops_cli.prompt.source import PromptFile
from agentops_cli.rules.project import Project
from agentops_cli.rules.rule import Hit
from agentops_cli.rules.scalars import quoted, replaced, written


def check(file: PromptFile, project: Project) -> Iterator[Hit]:
    """The owners, where they are others."""
    given = file.meta.get("owners")
    owners = project.owners
    if not isinstance(given, list) or owners is None or owners.file is None:
        return
    asked = owners.file.of(file.path)
    named = {each.casefold() for each in given if isinstance(each, str)}
    if not asked or named == {each.casefold() for each in asked}:
        return
    span = written(file, file.routes["owners"])
    better = "[" + ", ".join(quoted(each) for each in asked) + "]"
    yield Hit(
        at=span or file.location(file.value_at("owners")),
        message=f"{owners.file.path} names {', '.join(asked)} for this file",
        fix="name the same owners in both",
        edits=replaced(span, better) if span else (),
    )
