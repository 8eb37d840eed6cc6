"""A conversation is put into the prompt whole, and grows with every turn.

The prompt gets dearer with each turn, and one day longer than the model can read; which turn is
lost then, nobody has decided. Take the last turns: `{% for m in history[-10:] %}`.

Quiet: where a slice, `truncate` or another filter limits it, or the schema of the variable does, by
`maxItems` or `maxLength`; about Prompty's `thread` and dotprompt's `{{history}}`, which their
runtimes fill.
"""

from collections.abc import Iterator
from typing import Final

from agentops_cli.prompt.source import PromptFile
from agentops_cli.rules.project import Project
from agentops_cli.rules.rule import Hit

_NAMES: Final = frozenset(
    (
        *("history", "chat_history", "chatHistory", "message_history", "messages", "conversation"),
        *("conversation_history", "conversationHistory", "chat_log", "previous_messages"),
        "past_messages",
    )
)
_LIMITING: Final = frozenset(("[:]", "truncate", "slice", "batch", "first", "last", "length"))
_COUNTING: Final = frozenset(("count", "length"))


def check(file: PromptFile, _project: Project) -> Iterator[Hit]:
    """The first use of each such variable that nothing limits."""
    if file.engine == "none":
        return
    seen: set[str] = set()
    for use in file.template.uses:
        if use.name not in _NAMES or use.kind not in ("output", "loop") or use.name in seen:
            continue
        if not _LIMITING.isdisjoint(use.filters) or _is_limited(file, use.name):
            continue
        seen.add(use.name)
        yield Hit(
            at=use.span,
            message=f"{use.name!r} is put in whole, however long it gets",
            fix=f"take the last turns: {use.name}[-10:], or limit it in its schema: maxItems",
        )


def _is_limited(file: PromptFile, name: str) -> bool:
    declared = file.inputs.get(name) if file.inputs else None
    schema = declared.schema if declared else {}
    return any(key in schema for key in ("maxItems", "maxLength", "enum"))
