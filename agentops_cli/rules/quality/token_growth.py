"""The prompt has grown by more than a fifth since the base, and so has what each call costs.

Counted is the text of the file itself, without what its variables and includes put in.

Quiet: about fewer than 100 tokens more.
"""

from collections.abc import Iterator
from typing import Final

from agentops_cli.prompt.source import PromptFile, Span
from agentops_cli.rules.lengths import text_of, tokens_of
from agentops_cli.rules.project import Project
from agentops_cli.rules.rule import Hit

_GROWTH: Final = 1.2
_FEW: Final = 100


def check(file: PromptFile, project: Project) -> Iterator[Hit]:
    """The prompt as a whole, against that of the base."""
    history = project.history
    before = history.before(file) if history else None
    if history is None or before is None or len(text_of(file)) - len(text_of(before)) < _FEW:
        return
    model = file.meta.get("model")
    first = model[0] if isinstance(model, list) and model else model
    name = first if isinstance(first, str) else None
    old, new = tokens_of(before, name), tokens_of(file, name)
    if old.count and new.count > old.count * _GROWTH and new.count - old.count >= _FEW:
        start = file.passages[0].offset(0) if file.passages else 0
        yield Hit(
            at=Span(start=start, end=start),
            message=f"the prompt has {new} tokens, {new.count / old.count - 1:.0%} more than the "
            f"{old.count:,} of {history.base}",
            fix="say in the pull request that this is meant, or shorten it",
        )
