"""What went down with a process that ended early, in the same words in every report."""

from agentops_cli.model.result import RunResult
from agentops_cli.reporters.wording import counted, dollars

_LOST = "lost with a process that ended early"  # Killed, or out of disk space.


def words_of_lost(run: RunResult) -> str | None:
    """What was paid, or may have been, for answers that nobody has; None where nothing was."""
    lost = run.lost
    if not lost.usd and not lost.assumed_calls:
        return None
    if not lost.assumed_calls:
        return f"{_LOST}: {dollars(lost.usd)}"
    calls = counted(lost.assumed_calls, "call")
    return f"{_LOST}: up to {dollars(lost.usd)}, {calls} having been under way"
