"""How ready a prompt has to be."""

from typing import cast, get_args

from agentops_cli.model.settings import Tier
from agentops_cli.prompt.source import PromptFile
from agentops_cli.rules.project import Project


def tier_of(file: PromptFile, project: Project) -> Tier:
    """The tier that a file gives itself, or that of the settings."""
    own = file.meta.get("tier")
    return cast("Tier", own) if own in get_args(Tier) else project.settings.tier
