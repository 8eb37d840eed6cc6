"""The suites run the prompt on other models than the one that it names, and ships with.

What passes on one model may fail on another. A suite without `models` runs on the prompt's own;
one with several compares them, and the prompt's own belongs among them.

Quiet: about suites that compare several models, about agents, recordings and models of this
process, where a model is called by another provider's name for it, and where any suite of the
prompt runs on its model.
"""

from collections.abc import Iterator
from typing import Final

from agentops_cli.model.ids import models_in
from agentops_cli.prompt.source import PromptFile
from agentops_cli.rules.evals.of_file import whole_suites
from agentops_cli.rules.project import Project
from agentops_cli.rules.rule import Hit

_OURS: Final = ("agent/", "replay/", "local/", "echo/", "fake/")


def check(file: PromptFile, project: Project) -> Iterator[Hit]:
    """The models of the first suite that names one other model."""
    suites = whole_suites(file, project)
    own = _models(file) if suites else ()
    if not own:
        return
    names = {_bare(model) for model in own}
    for suite in suites:
        used = [model for label in suite.models for model in models_in(label)]
        if len(used) != 1 or used[0].startswith(_OURS) or _bare(used[0]) in names:
            return
    first = suites[0]
    yield Hit(
        at=first.models_location or first.prompt_location,
        message=f"it runs on {first.models[0]}, and the prompt names {own[0]}",
        fix="leave 'models' out, or add the prompt's own",
    )


def _models(file: PromptFile) -> list[str]:
    given = file.meta.get("model")
    written = given if isinstance(given, list) else [given]
    return [each for each in written if isinstance(each, str) and each and "$" not in each]


def _bare(model: str) -> str:
    """A model without its provider, who may be called otherwise elsewhere."""
    return model.rpartition("/")[2].lower()
