"""A comment names a rule that does not exist, or none at all, so it leaves nothing alone.

Mostly a letter is wrong, and whoever wrote it believes that the finding was looked at and accepted.
One letter would be every rule there is, and those to come: that is no name either.
"""

from collections.abc import Iterator

from agentops_cli.prompt.source import PromptFile
from agentops_cli.rules.comments import SHORTEST, comments_in
from agentops_cli.rules.project import Project
from agentops_cli.rules.rule import Hit
from agentops_cli.rules.selectors import is_known, suggestion
from agentops_cli.rules.table import RULES


def check(file: PromptFile, _project: Project) -> Iterator[Hit]:
    """Each name that is that of no rule."""
    for comment in comments_in(file):
        if not comment.selectors:
            yield Hit(
                at=comment.span,
                message="this comment names no rule, so it leaves nothing alone",
                fix="name the rule, as in ignore[PS001], or remove the comment",
            )
        for name, span in comment.selectors:
            if len(name) < SHORTEST:
                message = f"{name!r} names no family of rules, so nothing is left alone"
                fix = "name families or codes, as in ignore[PS] or ignore[PS001]"
                yield Hit(at=span, message=message, fix=fix)
            elif not is_known(name, RULES):
                message = f"there is no rule {name!r}, so nothing is left alone"
                yield Hit(at=span, message=message, fix=suggestion(name, RULES))
