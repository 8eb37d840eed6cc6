"""What changed between two versions of the prompts, for people, CI servers and programs."""

from collections.abc import Mapping
from typing import Final

FORMATS: Final[Mapping[str, str]] = {
    "text": "agentops_cli.reporters.diff.text:write",
    "stat": "agentops_cli.reporters.diff.stat:write",
    "name-only": "agentops_cli.reporters.diff.names:write",
    "markdown": "agentops_cli.reporters.diff.markdown:write",
    "json": "agentops_cli.reporters.diff.json:write",
    "html": "agentops_cli.reporters.diff.html:write",
    "github": "agentops_cli.reporters.diff.github:write",
}
"""Each format and the function that writes a `Page` to a text stream."""
