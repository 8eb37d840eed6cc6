"""The shape of the inputs, of the output or of a tool is not valid, so nothing is checked by it.

Shapes are Picoschema (`ticket: string, the text of the ticket`) or JSON Schema. A type that does
not exist, a field given twice, a reference that leads nowhere or a variable that no template can
name is refused before a call is made; so is a list `untrusted` or a default for a variable that is
not declared.

Source: https://google.github.io/dotprompt/reference/picoschema, recalled.
"""

from collections.abc import Iterator

from agentops_cli.prompt.source import PromptFile
from agentops_cli.rules.problems import of_reader
from agentops_cli.rules.project import Project
from agentops_cli.rules.rule import Hit


def check(file: PromptFile, _project: Project) -> Iterator[Hit]:
    """Each mistake in a schema, in its place."""
    return of_reader(file, "bad-schema", "bad-name", "undeclared-variable")
