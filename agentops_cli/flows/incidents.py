"""What guards did to a run, on its way into the report."""

from collections import Counter
from collections.abc import Callable
from datetime import datetime

from agentops_cli.model.result import Incident

MOST_INCIDENTS = 200
"""A provider that flaps all night must not fill the memory, nor the report."""


class Incidents:
    """Dates what guards tell, and keeps it within bounds; each guard has its own."""

    def __init__(self, tell: Callable[[Incident], None], now: Callable[[], datetime]) -> None:
        self._tell = tell
        self._now = now
        self._told: Counter[str] = Counter()

    def __call__(self, guard: str, message: str) -> None:
        """Keeps one incident."""
        self._told[guard] += 1
        if self._told[guard] <= MOST_INCIDENTS:
            self._keep(guard, message)

    def close(self) -> None:
        """Tells how many were left out."""
        for guard, number in self._told.items():
            if number > MOST_INCIDENTS:
                self._keep(guard, f"and {number - MOST_INCIDENTS:,} more like these")

    def _keep(self, guard: str, message: str) -> None:
        self._tell(Incident(guard=guard, message=message, at=self._now()))
