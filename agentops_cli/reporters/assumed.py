"""What nobody says the cost of and is counted all the same, in the same words in every report."""

from agentops_cli.model.result import RunResult
from agentops_cli.reporters.wording import counted


def words_of_assumed(run: RunResult) -> str | None:
    """How many calls are in the dollars at the most that they may have cost; None without any."""
    calls = (run.totals.cost + run.totals.judge_cost).assumed_calls
    if not calls:
        return None
    are = "is counted at the most that it" if calls == 1 else "are counted at the most that they"
    return f"{counted(calls, 'call')} without an answer {are} may have cost"
