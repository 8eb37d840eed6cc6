"""The temperature is above 0.3 although the answer is to be parsed, or to be one of a few words.

What comes back then differs from call to call: JSON that once in a while has another shape, a
ticket that is filed under two categories. Under the profile `strict` every temperature above 0 is
told. The fix writes 0.

Such prompts are those with `output.format: json` or an output schema, those that have the tag
`classification`, and those that a suite asks for one very answer, by `equals`.

Quiet: with the tag `creative`; about models that take no temperature.
"""

import re
from collections.abc import Iterator
from typing import Final

from agentops_cli.prompt.source import PromptFile
from agentops_cli.rules.models.named import models_in
from agentops_cli.rules.project import Project
from agentops_cli.rules.rule import Edit, Hit
from agentops_cli.rules.scalars import written
from agentops_cli.rules.suites import suites_named

MOST: Final = 0.3
_STRICT: Final = 0.0
# Of these the table says nothing: they take a temperature of 1 only.
_REASONING: Final = re.compile(r"(?:^|/)(?:o[134](?:-|$)|gpt-5)")
_EXACT: Final = frozenset(("classification", "classifier", "extraction", "routing"))


def check(file: PromptFile, project: Project) -> Iterator[Hit]:
    """The temperature, where it is too high."""
    temperature = file.meta.get("temperature")
    if not isinstance(temperature, int | float) or isinstance(temperature, bool):
        return
    most = MOST if project.settings.profile == "default" else _STRICT
    reason = _reason(file, project) if temperature > most else None
    if reason is None or _takes_none(file, project):
        return
    at = file.value_at("temperature")
    yield Hit(
        at=file.location(at),
        message=f"the temperature is {temperature:g}, but {reason}",
        fix="set temperature: 0",
        edits=_zero(file),
    )


def is_parsed(file: PromptFile) -> bool:
    """Whether a program is to read the answer."""
    output = file.meta.get("output")
    return isinstance(output, dict) and (output.get("format") == "json" or "schema" in output)


def _reason(file: PromptFile, project: Project) -> str | None:
    """Why each answer should be like the last one; None where nothing says so."""
    given = file.meta.get("tags")
    tags = {tag.lower() for tag in given if isinstance(tag, str)} if isinstance(given, list) else ()
    if "creative" in tags:
        return None
    if is_parsed(file):
        return "the answer is to be parsed"
    exact = next((tag for tag in sorted(tags) if tag in _EXACT), None)
    if exact:
        return f"the prompt is tagged {exact!r}"
    if project.suites is not None:
        for suite in project.suites.of(file.path, file.name, suites_named(file)):
            if "equals" in suite.kinds:
                return f"{suite.path} asks for one very answer"
    return None


def _takes_none(file: PromptFile, project: Project) -> bool:
    models = models_in(file)
    if not models:
        return False
    facts = [project.models.find(model) if project.models else None for model in models]
    return all(
        (fact is not None and fact.takes_sampling is False) or _REASONING.search(model)
        for model, fact in zip(models, facts, strict=True)
    )


def _zero(file: PromptFile) -> tuple[Edit, ...]:
    span = written(file, file.routes["temperature"]) if "temperature" in file.routes else None
    return (Edit(start=span.start, end=span.end, text="0"),) if span else ()
