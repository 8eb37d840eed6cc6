"""The provider switches the model off soon, and a prompt takes time to move.

Soon is within 90 days, or what `lint: {retiringDays: 30}` says. A model that is answered by another
one is a change of behaviour that no review has seen. The fix changes to the model that the provider
names in its place.

Quiet: about the same models as retired-model, for the same reasons.

Source: the pages that retired-model names, verified 2026-11-24.
"""

from collections.abc import Iterator

from agentops_cli.prompt.source import PromptFile
from agentops_cli.rules.models.named import is_deployment, models_in, place_of_model
from agentops_cli.rules.models.retirements import advice, edits, replacement_of
from agentops_cli.rules.project import Project
from agentops_cli.rules.rule import Hit


def check(file: PromptFile, project: Project) -> Iterator[Hit]:
    """Each model whose last day is near."""
    catalog, today, days = project.models, project.today, project.settings.retiring_days
    if catalog is None:
        return
    for model in models_in(file):
        retirement = None if is_deployment(model) else catalog.retirement(model)
        if retirement is None or not 0 < (retirement.day - today).days <= days:
            continue
        left = (retirement.day - today).days
        other = replacement_of(model, retirement, catalog)
        yield Hit(
            at=place_of_model(file, model),
            message=f"the model {model!r} is switched off on {retirement.day.isoformat()}, "
            f"in {left} day{'' if left == 1 else 's'}",
            fix=advice(other),
            edits=edits(file, model, other),
        )
