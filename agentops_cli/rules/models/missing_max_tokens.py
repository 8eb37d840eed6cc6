"""Nothing limits how long an answer may be, and so what a call may cost.

A model that repeats itself goes on to its own limit, which is up to 128,000 tokens.

Quiet: about tier `toy`; about models that cost nothing; where the budget of the prompt limits the
cost of a call.
"""

from collections.abc import Iterator

from agentops_cli.model.money import FREE
from agentops_cli.prompt.source import PromptFile
from agentops_cli.rules.models.named import models_in, place_of_model
from agentops_cli.rules.project import Project
from agentops_cli.rules.rule import Hit
from agentops_cli.rules.tiers import tier_of


def check(file: PromptFile, project: Project) -> Iterator[Hit]:
    """A prompt with a model and without max_tokens."""
    meta = file.meta
    if "max_tokens" in meta or project.models is None or tier_of(file, project) == "toy":
        return
    budget = meta.get("budget")
    if isinstance(budget, dict) and "max_cost_per_call" in budget:
        return
    for model in models_in(file):
        if project.models.price_of(model) != FREE and not model.startswith("agent/"):
            yield Hit(
                at=place_of_model(file, model),
                message="no max_tokens: nothing limits what an answer costs",
                fix="add max_tokens, such as twice the longest answer that you have seen",
            )
            return
