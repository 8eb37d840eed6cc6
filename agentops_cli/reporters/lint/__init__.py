"""What the linter found, in the formats that people, CI servers and editors read."""

from collections.abc import Mapping
from typing import Final

FORMATS: Final[Mapping[str, str]] = {
    "full": "agentops_cli.reporters.lint.full:write",
    "concise": "agentops_cli.reporters.lint.concise:write",
    "json": "agentops_cli.reporters.lint.json:write",
    "json-lines": "agentops_cli.reporters.lint.json:write_lines",
    "github": "agentops_cli.reporters.lint.github:write",
    "gitlab": "agentops_cli.reporters.lint.gitlab:write",
    "sarif": "agentops_cli.reporters.lint.sarif:write",
    "junit": "agentops_cli.reporters.lint.junit:write",
    "markdown": "agentops_cli.reporters.lint.markdown:write",
}
"""Each format and the function that writes a `LintReport` to a text stream."""
