"""Untrusted text can make a tool do harm that nobody confirms.

A model that reads what an attacker wrote calls the tools that the attacker wants. A tool that runs
commands, deletes, sends, pays or reaches the network then does it. Let the program ask a person
before such a call, and say so in the prompt; or leave the tool out. `permissionMode:
bypassPermissions` asks nobody about anything, and is an error.

Quiet: where the prompt speaks of confirmation, approval or permission; where no untrusted variable
is read; for agents, whose programs ask by themselves.

Source: OWASP LLM06:2025 (excessive agency), https://genai.owasp.org, and
https://docs.anthropic.com/en/docs/claude-code/iam (permission modes), recalled, not verified again.
"""

import re
from collections.abc import Iterator
from typing import Final

from agentops_cli.model.finding import Severity
from agentops_cli.model.json import Json
from agentops_cli.prompt.source import PromptFile
from agentops_cli.rules.project import Project
from agentops_cli.rules.rule import DECLARED, Hit
from agentops_cli.rules.security.trust import untrusted_uses

_MODE: Final = "permissionMode"
_BYPASS: Final = "bypassPermissions"

_DANGEROUS: Final = frozenset(
    (
        *("bash", "cmd", "command", "eval", "exec", "execute", "powershell", "shell", "sql"),
        *("subprocess", "terminal", "browse", "curl", "download", "fetch", "http", "webhook"),
        *("delete", "deploy", "drop", "overwrite", "pay", "payment", "publish", "purchase"),
        *("refund", "remove", "send", "transfer", "upload", "write"),
    )
)
_WORD: Final = re.compile(r"[A-Z]?[a-z]+|[A-Z]+")
_CONFIRMED: Final = re.compile(
    r"confirm|approv|permission|consent|human review|\bask\b[^.\n]{0,40}\b(?:before|first)\b"
    r"|\bbefore\b[^.\n]{0,60}\bask\b",
    re.IGNORECASE,
)


def check(file: PromptFile, _project: Project) -> Iterator[Hit]:
    """The mode that asks nobody, and each dangerous tool beside an untrusted variable."""
    if file.meta.get(_MODE) == _BYPASS:
        yield Hit(
            at=file.location(file.value_at(_MODE)),
            message=f"{_BYPASS} lets every tool run without asking anybody",
            fix="remove it, and allow by name the tools that may run without asking",
            severity=Severity.ERROR,
        )
    tools = file.meta.get("tools")
    if not isinstance(tools, list) or file.kind not in DECLARED:
        return
    dangerous = [(index, name) for index, name in enumerate(map(_name, tools)) if _harms(name)]
    if not dangerous or _CONFIRMED.search(file.text):
        return
    use = next(iter(untrusted_uses(file)), None)
    if use is not None:
        for index, name in dangerous:
            yield Hit(
                at=file.location(file.value_at("tools", index)),
                message=f"{use.name!r} can make the tool {name!r} do harm, and nobody confirms it",
                fix="have each call confirmed, and say so in the prompt; or leave the tool out",
            )


def _name(tool: Json) -> str:
    """The name of a tool, however it is written; "" where it has none."""
    if isinstance(tool, dict):
        inner = tool.get("function")
        name = tool.get("name") or (inner.get("name") if isinstance(inner, dict) else None)
        return name if isinstance(name, str) else ""
    return tool if isinstance(tool, str) else ""


def _harms(name: str) -> bool:
    return any(word.lower() in _DANGEROUS for word in _WORD.findall(name))
