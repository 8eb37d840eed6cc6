"""`max_tokens` is more than the model ever answers, and some providers refuse such a call.

Others lower it silently, so that the file promises what no answer will hold. The fix writes the
limit of the model, which asks for a new version of the prompt.

Quiet: where the table gives no limit.
"""

from collections.abc import Iterator

from agentops_cli.prompt.source import PromptFile
from agentops_cli.rules.models.named import models_in
from agentops_cli.rules.project import Project
from agentops_cli.rules.rule import Hit
from agentops_cli.rules.scalars import replaced, written


def check(file: PromptFile, project: Project) -> Iterator[Hit]:
    """The lowest limit of the models that a file names, where it is exceeded."""
    given = file.meta.get("max_tokens")
    if project.models is None or not isinstance(given, int) or isinstance(given, bool):
        return
    found = ((model, project.models.find(model)) for model in models_in(file))
    limits = [
        (facts.most_output_tokens, model)
        for model, facts in found
        if facts and facts.most_output_tokens
    ]
    limit, model = min(limits, default=(given, ""))
    if given > limit:
        span = written(file, file.routes.get("max_tokens", ()))
        start = file.location(file.value_at("max_tokens"))
        yield Hit(
            at=span or start,
            message=f"max_tokens is {given:,}, and {model!r} answers {limit:,} at most",
            fix=f"write {limit}",
            edits=replaced(span, str(limit)) if span else (),
        )
