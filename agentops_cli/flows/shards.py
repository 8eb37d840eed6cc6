"""One part of a run: its cases, its share of the budget, and what all parts must have in common."""

import hashlib
from array import array
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path

from agentops_cli import __version__
from agentops_cli.errors import ExitCode, InputError
from agentops_cli.flows.forecast import rows_of
from agentops_cli.flows.same_plan import plan_record
from agentops_cli.flows.world import World
from agentops_cli.gitrepo import stamp
from agentops_cli.model.call import canonical
from agentops_cli.model.cassette import CassetteUse
from agentops_cli.model.codec import json_of_thresholds
from agentops_cli.model.finding import Finding, Severity
from agentops_cli.model.json import Json, JsonObject
from agentops_cli.model.money import ZERO, Cost
from agentops_cli.model.place import Location
from agentops_cli.model.result import Shard
from agentops_cli.model.settings import Config
from agentops_cli.model.suite import Budget, Gate
from agentops_cli.prices import PriceTable
from agentops_cli.run.plan import LoadedSuite, Plan
from agentops_cli.run.shard import Cut, Unit, share_of
from agentops_cli.sources import Disk
from agentops_cli.stores.results import ResultFile


@dataclass(frozen=True, slots=True, kw_only=True)
class Whole:
    """A run before it is cut up; `cassettes` is what is done with those beside its suites."""

    plan: Plan
    prices: PriceTable
    config: Config
    cassettes: CassetteUse = CassetteUse.NONE


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """What one part runs, under its own limits.

    `elsewhere` says of each suite how many of its cases are in other parts and not skipped.
    """

    plan: Plan
    config: Config
    shard: Shard
    elsewhere: Mapping[str, int]

    def notes(self, exit_code: ExitCode) -> Iterator[Finding]:
        """What is to be said of its verdict, so that nobody takes it for that of the whole.

        Of one that could not be run to its end nothing: that is said already.
        """
        shard = self.shard
        if exit_code is ExitCode.OK:
            empty = "" if shard.places else " has no cases"
            message = f"{shard}{empty}: no verdict by itself"
        elif exit_code is ExitCode.REJECTED:
            message = f"{shard}: whatever the others find, the whole run is rejected"
        else:
            return
        fix = "merge it with the others: agentops report merge RESULT…"
        yield Finding(rule="part", message=message, location=None, fix=fix, severity=Severity.INFO)


def part_of(whole: Whole, part: tuple[int, int], *, durations: str | None, world: World) -> Part:
    """Cuts a run up and gives one part of it; raises `InputError` for durations that are none."""
    number, count = part
    known = _known_durations(durations, whole.plan, world) if durations else _Known()
    cut = Cut(count, known.durations_s)
    places = array("Q")
    cases: Counter[str] = Counter()
    elsewhere: Counter[str] = Counter()
    for planned in whole.plan.cases:
        cases[planned.suite] += 1
        if cut.number_of(planned.suite, planned.case.id) == number:
            places.append(planned.index)
        elif planned.case.skip is None:
            elsewhere[planned.suite] += 1
    mine = whole.plan.only(lambda one: cut.number_of(one.suite, one.case.id) == number)
    git = stamp(world.cwd)
    shard = Shard(
        number=number,
        count=count,
        plan_digest="",
        plan=_record(whole, world),
        planned=cases.total(),
        durations=known.digest,
        budget_usd=whole.plan.run_usd(whole.config.budget),
        places=places,
    )
    digest = plan_digest(
        shard, tool=__version__, prices=whole.prices.version, commit=git.commit if git else None
    )
    weights = _Weights(whole, cut, count) if _is_limited(whole) else None
    return Part(
        plan=replace(mine, suites=tuple(_limited(mine.suites, weights, number))),
        config=replace(whole.config, budget=_budget(whole.config.budget, weights, None, number)),
        shard=replace(shard, plan_digest=digest),
        elsewhere=elsewhere,
    )


class _Weights:
    """What each part usually costs at most, of the run and of each suite.

    Where no dollars can be told, or none are to be spent, the number of calls takes their place.
    """

    def __init__(self, whole: Whole, cut: Cut, count: int) -> None:
        self._costs: dict[str | None, list[Cost]] = {}
        self._calls: dict[str | None, list[int]] = {}
        for planned in whole.plan.cases:
            part = cut.number_of(planned.suite, planned.case.id) - 1
            for row in rows_of(planned, whole.plan.stand_ins, whole.prices, whole.config):
                for owner in (None, planned.suite):
                    costs = self._costs.setdefault(owner, [Cost()] * count)
                    calls = self._calls.setdefault(owner, [0] * count)
                    costs[part] += row.cost
                    calls[part] += row.calls
        self._nobody = [0] * count

    def of(self, suite: str | None) -> Sequence[Decimal | int]:
        """The weight of each part in a suite; in the whole run for None."""
        costs = self._costs.get(suite, [])
        unknown = any(cost.unpriced_calls for cost in costs)
        if costs and not unknown and any(cost.usd != ZERO for cost in costs):
            return [cost.usd for cost in costs]
        return self._calls.get(suite, self._nobody)


def _is_limited(whole: Whole) -> bool:
    unlimited = Budget()
    budgets = [whole.config.budget, *(item.suite.budget for item in whole.plan.suites)]
    return any(replace(budget, case_usd=None) != unlimited for budget in budgets)


def _limited(
    suites: Sequence[LoadedSuite], weights: _Weights | None, number: int
) -> Iterator[LoadedSuite]:
    for item in suites:
        suite = item.suite
        budget = _budget(suite.budget, weights, suite.path, number)
        yield replace(item, suite=replace(suite, budget=budget))


def _budget(budget: Budget, weights: _Weights | None, suite: str | None, number: int) -> Budget:
    return share_of(weights.of(suite), number).part_of(budget) if weights else budget


def _record(whole: Whole, world: World) -> JsonObject:
    """What the whole is made of, in digests.

    That is what decides answers and verdicts. Limits, rates, timeouts, attempts, the cache and the
    places of reports are not in it: parts may differ in them, as the processes of one run may.
    """
    return {
        **plan_record(whole.plan, whole.config, Disk(world.cwd)),
        "gates": {item.suite.path: gate_digest(item.suite.gate) for item in whole.plan.suites},
        "cassettes": whole.cassettes.value,
    }


def gate_digest(gate: Gate) -> str:
    """The same for gates that demand the same, also for one that was read from a result."""
    return hashlib.sha256(canonical(_in_floats(json_of_thresholds(gate)))).hexdigest()


def _in_floats(value: Json) -> Json:
    """The same JSON with 1 as 1.0: whoever formats a file may write either."""
    if isinstance(value, dict):
        return {key: _in_floats(one) for key, one in value.items()}
    return float(value) if isinstance(value, int) else value


def plan_digest(shard: Shard, *, tool: str, prices: str | None, commit: str | None) -> str:
    """The same for all parts of one run, and for nothing else.

    Everything that it is made of is in the result of each part.
    """
    shape: JsonObject = {
        "count": shard.count,
        "plan": shard.plan,
        "planned": shard.planned,
        "tool": tool,
        "prices": prices,
        "commit": commit,
        "durations": shard.durations,
    }
    return hashlib.sha256(canonical(shape)).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Known:
    """The seconds that cases took, and the digest of the file that says so."""

    digest: str | None = None
    durations_s: Mapping[Unit, float] | None = None


def _known_durations(name: str, plan: Plan, world: World) -> _Known:
    """What a result file says of the cases of a plan, all models of a case together."""
    path = world.cwd / name
    seconds = _seconds_in(path, name)
    found: dict[Unit, float] = {}
    for planned in plan.cases:
        unit = (planned.suite, planned.case.id)
        took = seconds.get((*unit, planned.model))
        if took is not None:
            found[unit] = found.get(unit, 0.0) + took
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return _Known(digest=digest, durations_s=found)


def _seconds_in(path: Path, name: str) -> Mapping[tuple[str, str, str], float]:
    if not path.exists():
        fix = "leave --durations out until there is a result to balance by"
        problem = "there is no such file"
        place = Location(path=name)
        raise InputError([Finding(rule="unreadable", message=problem, location=place, fix=fix)])
    found: dict[tuple[str, str, str], float] = {}
    with closing(_result(path, name)) as file:
        for number, owner in enumerate(file.owners):
            case = file.head(number)
            if case["latencyS"] is not None:
                key = (file.suites[owner].path, case["id"], case["model"])
                found[key] = float(case["latencyS"])
    return found


def _result(path: Path, name: str) -> ResultFile:
    try:
        return ResultFile(path, name=name)
    except InputError as error:
        # It need not be of a part.
        fix = "name a result that `agentops eval --json FILE` wrote, or leave --durations out"
        raise InputError([replace(one, fix=fix) for one in error.findings]) from error
