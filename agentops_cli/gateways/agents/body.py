"""The JSON that a server is sent: what the settings say, with its templates filled in."""

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from agentops_cli.locate import Route
from agentops_cli.model.call import Request
from agentops_cli.model.json import Json
from agentops_cli.template import Template, TemplateError, Templates

NAMES = frozenset({"conversation", "faults", "input", "messages", "vars"})
"""What a template of a body may use."""

CASE = frozenset({"input", "messages", "vars"})
"""Those of `NAMES` that carry what the case asks."""

_LONE = re.compile(r"\s*\{\{-?(.+?)-?\}\}\s*", re.DOTALL)

Fill: TypeAlias = Callable[[Mapping[str, Json]], Json]


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """One compiled text. `typed` when it is one lone expression, which gives its value."""

    template: Template
    typed: bool

    def fill(self, variables: Mapping[str, Json]) -> Json:
        """What the text is for these variables; raises `TemplateError`."""
        rendered = self.template.render(variables)
        value: Json = json.loads(rendered) if self.typed else rendered
        return value


def compile_text(source: str, templates: Templates) -> Text:
    """Compiles one text of a body; raises `TemplateError`."""
    if lone := _LONE.fullmatch(source):
        try:
            return Text(template=templates.compile(f"{{{{ ({lone[1]}) | tojson }}}}"), typed=True)
        except TemplateError:
            pass  # Two expressions, or one with a mistake, which is better told of what is written.
    return Text(template=templates.compile(source), typed=False)


class UnfilledError(Exception):
    """A text of a body cannot be filled in: which, and why."""

    def __init__(self, route: Route, error: TemplateError) -> None:
        super().__init__(error.message)
        self.route = route
        self.fix = error.fix


def compile_body(body: Json, templates: Templates, route: Route = ()) -> Fill:
    """Gives what fills in a body, and raises `UnfilledError` where it cannot.

    Raises `TemplateError` for a text that does not compile.
    """
    if isinstance(body, str):
        return _told_where(compile_text(body, templates).fill, route)
    if isinstance(body, dict):
        members = {key: compile_body(part, templates, (*route, key)) for key, part in body.items()}
        return lambda variables: {key: fill(variables) for key, fill in members.items()}
    if isinstance(body, list):
        items = [compile_body(part, templates, (*route, index)) for index, part in enumerate(body)]
        return lambda variables: [fill(variables) for fill in items]
    return lambda _: body


def _told_where(fill: Fill, route: Route) -> Fill:
    def filled(variables: Mapping[str, Json]) -> Json:
        try:
            return fill(variables)
        except TemplateError as error:
            raise UnfilledError(route, error) from error

    return filled


def texts_in(body: Json, route: Route = ()) -> Iterator[tuple[Route, str]]:
    """Every text of a body, with the keys and indices that lead to it."""
    if isinstance(body, str):
        yield route, body
    elif isinstance(body, dict):
        for key, part in body.items():
            yield from texts_in(part, (*route, key))
    elif isinstance(body, list):
        for index, part in enumerate(body):
            yield from texts_in(part, (*route, index))


def variables_of(request: Request) -> dict[str, Json]:
    """What an agent is told, whichever way: of the faults only those that it could suffer."""
    agent = request.agent
    if agent is None:
        raise ValueError(f"a request for {request.model} without what an agent is told")
    return {
        "input": agent.input,
        "messages": [{"role": m.role, "content": m.content} for m in request.messages],
        "vars": dict(agent.vars),
        "conversation": agent.conversation,
        "faults": [
            {"tool": fault.target, "error": fault.error, "times": fault.times}
            for fault in agent.faults
            if fault.target is not None
        ],
    }
