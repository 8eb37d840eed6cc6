"""What may be spent, by whom, and where that was said: the limits of a run, of suites, of cases."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

from agentops_cli.model.money import Unit
from agentops_cli.model.suite import Budget

Key = Literal["runUsd", "caseUsd", "calls", "tokens", "usdPerHour"]
"""A limit as an author writes it, below `budget:`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """One limit. `owner` is whose it is, in words; `source` is what to raise, and where."""

    key: Key
    most: Decimal | int
    owner: str
    source: str

    @property
    def unit(self) -> Unit:
        """What it counts."""
        return "calls" if self.key == "calls" else "tokens" if self.key == "tokens" else "usd"

    def told(self, figure: Decimal | int) -> str:
        """A figure of it in words: `$0.05`, `3,104 tokens`, `1 call`."""
        if self.unit == "usd":
            return f"${Decimal(figure).normalize():f}"
        return f"{figure:,} {self.unit if figure != 1 else self.unit[:-1]}"

    def __str__(self) -> str:
        """`the $0.50 of the run (budget.runUsd)`."""
        most = self.told(self.most) + (" an hour" if self.key == "usdPerHour" else "")
        return f"the {most} of {self.owner} (budget.{self.key})"


class Limits:
    """All limits of a run.

    `run` is the project's, narrowed by variables and flags; `suites` are those that suites set
    themselves, by path. What a suite sets holds beside what the run sets, so that the stricter one
    is always felt. `sources` tells for each dotted key where the run's was given.
    """

    def __init__(
        self,
        run: Budget,
        suites: Mapping[str, Budget],
        *,
        sources: Mapping[str, str] | None = None,
    ) -> None:
        self._sources = sources or {}
        self.of_run = tuple(self._together(run, None))
        self.of_suites = {path: tuple(self._together(one, path)) for path, one in suites.items()}
        self._of_cases = self._each_case(run, None)
        self._of_cases_by_suite = {
            path: self._each_case(one, path)
            for path, one in suites.items()
            if one.case_usd is not None
        }

    def of_cases(self, suite: str) -> Limit | None:
        """What all trials of one case on one model may spend together: the stricter of two."""
        found = (self._of_cases_by_suite.get(suite), self._of_cases)
        return min(filter(None, found), key=lambda limit: limit.most, default=None)

    def _each_case(self, budget: Budget, path: str | None) -> Limit | None:
        most = budget.case_usd
        return None if most is None else self._limit("caseUsd", most, "each case", path)

    def _together(self, budget: Budget, path: str | None) -> Iterator[Limit]:
        """The limits that are one for everything that an owner runs."""
        figures: Mapping[Key, Decimal | int | None] = {
            "usdPerHour": budget.usd_per_hour,
            "runUsd": budget.run_usd,
            "calls": budget.calls,
            "tokens": budget.tokens,
        }
        for key, most in figures.items():
            if most is not None:
                yield self._limit(key, most, path or "the run", path)

    def _limit(self, key: Key, most: Decimal | int, owner: str, path: str | None) -> Limit:
        place = path or self._sources.get(f"budget.{key}")
        if place is None:
            source = f"budget.{key}"
        elif place.startswith(("--", "AGENTOPS_")):
            source = place
        else:
            source = f"budget.{key} in {place}"
        return Limit(key=key, most=most, owner=owner, source=source)
