"""The output is to be JSON, and the prompt never says so: most answers will be prose.

Without a schema nothing makes the model write JSON; a provider may even refuse a call for JSON
whose messages do not hold the word. With one, providers that can are made to keep to it, so that it
is only a note. The fix adds a sentence to the first message.

Quiet: where the word stands anywhere in the messages; where they are made of includes.
"""

from collections.abc import Iterator
from typing import Final

from agentops_cli.model.finding import Severity
from agentops_cli.prompt.source import PromptFile
from agentops_cli.rules.project import Project
from agentops_cli.rules.rule import Edit, Hit

_SENTENCE: Final = "\n\nAnswer with JSON only."


def check(file: PromptFile, _project: Project) -> Iterator[Hit]:
    """The output section of a prompt that does not speak of JSON."""
    output = file.meta.get("output")
    if not isinstance(output, dict) or output.get("format") != "json" or not file.passages:
        return
    if any("json" in passage.text.lower() for passage in file.passages) or file.template.includes:
        return
    first = file.passages[0]
    end = first.offset(len(first.text) - 1) + 1
    is_enforced = output.get("schema") is not None
    yield Hit(
        at=file.location(file.key_at("output")),
        message="the output is to be JSON, and no message says so",
        fix="say it in the prompt, and what the keys are",
        edits=(Edit(start=end, end=end, text=_SENTENCE),) if first.exact and first.text else (),
        severity=Severity.INFO if is_enforced else Severity.WARNING,
    )
