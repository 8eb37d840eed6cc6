"""A rule about security is left alone, and nothing says why.

The next reader cannot tell a risk that somebody weighed from one that somebody waved through. The
reason stands behind the brackets: `{# agentops: ignore[PS001] the caller escapes it #}`; in
frontmatter `lint: {ignore: {PS001: the caller escapes it}}`.

Quiet: for rules that are not about security.
"""

from collections.abc import Iterator

from agentops_cli.prompt.source import PromptFile
from agentops_cli.rules.comments import comments_in
from agentops_cli.rules.project import Project
from agentops_cli.rules.rule import Hit
from agentops_cli.rules.selectors import covers
from agentops_cli.rules.table import RULES


def check(file: PromptFile, _project: Project) -> Iterator[Hit]:
    """Each comment about a rule of security that has no words of its own."""
    for comment in comments_in(file):
        if comment.reason:
            continue
        for name, span in comment.selectors:
            if any(rule.family == "PS" and covers(name, rule) for rule in RULES):
                message = f"{name} is about security, and nothing says why it is left alone"
                fix = "write the reason behind the brackets"
                if comment.form == "frontmatter":
                    fix = f"write lint: {{ignore: {{{name}: the reason}}}}"
                yield Hit(at=span, message=message, fix=fix)
                break
