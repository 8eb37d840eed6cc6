"""What is wrong with agents and can be known before the first call, each with its place.

Nothing is asked of an agent. A Python agent is imported, in a process of its own, as its import is
the first thing that can go wrong.
"""

import json
import re
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from agentops_cli.assertions.excerpt import counted
from agentops_cli.assertions.json_path import FORMS, BadPath, read_path
from agentops_cli.gateways.agents.body import (
    CASE,
    NAMES,
    Text,
    compile_text,
    texts_in,
    variables_of,
)
from agentops_cli.gateways.agents.environment import keyless, metered
from agentops_cli.gateways.agents.processes import end_group, how_it_ended, last_words, program_of
from agentops_cli.gateways.agents.python import START_TIMEOUT_S, describe, worker_command
from agentops_cli.gateways.agents.reader import paths_in
from agentops_cli.locate import Route
from agentops_cli.model.call import Request
from agentops_cli.model.finding import Finding
from agentops_cli.model.settings import AgentSettings, CommandAgent, HttpAgent, PythonAgent
from agentops_cli.template import TemplateError, Templates

# A token, as RFC 9110 (5.6.2) has it.
_HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")

# Where a module may look for a provider while it is imported: the discard port answers nobody.
_NOWHERE = "http://127.0.0.1:9/v1"

_EXIT_TIMEOUT_S = 5.0

_CONVERSATION = "20260101T000000-abc123-0-0-0"  # As the engine names them.
_OF_EARLIER_TURNS = frozenset({"faults", "messages"})


def preflight(
    settings: Mapping[str, AgentSettings],
    *,
    root: Path,
    environ: Mapping[str, str],
    secrets: Collection[str],
) -> list[Finding]:
    """Every mistake of these agents; hand in those that a run needs, and no others.

    `secrets` are the variables of `environ` that the settings say hold a key.
    """
    return [
        finding
        for agent in settings.values()
        for finding in _of_agent(agent, root=root, environ=environ, secrets=secrets)
    ]


def unfilled(
    settings: Mapping[str, AgentSettings],
    requests_of: Callable[[str], Iterable[Request]],
    templates: Templates,
) -> list[Finding]:
    """What keeps bodies from being filled in for planned requests; the agents passed `preflight`.

    `requests_of` gives those of one model, one by one, as often as they are asked for.
    One finding for each text of a body. What earlier turns will have brought is not known yet: of
    later ones only those texts are filled in that need nothing of it.
    """
    return [
        finding
        for agent in settings.values()
        if isinstance(agent.how, HttpAgent)
        for route, text in texts_in(agent.how.body)
        for finding in _of_text(
            agent, route, compile_text(text, templates), requests_of(agent.model)
        )
    ]


def _of_text(
    agent: AgentSettings, route: Route, text: Text, requests: Iterable[Request]
) -> Iterator[Finding]:
    errors: dict[str, TemplateError] = {}
    for request in requests:
        if request.turn and text.template.variables & _OF_EARLIER_TURNS:
            continue
        try:
            text.fill({**variables_of(request), "conversation": _CONVERSATION})
        except TemplateError as error:
            tags = request.tags
            errors.setdefault(f"case {tags.case_id!r} of {tags.suite}" if tags else "", error)
    if not errors:
        return
    (case, first), *others = errors.items()
    more = f" (and for {counted(len(others), 'more case')})" if others else ""
    problem = f"its body cannot be filled in for {case}{more}: {first.message}"
    fix = first.fix or "give every case what the body asks for, or a default: | default('')"
    yield _finding(agent, ("http", "body", *route), "bad-template", problem, fix)


def _of_agent(
    agent: AgentSettings, *, root: Path, environ: Mapping[str, str], secrets: Collection[str]
) -> Iterator[Finding]:
    folder = (root / agent.folder).resolve()
    how = agent.how
    yield from _paths(agent)
    yield from _meter(agent)
    if isinstance(how, HttpAgent):
        yield from _headers(agent, how, environ)
        yield from _body(agent, how)
    elif isinstance(how, CommandAgent):
        route = ("command", "run") if ("command", "run") in agent.places else ("command",)
        yield from _program(agent, how.command, route, folder, environ)
    else:
        yield from _function(agent, how, folder, _environ_of(agent, environ, secrets))
    for key, around in (("setup", agent.setup), ("teardown", agent.teardown)):
        if around is not None:
            yield from _program(agent, around.command, (key, "command"), folder, environ)


def _paths(agent: AgentSettings) -> Iterator[Finding]:
    """Paths that are none, and paths into a reply that is not read as JSON."""
    how = agent.how
    if isinstance(how, PythonAgent):
        if agent.usage is not None:
            problem = "a python agent returns what it used, and has no reply to look into"
            fix = "remove 'usage', and return {text, usage: {input, output}, costUsd}"
            yield _finding(agent, ("usage",), "bad-agent", problem, fix)
        return
    usage = agent.usage
    if usage is not None and (usage.input is None) != (usage.output is None):
        problem = "tokens of one kind alone tell no cost"
        fix = "give both: usage: {input: $.path, output: $.path}"
        yield _finding(agent, ("usage",), "bad-agent", problem, fix)
    for route, path in paths_in(agent):
        try:
            read_path(path)
        except BadPath as error:
            yield _finding(agent, route, "bad-path", str(error), f"the forms are {FORMS}")
        if how.answer is None:
            problem = f"{'.'.join(route)} looks into the reply, which is taken whole as the answer"
            fix = "name the place of the answer in it: answer: $.reply"
            yield _finding(agent, route, "bad-agent", problem, fix)


def _meter(agent: AgentSettings) -> Iterator[Finding]:
    """Meters that the agent could not find, and a port that nobody would look at."""
    if agent.meter is None:
        return
    is_server, port = isinstance(agent.how, HttpAgent), agent.meter.port
    if is_server and port is None and agent.setup is None:
        problem = "nothing tells the server where its meter is"
        fix = "add meter: {port: 4010}, or a setup that starts the server"
        yield _finding(agent, ("meter",), "bad-agent", problem, fix)
    elif not is_server and port is not None:
        problem = "the meter of a process needs no port, and would not listen there"
        fix = "write meter: true; the address is in its environment, as OPENAI_BASE_URL"
        yield _finding(agent, ("meter", "port"), "bad-agent", problem, fix)


def _headers(agent: AgentSettings, how: HttpAgent, environ: Mapping[str, str]) -> Iterator[Finding]:
    given: dict[str, str] = {}
    for key, headers in (("headers", how.headers), ("headersEnv", how.headers_env)):
        for name in headers:
            route = ("http", key, name)
            if not _HEADER_NAME.fullmatch(name):
                problem = f"{name!r} cannot be the name of a header"
                yield _finding(agent, route, "bad-agent", problem, "mend the name")
            if name.lower() in given:
                problem = f"the header {name!r} is given twice, as {given[name.lower()]} too"
                yield _finding(agent, route, "bad-agent", problem, "keep one of them")
            given[name.lower()] = f"{key}.{name}"
    for name, variable in how.headers_env.items():
        value = environ.get(variable, "").strip()
        if not value:
            problem = f"the header {name!r} is to come from {variable}, which is not set"
            yield _finding(
                agent, ("http", "headersEnv", name), "missing-variable", problem, f"set {variable}"
            )
        elif not value.isprintable():
            problem = f"{variable} has a line break or a character in it that no header may have"
            yield _finding(
                agent, ("http", "headersEnv", name), "bad-agent", problem, f"mend {variable}"
            )


def _body(agent: AgentSettings, how: HttpAgent) -> Iterator[Finding]:
    # The clock of a rendering; nothing is rendered here.
    templates = Templates(clock=time.monotonic)
    used: set[str] = set()
    broken = False
    for route, text in texts_in(how.body):
        place = ("http", "body", *route)
        try:
            names = compile_text(text, templates).template.variables
        except TemplateError as error:
            broken = True
            yield _finding(agent, place, "bad-template", error.message, error.fix)
            continue
        used |= names
        for name in sorted(names - NAMES):
            problem = f"a body has no variable {name!r}"
            fix = f"it has {', '.join(sorted(NAMES))}; a variable of a case is vars.{name}"
            yield _finding(agent, place, "unknown-variable", problem, fix)
    if not used & CASE and not broken:
        problem = f"no case can reach {agent.model}: its body has none of {', '.join(sorted(CASE))}"
        fix = 'put what the case asks into it: body: {message: "{{ input }}"}'
        yield _finding(agent, ("http", "body"), "bad-agent", problem, fix)
    if how.method == "GET" and not isinstance(how.body, dict):
        problem = "with GET the body is sent as a query, and must be a mapping"
        yield _finding(agent, ("http", "body"), "bad-agent", problem, "write {key: value}")


def _program(
    agent: AgentSettings,
    command: tuple[str, ...],
    route: tuple[str, ...],
    folder: Path,
    environ: Mapping[str, str],
) -> Iterator[Finding]:
    if program_of(command, folder, environ) is not None:
        return
    name = command[0]
    fix = "name a program that is there; a path is relative to the configuration file"
    if "/" not in name:
        problem, fix = f"there is no program {name!r} in PATH", "install it, or write its path"
    elif (folder / name).is_file():
        problem, fix = f"{name} is not executable", f"chmod +x {name}, or start it by its language"
    elif (folder / name).is_dir():
        problem = f"{name} is a folder"
    else:
        problem = f"there is no file {name}"
    yield _finding(agent, (*route, 0), "missing-program", problem, fix)


def _function(
    agent: AgentSettings, how: PythonAgent, folder: Path, environ: Mapping[str, str]
) -> Iterator[Finding]:
    module, _, name = how.target.partition(":")
    heard = _first_word(how.target, folder, environ)
    if "ready" in heard:
        return
    if "unfit" in heard:
        problem = heard["unfit"]
        fix = f"define {name}(input, context) in {module}, or name another function"
    elif "refused" in heard:
        problem = f"importing {module} raised {describe(heard['refused'])}"
        place = heard["refused"]["place"] or "the name"
        fix = f"mend {place}; modules are looked for in the configuration's folder"
    else:
        problem = f"the process that imports {module} {heard['ended']}"
        fix = f"let the import of {module} do nothing but define"
    yield _finding(agent, ("python",), "bad-import", problem, fix)


def _environ_of(
    agent: AgentSettings, environ: Mapping[str, str], secrets: Collection[str]
) -> Mapping[str, str]:
    """What a function finds at its import, as it will in the run."""
    if agent.meter is None:
        return environ
    found = keyless(environ, secrets=secrets)
    return metered(found, base_url=_NOWHERE, api_key="no-call-is-made-yet")


def _first_word(target: str, folder: Path, environ: Mapping[str, str]) -> dict[str, Any]:
    """What a worker says when it has imported its function, or `{"ended": how}`."""
    ours, theirs = socket.socketpair()
    with ours, tempfile.TemporaryFile() as said:
        with theirs:
            process = subprocess.Popen(  # noqa: S603 # Our own worker; the target is an argument.
                worker_command(target, folder, theirs.fileno()),
                cwd=folder,
                env=dict(environ),
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=said,
                pass_fds=[theirs.fileno()],
                start_new_session=True,
            )
        ours.settimeout(START_TIMEOUT_S)
        try:
            with ours.makefile("rb") as lines:
                line = lines.readline()
            if line:
                heard: dict[str, Any] = json.loads(line)
                return heard
            with suppress(subprocess.TimeoutExpired):
                process.wait(_EXIT_TIMEOUT_S)
        except TimeoutError:
            return {"ended": f"takes more than {START_TIMEOUT_S:g} s"}
        finally:
            if process.poll() is None:
                end_group(process.pid)
            code = process.wait()
        said.seek(0)
        return {"ended": how_it_ended(code, last_words(said.read()))}


def _finding(
    agent: AgentSettings, route: tuple[str | int, ...], rule: str, problem: str, fix: str | None
) -> Finding:
    message = f"agent {agent.name!r}: {problem}"
    return Finding(rule=rule, message=message, location=agent.place(*route), fix=fix)
