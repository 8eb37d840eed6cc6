"""Whether two prompts of different paths are one that was renamed."""

from difflib import SequenceMatcher
from typing import Final

from agentops_cli.prompt.source import PromptFile

_ALIKE: Final = 0.5
_NEARLY: Final = 0.8


def is_one_prompt(old: PromptFile, new: PromptFile) -> bool:
    """Whether two are of one name that both write, or much the same.

    Git goes by lines, of which two short prompts have many in common; so this looks at the body.
    """
    one, other = written_name(old), written_name(new)
    if one is not None and other is not None:
        return one == other or _alike(old, new) >= _NEARLY
    return _alike(old, new) >= _ALIKE


def written_name(file: PromptFile) -> str | None:
    """The name that a prompt gives itself."""
    name = file.meta.get("name")
    return name if isinstance(name, str) and name else None


def _alike(old: PromptFile, new: PromptFile) -> float:
    """How much of two bodies is the same, from 0 to 1."""
    bodies = (file.text[file.body.start :] if file.body else file.text for file in (old, new))
    one, other = ([line for line in body.split("\n") if line.strip()] for body in bodies)
    return SequenceMatcher(None, one, other, autojunk=False).ratio()
