"""What guards did to a run, in lines."""

from collections.abc import Iterator

from agentops_cli.model.result import RunResult
from agentops_cli.reporters.wording import counted, flat, one_line

MOST_SHOWN = 20

_MESSAGE_CHARACTERS = 2_000


def words_of_incidents(run: RunResult, *, most: int = MOST_SHOWN) -> Iterator[str]:
    """A line for each incident, with its time in UTC, and one for those that are left out."""
    for incident in run.incidents[:most]:
        message = one_line(incident.message, _MESSAGE_CHARACTERS)
        yield f"{incident.at:%H:%M:%S} {flat(incident.guard)}: {message}"
    if (more := len(run.incidents) - most) > 0:
        yield f"{counted(more, 'more incident')}, see the JSON report"
