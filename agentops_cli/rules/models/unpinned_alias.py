"""The id is an alias: when its provider moves it to a newer model, the prompt changes by itself.

The evals of last week were of another model, though nothing in the repository has changed. The fix
writes the newest dated id behind the alias, if it costs the same.

Quiet: where the table shows no dated id of the same price, or only such as are switched off soon;
about Claude from 4.6 on, whose ids without a date are versions of their own; about GitHub's models,
which have no dated ids; about deployments of Azure, and fine-tuned models.

Source: https://platform.claude.com/docs/en/about-claude/models/overview, verified 2026-11-24.
"""

import re
from collections.abc import Iterator
from typing import Final

from agentops_cli.catalog import Catalog
from agentops_cli.prompt.source import PromptFile
from agentops_cli.rules.models.named import is_deployment, models_in, place_of_model, renamed
from agentops_cli.rules.project import Project
from agentops_cli.rules.rule import Hit

_DATED: Final = re.compile(r"(?:\d{8}|\d{4}|\d\d-\d\d|-0\d\d)$")
_CLAUDE: Final = re.compile(r"claude-[a-z]+-(\d+)(?:-(\d{1,2}))?$")
_FIRST_PINNED: Final = (4, 6)


def check(file: PromptFile, project: Project) -> Iterator[Hit]:
    """Each alias for which there is an id that stays what it is."""
    catalog = project.models
    if catalog is None:
        return
    for model in models_in(file):
        if _DATED.search(model) or _is_version(model) or is_deployment(model):
            continue
        version = _version(model, catalog, project)
        if version is not None:
            yield Hit(
                at=place_of_model(file, model),
                message=f"{model!r} is an alias, and will be another model one day",
                fix=f"pin the version: {version!r}",
                edits=renamed(file, model, version),
            )


def _is_version(model: str) -> bool:
    found = _CLAUDE.search(model)
    return found is not None and (int(found[1]), int(found[2] or 0)) >= _FIRST_PINNED


def _version(model: str, catalog: Catalog, project: Project) -> str | None:
    for version in catalog.versions(model):
        retirement = catalog.retirement(version)
        if (
            retirement is None
            or (retirement.day - project.today).days > project.settings.retiring_days
        ):
            return version
    return None
