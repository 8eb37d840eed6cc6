"""The frontmatter begins with a line `---`, and no second such line ends it.

Most loaders then take the whole file for the text of the prompt, and the model is shown the version
and the author; others take it all for YAML and refuse it. Put a line `---` below the last key.

Quiet: for a line `---` that no key follows. That is a rule across the page, as Markdown has it.
"""

from collections.abc import Iterator

from agentops_cli.prompt.source import PromptFile
from agentops_cli.rules.problems import of_reader
from agentops_cli.rules.project import Project
from agentops_cli.rules.rule import Hit


def check(file: PromptFile, _project: Project) -> Iterator[Hit]:
    """Where the block begins."""
    return of_reader(file, "unterminated-frontmatter")
