"""The prompt asks for an image or a link whose address carries data away.

A chat that renders Markdown loads `![](https://host/?q=…)` as soon as the model has written it, and
whoever owns the host reads what stands in the address. No user has to click. A prompt that tells
the model to put the conversation, a secret or a user's text into an address does the attacker's
work.

Quiet: in code, quotations and examples; for addresses whose variable part is an id, a number or a
page; for addresses of the reserved domains. English only.

Source: OWASP LLM02:2025 (sensitive information disclosure), recalled, not verified again.
"""

import re
from collections.abc import Iterator
from typing import Final

from agentops_cli.prompt.markup import spoken
from agentops_cli.prompt.source import PromptFile
from agentops_cli.rules.project import Project
from agentops_cli.rules.rule import Hit

_DATA: Final = (
    r"(?:data|secrets?|history|conversation|chat|messages?|prompts?|context|passwords?|tokens?|api.?keys?"
    r"|credentials?|e-?mail|cookies?|session|user.?(?:input|data|message)|summary|content|answer|response)"
)
_ADDRESS: Final = re.compile(
    rf"(?:!?\[[^\]\n]{{0,200}}\]\(|<(?:img|a)\s[^>\n]{{0,100}}?(?:src|href)=[\"']?)"
    rf"https?://(?!(?:[\w-]+\.)*example\.)[^\s)>\"']{{1,200}}?[?&/=#]"
    rf"(?:\{{{{?|\[|<|\$\{{?|%7B)\s*[\w .-]{{0,40}}?{_DATA}[\w .-]{{0,40}}\s*[\]}}>]?",
    re.IGNORECASE,
)


def check(file: PromptFile, _project: Project) -> Iterator[Hit]:
    """Each such address that the prompt itself writes."""
    text = file.text
    if "](http" not in text and "<img" not in text and "<a " not in text:
        return
    for said in spoken(file, _ADDRESS):
        yield Hit(
            at=said.span,
            message="this address carries data to whoever owns its host",
            fix="put nothing of a conversation into an address; let the model write it as text",
        )
