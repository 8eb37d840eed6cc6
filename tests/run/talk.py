"""Planned conversations, and what a conversation makes of scripted answers."""

from typing import Any

from agentops_cli.gateways.scripted import Reply, Scripted, in_order
from agentops_cli.model.call import AgentInput, Request, Tags
from agentops_cli.model.prompt import Message
from agentops_cli.model.result import PlannedCase, Trial
from agentops_cli.model.suite import AssertionSpec, InjectedFault, Turn
from agentops_cli.model.tool import Tool, ToolCall
from agentops_cli.run.conversation import Answered, Conversation
from tests.builders import a_case, a_place, a_planned_case, a_request

GET_ORDER = Tool(
    name="get_order",
    parameters={
        "type": "object",
        "properties": {"id": {"type": "string"}},
        "required": ["id"],
    },
)
SEARCH = Tool(name="search", parameters={"type": "object"})

SYSTEM = Message(role="system", content="Be kind.")


def user(text: str) -> Message:
    """A message of the user."""
    return Message(role="user", content=text)


def says(text: str) -> Message:
    """An answer, as history has it."""
    return Message(role="assistant", content=text)


def order(number: str = "812") -> ToolCall:
    """A call that fits its tool."""
    return ToolCall(id="", name="get_order", arguments=f'{{"id": "{number}"}}')


def search(query: str = "lamp") -> ToolCall:
    """A call of the other tool."""
    return ToolCall(id="", name="search", arguments=f'{{"q": "{query}"}}')


def a_talk(*inputs: str, agent: bool = False, **changes: Any) -> PlannedCase:
    """A conversation of so many turns, as the plan has it; with no inputs a case of one call."""
    turns = [Turn(input=text, location=a_place(20 + at)) for at, text in enumerate(inputs)]
    case = a_case(**{"turns": tuple(turns), **changes})
    texts = inputs or (str(case.input),)
    first, *later = [a_turn_request(text, agent=agent) for text in texts]
    return a_planned_case(case=case, request=first, later=tuple(later), model=first.model)


def a_turn_request(text: str, *, agent: bool) -> Request:
    """What the plan makes of one turn: its prompt for a model, its input for an agent."""
    tags = Tags(suite="product-manager", case_id="wishlist")
    if agent:
        given = AgentInput(input=text, conversation="")
        return a_request(model="agent/bot", messages=(user(text),), agent=given, tags=tags)
    return a_request(messages=(SYSTEM, user(text)), tools=(GET_ORDER, SEARCH), tags=tags)


def a_fault_of(target: str | None, **changes: Any) -> InjectedFault:
    """A failure that the suite injects."""
    return InjectedFault(**{
        "target": target, "error": "timeout", "location": a_place(30), **changes
    })  # fmt: skip


def a_spec(kind: str, *, advisory: bool = False) -> AssertionSpec:
    """An assertion of a kind."""
    return AssertionSpec(kind=kind, args={}, location=a_place(), advisory=advisory)


async def talk(
    planned: PlannedCase, *replies: Reply
) -> tuple[list[Answered], list[Request], Conversation]:
    """Talks a trial through; gives its turns, the requests that were made, and how it stands."""
    requests = (planned.request, *planned.later)
    trial = Trial(planned=planned, repeat=0, requests=requests)
    conversation = Conversation(trial, lambda restarts: f"run-{restarts}")
    gateway = Scripted(in_order(*replies))
    answered = []
    while conversation.request is not None:
        turn = conversation.take(await gateway.complete(conversation.request))
        if turn is not None:
            answered.append(turn)
    return answered, gateway.requests, conversation
