"""The configuration says which models prompts may name, and this is none of them.

`lint: {onlyModels: [openai/*, anthropic/claude-sonnet-4-6]}` holds ids and patterns.

Quiet: without such a list; about the aliases of editors, and what is decided elsewhere.
"""

from collections.abc import Iterator

from agentops_cli.prompt.source import PromptFile
from agentops_cli.rules.models.named import matches_any, models_in, place_of_model
from agentops_cli.rules.project import Project
from agentops_cli.rules.rule import Hit


def check(file: PromptFile, project: Project) -> Iterator[Hit]:
    """Each model that is not on the list."""
    allowed = project.settings.only_models
    if not allowed:
        return
    for model in models_in(file):
        if not matches_any(model, allowed):
            yield Hit(
                at=place_of_model(file, model),
                message=f"the model {model!r} is not among the allowed ones",
                fix=f"use one of {', '.join(allowed)}",
            )
