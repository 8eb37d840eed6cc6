"""What is remembered of each prompt file."""

import re
from typing import Final

from agentops_cli.model.json import Json
from agentops_cli.prompt.includes import included_path
from agentops_cli.prompt.source import PromptFile
from agentops_cli.prompt.uses import TAKES_IN
from agentops_cli.rules.project import Card
from agentops_cli.rules.suites import suites_named

_TAKES_IN: Final = re.compile(TAKES_IN)


def card_of(file: PromptFile) -> Card:
    """The card of a file; what it does not say, or not as it should, has its default."""
    metadata = file.meta.get("metadata")
    is_deprecated = isinstance(file.meta.get("deprecated"), dict)
    return Card(
        path=file.path,
        kind=file.kind,
        name=file.name,
        name_line=_name_line(file),
        version=_text(file.meta.get("version")),
        status="deprecated" if is_deprecated else _text(file.meta.get("status")) or "active",
        source=_text(metadata.get("source")) if isinstance(metadata, dict) else None,
        tests=suites_named(file),
        includes=_includes(file) if "{" in file.text and _TAKES_IN.search(file.text) else {},
    )


def _name_line(file: PromptFile) -> int:
    if file.document is not None and "name" in file.routes:
        return file.document.key_at(file.routes["name"]).line or 1
    return file.location(file.block.start if file.block else 0).line or 1


def _includes(file: PromptFile) -> dict[str, int]:
    return {
        included_path(file.path, each.name): file.location(each.span.start).line or 1
        for each in file.template.includes
        if each.name
    }


def _text(value: Json) -> str | None:
    return value if isinstance(value, str) else None
