"""A program reads JSON that is made of untrusted text, and no schema says what it may be.

Whoever writes the text can make the model answer with other keys, or with other values, than the
program behind it expects. With a schema the provider, `agentops eval` and the program can refuse
such an answer.

Quiet: where the answer is text; where no untrusted variable is read. Untrusted is what a native
file declares and does not trust; elsewhere the name must tell.

Source: OWASP LLM05:2025 (improper output handling), https://genai.owasp.org, recalled, not verified
again.
"""

from collections.abc import Iterator

from agentops_cli.prompt.source import PromptFile
from agentops_cli.rules.project import Project
from agentops_cli.rules.rule import Hit
from agentops_cli.rules.security.trust import untrusted_uses


def check(file: PromptFile, _project: Project) -> Iterator[Hit]:
    """An output of format JSON that has no schema."""
    output = file.meta.get("output")
    if not isinstance(output, dict) or output.get("format") != "json" or output.get("schema"):
        return
    use = next(iter(untrusted_uses(file)), None)
    if use is not None:
        yield Hit(
            at=file.location(file.value_at("output", "format")),
            message=f"the answer is JSON made of the text of {use.name!r}, and has no schema",
            fix="declare what it may be: output: {format: json, schema: {…}}",
        )
