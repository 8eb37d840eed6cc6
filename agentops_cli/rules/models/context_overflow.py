"""The prompt does not fit into what the model takes, so that every call fails.

Counted is the text of the file itself, without what its variables and includes put in. An error
where that alone is more than the input limit of the model; a warning where it takes four fifths of
it, or leaves no room for `max_tokens`.

Quiet: where the table gives no limit; about prompts that have fewer bytes than the limit has
tokens.
"""

from collections.abc import Iterator
from typing import Final

from agentops_cli.model.finding import Severity
from agentops_cli.prompt.source import PromptFile
from agentops_cli.rules.lengths import most_tokens_of, tokens_of
from agentops_cli.rules.models.named import models_in, place_of_model
from agentops_cli.rules.project import Project
from agentops_cli.rules.rule import Hit

_FULL: Final = 0.8


def check(file: PromptFile, project: Project) -> Iterator[Hit]:
    """Each model whose limit the prompt comes near to."""
    catalog = project.models
    if catalog is None:
        return
    most = most_tokens_of(file)
    answer = file.meta.get("max_tokens")
    room = answer if isinstance(answer, int) else 0
    for model in models_in(file):
        facts = catalog.find(model)
        limit = facts.most_input_tokens if facts else None
        # One byte is one token at most: nearly every prompt ends here.
        if facts is None or limit is None or (most <= limit * _FULL and most + room <= limit):
            continue
        tokens = tokens_of(file, facts.name)
        where = f"of the {limit:,} that {model!r} takes"
        if tokens.count > limit * _FULL:
            is_over = tokens.count > limit
            yield Hit(
                at=place_of_model(file, model),
                message=f"the prompt has {tokens} tokens {where}",
                fix="shorten the prompt, or choose a model that takes more",
                severity=Severity.ERROR if is_over else Severity.WARNING,
            )
        elif tokens.count + room > limit and room <= limit:
            yield Hit(
                at=file.location(file.value_at("max_tokens")),
                message=f"the prompt and max_tokens are {tokens.count + room:,} tokens {where}",
                fix="lower max_tokens, or shorten the prompt",
                severity=Severity.WARNING,
            )
