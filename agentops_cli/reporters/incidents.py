"""What guards did to a run, in lines."""

from collections.abc import Iterator

from agentops_cli.model.result import RunResult
from agentops_cli.reporters.wording import counted

MOST_SHOWN = 20


def words_of_incidents(run: RunResult, *, most: int = MOST_SHOWN) -> Iterator[str]:
    """A line for each incident, with its time in UTC, and one for those that are left out."""
    for incident in run.incidents[:most]:
        yield f"{incident.at:%H:%M:%S} {incident.guard}: {incident.message}"
    if (more := len(run.incidents) - most) > 0:
        yield f"{counted(more, 'more incident')}, see the JSON report"
