"""The provider has switched the model off, so every call fails, or is answered by another model.

The days are those of our own table of retired models, each with the page it is from, and of
litellm's. Where only the latter says so, and may be older than 90 days, it is a warning: the day
may have been put off since. The fix changes to the model that the provider names in its place.

Quiet: about models that others host, such as GitHub's or a deployment of Azure, which end on days
of their own; about a model with a `baseUrl` of its own.

Source: https://developers.openai.com/api/docs/deprecations,
https://platform.claude.com/docs/en/about-claude/model-deprecations and
https://ai.google.dev/gemini-api/docs/deprecations, verified 2026-11-24; the days of Gemini 1.0 and
1.5 recalled.
"""

from collections.abc import Iterator
from typing import Final

from agentops_cli.model.finding import Severity
from agentops_cli.prompt.source import PromptFile
from agentops_cli.rules.models.named import is_deployment, models_in, place_of_model
from agentops_cli.rules.models.retirements import advice, edits, replacement_of
from agentops_cli.rules.project import Project
from agentops_cli.rules.rule import Hit

_OLD: Final = 90


def check(file: PromptFile, project: Project) -> Iterator[Hit]:
    """Each model whose last day is over."""
    catalog, today = project.models, project.today
    if catalog is None:
        return
    for model in models_in(file):
        retirement = None if is_deployment(model) else catalog.retirement(model)
        if retirement is None or retirement.day > today:
            continue
        other = replacement_of(model, retirement, catalog)
        age = None if retirement.source else catalog.age_days(today)
        yield Hit(
            at=place_of_model(file, model),
            message=f"the model {model!r} was switched off on {retirement.day.isoformat()}",
            fix=advice(other),
            edits=edits(file, model, other),
            severity=Severity.WARNING if age is not None and age > _OLD else Severity.ERROR,
        )
