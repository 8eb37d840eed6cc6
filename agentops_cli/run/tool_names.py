"""Whether the tools that a case names are there to be called.

A name with a typo would make a stub that answers nothing, a failure that never comes, and a call
that is rightly never made.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from agentops_cli.assertions.tool_calls import tools_named
from agentops_cli.model.finding import Finding
from agentops_cli.model.json import JsonObject
from agentops_cli.model.place import Location
from agentops_cli.model.prompt import Prompt
from agentops_cli.model.settings import AgentSettings, PythonAgent
from agentops_cli.model.suite import AssertionSpec, Case
from agentops_cli.model.tool import Tool
from agentops_cli.run.answers import answers_of
from agentops_cli.run.tool_arguments import impossible_arguments
from agentops_cli.template.suggest import did_you_mean


@dataclass(frozen=True, slots=True, kw_only=True)
class _Declared:
    """The tools that there are, who says so, and where one more would be declared."""

    names: tuple[str, ...]
    owner: str
    fix: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Named:
    """A tool that a case counts on."""

    name: str
    location: Location


def mistakes_with_model(case: Case, prompt: Prompt | None) -> Iterator[Finding]:
    """What is wrong with the tools of a case that is asked of models.

    Without a prompt, as for recorded answers, nobody says which tools there are; they cannot be
    answered or made to fail either.
    """
    for fault in case.faults:
        if fault.target is None:
            message = "only the provider behind a metered agent can be made to fail"
            fix = "give the agent 'meter: true', and name no other models here"
            yield _finding("unmetered-fault", message, fault.location, fix)
        elif case.stubs is None:
            message = f"{fault.target!r} cannot fail: nothing answers a model's tools here"
            fix = f"add 'stubs: {{{fault.target}: …}}'"
            yield _finding("no-stubs", message, fault.location, fix)
    if prompt is not None:
        yield from _mistakes_with_prompt(case, prompt)
        return
    for place in _stub_places(case):
        message = "there is no tool to answer: no prompt declares any"
        fix = "name a prompt with 'tools', or remove the stubs"
        yield _finding("no-tools", message, place, fix)


def _mistakes_with_prompt(case: Case, prompt: Prompt) -> Iterator[Finding]:
    path = prompt.location.path
    names = tuple(tool.name for tool in prompt.tools)
    fix = f"declare it under 'tools' in {path}"
    yield from _unknown(_named_to_model(case), _Declared(names=names, owner="the prompt", fix=fix))
    yield from _impossible(case, prompt.tools)
    for spec in () if prompt.tools else _expectations(case):
        if not tools_named(spec.args):
            message = "no tool can be called: the prompt declares none"
            fix = f"add 'tools' to {path}, or remove the assertion"
            yield _finding("no-tools", message, spec.location, fix)


def mistakes_with_agent(case: Case, agent: AgentSettings) -> Iterator[Finding]:
    """What is wrong with the tools of a case that is asked of an agent."""
    if agent.tools is not None:
        fix = f"add it to agents.{agent.name}.tools"
        declared = _Declared(names=agent.tools, owner=agent.model, fix=fix)
        yield from _unknown(_named_to_agent(case), declared)
    if not _shows_calls(agent):
        tool_faults = (fault.location for fault in case.faults if fault.target is not None)
        for place in (*(spec.location for spec in _expectations(case)), *tool_faults):
            message = f"{agent.model} does not show which tools it calls"
            fix = f"add 'toolCalls: $.path' to agents.{agent.name}, or 'meter: true'"
            yield _finding("hidden-calls", message, place, fix)


def unused_stubs(case: Case) -> Iterator[Finding]:
    """The stubs of a case that is asked of agents only."""
    message, fix = "agents call their own tools, so that nothing uses this stub", "remove it"
    return (_finding("unused-stub", message, place, fix) for place in _stub_places(case))


def _stub_places(case: Case) -> Iterator[Location]:
    return (case.stub_locations.get(name, case.location) for name in case.stubs or ())


def _shows_calls(agent: AgentSettings) -> bool:
    """True when the calls of an agent are seen; what a function returns is not known before."""
    how = agent.how
    return isinstance(how, PythonAgent) or how.tool_calls is not None or agent.meter is not None


def _named_to_model(case: Case) -> Iterator[_Named]:
    for name, place in zip(case.stubs or (), _stub_places(case), strict=True):
        yield _Named(name=name, location=place)
    yield from _named_to_agent(case)


def _named_to_agent(case: Case) -> Iterator[_Named]:
    for fault in case.faults:
        if fault.target is not None:
            yield _Named(name=fault.target, location=fault.location)
    for message in case.messages:
        for call in message.tool_calls:
            yield _Named(name=call.name, location=case.location)
    for spec in _expectations(case):
        for name in tools_named(spec.args):
            yield _Named(name=name, location=spec.location)


def _expectations(case: Case) -> Iterator[AssertionSpec]:
    """The assertions about tool calls, negated ones too: these hold when nothing is called."""
    return (spec for specs in answers_of(case) for spec in specs if spec.kind == "toolCalls")


def _impossible(case: Case, tools: Sequence[Tool]) -> Iterator[Finding]:
    """Expected arguments that no right call of a tool could ever have."""
    by_name = {tool.name: tool for tool in tools}
    for spec in _expectations(case):
        for name, args in _arguments(spec):
            problems = impossible_arguments(spec, by_name[name], args) if name in by_name else ()
            for one in problems:
                rule = "unknown-argument" if one.is_unknown else "impossible-argument"
                yield _finding(rule, one.message, spec.location, one.fix)


def _arguments(spec: AssertionSpec) -> Iterator[tuple[str, JsonObject]]:
    """The tools of an assertion and the arguments that are written out for them."""
    calls = spec.args.get("calls", spec.args.get("value"))
    for call in calls if isinstance(calls, list) else ():
        args = call.get("args") if isinstance(call, dict) else None
        if isinstance(call, dict) and isinstance(args, dict):
            yield str(call["name"]), args


def _unknown(named: Iterator[_Named], declared: _Declared) -> Iterator[Finding]:
    for one in named:
        if one.name not in declared.names:
            message = f"{declared.owner} declares no tool {one.name!r}"
            fix = did_you_mean(one.name, declared.names) or declared.fix
            yield _finding("unknown-tool", message, one.location, fix)


def _finding(rule: str, message: str, location: Location, fix: str) -> Finding:
    return Finding(rule=rule, message=message, location=location, fix=fix)
