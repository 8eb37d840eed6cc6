"""The answer is to be parsed, the temperature is 0, and the provider takes a seed that is not set.

At temperature 0 answers still differ now and then. A seed makes them differ less, and shows by the
provider's fingerprint when it was the model that changed.

Quiet: about providers other than OpenAI, Azure and Mistral; about models without a temperature.
"""

from collections.abc import Iterator
from typing import Final

from agentops_cli.prompt.source import PromptFile
from agentops_cli.rules.drift.nondeterministic_temperature import is_parsed
from agentops_cli.rules.models.named import models_in
from agentops_cli.rules.project import Project
from agentops_cli.rules.rule import Hit

_TAKE_SEEDS: Final = ("openai/", "azure/", "gpt-", "mistral/")


def check(file: PromptFile, _project: Project) -> Iterator[Hit]:
    """The temperature of a prompt that has no seed."""
    meta = file.meta
    if meta.get("temperature") != 0 or "seed" in meta or not is_parsed(file):
        return
    models = models_in(file)
    if models and all(model.startswith(_TAKE_SEEDS) for model in models):
        yield Hit(
            at=file.location(file.key_at("temperature")),
            message="the answer is to be the same each time, and no seed is set",
            fix="add seed: 7, or any other number",
        )
