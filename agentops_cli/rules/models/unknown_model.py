"""No model is known by this id, so the first call fails, or the wrong price is expected of it.

Known is what litellm's table lists, what `models` of the configuration describes, and what `lint:
{allowModels: [ollama/*]}` allows. A warning in the default profile, an error in the strict one. The
fix writes the one id that is nearest.

Quiet: about providers of which the table cannot list every model, such as `ollama`, `azure` or
`openrouter`; about fine-tuned models, and open ones that anybody may serve; about `${MODEL}` and
whatever else is decided elsewhere; about deployments of Azure, and the aliases of editors such as
`sonnet` and `inherit`; about what was switched off, which is another finding.
"""

from collections.abc import Iterator
from typing import Final

from agentops_cli.catalog import Catalog, closest
from agentops_cli.model.finding import Severity
from agentops_cli.prompt.source import PromptFile
from agentops_cli.rules.models.named import matches_any, models_in, place_of_model, renamed
from agentops_cli.rules.project import Project
from agentops_cli.rules.rule import Hit

_LISTED: Final = frozenset({"openai", "anthropic", "gemini", "googleai", "xai", "deepseek"})
"""Providers whose own models the table lists, all of them."""

_FAMILIES: Final = ("gpt-", "chatgpt-", "o1-", "o3-", "o4-", "claude-", "gemini-", "grok-")
_OPEN: Final = "gpt-oss"
_MOST_NAMED: Final = 3


def check(file: PromptFile, project: Project) -> Iterator[Hit]:
    """Each id that neither the table nor the configuration knows."""
    catalog = project.models
    if catalog is None:
        return
    for model in models_in(file):
        if catalog.find(model) is None and _is_wrong(model, file, project, catalog):
            near = catalog.near(model)
            others = " or ".join(map(repr, near[:_MOST_NAMED])) if len(near) <= _MOST_NAMED else ""
            is_strict = project.settings.profile != "default"
            yield Hit(
                at=place_of_model(file, model),
                message=f"the model {model!r} is not known to {catalog.table}",
                fix=f"did you mean {others}?"
                if others
                else "mend the id, or describe the model under 'models' of the configuration",
                edits=renamed(file, model, near[0]) if len(near) == 1 else (),
                severity=Severity.ERROR if is_strict else Severity.WARNING,
            )


def _is_wrong(model: str, file: PromptFile, project: Project, catalog: Catalog) -> bool:
    """Whether the table would know the id if it were one."""
    prefix, slash, name = model.partition("/")
    if (slash and name.startswith("ft:")) or model.startswith(("ft:", "arn:")) or _OPEN in model:
        return False
    if matches_any(model, project.settings.allow_models) or catalog.price_of(model) is not None:
        return False
    if catalog.retirement(model) is not None:
        return False
    if not slash:
        return file.kind == "native" or model.startswith(_FAMILIES)
    return prefix in _LISTED or bool(closest(prefix, _LISTED) and catalog.near(model))
