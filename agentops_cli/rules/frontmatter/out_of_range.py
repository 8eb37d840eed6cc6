"""A setting has a value that the provider refuses, so every call of this prompt fails.

`temperature` is 0 to 2, and at most 1 for Anthropic's models; `top_p` is 0 to 1; `max_tokens` and
`top_k` are at least 1; penalties are -2 to 2. The ranges of the native format are those of its
schema.

Source: https://docs.anthropic.com/en/api/messages (temperature), recalled, not verified again.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Final

from agentops_cli.model.json import Json
from agentops_cli.prompt.source import PromptFile
from agentops_cli.rules.problems import of_reader
from agentops_cli.rules.project import Project
from agentops_cli.rules.rule import Hit

_MOST: Final = 2
_RANGES: Final[Mapping[str, tuple[float, float | None]]] = {
    "temperature": (0, _MOST),
    "top_p": (0, 1),
    "top_k": (1, None),
    "max_tokens": (1, None),
    "presence_penalty": (-2, 2),
    "frequency_penalty": (-2, 2),
}
_ANTHROPIC: Final = ("anthropic/", "claude-")
_ANTHROPIC_MOST: Final = 1


def check(file: PromptFile, _project: Project) -> Iterator[Hit]:
    """What the reader refuses; of other formats the settings that are read from them."""
    if file.kind == "native":
        if file.problems:
            for hit in of_reader(file, "out-of-range"):
                yield replace(hit, fix=f"write a number inside the range ({hit.fix})")
    else:
        for key, (least, most) in _RANGES.items():
            value = _number(file.meta.get(key))
            if value is not None and (value < least or (most is not None and value > most)):
                bound = f"at least {least:g}" if value < least else f"at most {most:g}"
                yield _hit(file, key, f"{key!r} must be {bound}, not {value:g}")
    temperature = _number(file.meta.get("temperature"))
    if temperature is not None and _ANTHROPIC_MOST < temperature <= _MOST:
        model = file.meta.get("model")
        models = model if isinstance(model, list) else [model]
        if any(isinstance(name, str) and name.startswith(_ANTHROPIC) for name in models):
            message = f"'temperature' must be at most 1 for Anthropic's models, not {temperature:g}"
            yield _hit(file, "temperature", message)


def _hit(file: PromptFile, key: str, message: str) -> Hit:
    place = file.location(file.value_at(key))
    return Hit(at=place, message=message, fix="write a number inside the range")


def _number(value: Json) -> float | None:
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None
