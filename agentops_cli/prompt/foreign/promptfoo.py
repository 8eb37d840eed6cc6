"""Lists of messages as promptfoo takes them: YAML or JSON, each text a Nunjucks template.

Nunjucks is nearly Jinja. promptfoo renders the file as a whole and parses it then; here it is
parsed first, so that no variable can add a message.
"""

from agentops_cli.prompt.foreign.messages import messages_at
from agentops_cli.prompt.foreign.sheet import Sheet
from agentops_cli.prompt.source import Kind, PromptFile, Stored


def read(stored: Stored, *, path: str, kind: Kind) -> PromptFile:
    """Reads a list of messages; never fails."""
    sheet = Sheet(stored, path, kind)
    return sheet.file(
        engine="jinja2",
        meta={},
        routes={},
        passages=messages_at(sheet, ()),
        inputs=None,
    )
