"""What went down with a process that ended early, in the same words in every report."""

from agentops_cli.model.result import RunResult
from agentops_cli.reporters.wording import dollars

_LOST = "lost with a process that ended early"  # Killed, or out of disk space.
_WHAT_FOR = "for calls of trials that were not kept"


def words_of_lost(run: RunResult) -> str | None:
    """What was paid, or may have been, for answers that nobody has; None where nothing was."""
    lost = run.lost
    if not lost.usd and not lost.assumed_calls:
        return None
    if not lost.assumed_calls:
        return f"{_LOST}: {dollars(lost.usd)} {_WHAT_FOR}"
    assumed, they = f"{lost.assumed_calls:,}", "it" if lost.assumed_calls == 1 else "they"
    at_most = f"{assumed} of them counted at the most that {they} may have cost"
    return f"{_LOST}: up to {dollars(lost.usd)} {_WHAT_FOR}, {at_most}"
