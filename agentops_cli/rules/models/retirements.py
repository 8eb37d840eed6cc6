"""What the rules about models that are switched off have in common."""

from agentops_cli.catalog import Catalog, Retirement
from agentops_cli.prompt.source import PromptFile
from agentops_cli.rules.models.named import renamed, with_prefix_of
from agentops_cli.rules.rule import Edit


def replacement_of(model: str, retirement: Retirement, catalog: Catalog) -> str | None:
    """The id to write instead, as the model's is written; None where the table knows none."""
    if retirement.replacement is None:
        return None
    other = with_prefix_of(model, retirement.replacement)
    return other if catalog.find(other) is not None else None


def advice(replacement: str | None) -> str:
    """What to do, as an instruction."""
    if replacement is None:
        return "choose a model that stays, and run the evals on it"
    return f"change to {replacement!r}, which the provider names in its place, and run the evals"


def edits(file: PromptFile, model: str, replacement: str | None) -> tuple[Edit, ...]:
    """The edit that changes to the other model."""
    return renamed(file, model, replacement) if replacement else ()
