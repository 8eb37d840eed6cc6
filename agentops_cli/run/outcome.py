"""What a trial comes to: it follows from its verdicts, wherever it is told or read."""

from collections.abc import Sequence

from agentops_cli.model.call import Fault, Verdict
from agentops_cli.model.result import Outcome


def outcome_of(verdicts: Sequence[Verdict], fault: Fault | None, *, has_answer: bool) -> Outcome:
    """A no is certain; without one, a fault, a doubt or no answer at all leaves no verdict."""
    binding = [verdict.passed for verdict in verdicts if not verdict.advisory]
    if False in binding:
        return Outcome.FAILED
    if fault is not None or None in binding or not has_answer:
        return Outcome.ERRORED
    return Outcome.PASSED
