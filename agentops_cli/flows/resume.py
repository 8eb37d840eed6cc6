"""`agentops eval --resume`: a run that was interrupted, killed or stopped is gone on with.

What is run comes from the run itself, and must still be what it was: then the answers that are
there are as good as new ones, and the whole is the result of one run.
"""

import os
from collections.abc import Iterator, Sequence
from dataclasses import fields, replace
from itertools import groupby
from pathlib import Path

from agentops_cli import __version__
from agentops_cli.config import load_config
from agentops_cli.errors import (
    NOT_PAID_AGAIN,
    RUN_ANEW,
    EmptyError,
    InputError,
    StoreError,
    UsageError,
)
from agentops_cli.flows.evaluate import Prepared, prepare
from agentops_cli.flows.options import EvalOptions, recalled
from agentops_cli.flows.same_plan import changes
from agentops_cli.flows.world import World
from agentops_cli.model.finding import Finding
from agentops_cli.stores.manifest import Manifest, read_manifest
from agentops_cli.stores.runs import RunFolder, runs_in

LAST = "last"

_SHOWN = 5

_MAY_BE_TYPED = frozenset({"settings", "reports", "log", "use_cache"})
"""What does not decide what is run, or how it is judged."""

_FLAGS = {
    "suites": "suites",
    "selection": "-k, --tag, --model or --case",
    "cassettes": "--record or --replay",
    "repeat_auto": "--repeat",
    "part": "--shard",
}


def prepare_again(name: str, options: EvalOptions, world: World) -> Prepared:
    """Prepares what is left of a run; `name` is its id, the beginning of it, or `last`.

    `options` are what was typed beside it: limits and reports take the place of those of the run.
    Raises `UsageError` for anything else that was typed and for a run that there is not,
    `InputError` when what is to be run has changed, and `StoreError` when the run is damaged.
    """
    _demand_untyped(options)
    root = load_config(world.cwd, environ=world.environ, overrides=options.settings).root
    begun = find_run(name, root)
    there = replace(
        world,
        cwd=(root / begun.folder).resolve(),
        environ={**begun.environ, **world.environ},
    )
    try:
        prepared = prepare(_together(begun, options, root, world), there)
    except EmptyError as error:
        raise InputError([_gone(error)]) from error
    findings = tuple(_changed(begun, prepared))
    if findings:
        raise InputError(findings)
    return replace(prepared, begun=begun)


def find_run(name: str, root: Path) -> Manifest:
    """The run that is meant; raises `UsageError` when there is none, or more than one."""
    known = [folder for folder in runs_in(root) if folder.manifest.exists()]
    if name == LAST:
        return _newest(known)
    exact = [folder for folder in known if folder.run_id == name]
    found = exact or [folder for folder in known if folder.run_id.startswith(name)]
    if len(found) == 1:
        return _demand_typed(read_manifest(found[0].manifest))
    what = f"{name!r} means {len(found)} runs" if found else f"there is no run {name!r}"
    raise UsageError(what, fix=_choice(found or known))


def _newest(known: Sequence[RunFolder]) -> Manifest:
    """The run that was begun last, of those that can be gone on with.

    Ids tell the second; which of two that share one is the later, only they themselves know.
    """
    for _, folders in groupby(reversed(known), key=lambda folder: folder.run_id.partition("-")[0]):
        manifests = [read_manifest(folder.manifest) for folder in folders]
        typed = [manifest for manifest in manifests if manifest.typed is not None]
        if typed:
            return max(typed, key=lambda manifest: manifest.started)
    raise UsageError("there is no run to go on with", fix="run: agentops eval")


def _choice(folders: Sequence[RunFolder]) -> str:
    if not folders:
        return "there are none yet: run agentops eval"
    newest = [folder.run_id for folder in reversed(folders)]
    older = f" and {len(newest) - _SHOWN} older ones" if len(newest) > _SHOWN else ""
    return f"name one of {', '.join(newest[:_SHOWN])}{older}, or {LAST!r} for the newest"


def _demand_typed(manifest: Manifest) -> Manifest:
    if manifest.typed is None:
        problem = f"run {manifest.run_id} was part of something else, not of agentops eval"
        raise UsageError(problem, fix=f"run that again; {NOT_PAID_AGAIN}")
    return manifest


def _demand_untyped(options: EvalOptions) -> None:
    """Refuses what would make another run of it."""
    usual = EvalOptions()
    typed = [
        _FLAGS.get(field.name, f"--{field.name.replace('_', '-')}")
        for field in fields(EvalOptions)
        if field.name not in _MAY_BE_TYPED
        and getattr(options, field.name) != getattr(usual, field.name)
    ]
    if typed:
        problem = (
            f"--resume runs what the run was begun with: {' and '.join(typed)} cannot be given"
        )
        raise UsageError(problem, fix="leave it out, or run the suites anew without --resume")


def _together(begun: Manifest, options: EvalOptions, root: Path, world: World) -> EvalOptions:
    """What was typed then, with the limits and reports that were typed now in their place."""
    log = None if begun.log is None else root / begun.log
    if options.log is not None and (log is None or options.log.resolve() != log.resolve()):
        where = begun.log or "its own folder"
        problem = f"the trials of run {begun.run_id} are in {where}, and --jsonl cannot move them"
        raise UsageError(problem, fix="leave --jsonl out, and copy the file afterwards")
    try:
        then = recalled(begun.typed or {}, log=log)
        reports = {
            kind: os.path.relpath(root / begun.folder / path, world.cwd)
            for kind, path in then.reports.items()
        }
        return replace(
            then,
            settings={**(then.settings or {}), **(options.settings or {})},
            use_cache=then.use_cache and options.use_cache,
            reports={**reports, **options.reports},
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        problem = f"what run {begun.run_id} remembers of itself is damaged"
        raise StoreError(problem, fix="run the suites anew") from error


def _gone(error: EmptyError) -> Finding:
    """Why there is nothing any more where the run had something."""
    return Finding(
        rule="plan-changed",
        message=f"{error.message} any more",
        location=None,
        fix=f"change it back, or {RUN_ANEW}",
    )


def _changed(begun: Manifest, prepared: Prepared) -> Iterator[Finding]:
    """Why the run would not be the same one."""
    if begun.tool_version != __version__:
        yield Finding(
            rule="plan-changed",
            message=f"the run was begun by agentops {begun.tool_version}, this is {__version__}",
            location=None,
            fix="go on with that version, or run the suites anew",
        )
    try:
        yield from changes(begun.plan, prepared.record)
    except (KeyError, TypeError, AttributeError) as error:
        problem = f"what run {begun.run_id} remembers of its plan is damaged"
        raise StoreError(problem, fix="run the suites anew") from error
