"""Templates for tests, under a clock that the test owns."""

from agentops_cli.model.json import Json, JsonObject
from agentops_cli.template import Limits, Template, TemplateError, Templates


class Clock:
    """Each reading is `step` seconds after the one before; a test may change the step."""

    def __init__(self, step: float = 0.0) -> None:
        self.readings = 0
        self.step = step
        self._now = 0.0

    def __call__(self) -> float:
        self.readings += 1
        self._now += self.step
        return self._now


def compiled(source: str, parts: dict[str, str] | None = None) -> Template:
    """A template that no deadline stops, so that only the other limits can."""
    return Templates(clock=Clock(), loader=(parts or {}).get).compile(source)


def rendered(source: str, parts: dict[str, str] | None = None, /, **variables: Json) -> str:
    return compiled(source, parts).render(variables)


def problem(
    source: str,
    parts: dict[str, str] | None = None,
    *,
    variables: JsonObject | None = None,
    limits: Limits | None = None,
    clock: Clock | None = None,
) -> TemplateError:
    """The error that compiling or rendering a source raises."""
    templates = Templates(clock=clock or Clock(), limits=limits, loader=(parts or {}).get)
    try:
        text = templates.compile(source).render(variables or {})
    except TemplateError as error:
        return error
    raise AssertionError(f"rendered {text[:80]!r}")
