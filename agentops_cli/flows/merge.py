"""`agentops report merge`: the result files of all parts of a run, together again as one."""

from array import array
from bisect import bisect_right
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, replace
from decimal import Decimal
from itertools import accumulate
from typing import Any

from agentops_cli.errors import InputError
from agentops_cli.flows.believe import broken_part, planned_suites, unbelievable
from agentops_cli.flows.same_plan import differences
from agentops_cli.flows.wiring import metric_kinds
from agentops_cli.flows.world import World
from agentops_cli.model.cassette import CassetteUse
from agentops_cli.model.finding import Finding, Severity
from agentops_cli.model.money import ZERO
from agentops_cli.model.place import Location
from agentops_cli.model.result import RunResult, Shard, SuiteResult
from agentops_cli.reporters.wording import dollars
from agentops_cli.run.merge import SuiteInParts, merged_run, merged_suite
from agentops_cli.stores.results import JoinedResults, ResultFile

_SHOWN_CASES = 5
_SHOWN_PARTS = 10

_ANSWERS: Mapping[str, str] = {
    CassetteUse.NONE: "calls",
    CassetteUse.RECORD: "calls that are recorded",
    CassetteUse.MISSING: "calls and cassettes",
    CassetteUse.REPLAY: "cassettes alone",
}


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
        broken: set[int] = set()
        for name in names:
            try:
                file = ResultFile(world.cwd / name, name=name)
            except InputError as error:
                findings += error.findings
                continue
            opened.enter_context(closing(file))
            shard = file.run.shard
            wrong = [*unbelievable(file)] if shard else [_whole(name)]
            findings += wrong
            if shard and wrong:
                broken.add(shard.number)
            elif shard:
                parts.append(_Part(file=file, shard=shard))
        findings += _mistakes(parts, broken=broken)
        if findings:
            raise InputError(findings)
        parts.sort(key=lambda part: part.shard.number)
        joined = JoinedResults([part.file for part in parts])
        runs = [part.file.run for part in parts]
        budget_usd, notes = _budget(parts)
        run = merged_run(runs, [*_suites(parts, joined)], budget_usd=budget_usd)
        run = replace(run, reasons=(*run.reasons, *notes))
        yield Merged(run=run, trials=joined, parts=runs)


def _budget(parts: Sequence["_Part"]) -> tuple[Decimal | None, Sequence[Finding]]:
    """The limit in dollars of the whole run, and what there is to say of it.

    A part that was stopped may have been gone on with under another one. What all of them could
    spend then is what each had for itself.
    """
    totals = [*dict.fromkeys(part.shard.budget_usd for part in parts)]
    if len(totals) == 1:
        return totals[0], ()
    own = [part.file.run.budget_usd for part in parts]
    known = [usd for usd in own if usd is not None]
    together = sum(known, ZERO) if len(known) == len(own) else None
    listed = ", ".join("none" if usd is None else dollars(usd) for usd in totals)
    limit = "without a limit" if together is None else dollars(together)
    message = f"parts had different budgets for the whole run ({listed}), together {limit}"
    note = Finding(rule="budgets", message=message, location=None, severity=Severity.INFO)
    return together, [note]


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
    for path, cases in planned_suites(parts[0].shard):
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


def _mistakes(parts: Sequence[_Part], *, broken: Collection[int]) -> Iterator[Finding]:
    """All that keeps parts from being one run; of several runs nobody can tell what is missing.

    `broken` are the numbers of the parts that are there and cannot be believed.
    """
    strangers = [*_strangers(parts)] if parts else []
    twice = [*_twice(parts)]
    yield from (*strangers, *twice)
    if strangers or not parts:
        return
    numbers = {part.shard.number for part in parts}.union(broken)
    count = parts[0].shard.count
    absent = [number for number in range(1, count + 1) if number not in numbers]
    if absent:
        more = len(absent) - _SHOWN_PARTS
        shown = ", ".join(map(str, absent[:_SHOWN_PARTS]))
        listed = f"{shown} and {more} more" if more > 0 else shown
        what = (
            f"part {listed} of {count} is" if len(absent) == 1 else f"parts {listed} of {count} are"
        )
        fix = "name its result too; where it was killed, go on with it: agentops eval --resume"
        yield Finding(rule="missing-part", message=f"{what} missing", location=None, fix=fix)
    if not twice:
        yield from _misplaced(parts, is_complete=not absent and not broken)
        yield from _twice_in_plan(parts)
        yield from _other_suites(parts)


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
            yield f"the gate ({path})"
    uses = [_ANSWERS.get(str(each.plan["cassettes"]), "elsewhere") for each in (a, b)]
    if uses[0] != uses[1]:
        yield f"where their answers are from ({uses[0]} and {uses[1]})"
    run, run_of_other = one.file.run, other.file.run
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
    suites = [*planned_suites(parts[0].shard)]
    ends = [*accumulate(cases for _, cases in suites)]
    seen = bytearray(parts[0].shard.planned)

    def suite_of(place: int) -> str:
        return suites[bisect_right(ends, place)][0]

    for part in parts:
        file = part.file
        strange = 0
        for place, owner in zip(file.places, file.owners, strict=True):
            if place >= len(seen) or suite_of(place) != file.suites[owner].path:
                strange += 1
            elif seen[place] < 2:
                seen[place] += 1
        if strange:
            message = f"{strange:,} of its cases are not where the plan has them"
            yield broken_part(part.name, message)
    for times, problem in ((2, "in several parts"), (0, "in no part")):
        number = seen.count(times)
        if number and (times or is_complete):
            found = (place for place, count in enumerate(seen) if count == times)
            yield _cases(Counter(map(suite_of, found)), problem)


def _cases(by_suite: Counter[str], problem: str) -> Finding:
    listed = ", ".join(f"{count:,} of {path}" for path, count in by_suite.most_common(_SHOWN_CASES))
    return Finding(
        rule="misplaced-cases",
        message=f"{by_suite.total():,} cases are {problem}: {listed}",
        location=None,
        fix="take the files as they were written by the parts of one run",
    )


def _twice_in_plan(parts: Sequence[_Part]) -> Iterator[Finding]:
    """A case that is there under several places of the plan: one that stands for another."""
    seen: set[int] = set()
    for part in parts:
        before = len(seen)
        seen.update(part.file.marks)
        if number := len(part.file.marks) - (len(seen) - before):
            message = f"{number:,} of its cases are there already, by suite, id and model"
            yield broken_part(part.name, message)


def _other_suites(parts: Sequence[_Part]) -> Iterator[Finding]:
    """Suites that one part has otherwise than another, and those that no part has."""
    first: dict[str, tuple[str, SuiteResult]] = {}
    for part in parts:
        for suite in part.file.suites:
            name, known = first.setdefault(suite.path, (part.name, suite))
            if _as_written(suite) != _as_written(known):
                message = f"its suite {suite.path} is not as it is in {name}"
                yield broken_part(part.name, message)
    for path, _ in planned_suites(parts[0].shard):
        if path not in first:
            yield broken_part(parts[0].name, f"the suite {path} of its plan is in no part")


def _as_written(suite: SuiteResult) -> tuple[object, ...]:
    """What a suite says of itself, whatever came of it."""
    prompt = (suite.prompt_name, suite.prompt_version, suite.prompt_sha256, suite.prompt_commit)
    return (suite.name, suite.gate, suite.measured, suite.location, *prompt)
