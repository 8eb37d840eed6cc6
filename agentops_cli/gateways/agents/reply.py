"""What an agent gives: its answer, the tools it called, and what it says that it used."""

from dataclasses import dataclass
from decimal import Decimal

from agentops_cli.model.json import Json
from agentops_cli.model.money import Usage
from agentops_cli.model.tool import ToolCall


class ReplyError(Exception):
    """A reply that cannot be read; the message goes on from the agent's name."""

    def __init__(self, message: str, *, fix: str | None = None) -> None:
        super().__init__(message)
        self.fix = fix


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """One answer of an agent.

    `tool_calls` is None where it says nothing of tools. `usage` and `usd` are what it reports, None
    where it was not asked to, or failed. `failure` says how it failed by its own account.
    """

    text: str
    latency_s: float = 0.0
    tool_calls: tuple[ToolCall, ...] | None = None
    usage: Usage | None = None
    usd: Decimal | None = None
    trace: Json = None
    failure: str | None = None
