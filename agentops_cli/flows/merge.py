"""`agentops report merge`: the result files of all parts of a run, together again as one."""

from array import array
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from typing import Any

from agentops_cli.errors import InputError
from agentops_cli.flows.same_plan import differences
from agentops_cli.flows.wiring import metric_kinds
from agentops_cli.flows.world import World
from agentops_cli.model.finding import Finding
from agentops_cli.model.place import Location
from agentops_cli.model.result import RunResult, Shard, SuiteResult
from agentops_cli.run.merge import SuiteInParts, merged_run, merged_suite
from agentops_cli.stores.results import JoinedResults, ResultFile

_SHOWN_CASES = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Merged:
    """A run that was cut up, whole again; `parts` are the runs that it is made of, by number."""

    run: RunResult
    trials: JoinedResults
    parts: Sequence[RunResult]


@contextmanager
def merged(names: Sequence[str], world: World) -> Iterator[Merged]:
    """The run that some result files are the parts of, for as long as the block lasts.

    Raises `InputError` with all that speaks against that: what is no result, or no part of a run,
    or of another run, what is there twice and what is missing.
    """
    with ExitStack() as opened:
        findings: list[Finding] = []
        parts: list[_Part] = []
        for name in names:
            try:
                file = ResultFile(world.cwd / name, name=name)
            except InputError as error:
                findings += error.findings
                continue
            opened.enter_context(closing(file))
            if file.run.shard is None:
                findings.append(_whole(name))
            else:
                parts.append(_Part(file=file, shard=file.run.shard))
        findings += _mistakes(parts)
        if findings:
            raise InputError(findings)
        parts.sort(key=lambda part: part.shard.number)
        joined = JoinedResults([part.file for part in parts])
        runs = [part.file.run for part in parts]
        run = merged_run(runs, [*_suites(parts, joined)], budget_usd=parts[0].shard.budget_usd)
        yield Merged(run=run, trials=joined, parts=runs)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Part:
    """A result file and which part of a run it says it is."""

    file: ResultFile
    shard: Shard

    @property
    def name(self) -> str:
        """The file as it was typed."""
        return self.file.name


def _suites(parts: Sequence[_Part], joined: JoinedResults) -> Iterator[SuiteResult]:
    """Every suite of the plan, in its order."""
    kinds, start = metric_kinds(), 0
    for path, cases in _planned(parts[0].shard):
        own = [
            (suite, part.file.latencies_s[number])
            for part in parts
            for number, suite in enumerate(part.file.suites)
            if suite.path == path
        ]
        latencies_s = array("d")
        for _, some in own:
            latencies_s.extend(some)
        yield merged_suite(
            SuiteInParts(
                parts=[suite for suite, _ in own],
                cases=joined.cases(range(start, start + cases)),
                latencies_s=latencies_s,
            ),
            kinds,
        )
        start += cases


def _planned(shard: Shard) -> Iterator[tuple[str, int]]:
    """The suites of a plan by their paths, each with the number of its cases."""
    suites: Any = shard.plan["suites"]
    return ((str(suite["path"]), int(suite["cases"])) for suite in suites)


def _mistakes(parts: Sequence[_Part]) -> Iterator[Finding]:
    """All that keeps parts from being one run; of several runs nobody can tell what is missing."""
    strangers = [*_strangers(parts)] if parts else []
    twice = [*_twice(parts)]
    yield from (*strangers, *twice)
    if strangers or not parts:
        return
    numbers = {part.shard.number for part in parts}
    count = parts[0].shard.count
    absent = [number for number in range(1, count + 1) if number not in numbers]
    if absent:
        listed = ", ".join(map(str, absent))
        what = (
            f"part {listed} of {count} is" if len(absent) == 1 else f"parts {listed} of {count} are"
        )
        fix = "name its result too; where it was killed, go on with it: agentops eval --resume"
        yield Finding(rule="missing-part", message=f"{what} missing", location=None, fix=fix)
    if not twice:
        yield from _misplaced(parts, is_complete=not absent)


def _whole(name: str) -> Finding:
    fix = "name the results of `agentops eval --shard …` only"
    message = "this is the result of a whole run, not of a part"
    return Finding(rule="not-a-part", message=message, location=Location(path=name), fix=fix)


def _twice(parts: Sequence[_Part]) -> Iterator[Finding]:
    first: dict[int, _Part] = {}
    for part in parts:
        known = first.setdefault(part.shard.number, part)
        if known is not part and known.shard.count == part.shard.count:
            message = f"{part.shard} is in {known.name} as well"
            fix = "leave one of them out"
            place = Location(path=part.name)
            yield Finding(rule="part-twice", message=message, location=place, fix=fix)


def _strangers(parts: Sequence[_Part]) -> Iterator[Finding]:
    """The parts that are of another run than the first, and in what they differ."""
    first = parts[0]
    for part in parts[1:]:
        if part.shard.plan_digest != first.shard.plan_digest:
            told = [*dict.fromkeys(_unlike(first, part))] or ["what their plans are made of"]
            yield Finding(
                rule="other-run",
                message=f"this and {first.name} are not parts of one run, they differ in: "
                f"{'; '.join(told)}",
                location=Location(path=part.name),
                fix="run all parts with the same commit, command line, configuration and version",
            )


def _unlike(one: _Part, other: _Part) -> Iterator[str]:
    """What two parts do not have in common, in words."""
    a, b = one.shard, other.shard
    if a.count != b.count:
        yield f"the number of parts ({a.count} and {b.count})"
    for what, place in differences(a.plan, b.plan):
        yield f"{what} ({place.path})" if place else what
    gates: list[Any] = [a.plan["gates"], b.plan["gates"]]
    for path in sorted(gates[0].keys() & gates[1].keys()):
        if gates[0][path] != gates[1][path]:
            yield f"the gate or the budget ({path})"
    run, run_of_other = one.file.run, other.file.run
    if run.config_digest != run_of_other.config_digest:
        yield "the configuration"
    if a.durations != b.durations:
        yield "the durations by which they are balanced"
    commits = [each.git.commit[:12] if each.git else None for each in (run, run_of_other)]
    for what, values in (
        ("the commit", commits),
        ("the version of agentops", [run.tool_version, run_of_other.tool_version]),
        ("the prices", [run.prices_version, run_of_other.prices_version]),
    ):
        if values[0] != values[1]:
            yield f"{what} ({values[0]} and {values[1]})"


def _misplaced(parts: Sequence[_Part], *, is_complete: bool) -> Iterator[Finding]:
    """Cases that are in two parts, in none, or not where the plan has them."""
    suites = [path for path, cases in _planned(parts[0].shard) for _ in range(cases)]
    seen = bytearray(len(suites))
    for part in parts:
        file = part.file
        strange = 0
        for place, owner in zip(file.places, file.owners, strict=True):
            if place >= len(suites) or suites[place] != file.suites[owner].path:
                strange += 1
            elif seen[place] < 2:
                seen[place] += 1
        if strange:
            message = f"{strange:,} of its cases are not where the plan has them"
            place_of = Location(path=part.name)
            fix = "take the file as it was written"
            yield Finding(rule="broken-part", message=message, location=place_of, fix=fix)
    for times, problem in ((2, "in several parts"), (0, "in no part")):
        found = [place for place, count in enumerate(seen) if count == times]
        if found and (times or is_complete):
            yield _cases(found, suites, problem)


def _cases(places: Sequence[int], suites: Sequence[str], problem: str) -> Finding:
    by_suite = Counter(suites[place] for place in places)
    listed = ", ".join(f"{count:,} of {path}" for path, count in by_suite.most_common(_SHOWN_CASES))
    return Finding(
        rule="misplaced-cases",
        message=f"{len(places):,} cases are {problem}: {listed}",
        location=None,
        fix="take the files as they were written by the parts of one run",
    )
