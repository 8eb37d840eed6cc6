"""The file is not UTF-8 text, so each tool reads other characters from it, or refuses it.

A byte that is no UTF-8 comes from an editor that saves in an older encoding; a NUL byte or a whole
file of UTF-16 comes from a shell of Windows. Save the file as UTF-8. The rest of the file is read
with U+FFFD in the place of each such byte.

Quiet: about a byte-order mark, which is PF017.
"""

from collections.abc import Iterator

from agentops_cli.prompt.source import PromptFile
from agentops_cli.rules.problems import of_reader
from agentops_cli.rules.project import Project
from agentops_cli.rules.rule import Hit


def check(file: PromptFile, _project: Project) -> Iterator[Hit]:
    """The first such byte, with the number of those after it."""
    return of_reader(file, "encoding")
