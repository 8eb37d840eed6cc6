"""What the linter says, ready to be printed, fixed or suppressed."""

import hashlib
from dataclasses import dataclass

from agentops_cli.model.finding import Finding
from agentops_cli.model.place import Location
from agentops_cli.rules.rule import Edit, Rule, Safety


@dataclass(frozen=True, slots=True, kw_only=True)
class LintFinding:
    """One finding of one rule. `finding.rule` is the rule's code.

    `end` is where the stretch ends, None where only its beginning is known. `line` is the text of
    the line on which it begins, without the space around it: what a baseline knows a finding by
    while lines move. `suppressed` is the reason, or "" without one, of the comment or setting that
    leaves the finding alone; None where nothing does.
    """

    rule: Rule
    finding: Finding
    end: Location | None = None
    line: str = ""
    edits: tuple[Edit, ...] = ()
    safety: Safety | None = None
    suppressed: str | None = None

    @property
    def place(self) -> Location:
        """Where it begins."""
        assert self.finding.location is not None  # noqa: S101 # Every hit has a place.
        return self.finding.location

    @property
    def line_digest(self) -> str:
        """What tells its line from others however its white space changes; "" without a line."""
        words = " ".join(self.line.split())
        return (
            hashlib.sha256(words.encode(errors="surrogatepass")).hexdigest()[:16] if words else ""
        )
