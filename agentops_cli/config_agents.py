"""Agents under test: from what a configuration file says of one to its settings, and back.

What comes in has passed the schema and `config_check`.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from agentops_cli.config_files import exact
from agentops_cli.locate import Document, Route
from agentops_cli.model.json import Json, JsonObject
from agentops_cli.model.place import Location
from agentops_cli.model.settings import (
    AgentCommand,
    AgentSettings,
    CommandAgent,
    HttpAgent,
    Meter,
    PythonAgent,
    UsagePaths,
)

KINDS = ("http", "python", "command")
"""The ways to reach an agent; each has exactly one."""


def read_agent(document: Document, name: str, *, folder: str) -> AgentSettings:
    """The settings of one agent of a document; `folder` is the document's, from the root."""
    route: Route = ("agents", name)
    written: Any = document.data
    for step in route:
        written = written[step]
    most = written.get("maxUsdPerCall")
    usage, tools = written.get("usage"), written.get("tools")
    return AgentSettings(
        name=name,
        location=document.key_at(route),
        how=_how(written),
        folder=folder,
        max_usd_per_call=None if most is None else exact(document, (*route, "maxUsdPerCall"), most),
        usage=UsagePaths(**usage) if usage else None,
        meter=_meter(written),
        setup=_around(written.get("setup")),
        teardown=_around(written.get("teardown")),
        tools=None if tools is None else tuple(tools),
        places={keys[2:]: place for keys, place in _places(document, written, route)},
    )


def _how(written: Mapping[str, Any]) -> HttpAgent | PythonAgent | CommandAgent:
    if "python" in written:
        return PythonAgent(target=written["python"])
    command = written.get("command")
    if command is not None:
        given = command if isinstance(command, dict) else {"run": command}
        return CommandAgent(command=tuple(given["run"]), **_paths(given))
    http = written["http"]
    return HttpAgent(
        url=http["url"],
        method=http.get("method", "POST"),
        headers=http.get("headers", {}),
        headers_env=http.get("headersEnv", {}),
        body=http["body"],
        **_paths(http),
    )


def _paths(written: Mapping[str, Any]) -> dict[str, str | None]:
    return {
        "answer": written.get("answer"),
        "tool_calls": written.get("toolCalls"),
        "trace": written.get("trace"),
    }


def _meter(written: Mapping[str, Any]) -> Meter | None:
    meter = written.get("meter", False)
    if isinstance(meter, dict):
        return Meter(port=meter.get("port"))
    return Meter() if meter else None


def _around(written: Mapping[str, Any] | None) -> AgentCommand | None:
    if written is None:
        return None
    return AgentCommand(command=tuple(written["command"]), per=written.get("per", "suite"))


def _places(document: Document, value: Json, route: Route) -> Iterator[tuple[Route, Location]]:
    yield route, document.key_at(route)
    parts: list[tuple[str | int, Json]] = []
    if isinstance(value, dict):
        parts = [*value.items()]
    elif isinstance(value, list):
        parts = [*enumerate(value)]
    for key, part in parts:
        yield from _places(document, part, (*route, key))


def agent_shape(agent: AgentSettings) -> JsonObject:
    """An agent as a file would hold it, defaults included; dollars as decimal text."""
    usage = agent.usage
    most = agent.max_usd_per_call
    shape: Mapping[str, Json] = {
        **_how_shape(agent.how),
        "maxUsdPerCall": None if most is None else f"{most.normalize():f}",
        "usage": _given(input=usage.input, output=usage.output, usd=usage.usd) if usage else None,
        "meter": _meter_shape(agent.meter),
        "setup": _around_shape(agent.setup),
        "teardown": _around_shape(agent.teardown),
        "tools": None if agent.tools is None else list(agent.tools),
    }
    return _given(**shape)


def _how_shape(how: HttpAgent | PythonAgent | CommandAgent) -> JsonObject:
    if isinstance(how, PythonAgent):
        return {"python": how.target}
    paths = {"answer": how.answer, "toolCalls": how.tool_calls, "trace": how.trace}
    if isinstance(how, CommandAgent):
        return {"command": {"run": list(how.command), **_given(**paths)}}
    given = _given(
        url=how.url,
        method=how.method,
        headers=dict(how.headers) or None,
        headersEnv=dict(how.headers_env) or None,
        **paths,
    )
    return {"http": {**given, "body": how.body}}


def _meter_shape(meter: Meter | None) -> Json:
    if meter is None:
        return None
    return True if meter.port is None else {"port": meter.port}


def _around_shape(around: AgentCommand | None) -> Json:
    return None if around is None else {"command": list(around.command), "per": around.per}


def _given(**values: Json) -> JsonObject:
    return {key: value for key, value in values.items() if value is not None}
