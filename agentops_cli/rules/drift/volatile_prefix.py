"""A variable stands before a long fixed part of the prompt, so that this part is never cached.

Providers keep the beginning of a prompt, as far as it is letter by letter the same, and ask less
for it the next time. Fixed text first, variables last, makes most of a prompt the same each time.

Quiet: where the fixed part is shorter than about 1,024 tokens, the least that providers keep; where
the table of prices has none for cached tokens of the model.

Source: https://platform.openai.com/docs/guides/prompt-caching, recalled.
"""

from collections.abc import Iterator
from typing import Final

from agentops_cli.prompt.source import PromptFile
from agentops_cli.rules.models.named import models_in
from agentops_cli.rules.project import Project
from agentops_cli.rules.rule import Hit

_LEAST_CHARACTERS: Final = 4 * 1_024
"""About 1,024 tokens of English."""


def check(file: PromptFile, project: Project) -> Iterator[Hit]:
    """The first variable, where much that is fixed follows."""
    if len(file.text) < _LEAST_CHARACTERS or project.models is None or file.engine == "none":
        return
    uses = file.template.uses
    if not uses or not file.passages:
        return
    first = min(uses, key=lambda use: use.span.start)
    last = file.passages[-1]
    end = last.offset(max(len(last.text) - 1, 0)) + 1
    tags = {use.tag for use in uses if use.tag.start > first.tag.end}
    fixed = end - first.tag.end - sum(tag.end - tag.start for tag in tags)
    if fixed >= _LEAST_CHARACTERS and _is_cached(file, project):
        yield Hit(
            at=first.span,
            message=f"{first.name!r} stands before about {fixed // 4:,} tokens that are fixed",
            fix="move the variables below the fixed text",
        )


def _is_cached(file: PromptFile, project: Project) -> bool:
    if project.models is None:
        return False
    prices = [project.models.price_of(model) for model in models_in(file)]
    return any(price is not None and price.rates.cached_input_usd is not None for price in prices)
