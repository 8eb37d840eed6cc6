"""Which variables whoever talks to the model, or wrote what it reads, can fill as they like."""

import re
from collections.abc import Iterable, Sequence
from typing import Final

from agentops_cli.model.json import Json, JsonObject
from agentops_cli.prompt.source import PromptFile
from agentops_cli.prompt.uses import Use

# The last word of the name of a variable that holds what somebody else wrote.
_TELLING: Final = frozenset(
    (
        *("input", "inputs", "question", "query", "message", "messages", "request", "text"),
        *("content", "contents", "document", "documents", "doc", "docs", "email", "emails"),
        *("comment", "comments", "review", "reviews", "feedback", "ticket", "transcript"),
        *("history", "conversation", "article", "passage", "passages", "results", "webpage"),
        *("html", "issue", "body", "context", "snippet", "chat"),
    )
)
_OF_OURS: Final = frozenset(("agent", "assistant", "developer", "skill", "skills", "system"))
_WORD: Final = re.compile(r"[A-Z]?[a-z]+|[A-Z]+")
_HARMLESS: Final = frozenset(("count", "int", "float", "length", "round", "wordcount"))
_NO_TEXT: Final = frozenset(("boolean", "integer", "null", "number"))
_FORMATS: Final = frozenset(("date", "date-time", "time", "duration", "uuid", "ipv4", "ipv6"))


def untrusted_uses(file: PromptFile) -> Sequence[Use]:
    """Where text that nobody vouches for is put into a message, in the order of the file.

    A native file says itself which variables those are: all that are declared and not trusted. Of
    other files, and of variables that are not declared, only the names tell. What a template sets
    from them is a use of them too.
    """
    return file.once(_untrusted_uses)


def _untrusted_uses(file: PromptFile) -> Sequence[Use]:
    if "{{" not in file.text and file.engine != "dollar":
        return ()
    view = file.template
    uses: Iterable[Use] = view.uses
    if view.aliases:
        uses = sorted((*uses, *view.aliases), key=lambda use: use.span.start)
    return [use for use in uses if is_shown(use) and is_untrusted(file, use.name)]


def is_shown(use: Use) -> bool:
    """Whether a use puts text into a message, and no number made of it."""
    return use.kind in ("output", "loop") and _HARMLESS.isdisjoint(use.filters)


def is_declared(file: PromptFile, name: str) -> bool:
    """Whether a file itself says of a variable how far it is to be trusted."""
    return file.kind == "native" and file.inputs is not None and name in file.inputs


def is_untrusted(file: PromptFile, name: str) -> bool:
    """Whether an attacker may fill a variable, as far as a file or the name tells."""
    declared = file.inputs.get(name) if file.inputs else None
    if declared is not None and (declared.trusted or not _is_free(declared.schema)):
        return False
    if is_declared(file, name):
        return True
    words = [word.lower() for word in _WORD.findall(name)]
    return bool(words) and words[-1] in _TELLING and _OF_OURS.isdisjoint(words)


def _is_free(schema: Json) -> bool:
    """Whether any text can stand in a value of this schema."""
    if not isinstance(schema, dict):
        return True
    if "enum" in schema or "const" in schema or schema.get("format") in _FORMATS:
        return False
    kinds = schema.get("type")
    if kinds and all(kind in _NO_TEXT for kind in (kinds if isinstance(kinds, list) else [kinds])):
        return False
    pattern = schema.get("pattern")
    if isinstance(pattern, str) and pattern.startswith("^") and pattern.endswith("$"):
        return ".*" in pattern or ".+" in pattern
    return _has_free_part(schema)


def _has_free_part(schema: JsonObject) -> bool:
    items, properties = schema.get("items"), schema.get("properties")
    if schema.get("type") == "array" and isinstance(items, dict):
        return _is_free(items)
    if schema.get("type") == "object" and isinstance(properties, dict) and properties:
        return any(_is_free(part) for part in properties.values())
    return True
