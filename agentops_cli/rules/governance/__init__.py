"""Who answers for a prompt."""

from typing import Final

from agentops_cli.model.finding import Severity
from agentops_cli.rules.project import Part
from agentops_cli.rules.rule import DECLARED, NATIVE, Rule

_OWNERS: Final[frozenset[Part]] = frozenset({"owners"})
_HISTORY: Final[frozenset[Part]] = frozenset({"history"})

RULES: tuple[Rule, ...] = (
    Rule(
        code="PG001",
        name="not-in-codeowners",
        summary="nobody owns the prompt, so nobody is asked to review it",
        kinds=DECLARED,
        needs=_OWNERS,
    ),
    Rule(
        code="PG002",
        name="codeowners-syntax",
        summary="a line of CODEOWNERS says nothing, or not what it seems to say",
        severity=Severity.WARNING,
        scope="tree",
        needs=_OWNERS,
    ),
    Rule(
        code="PG003",
        name="review-not-required",
        summary="the prompt says that nobody has to review it",
        severity=Severity.WARNING,
        kinds=NATIVE,
    ),
    Rule(
        code="PG004",
        name="author-unknown",
        summary="nobody of the author's name or address has committed anything",
        severity=Severity.WARNING,
        profile="strict",
        kinds=NATIVE,
        needs=_HISTORY | _OWNERS,
    ),
    Rule(
        code="PG005",
        name="author-not-updated",
        summary="somebody changed the prompt who is not among its authors",
        severity=Severity.INFO,
        profile="strict",
        kinds=NATIVE,
        needs=_HISTORY,
    ),
    Rule(
        code="PG006",
        name="owner-mismatch",
        summary="the owners that the prompt names are not those of CODEOWNERS",
        severity=Severity.WARNING,
        profile="strict",
        kinds=NATIVE,
        fix="unsafe",
        needs=_OWNERS,
    ),
    Rule(
        code="PG007",
        name="deprecated-in-use",
        summary="a deprecated prompt is still used, or should be gone by now",
        severity=Severity.WARNING,
        kinds=NATIVE,
        needs=frozenset({"tree", "today"}),
        statuses=frozenset({"deprecated"}),
    ),
    Rule(
        code="PG008",
        name="draft-on-default-branch",
        summary="a draft is on the branch that is shipped",
        severity=Severity.WARNING,
        kinds=NATIVE,
        needs=_HISTORY,
    ),
    Rule(
        code="PG009",
        name="workflow-missing",
        summary="nothing checks the prompts when they change",
        severity=Severity.INFO,
        profile="strict",
        kinds=DECLARED,
        needs=_OWNERS,
    ),
)
