"""`agentops eval`: suites in, a verdict and reports out.

Everything that can be refused is refused in `prepare`, before any call and any dollar.
"""

import asyncio
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path

from agentops_cli import __version__
from agentops_cli.config import load_config
from agentops_cli.errors import EmptyError, ExitCode, StoreError
from agentops_cli.flows.load import Loader, find_suites
from agentops_cli.flows.stopping import STOPPING, finishing, terminate_as_ctrl_c
from agentops_cli.flows.wiring import Checks, Gateways, assertion_kinds, templates
from agentops_cli.flows.world import World
from agentops_cli.gateways.endpoints import base_url_of
from agentops_cli.gitrepo import stamp
from agentops_cli.model.finding import Finding, Severity
from agentops_cli.model.json import Json
from agentops_cli.model.money import ZERO
from agentops_cli.model.result import (
    CaseResult,
    RunResult,
    SuiteResult,
    TrialResult,
)
from agentops_cli.model.settings import Config, ModelSettings
from agentops_cli.ports import Trials
from agentops_cli.prices import PriceTable
from agentops_cli.redact import Redact, secrets_in
from agentops_cli.run.engine import Engine, trials_of
from agentops_cli.run.fold import Fold, percentile
from agentops_cli.run.gate import decide, judge_suite
from agentops_cli.run.plan import LoadedSuite, Plan, PlanSettings, plan
from agentops_cli.sources import Disk
from agentops_cli.stores.runs import fresh_log, new_run
from agentops_cli.stores.trials import TrialLog
from agentops_cli.suite.read import SuiteContext
from agentops_cli.suite.select import Selection


@dataclass(frozen=True, slots=True, kw_only=True)
class EvalOptions:
    """What was typed. `settings` holds the flags that are settings too, by their dotted keys.

    `log` is where trials are written as they finish; None is the project's folder of runs. With
    `allow_empty` what matches nothing is noted, and the rest is run.
    """

    suites: tuple[str, ...] = ()
    selection: Selection = Selection()
    repeat: int | None = None
    log: Path | None = None
    allow_empty: bool = False
    settings: Mapping[str, Json] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """A run that may begin: nothing about it is wrong, and nothing was spent yet."""

    config: Config
    plan: Plan
    prices: PriceTable
    gateways: Gateways
    world: World
    log: Path | None

    @property
    def trials(self) -> int:
        """How many executions there will be."""
        return sum(case.case.repeat for case in self.plan.cases if case.case.skip is None)

    @property
    def budget_usd(self) -> Decimal | None:
        """The limit in dollars that holds for the whole run, None when a suite has none."""
        suites = [item.suite.budget.run_usd for item in self.plan.suites]
        known = [limit for limit in suites if limit is not None]
        run = self.config.budget.run_usd
        if len(known) < len(suites):
            return run
        together = sum(known, ZERO)
        return together if run is None else min(run, together)


def prepare(options: EvalOptions, world: World) -> Prepared:
    """Reads, checks and plans everything; raises `InputError` with all mistakes together.

    Raises `EmptyError` when nothing is selected, or when anything that was typed or configured
    matches nothing.
    """
    config = load_config(world.cwd, environ=world.environ, overrides=options.settings)
    source = Disk(world.cwd)
    context = SuiteContext(
        source=source,
        kinds=assertion_kinds(),
        templates=templates(world),
        repeat=options.repeat,
    )
    found = find_suites(options.suites, config, source, world)
    loaded = Loader(context, config, world).load(found.paths)
    missing = [f"suite {name!r}" for name in found.missing] + _unmatched(options.selection, loaded)
    if missing and not options.allow_empty:
        fix = "mend it here or under 'suites:', or run the rest with --allow-empty"
        raise EmptyError(f"nothing matches {', '.join(missing)}", fix=fix)
    prices = PriceTable({
        name: model.price for name, model in config.models.items() if model.price is not None
    })  # fmt: skip
    settings = PlanSettings(
        base_url_of=lambda model: base_url_of(
            model, config.models.get(model, ModelSettings()), world.environ
        ),
        price_of=prices.price_of,
        run_usd=config.budget.run_usd,
        timeout_s=config.timeout_s,
    )
    planned = plan(loaded, options.selection, settings)
    if not planned.cases:
        total = sum(len(item.suite.cases) for item in loaded)
        fix = "loosen -k, --tag, --model or --case; --dry-run shows what there is"
        raise EmptyError(f"none of {total} cases is selected", fix=fix)
    return Prepared(
        config=config,
        plan=replace(planned, notes=(*planned.notes, *map(_not_there, missing))),
        prices=prices,
        gateways=Gateways(planned, config, source, world),
        world=world,
        log=options.log or (config.root / config.report.jsonl if config.report.jsonl else None),
    )


def _unmatched(selection: Selection, loaded: Sequence[LoadedSuite]) -> list[str]:
    cases = [case for item in loaded for case in item.suite.cases]
    models = [model for item in loaded for model in item.models]
    return list(selection.unmatched(cases, models)) if loaded else []


def _not_there(what: str) -> Finding:
    problem = f"nothing matches {what}"
    return Finding(rule="empty", message=problem, location=None, severity=Severity.WARNING)


@contextmanager
def run(
    prepared: Prepared, on_result: Callable[[TrialResult], None]
) -> Iterator[tuple[RunResult, Trials]]:
    """Runs what was prepared, and gives the result with its trials for as long as it is entered.

    `on_result` hears of each trial as it ends. Ctrl-C and SIGTERM stop the run and keep what
    finished; so does a disk that takes no more trials. A signal that comes later waits until the
    block has ended, so that its reports are written.
    """
    world, config = prepared.world, prepared.config
    started = world.now()
    run_id = f"{started:%Y%m%dT%H%M%S}-{world.token()}"
    fold = Fold(prepared.plan.cases, today=started.date())
    keys = [model.api_key_env for model in config.models.values() if model.api_key_env]
    redact = Redact(secrets_in(world.environ, keys))
    log = fresh_log(prepared.log) if prepared.log else new_run(config.root, run_id)
    with TrialLog(log, redact) as trials:

        def keep(result: TrialResult) -> None:
            trials.append(result)
            fold.add(result)
            on_result(result)

        ended = _Ended()
        try:
            asyncio.run(_drive(prepared, keep, ended))
        except* StoreError as group:
            ended.failure = next(e for e in group.exceptions if isinstance(e, StoreError))
        with finishing():
            suites = _suite_results(prepared.plan, fold)
            failure = ended.failure
            exit_code = decide(suites, interrupted=ended.interrupted)
            result = RunResult(
                run_id=run_id,
                started=started,
                finished=world.now(),
                tool_version=__version__,
                prices_version=prepared.prices.version,
                git=stamp(world.cwd),
                config_digest=config.digest,
                suites=suites,
                exit_code=ExitCode.UNREACHABLE if failure else exit_code,
                reasons=tuple(_reasons(suites, failure)),
                budget_usd=prepared.budget_usd,
            )
            yield result, trials


@dataclass(slots=True)
class _Ended:
    """How the loop came to its end, when not by itself."""

    interrupted: bool = False
    failure: StoreError | None = None


async def _drive(prepared: Prepared, keep: Callable[[TrialResult], None], ended: _Ended) -> None:
    """Runs the engine until it is done or told to stop by a signal."""
    gateway = prepared.gateways.open(prepared.prices, prepared.plan)
    engine = Engine(
        gateway,
        checks_of=Checks(assertion_kinds()).of,
        on_result=keep,
        concurrency=prepared.config.concurrency,
    )
    work = asyncio.ensure_future(engine.run(trials_of(prepared.plan.cases)))

    def stop() -> None:
        ended.interrupted = True
        work.cancel()
        # A second Ctrl-C ends the process as usual.
        _unlisten(loop)

    loop = asyncio.get_running_loop()
    for number in STOPPING:
        loop.add_signal_handler(number, stop)
    try:
        await work
    except asyncio.CancelledError:
        if not ended.interrupted:
            raise
    finally:
        _unlisten(loop)
        await gateway.close()


def _unlisten(loop: asyncio.AbstractEventLoop) -> None:
    for number in STOPPING:
        loop.remove_signal_handler(number)
    terminate_as_ctrl_c()


def _suite_results(planned: Plan, fold: Fold) -> tuple[SuiteResult, ...]:
    by_suite: dict[str, list[CaseResult]] = {item.suite.path: [] for item in planned.suites}
    for case, result in zip(planned.cases, fold.cases(), strict=True):
        by_suite[case.suite].append(result)
    return tuple(_suite_result(item, by_suite[item.suite.path], fold) for item in planned.suites)


def _suite_result(item: LoadedSuite, cases: Sequence[CaseResult], fold: Fold) -> SuiteResult:
    suite, prompt = item.suite, item.renderer.prompt if item.renderer else None
    latencies_s = fold.latencies_s(cases)
    p95_latency_s = percentile(latencies_s, 0.95)
    return SuiteResult(
        name=suite.name,
        path=suite.path,
        prompt_name=prompt.name if prompt else None,
        prompt_version=prompt.meta.version if prompt else None,
        prompt_sha256=prompt.sha256 if prompt else None,
        cases=tuple(cases),
        gate=suite.gate,
        decision=judge_suite(
            cases, suite.gate, p95_latency_s=p95_latency_s, location=suite.location
        ),
        p50_latency_s=percentile(latencies_s, 0.5),
        p95_latency_s=p95_latency_s,
    )


def _reasons(suites: Sequence[SuiteResult], failure: StoreError | None) -> Iterator[Finding]:
    """Why the verdict is no, or why there is none."""
    if failure:
        yield Finding(rule="store", message=failure.message, location=None, fix=failure.fix)
    for suite in suites:
        yield from suite.decision.reasons
