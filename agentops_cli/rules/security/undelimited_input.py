"""Nothing shows where the text of an untrusted variable begins and ends.

`Answer: {{ question }}` leaves it to the model where the question ends and the prompt goes on, and
a question that says «and now …» goes on for you. Put the variable between tags, and say once that
what stands between them is data. The fix puts `<user_input>` around it, which changes what the
model is sent.

Quiet: where the variable is all that its message has; between tags, quotation marks, fences or
lines of signs; under a heading; as JSON; in the system message, which is another rule's.
Untrusted is what a native file declares and does not trust; elsewhere the name must tell.

Not seen: what an included file reads, and what stands around the call of a macro that reads it.
"""

from collections.abc import Iterator

from agentops_cli.prompt.source import PromptFile
from agentops_cli.rules.project import Project
from agentops_cli.rules.rule import Edit, Hit
from agentops_cli.rules.security.delimiters import delimiter_of
from agentops_cli.rules.security.trust import untrusted_uses


def check(file: PromptFile, _project: Project) -> Iterator[Hit]:
    """Each untrusted variable in a message of a user or a tool that stands in plain text."""
    for use in untrusted_uses(file):
        if use.role == "system" or use.kind != "output" or not file.passages[use.passage].exact:
            continue
        if delimiter_of(file, use) is None:
            yield Hit(
                at=use.span,
                message=f"nothing shows where the text of {use.name!r} begins and ends",
                fix=f"write <user_input>{file.text[use.tag.start : use.tag.end]}</user_input>",
                edits=(
                    Edit(start=use.tag.start, end=use.tag.start, text="<user_input>"),
                    Edit(start=use.tag.end, end=use.tag.end, text="</user_input>"),
                ),
            )
