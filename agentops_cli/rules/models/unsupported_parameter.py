"""The model does not take a setting of the prompt: the call fails, or the setting does nothing.

Looked at are `temperature`, `top_p` and `top_k`, tools, an output schema, and a system message. The
fix removes the setting.

Quiet: where litellm's table says nothing about it, which is no no; about a temperature or `top_p`
of 1, which those models take because it is what they do anyway.
"""

from collections.abc import Iterator
from typing import Final

from agentops_cli.catalog import ModelFacts
from agentops_cli.prompt.source import PromptFile, Span
from agentops_cli.rules.models.named import models_in
from agentops_cli.rules.project import Project
from agentops_cli.rules.rule import Edit, Hit
from agentops_cli.rules.scalars import written

_SAMPLING: Final = ("temperature", "top_p", "top_k")
_USUAL: Final = 1


def check(file: PromptFile, project: Project) -> Iterator[Hit]:
    """Each setting that one of the models does not take."""
    if project.models is None:
        return
    for model in models_in(file):
        facts = project.models.find(model)
        if facts is not None and False in (
            facts.takes_sampling,
            facts.takes_tools,
            facts.takes_schema,
            facts.takes_system,
        ):
            yield from _refused(file, model, facts)


def _refused(file: PromptFile, model: str, facts: ModelFacts) -> Iterator[Hit]:
    meta = file.meta
    if facts.takes_sampling is False:
        for key in _SAMPLING:
            if meta.get(key) is not None and (key == "top_k" or meta[key] != _USUAL):
                yield _hit(file, key, f"{model!r} takes no {key}")
    if facts.takes_tools is False and meta.get("tools"):
        yield _hit(file, "tools", f"{model!r} takes no tools")
    output = meta.get("output")
    if facts.takes_schema is False and isinstance(output, dict) and output.get("schema"):
        yield Hit(
            at=file.location(file.key_at("output")),
            message=f"{model!r} takes no schema of its output",
            fix="say in the prompt what the output is, or choose another model",
        )
    if facts.takes_system is False:
        for passage in file.passages:
            if passage.role == "system" and passage.text:
                start = passage.offset(0)
                yield Hit(
                    at=Span(start=start, end=start),
                    message=f"{model!r} takes no system message",
                    fix="put it into the first user message, or choose another model",
                )
                return


def _hit(file: PromptFile, key: str, message: str) -> Hit:
    return Hit(
        at=file.location(file.key_at(key)),
        message=message,
        fix=f"remove {key}, or choose another model",
        edits=_without(file, key),
    )


def _without(file: PromptFile, key: str) -> tuple[Edit, ...]:
    """The edit that removes the line of a key; none where it is not alone on it."""
    route = file.routes.get(key, ())
    value = written(file, route) if len(route) == 1 else None
    if value is None:
        return ()
    line = file.line_at(value.start)
    if not file.text.startswith(key, line.start) or not value.end <= line.end:
        return ()
    return (Edit(start=line.start, end=min(line.end + 1, len(file.text)), text=""),)
