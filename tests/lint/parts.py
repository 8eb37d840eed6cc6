"""What the tests of the linter hold in their hands."""

from agentops_cli.lint.finding import LintFinding
from agentops_cli.model.finding import Finding, Severity
from agentops_cli.model.place import Location
from agentops_cli.rules.rule import Edit, Rule, Safety

PATH = "prompts/a.prompt.md"


def a_rule(code: str = "PF001", name: str = "missing-frontmatter") -> Rule:
    """A rule that is only named."""
    return Rule(code=code, name=name, summary="it is wrong")


def a_finding(
    code: str = "PF001",
    *,
    path: str = PATH,
    line: int | None = 1,
    text: str = "Say hello.",
    edits: tuple[Edit, ...] = (),
    safety: Safety | None = None,
) -> LintFinding:
    """A finding on a line with a text."""
    return LintFinding(
        rule=a_rule(code, f"name-of-{code.lower()}"),
        finding=Finding(
            rule=code,
            message="it is wrong",
            location=Location(path=path, line=line, column=1),
            fix="mend it",
            severity=Severity.ERROR,
        ),
        line=text,
        edits=edits,
        safety=safety,
    )
