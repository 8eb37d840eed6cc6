"""Whether a template may render one of two places and not the other."""

import re
from bisect import bisect_left
from functools import lru_cache
from typing import Final

from agentops_cli.prompt.source import PromptFile

_BRANCH: Final = re.compile(r"\{%|\{\{~?(?:[#^/]|else\b)")


def are_apart(file: PromptFile, start: int, end: int) -> bool:
    """Whether tags of branches or loops stand between two places of a file."""
    if file.engine == "none":
        return False
    tags = _tags(file.text)
    index = bisect_left(tags, start)
    return index < len(tags) and tags[index] < end


@lru_cache(maxsize=1)
def _tags(text: str) -> tuple[int, ...]:
    """Where tags of branches begin; kept, for a text may have thousands of places to ask about."""
    return tuple(found.start() for found in _BRANCH.finditer(text))
