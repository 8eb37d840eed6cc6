"""A budget is set, and nobody knows what the model costs: `agentops eval` refuses to run it.

A budget is one of the configuration, or `max_cost_per_call` of the prompt. Give the model a price:
`models: {openai/my-model: {price: {inputPer1M: 0.15, outputPer1M: 0.60}}}`.

Quiet: without a budget; about models that are not known at all, which is another finding.
"""

from collections.abc import Iterator

from agentops_cli.prompt.source import PromptFile
from agentops_cli.rules.models.named import models_in, place_of_model
from agentops_cli.rules.project import Project
from agentops_cli.rules.rule import Hit


def check(file: PromptFile, project: Project) -> Iterator[Hit]:
    """Each model that has no price."""
    catalog = project.models
    if catalog is None:
        return
    budget = file.meta.get("budget")
    has_own = isinstance(budget, dict) and "max_cost_per_call" in budget
    if not (has_own or catalog.has_budget):
        return
    for model in models_in(file):
        if (
            not model.startswith("agent/")
            and catalog.price_of(model) is None
            and catalog.find(model) is not None
        ):
            whose = "the prompt" if has_own else "the configuration"
            yield Hit(
                at=place_of_model(file, model),
                message=f"{whose} sets a budget, and no price of {model!r} is known",
                fix="give it a price under 'models' of the configuration",
            )
