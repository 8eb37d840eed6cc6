"""`agentops eval`: suites in, a verdict and reports out.

Everything that can be refused is refused in `prepare`, before any call and any dollar.
"""

import asyncio
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from decimal import Decimal
from pathlib import Path

from agentops_cli import __version__
from agentops_cli.config import load_config
from agentops_cli.errors import EmptyError, ExitCode, StoreError
from agentops_cli.flows.judges import Judges, served_otherwise
from agentops_cli.flows.listener import Listener, Served
from agentops_cli.flows.load import Loader, find_suites
from agentops_cli.flows.stopping import finishing, prepare_to_end, stopping, terminate_as_ctrl_c
from agentops_cli.flows.wiring import (
    Checks,
    Gateways,
    assertion_kinds,
    metric_kinds,
    templates,
)
from agentops_cli.flows.world import World
from agentops_cli.gateways.endpoints import base_url_of
from agentops_cli.gitrepo import stamp
from agentops_cli.model.finding import Finding, Severity
from agentops_cli.model.json import Json
from agentops_cli.model.money import ZERO
from agentops_cli.model.result import (
    CaseResult,
    PlannedCase,
    RunResult,
    SuiteResult,
    TrialResult,
)
from agentops_cli.model.settings import (
    Accounting,
    AgentSettings,
    Config,
    ModelSettings,
    PythonAgent,
    agent_of,
    secret_variables,
)
from agentops_cli.ports import AssertionType, ResponseCache, Trials
from agentops_cli.prices import PriceTable
from agentops_cli.redact import Redact, secrets_in
from agentops_cli.registry import Registry
from agentops_cli.run.engine import Engine, conversation_ids, trials_of
from agentops_cli.run.fold import Fold, percentile
from agentops_cli.run.gate import decide, judge_suite
from agentops_cli.run.measure import Measure
from agentops_cli.run.plan import LoadedSuite, Plan, PlanSettings, plan
from agentops_cli.scripts.functions import Functions
from agentops_cli.sources import Disk
from agentops_cli.stores.responses import Responses
from agentops_cli.stores.runs import fresh_log, new_run
from agentops_cli.stores.trials import TrialLog
from agentops_cli.suite.read import SuiteContext
from agentops_cli.suite.select import Selection


@dataclass(frozen=True, slots=True, kw_only=True)
class EvalOptions:
    """What was typed. `settings` holds the flags that are settings too, by their dotted keys.

    `log` is where trials are written as they finish; None is the project's folder of runs. With
    `allow_empty` what matches nothing is noted, and the rest is run. Without `use_cache` every
    opinion of a judge is asked for anew. `wanted` picks planned cases one by one; None takes all
    that are selected.
    """

    suites: tuple[str, ...] = ()
    selection: Selection = Selection()
    wanted: Callable[[PlannedCase], bool] | None = None
    repeat: int | None = None
    log: Path | None = None
    allow_empty: bool = False
    settings: Mapping[str, Json] | None = None
    use_cache: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """A run that may begin: nothing about it is wrong, and nothing was spent yet.

    `checked_models` are what its judge files were served as when they were checked, by their paths.
    """

    config: Config
    plan: Plan
    kinds: Registry[AssertionType]
    prices: PriceTable
    gateways: Gateways
    world: World
    log: Path | None
    use_cache: bool = True
    checked_models: Mapping[str, Sequence[str]] = field(default_factory=dict)

    @property
    def keeps_opinions(self) -> bool:
        """True when judges may be asked, and what they said before may be taken."""
        return self.use_cache and any(case.judge for case in self.plan.cases)

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
    judges = Judges(config, source, world)
    kinds = assertion_kinds(
        Functions(cwd=world.cwd, root=config.root, allowed=config.allow_scripts)
    )
    context = SuiteContext(
        source=source,
        kinds=kinds,
        metrics=metric_kinds(),
        templates=templates(world),
        repeat=options.repeat,
        judge=judges.configured(),
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
        templates=context.templates,
        doubt_of=judges.doubt_of,
        agents=config.agents,
    )
    planned = plan(loaded, options.selection, settings)
    if options.wanted:
        planned = planned.only(options.wanted)
    if not planned.cases:
        total = sum(len(item.suite.cases) for item in loaded)
        fix = "loosen -k, --tag, --model or --case; --dry-run shows what there is"
        raise EmptyError(f"none of {total} cases is selected", fix=fix)
    gateways = Gateways(planned, config, source, world)
    return Prepared(
        config=config,
        plan=replace(planned, notes=(*planned.notes, *map(_not_there, missing), *gateways.notes)),
        kinds=kinds,
        prices=prices,
        gateways=gateways,
        world=world,
        log=options.log or (config.root / config.report.jsonl if config.report.jsonl else None),
        use_cache=options.use_cache,
        checked_models=judges.checked_models(planned),
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
    prepared: Prepared,
    on_result: Callable[[TrialResult], None],
    *,
    served: Served | None = None,
) -> Iterator[tuple[RunResult, Trials]]:
    """Runs what was prepared, and gives the result with its trials for as long as it is entered.

    `on_result` hears of each trial as it ends, `served` of the models that judged. Ctrl-C and
    SIGTERM stop the run and keep what finished; so does a disk that takes no more trials. A signal
    that comes later waits until the block has ended, so that its reports are written.
    """
    world, config = prepared.world, prepared.config
    started = world.now()
    run_id = f"{started:%Y%m%dT%H%M%S}-{world.token()}"
    fold = Fold(prepared.plan.cases, today=started.date())
    measure = Measure(
        prepared.plan.cases,
        {item.suite.path: item.suite.metrics for item in prepared.plan.suites},
        kinds=metric_kinds(),
        today=started.date(),
    )
    redact = Redact(secrets_in(world.environ, secret_variables(config)))
    log = fresh_log(prepared.log) if prepared.log else new_run(config.root, run_id)
    with TrialLog(log, redact) as trials:

        def keep(result: TrialResult) -> None:
            trials.append(result)
            fold.add(result)
            measure.add(result)
            on_result(result)

        ended, served = _Ended(), {} if served is None else served
        try:
            cache = Responses(config.root, redact) if prepared.keeps_opinions else None
            asyncio.run(_drive(prepared, keep, ended, served, run_id=run_id, cache=cache))
        except* StoreError as group:
            ended.failure = next(e for e in group.exceptions if isinstance(e, StoreError))
        with finishing():
            suites = _suite_results(prepared.plan, fold, measure, config.agents)
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
                reasons=(
                    *_reasons(suites, failure),
                    *served_otherwise(prepared.plan, served, prepared.checked_models),
                    *ended.notes,
                ),
                budget_usd=prepared.budget_usd,
            )
            yield result, trials


@dataclass(slots=True)
class _Ended:
    """How the loop came to its end, when not by itself, and what went wrong around the trials."""

    interrupted: bool = False
    failure: StoreError | None = None
    notes: list[Finding] = field(default_factory=list)


async def _drive(
    prepared: Prepared,
    keep: Callable[[TrialResult], None],
    ended: _Ended,
    served: Served,
    *,
    run_id: str,
    cache: ResponseCache | None,
) -> None:
    """Runs the engine until it is done or told to stop by a signal."""
    stack = await prepared.gateways.open(prepared.prices, prepared.plan, cache=cache)
    engine = Engine(
        Listener(stack.gateway, served),
        checks_of=Checks(prepared.kinds).of,
        on_result=keep,
        conversation_id=conversation_ids(run_id),
        fixture=stack.fixture,
        concurrency=prepared.config.concurrency,
    )
    work = asyncio.ensure_future(engine.run(trials_of(prepared.plan.cases)))

    def stop(number: int) -> None:
        ended.interrupted = True
        work.cancel()
        _unlisten(loop)
        prepare_to_end(number)

    loop = asyncio.get_running_loop()
    for number in stopping():
        loop.add_signal_handler(number, stop, number)
    try:
        await work
    except asyncio.CancelledError:
        if not ended.interrupted:
            raise
    finally:
        if not ended.interrupted:
            _unlisten(loop)
        ended.notes += await stack.close()


def _unlisten(loop: asyncio.AbstractEventLoop) -> None:
    for number in stopping():
        loop.remove_signal_handler(number)
    terminate_as_ctrl_c()


def _suite_results(
    planned: Plan, fold: Fold, measure: Measure, agents: Mapping[str, AgentSettings]
) -> tuple[SuiteResult, ...]:
    by_suite: dict[str, list[CaseResult]] = {item.suite.path: [] for item in planned.suites}
    for case, result in zip(planned.cases, fold.cases(), strict=True):
        by_suite[case.suite].append(result)
    return tuple(
        _suite_result(item, by_suite[item.suite.path], fold, measure, agents)
        for item in planned.suites
    )


def _suite_result(
    item: LoadedSuite,
    cases: Sequence[CaseResult],
    fold: Fold,
    measure: Measure,
    agents: Mapping[str, AgentSettings],
) -> SuiteResult:
    suite, prompt = item.suite, item.renderer.prompt if item.renderer else None
    latencies_s = fold.latencies_s(cases)
    p95_latency_s = percentile(latencies_s, 0.95)
    models = tuple(dict.fromkeys(case.model for case in cases))
    metrics = measure.results(suite.path, models)
    tried = [agents[name] for model in models if (name := agent_of(model))]
    return SuiteResult(
        name=suite.name,
        path=suite.path,
        prompt_name=prompt.name if prompt else None,
        prompt_version=prompt.meta.version if prompt else None,
        prompt_sha256=prompt.sha256 if prompt else None,
        cases=tuple(cases),
        gate=suite.gate,
        decision=judge_suite(
            cases,
            suite.gate,
            p95_latency_s=p95_latency_s,
            location=suite.location,
            metrics=metrics,
        ),
        p50_latency_s=percentile(latencies_s, 0.5),
        p95_latency_s=p95_latency_s,
        metrics=metrics,
        accounting={agent.model: _accounting(agent) for agent in tried},
        max_usd_per_call={
            agent.model: agent.max_usd_per_call
            for agent in tried
            if agent.max_usd_per_call is not None
        },
    )


def _accounting(agent: AgentSettings) -> Accounting | None:
    """How the dollars of an agent are known; a function can tell its own in what it returns."""
    tells = isinstance(agent.how, PythonAgent)
    return agent.accounting or (Accounting.REPORTED if tells else None)


def _reasons(suites: Sequence[SuiteResult], failure: StoreError | None) -> Iterator[Finding]:
    """Why the verdict is no, or why there is none."""
    if failure:
        yield Finding(rule="store", message=failure.message, location=None, fix=failure.fix)
    for suite in suites:
        yield from suite.decision.reasons
