"""A key is given twice, or two keys contradict each other, and only one of them counts.

YAML's readers disagree about which of two equal keys that is: most take the last, some the first,
some refuse the file. The same goes for `author` beside `authors`, a schema for an answer that is to
be plain text, and two tools of one name. Remove one of the two.
"""

from collections.abc import Iterator

from agentops_cli.prompt.source import PromptFile
from agentops_cli.rules.problems import of_reader
from agentops_cli.rules.project import Project
from agentops_cli.rules.rule import Hit


def check(file: PromptFile, _project: Project) -> Iterator[Hit]:
    """The second of each two."""
    return of_reader(file, "duplicate-key", "conflict", "duplicate-tool")
