"""The prompt has more tokens than it is meant to have, and every call pays for them.

The limit is `max_prompt_tokens` of the prompt's `budget`, else 4,000. Counted is the text of the
file itself, without what its variables and includes put in; about models whose vocabulary is not
public it is an estimate. The message names the longest sections.

Quiet: about skills, agents and instructions, which are read once a session.
"""

from collections import Counter
from collections.abc import Iterator
from typing import Final

from agentops_cli.prompt.source import PromptFile, Span
from agentops_cli.rules.lengths import most_tokens_of, tokens_of
from agentops_cli.rules.project import Project
from agentops_cli.rules.rule import Hit

_LIMIT: Final = 4_000
_MOST_NAMED: Final = 3


def check(file: PromptFile, _project: Project) -> Iterator[Hit]:
    """The prompt as a whole."""
    budget = file.meta.get("budget")
    own = budget.get("max_prompt_tokens") if isinstance(budget, dict) else None
    limit = own if isinstance(own, int) and own > 0 else _LIMIT
    # One byte is one token at most: nearly every prompt ends here.
    if most_tokens_of(file) <= limit:
        return
    model = file.meta.get("model")
    first = model[0] if isinstance(model, list) and model else model
    tokens = tokens_of(file, first if isinstance(first, str) else None)
    if tokens.count > limit:
        start = file.passages[0].offset(0) if file.passages else 0
        whose = "its budget of" if limit == own else "the usual"
        longest = ", ".join(_longest(file))
        yield Hit(
            at=Span(start=start, end=start),
            message=f"the prompt has {tokens} tokens, more than {whose} {limit:,}"
            + (f"; the longest sections: {longest}" if longest else ""),
            fix="shorten it, or set budget: {max_prompt_tokens: …}",
        )


def _longest(file: PromptFile) -> Iterator[str]:
    """The longest sections, each with its share of the text."""
    headings = file.markup.headings
    ends = [heading.span.start for heading in headings[1:]] + [len(file.text)]
    sizes: Counter[str] = Counter()
    for heading, end in zip(headings, ends, strict=False):
        sizes[heading.text] += end - heading.span.start
    whole = sum(len(passage.text) for passage in file.passages) or 1
    for words, size in sizes.most_common(_MOST_NAMED):
        yield f"{words!r} {size / whole:.0%}"
