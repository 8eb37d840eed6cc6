"""What an agent under test is asked, and whether a suite may ask it that."""

from collections.abc import Callable, Iterator
from dataclasses import replace

from agentops_cli.model.call import AgentInput, Request
from agentops_cli.model.finding import Finding
from agentops_cli.model.json import Json
from agentops_cli.model.money import ZERO, Price
from agentops_cli.model.place import Location
from agentops_cli.model.prompt import Message
from agentops_cli.model.settings import AgentSettings, HttpAgent, PythonAgent
from agentops_cli.model.suite import Case
from agentops_cli.run.messages import said_in
from agentops_cli.template import TemplateError, Templates


def agent_requests(case: Case, base: Request) -> tuple[Request, ...]:
    """The requests of a case turn by turn: its own words, never a rendered prompt.

    The engine names the conversation. Of a fixed transcript the last message is the input.
    """
    return tuple(
        replace(
            base,
            messages=case.messages or (Message(role="user", content=said.input or ""),),
            turn=turn,
            agent=AgentInput(
                input=case.messages[-1].content if case.messages else said.input or "",
                conversation="",
                vars=said.vars,
                faults=case.faults,
                max_steps=case.max_steps,
            ),
        )
        for turn, said in enumerate(said_in(case))
    )


def agent_mistakes(case: Case, agent: AgentSettings, templates: Templates) -> Iterator[Finding]:
    """Why a case cannot be asked of an agent; stubs apart, which are for the models beside it."""
    if case.input is None and not case.turns and not case.messages:
        message = f"case {case.id!r} has no input, and an agent is asked nothing else"
        yield _finding("missing-input", message, case.location, "add 'input:' or 'turns:'")
    if case.messages and case.messages[-1].role != "user":
        message = f"case {case.id!r}: an agent is spoken to by a user, not by a tool"
        yield _finding("bad-input", message, case.location, "end with a user message")
    for fault in case.faults:
        if fault.target is None and agent.meter is None:
            message = f"the provider of {agent.model} can only be made to fail by a meter"
            fix = f"add 'meter: true' to agents.{agent.name}"
            yield _finding("unmetered-fault", message, fault.location, fix)
        elif fault.target is not None and not _suffers(agent, templates):
            message = f"{agent.model} would not learn that {fault.target!r} is to fail"
            fix = f"write {{{{ faults }}}} in the body of agents.{agent.name}, or add 'meter: true'"
            yield _finding("unmet-fault", message, fault.location, fix)


def unknown_dollars(
    agent: AgentSettings, price_of: Callable[[str], Price | None]
) -> Iterator[Finding]:
    """Why nothing would be known of an agent's dollars, although there is a limit to them.

    What a function returns may hold its cost, but need not: it settles what is declared.
    """
    if agent.meter is not None or agent.max_usd_per_call is not None:
        return
    limit = "a budget or gate.maxCostUsd is set"
    ways = f"agents: {{{agent.name}: {{maxUsdPerCall: …}}}}"
    if agent.usage is None:
        message = f"nothing is known of what {agent.model} spends, and {limit}"
        fix = f"add to agentops.yaml: {ways}, or its 'usage', or 'meter: true'"
        if isinstance(agent.how, PythonAgent):
            settled = "which a costUsd in what it returns settles"
            fix = f"add to agentops.yaml: {ways}, {settled}, or 'meter: true'"
        yield _finding("unknown-price", message, agent.location, fix)
    elif agent.usage.usd is None and price_of(agent.model) is None:
        message = f"{agent.model} tells its tokens but has no price, and {limit}"
        price = f"models: {{{agent.model}: {{price: {{inputPer1M: …, outputPer1M: …}}}}}}"
        fix = f"add to agentops.yaml: {price}, or {ways}"
        yield _finding("unknown-price", message, agent.place("usage"), fix)


def unknown_tokens(agent: AgentSettings) -> Iterator[Finding]:
    """Why nobody could keep an agent within a limit of tokens: they are told too late, if at all.

    An agent that spends nothing has no model to send tokens to.
    """
    if agent.meter is None and agent.max_usd_per_call != ZERO:
        late = f"nobody counts the tokens of {agent.model} before they are spent"
        fix = f"add 'meter: true' to agents.{agent.name}; where it calls no model, maxUsdPerCall: 0"
        yield _finding("unknown-tokens", f"{late}, and budget.tokens is set", agent.location, fix)


def _suffers(agent: AgentSettings, templates: Templates) -> bool:
    """True when an agent is told of the tools that are to fail, or its meter makes them."""
    how = agent.how
    if not isinstance(how, HttpAgent) or agent.meter is not None:
        return True
    return any("faults" in _names_in(text, templates) for text in _texts(how.body))


def _names_in(text: str, templates: Templates) -> frozenset[str]:
    try:
        return templates.compile(text).variables
    except TemplateError:
        return frozenset()  # A text that does not compile passes nothing on.


def _texts(value: Json) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for part in value.values():
            yield from _texts(part)
    elif isinstance(value, list):
        for part in value:
            yield from _texts(part)


def _finding(rule: str, message: str, location: Location, fix: str) -> Finding:
    return Finding(rule=rule, message=message, location=location, fix=fix)
