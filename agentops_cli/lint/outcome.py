"""What a run of the linter comes to."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from agentops_cli.errors import ExitCode, StoreError
from agentops_cli.lint.finding import LintFinding
from agentops_cli.lint.run import RuleCrashError
from agentops_cli.model.finding import Severity
from agentops_cli.rules.project import Part
from agentops_cli.rules.rule import Rule


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A file as it was, and as its fixes make it."""

    path: str
    before: bytes
    after: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class LintRun:
    """What one run of the linter found, in reading order, and how many files it looked at.

    `findings` are those that count. `suppressed` were left alone by a comment or a setting, `known`
    are in the baseline. `rules` are those that ran; `missing` tells, by the part of the project
    that was not to be had, why others did not; `notes` is what else is to be known of the project.
    `changes` are the files that were mended, or would be, and `mended` what was wrong with them.
    `crashes` are bugs of ours, and `failure` is what could not be written, and why.
    """

    findings: tuple[LintFinding, ...]
    files: int
    suppressed: tuple[LintFinding, ...] = ()
    known: tuple[LintFinding, ...] = ()
    rules: tuple[Rule, ...] = ()
    missing: Mapping[Part, str] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    changes: tuple[Change, ...] = ()
    mended: tuple[LintFinding, ...] = ()
    crashes: tuple[RuleCrashError, ...] = ()
    failure: StoreError | None = None

    def exit_code(
        self, *, fail_on: Severity = Severity.ERROR, max_warnings: int | None = None
    ) -> ExitCode:
        """Yes or no: whether anything is as bad as `fail_on`, or there are too many warnings."""
        severities = [each.finding.severity for each in self.findings]
        is_bad = any(severity >= fail_on for severity in severities)
        too_many = max_warnings is not None and severities.count(Severity.WARNING) > max_warnings
        return ExitCode.REJECTED if is_bad or too_many else ExitCode.OK
