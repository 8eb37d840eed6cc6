"""Whether a run that is gone on with would still be the same one: what was planned, in digests.

What is in here decides answers and verdicts. Budgets, gates, timeouts, rates and the places of
reports are not: they may change between two processes of one run.
"""

import hashlib
import posixpath
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain
from typing import Any

from agentops_cli.config import in_force
from agentops_cli.errors import RUN_ANEW, UnreadableError
from agentops_cli.model.call import canonical
from agentops_cli.model.finding import Finding
from agentops_cli.model.ids import agent_of
from agentops_cli.model.json import Json, JsonObject
from agentops_cli.model.place import Location
from agentops_cli.model.settings import Config
from agentops_cli.model.suite import AssertionSpec
from agentops_cli.ports import Source
from agentops_cli.run.outline import Outline
from agentops_cli.run.plan import LoadedSuite, Plan

_OF_SPEED = ("rpm", "tpm")


def plan_record(
    plan: Plan, config: Config, source: Source, *, files: Iterable[str] = ()
) -> JsonObject:
    """What a plan is made of: the same for the same plan, wherever and whenever it is made.

    `files` are those that answers come from where they are there, beside the cassettes that are
    named as models. Raises `UnreadableError` for one of these, and for a script, that is not.
    """
    settings, outline = in_force(config), plan.outline
    answering = chain.from_iterable(item.cassette_files.values() for item in plan.suites)
    named = [*map(_file_of, outline.scripts), *answering]
    return {
        "suites": [_suite_record(item, outline) for item in plan.suites],
        "models": _settings_of(settings["models"], plan.models),
        "agents": _settings_of(settings["agents"], filter(None, map(agent_of, plan.models))),
        "files": {
            **{path: _digest_of_text(source.read(path)) for path in named},
            **{path: _digest_if_there(path, source) for path in files},
        },
    }


def changes(then: Mapping[str, Any], now: Mapping[str, Any]) -> Sequence[Finding]:
    """What of a plan is not as it was, a finding for each; none where all of it is."""
    if then == now:
        return ()
    told = [_changed(what, place) for what, place in differences(then, now)]
    return told or (_changed("what is run", None),)


def differences(
    then: Mapping[str, Any], now: Mapping[str, Any]
) -> Iterator[tuple[str, Location | None]]:
    """What two records do not have in common, in words, and the file that is about."""
    moved = [*_unlike(then.get("addresses", {}), now.get("addresses", {}))]
    for model in moved:
        yield f"the address of {model}", None
    before, after = _by_path(then), _by_path(now)
    for path in [*before, *(path for path in after if path not in before)]:
        for what in _suite_changes(before.get(path), after.get(path), is_moved=bool(moved)):
            yield what, Location(path=path)
    for kind, noun in (("models", "the settings of model"), ("agents", "agent")):
        for name in _unlike(then[kind], now[kind]):
            yield f"{noun} {name}", None
    for path in _unlike(then["files"], now["files"]):
        yield f"the file {path}", Location(path=path)


def _changed(what: str, place: Location | None) -> Finding:
    fix = f"change it back, or {RUN_ANEW}"
    message = f"{what} changed since the run was begun"
    return Finding(rule="plan-changed", message=message, location=place, fix=fix)


def _suite_changes(
    before: Mapping[str, Json] | None, after: Mapping[str, Json] | None, *, is_moved: bool
) -> Iterator[str]:
    """The addresses of models that have `is_moved` are in the digest of the cases, too."""
    if before is None or after is None:
        yield "which suites are run"
        return
    told = {
        "prompt": "the prompt",
        "models": "the models",
        "metrics": "the metrics",
        "cases": "which cases are run",
    }
    found = [words for key, words in told.items() if before[key] != after[key]]
    yield from found
    if not found and not is_moved and before["digest"] != after["digest"]:
        yield "what its cases ask or demand"


def _suite_record(item: LoadedSuite, outline: Outline) -> JsonObject:
    suite, prompt = item.suite, item.renderer.prompt if item.renderer else None
    metrics: list[Json] = [
        {"kind": spec.kind, "name": spec.name, "args": dict(spec.args), "by": spec.by}
        for spec in suite.metrics
    ]
    return {
        "path": suite.path,
        "prompt": prompt.sha256 if prompt else None,
        "models": [*item.models],
        "metrics": _digest(metrics),
        "cases": outline.suites[suite.path],
        "digest": outline.digests[suite.path],
    }


def _file_of(script: AssertionSpec) -> str:
    """The file of a function that judges."""
    file, _, _ = str(script.args["value"]).rpartition(":")
    return posixpath.normpath(posixpath.join(posixpath.dirname(script.location.path), file))


def _digest_if_there(path: str, source: Source) -> str | None:
    try:
        return _digest_of_text(source.read(path))
    except UnreadableError:
        return None


def _digest_of_text(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _settings_of(settings: Json, names: Iterable[str]) -> JsonObject:
    """The digests of what is configured for each name, without how fast it may go."""
    known = settings if isinstance(settings, dict) else {}
    found: JsonObject = {}
    for name in names:
        shape = known.get(name)
        if isinstance(shape, dict) and (rest := {k: shape[k] for k in shape if k not in _OF_SPEED}):
            found[name] = _digest(rest)
    return found


def _digest(value: Json) -> str:
    return hashlib.sha256(canonical(value)).hexdigest()


def _by_path(record: Mapping[str, Any]) -> dict[str, Mapping[str, Json]]:
    return {suite["path"]: suite for suite in record["suites"]}


def _unlike(before: Mapping[str, Json], after: Mapping[str, Json]) -> Iterator[str]:
    """The names of what is not the same in both, in order."""
    for name in sorted(before.keys() | after.keys()):
        if before.get(name) != after.get(name):
            yield name
