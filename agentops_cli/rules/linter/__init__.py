"""The linter's own: its comments, its baseline, what it could not read."""

from agentops_cli.model.finding import Severity
from agentops_cli.rules.rule import Rule

RULES: tuple[Rule, ...] = (
    Rule(
        code="PX001",
        name="unused-suppression",
        summary="a comment leaves a rule alone that has nothing to say there",
        severity=Severity.WARNING,
        fix="safe",
        scope="linter",
    ),
    Rule(
        code="PX002",
        name="unknown-code-in-suppression",
        summary="a comment names a rule that does not exist, or none",
    ),
    Rule(
        code="PX003",
        name="unreadable-or-too-large-file",
        summary="a file could not be read, or is larger than any prompt",
        of_reader=True,
    ),
    Rule(
        code="PX004",
        name="suppression-without-reason",
        summary="a rule about security is left alone without a reason",
        severity=Severity.WARNING,
    ),
    Rule(
        code="PX005",
        name="stale-baseline-entry",
        summary="the baseline expects a finding that is no longer there",
        severity=Severity.INFO,
        scope="linter",
    ),
)
