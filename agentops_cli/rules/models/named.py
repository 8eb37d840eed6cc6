"""The models that a file names, and where."""

import re
from collections.abc import Iterator, Sequence
from fnmatch import fnmatchcase
from typing import Final

from agentops_cli.prompt.source import PromptFile, Span
from agentops_cli.rules.rule import Edit
from agentops_cli.rules.scalars import written

_REFERENCE: Final = re.compile(r"[${}<>%]|^env[:.]", re.IGNORECASE)
"""A model that something else decides: `${env:MODEL}`, `{{ model }}`."""

_CLAUDE: Final = ("claude-agent", "claude-command", "skill")
_LONG: Final = "[1m]"


def models_in(file: PromptFile) -> Sequence[str]:
    """The ids that a file names, in order of fallback, each once.

    What is decided elsewhere is none, nor are the aliases of an editor or a deployment of Azure.
    """
    return file.once(_models_in)


def _models_in(file: PromptFile) -> Sequence[str]:
    given = file.meta.get("model")
    if isinstance(given, str):
        return (given,) if _is_id(given, file) else ()
    if isinstance(given, list):
        found = (each for each in given if isinstance(each, str) and _is_id(each, file))
        return tuple(dict.fromkeys(found))
    return ()


def place_of_model(file: PromptFile, model: str) -> Span:
    """Where an id is written, or where the value begins that gives it."""
    given = file.meta.get("model")
    rest = (given.index(model),) if isinstance(given, list) else ()
    route = (*file.routes.get("model", ()), *rest)
    span = written(file, route) if route else None
    if span is None:
        start = file.value_at("model", *rest)
        return Span(start=start, end=start)
    at = file.text.find(model, span.start, span.end)
    return span if at < 0 else Span(start=at, end=at + len(model))


def renamed(file: PromptFile, model: str, other: str) -> tuple[Edit, ...]:
    """The edit that names another model; none where the id is not written as it is."""
    span = place_of_model(file, model)
    if file.text[span.start : span.end] != model:
        return ()
    return (Edit(start=span.start, end=span.end, text=other),)


def matches_any(model: str, patterns: Sequence[str]) -> bool:
    """Whether an id is one of some ids or globs."""
    return any(fnmatchcase(model, pattern) for pattern in patterns)


def is_deployment(model: str) -> bool:
    """Whether an id is the name that somebody gave a model of Azure."""
    return model.startswith(("azure/", "azure_ai/"))


def with_prefix_of(model: str, other: str) -> str:
    """Another model of the same provider, written as the first one is."""
    return f"{model.rpartition('/')[0]}/{other}" if "/" in model else other


def _is_id(model: str, file: PromptFile) -> bool:
    if not model or _REFERENCE.search(model):
        return False
    if file.kind in _CLAUDE:
        # Other tools read such files too, and know other models.
        return model.startswith("claude-") and not model.endswith(_LONG)
    return file.kind != "prompty" or not any(_azure(file))


def _azure(file: PromptFile) -> Iterator[bool]:
    """Whether a Prompty file means a deployment, whose name says nothing."""
    yield "azure_deployment" in file.routes.get("model", ())
    document = file.document.data if file.document else None
    model = document.get("model") if isinstance(document, dict) else None
    if isinstance(model, dict):
        configuration = model.get("configuration")
        kind = configuration.get("type") if isinstance(configuration, dict) else None
        yield str(kind).startswith("azure") or model.get("provider") in {"azure", "foundry"}
