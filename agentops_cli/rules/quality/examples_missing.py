"""The output has a form of its own, and no example shows it.

One example of input and output tells more about a form than a page of rules about it.

Quiet: where the file has an example, the word, or an answer of the assistant; about text.
"""

from collections.abc import Iterator

from agentops_cli.prompt.source import PromptFile
from agentops_cli.rules.project import Project
from agentops_cli.rules.rule import Hit


def check(file: PromptFile, _project: Project) -> Iterator[Hit]:
    """The output section of a prompt without examples."""
    output = file.meta.get("output")
    if not isinstance(output, dict) or output.get("format") != "json":
        return
    text = file.text.lower()
    if "example" in text or "e.g." in text or "for instance" in text or "```" in text:
        return
    if any(passage.role == "assistant" for passage in file.passages) or file.template.includes:
        return
    yield Hit(
        at=file.location(file.key_at("output")),
        message="the output has a form, and no example shows it",
        fix="show one input and its output",
    )
