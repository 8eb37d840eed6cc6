"""A file could not be read, or is larger than any prompt, so no other rule has looked at it.

A file of more than 1 MiB is no prompt that a model could take. Frontmatter of more than 100,000
characters is refused by `agentops eval` too. Name the file in no glob of prompts, or split it.
A folder that cannot be looked into is such a file too, and so is a link that leads out of the
repository: it is followed only where it is named on the command line.

With other rules selected this one runs as well, unless it is ignored.
"""

from collections.abc import Iterator

from agentops_cli.prompt.source import PromptFile
from agentops_cli.rules.problems import of_reader
from agentops_cli.rules.project import Project
from agentops_cli.rules.rule import Hit


def check(file: PromptFile, _project: Project) -> Iterator[Hit]:
    """Why the file was not read."""
    return of_reader(file, "unreadable", "too-large")
