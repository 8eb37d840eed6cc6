"""The prompt says that nobody has to review it, and it is one that somebody should.

`requires_review: false` is right for a sketch. In tier `production`, and where strangers fill a
variable, a change that nobody looked at reaches whoever uses the product.

Quiet: where the key is missing, which is the matter of `missing-required-key`; about drafts.
"""

from collections.abc import Iterator

from agentops_cli.prompt.source import PromptFile
from agentops_cli.rules.project import Project
from agentops_cli.rules.rule import Hit
from agentops_cli.rules.scalars import written
from agentops_cli.rules.tiers import tier_of


def check(file: PromptFile, project: Project) -> Iterator[Hit]:
    """The value false."""
    if file.meta.get("requires_review") is not False or file.meta.get("status") == "draft":
        return
    exposed = next((name for name, each in (file.inputs or {}).items() if not each.trusted), None)
    if tier_of(file, project) == "production":
        why = "in tier production"
    elif exposed is not None and tier_of(file, project) != "toy":
        why = f"although strangers fill {exposed!r}"
    else:
        return
    span = written(file, file.routes["requires_review"])
    yield Hit(
        at=span or file.location(file.value_at("requires_review")),
        message=f"no review is required, {why}",
        fix="write requires_review: true",
    )
