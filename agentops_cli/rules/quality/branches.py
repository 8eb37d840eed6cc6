"""Whether a template may render one of two places and not the other."""

import re
from typing import Final

from agentops_cli.prompt.source import PromptFile

_BRANCH: Final = re.compile(r"\{%|\{\{~?(?:[#^/]|else\b)")


def are_apart(file: PromptFile, start: int, end: int) -> bool:
    """Whether tags of branches or loops stand between two places of a file."""
    return file.engine != "none" and _BRANCH.search(file.text, start, end) is not None
