"""Why an agent gave nothing that could be judged, as the faults that end a call."""

from decimal import Decimal

from agentops_cli.errors import GatewayError
from agentops_cli.gateways.faults import shorten
from agentops_cli.model.call import Fault, FaultKind
from agentops_cli.model.settings import AgentSettings


def refused(
    kind: FaultKind,
    message: str,
    *,
    fix: str | None = None,
    billed: bool = False,
    usd: Decimal | None = None,
    final: bool = False,
) -> GatewayError:
    """The error of a call that gave nothing."""
    return GatewayError(
        Fault(kind=kind, message=message, fix=fix, billed=billed, usd=usd, final=final)
    )


def malformed(agent: AgentSettings, problem: str, *, fix: str | None = None) -> GatewayError:
    """The error of an answer that came and cannot be read; it was paid for."""
    place = f"see {agent.model} at {agent.location}"
    message = f"{agent.model} {shorten(problem, None)}"
    return refused(FaultKind.MALFORMED, message, fix=fix or place, billed=True)


def timed_out(agent: AgentSettings, timeout_s: float) -> GatewayError:
    """The error of an answer that did not come in time."""
    message = f"{agent.model} gave no answer within {timeout_s:g} s"
    fix = "raise --timeout, or make the agent faster"
    return refused(FaultKind.TIMEOUT, message, fix=fix, billed=True)


def died(agent: AgentSettings, how: str) -> GatewayError:
    """The error of a process that ended without a word of its own; it may have been paid for."""
    fix = "see what ended it: a lack of memory, a program that is not there"
    return refused(FaultKind.PROVIDER, f"{agent.model}: {how}", fix=fix, billed=True)


def not_started(agent: AgentSettings, reason: object) -> GatewayError:
    """The error of a process that cannot be started."""
    message = f"{agent.model} cannot be started: {reason}"
    fix = f"mend it at {agent.location}"
    return refused(FaultKind.NOT_FOUND, message, fix=fix)
