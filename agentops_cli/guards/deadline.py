"""What becomes of a call that would begin too late."""

from agentops_cli.errors import GatewayError
from agentops_cli.model.call import Fault, FaultKind


def too_late(who: str, why: str) -> GatewayError:
    """Refuses a call that would have to wait past its `Request.begins_by`, and says for what."""
    return GatewayError(
        Fault(
            kind=FaultKind.BREAKER,
            message=f"{who}: no time is left to wait ({why})",
            fix="raise retry.deadlineS, or retry.runDeadlineS where it is set",
        )
    )
