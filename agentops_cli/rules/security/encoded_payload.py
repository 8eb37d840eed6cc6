"""An encoded text gives orders: a long run of base64 or hexadecimal that reads as instructions.

A reviewer does not decode it; a model may, or is told to. What it says is in the message.

Quiet: for what decodes to no text (digests, images, keys) or to text without an order in it.
"""

import base64
import binascii
import re
from collections.abc import Iterator
from typing import Final

from agentops_cli.prompt.source import PromptFile, Span
from agentops_cli.rules.project import Project
from agentops_cli.rules.rule import Hit
from agentops_cli.rules.security.characters import long_words

_LEAST: Final = 40
_RUN: Final = re.compile(rf"(?<![A-Za-z0-9+/_=-])[A-Za-z0-9+/_-]{{{_LEAST},}}={{0,2}}(?![\w+/-])")
_HEX: Final = re.compile(r"(?:[0-9a-fA-F]{2})+")
_ORDER: Final = re.compile(
    r"\b(?:ignore|disregard|forget|override|bypass|instructions?|system prompt|reveal|send|post to"
    r"|execute|curl|wget|bash|powershell|rm -rf|password|api.?key|you are|you must|do not|assistant"
    r"|exfiltrate|upload|download)\b",
    re.IGNORECASE,
)
_MOST_SHOWN: Final = 60


def check(file: PromptFile, _project: Project) -> Iterator[Hit]:
    """Each run that decodes to orders."""
    if not any(len(word) >= _LEAST for word in long_words(file.text)):
        return
    for run in _RUN.finditer(file.text):
        said = _decoded(run[0])
        if said and _ORDER.search(said):
            cut = "…" if len(said) > _MOST_SHOWN else ""
            yield Hit(
                at=Span(start=run.start(), end=run.end()),
                message=f"this decodes to {said[:_MOST_SHOWN] + cut!r}",
                fix="write it in plain words, or remove it",
            )


def _decoded(run: str) -> str | None:
    """The text that a run stands for; None where it is not one."""
    try:
        if _HEX.fullmatch(run):
            data = bytes.fromhex(run)
        else:
            body = run.rstrip("=").replace("-", "+").replace("_", "/")
            data = base64.b64decode(body + "=" * (-len(body) % 4), validate=True)
        text = data.decode("utf-8")
    except (binascii.Error, ValueError):
        return None
    return text if text.isprintable() or text.replace("\n", " ").isprintable() else None
