"""What keeps the result of one part from being believed, as far as the file itself tells.

A result is kept and copied by others before it is merged. Who changes it on purpose and well is not
found out; what does not fit together is.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from agentops_cli.flows.shards import gate_digest, plan_digest
from agentops_cli.model.finding import Finding
from agentops_cli.model.place import Location
from agentops_cli.model.result import Shard
from agentops_cli.run.shard import MOST_PARTS
from agentops_cli.stores.results import ResultFile

MOST_CASES = 10_000_000
"""More than this are in no plan: each takes a byte of memory where parts are merged."""

_MAPPINGS = ("models", "agents", "files", "gates")
_OF_SUITE = ("prompt", "models", "metrics", "digest")


def unbelievable(file: ResultFile) -> Iterator[Finding]:
    """Why a result cannot be one that a part wrote; nothing of one that says of no part it is."""
    shard, run = file.run.shard, file.run
    if shard is None:
        return
    # One that could not write its trials down says so, and has no verdict whatever it counted.
    if not any(reason.rule == "store" for reason in run.reasons):
        for what in file.contradictions:
            yield _finding("contradiction", file.name, what)
    if not 1 <= shard.number <= shard.count <= MOST_PARTS:
        message = f"there is no {shard}: there are at most {MOST_PARTS} parts"
        yield broken_part(file.name, message)
    elif not _is_plan(shard):
        yield broken_part(file.name, "its plan is damaged")
    elif shard.plan_digest != plan_digest(
        shard,
        tool=run.tool_version,
        prices=run.prices_version,
        commit=run.git.commit if run.git else None,
    ):
        message = "what it was made of was changed since, or the commit was while it ran"
        yield broken_part(file.name, message)
    else:
        gates: Any = shard.plan["gates"]
        for suite in file.suites:
            if gates.get(suite.path) != gate_digest(suite.gate):
                yield broken_part(file.name, f"the gate of {suite.path} is not that of its plan")


def planned_suites(shard: Shard) -> Iterator[tuple[str, int]]:
    """The suites of a plan by their paths, each with the number of its cases."""
    suites: Any = shard.plan["suites"]
    return ((suite["path"], suite["cases"]) for suite in suites)


def broken_part(name: str, message: str) -> Finding:
    """Says what is wrong with the file of a part."""
    return _finding("broken-part", name, message)


def _finding(rule: str, name: str, message: str) -> Finding:
    fix = "take the file as it was written, or run that part again"
    return Finding(rule=rule, message=message, location=Location(path=name), fix=fix)


def _is_plan(shard: Shard) -> bool:
    """True where a plan has all that is read of one, and no more cases than can be."""
    plan: Mapping[str, Any] = shard.plan
    suites = plan.get("suites")
    if not isinstance(suites, list) or not all(map(_is_suite, suites)):
        return False
    if not all(isinstance(plan.get(key), dict) for key in _MAPPINGS) or "cassettes" not in plan:
        return False
    paths = {suite["path"] for suite in suites}
    planned = sum(suite["cases"] for suite in suites)
    return len(paths) == len(suites) and planned == shard.planned <= MOST_CASES


def _is_suite(suite: Any) -> bool:
    return (
        isinstance(suite, dict)
        and isinstance(suite.get("path"), str)
        and type(suite.get("cases")) is int
        and suite["cases"] >= 0
        and all(key in suite for key in _OF_SUITE)
    )
