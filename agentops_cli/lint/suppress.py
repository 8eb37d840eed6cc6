"""Findings that a comment, the frontmatter or the configuration asks to leave alone."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

from agentops_cli.lint.finding import LintFinding
from agentops_cli.rules.comments import SHORTEST, Comment, Unused
from agentops_cli.rules.rule import Rule
from agentops_cli.rules.selectors import covers

_OF_COMMENTS: Final = frozenset(("PX002", "PX004"))
"""Rules about comments: one without a reason must not silence what is said of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ignores:
    """The selectors that the configuration gives for a file, and how it is told."""

    selectors: tuple[str, ...]
    reason: str


def suppressed(
    found: Sequence[LintFinding], comments: Sequence[Comment], ignores: Sequence[Ignores] = ()
) -> list[LintFinding]:
    """The findings of a file, those that are to be left alone with the reason."""
    return [_suppressed(each, comments, ignores) for each in found]


def unused(
    found: Sequence[LintFinding],
    comments: Sequence[Comment],
    *,
    rules: Sequence[Rule],
    ran: Collection[str],
) -> Iterator[Unused]:
    """The comments that left nothing of what was found alone, as far as that is certain.

    `rules` are all that there are, `ran` the codes of those that looked at the file, or would have
    if they were about its kind. Rules of the linter itself are not asked after.
    """
    for comment in comments:
        idle = tuple(
            name
            for name, _ in comment.selectors
            if _is_certain(name, rules, ran)
            and not any(
                covers(name, each.rule) and comment.is_about(each.place.line) for each in found
            )
        )
        if idle:
            yield Unused(comment=comment, selectors=idle)


def _suppressed(
    found: LintFinding, comments: Sequence[Comment], ignores: Sequence[Ignores]
) -> LintFinding:
    for comment in comments:
        if found.rule.code in _OF_COMMENTS and not comment.reason:
            continue
        if comment.is_about(found.place.line) and any(
            len(name) >= SHORTEST and covers(name, found.rule) for name, _ in comment.selectors
        ):
            return replace(found, suppressed=comment.reason)
    for each in ignores:
        if any(covers(name, found.rule) for name in each.selectors):
            return replace(found, suppressed=each.reason)
    return found


def _is_certain(name: str, rules: Sequence[Rule], ran: Collection[str]) -> bool:
    meant = [rule for rule in rules if covers(name, rule)]
    return bool(meant) and all(rule.code in ran and rule.family != "PX" for rule in meant)
