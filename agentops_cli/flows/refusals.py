"""`agentops eval --dry-run`: how far the limits reach, and what would be refused."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal

from agentops_cli.flows.forecast import Forecast, rows_of
from agentops_cli.guards.bounds import most_of
from agentops_cli.guards.limits import Limit, Limits
from agentops_cli.model.ids import agent_of
from agentops_cli.model.json import JsonObject
from agentops_cli.model.money import ZERO, Amount, Cost
from agentops_cli.model.result import PlannedCase
from agentops_cli.model.settings import Config
from agentops_cli.prices import PriceTable
from agentops_cli.reporters.wording import counted
from agentops_cli.run.plan import Plan


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """How far one limit reaches.

    `most` is what may be asked of it at most where every call is answered at its first attempt:
    that a limit does not reach when all calls fail is what it is for, and no reason to raise it.
    Where each case has it for itself, that is by the case that asks most. None where it is not
    known, as of the tokens of metered agents. `cases` are those
    that may not come to their end, where each has the limit for itself; `unbegun` are those of
    which not even the first call has room.
    """

    limit: Limit
    most: Decimal | int | None
    cases: int = 0
    unbegun: int = 0

    @property
    def falls_short(self) -> bool:
        """True when something would be refused, or may be."""
        return self.unbegun > 0 or (self.most is not None and self.most > self.limit.most)

    def __str__(self) -> str:
        """What would be refused, and what to raise."""
        limit = self.limit
        if self.unbegun:
            are = "is" if self.unbegun == 1 else "are"
            told = (
                f"{counted(self.unbegun, 'case')} {are} refused: the first call alone may take "
                f"more than {limit}"
            )
        else:
            who = f"{counted(self.cases, 'case')} " if self.cases else "calls "
            most = limit.told(self.most or 0)
            told = f"{who}may be refused: up to {most} may be asked of {limit}"
            if limit.key == "usdPerHour":
                told += ", if all of it comes within an hour"
        return f"{told}; raise {limit.source}"


def reaches(
    plan: Plan, rows: Sequence[Forecast], prices: PriceTable, config: Config
) -> tuple[Reach, ...]:
    """How far each limit reaches: those of the run first, then those of suites, then of cases.

    `rows` is the forecast of the whole.
    """
    suites = {item.suite.path: item.suite.budget for item in plan.suites}
    limits = Limits(config.budget, suites, sources=config.sources)
    owners = [(None, limits.of_run), *limits.of_suites.items()]
    tallies = [
        _Tally(limit, suite=suite, rows=[row for row in rows if suite in {None, row.suite}])
        for suite, own in owners
        for limit in own
    ]
    per_case = {
        limit: _CaseTally(limit)
        for suite in suites
        if (limit := limits.of_cases(suite)) is not None
    }
    for planned in plan.cases if tallies or per_case else ():
        if planned.case.skip is None:
            first = _first_call(planned, prices, config)
            for tally in tallies:
                tally.begin(planned, first)
            if limit := limits.of_cases(planned.suite):
                alone = rows_of(planned, plan.stand_ins, prices, config)
                per_case[limit].add(first, sum((row.cost for row in alone), Cost()))
    return (
        *(tally.reach() for tally in tallies),
        *(tally.reach() for tally in per_case.values()),
    )


def json_of_reaches(found: Sequence[Reach]) -> list[JsonObject]:
    """The limits as `--dry-run --format json` prints them; dollars as decimal text."""
    return [
        {
            "limit": f"budget.{reach.limit.key}",
            "owner": reach.limit.owner,
            "source": reach.limit.source,
            "allowed": _figure(reach.limit.most),
            "most": None if reach.most is None else _figure(reach.most),
            "fallsShort": reach.falls_short,
            "casesOver": reach.cases,
            "casesUnbegun": reach.unbegun,
        }
        for reach in found
    ]


def _figure(figure: Decimal | int) -> str | int:
    return f"{figure:f}" if isinstance(figure, Decimal) else figure


class _Tally:
    """What is asked of a limit that a run or a suite has."""

    def __init__(self, limit: Limit, *, suite: str | None, rows: Sequence[Forecast]) -> None:
        self._limit = limit
        self._suite = suite
        self._rows = rows
        self._unbegun = 0

    def begin(self, planned: PlannedCase, first: Amount) -> None:
        """Counts a case whose first call has no room."""
        if self._suite in {None, planned.suite}:
            self._unbegun += getattr(first, self._limit.unit) > self._limit.most

    def reach(self) -> Reach:
        return Reach(limit=self._limit, most=self._most(), unbegun=self._unbegun)

    def _most(self) -> Decimal | int | None:
        if self._limit.unit == "calls":
            return sum(row.calls for row in self._rows)
        if self._limit.unit == "usd":
            return sum((row.cost.usd for row in self._rows), ZERO)
        known = [(row.input_tokens, row.output_tokens) for row in self._rows]
        counts = [read + said for read, said in known if read is not None and said is not None]
        return sum(counts) if len(counts) == len(known) else None


class _CaseTally:
    """What is asked of a limit that each case has for itself."""

    def __init__(self, limit: Limit) -> None:
        self._limit = limit
        self._most = ZERO
        self._over = 0
        self._unbegun = 0

    def add(self, first: Amount, cost: Cost) -> None:
        """Counts a case, with what its first call and all of its calls may cost."""
        self._most = max(self._most, cost.usd)
        self._over += cost.usd > self._limit.most
        self._unbegun += first.usd > self._limit.most

    def reach(self) -> Reach:
        return Reach(limit=self._limit, most=self._most, cases=self._over, unbegun=self._unbegun)


def _first_call(planned: PlannedCase, prices: PriceTable, config: Config) -> Amount:
    """What is reserved before the first call of a case; what is not known is taken to be nothing.

    What a metered agent's own model takes is not known, and counted when it is asked.
    """
    if name := agent_of(planned.model):
        agent = config.agents[name]
        metered = agent.meter is not None
        return Amount(usd=(not metered and agent.max_usd_per_call) or ZERO, calls=int(not metered))
    return most_of(planned.request, prices.price_of(planned.request.model))


def words_of_refusals(found: Sequence[Reach]) -> Iterator[str]:
    """A line for each limit that does not reach."""
    return (str(reach) for reach in found if reach.falls_short)
