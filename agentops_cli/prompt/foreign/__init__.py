"""Readers of formats that others have made, a module each.

A module has `read(stored: Stored, *, path: str, kind: Kind) -> PromptFile`, which never fails, and
is imported when the first file of its kind is read.
"""

from collections.abc import Mapping
from typing import Final

from agentops_cli.prompt.source import Kind

MODULES: Final[Mapping[Kind, str]] = {
    "dotprompt": "dotprompt",
    "prompty": "prompty",
    "github-models": "github_models",
    "semantic-kernel": "semantic_kernel",
    "llm-template": "llm_template",
    "promptfoo": "promptfoo",
}
"""For each kind that is read in full the name of its module in this package."""
