"""`agentops eval`: suites in, a verdict and reports out.

Everything that can be refused is refused in `prepare`, before any call and any dollar.
"""

import asyncio
import hashlib
import os
from collections.abc import Callable, Coroutine, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack, contextmanager
from dataclasses import dataclass, field, replace
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

from agentops_cli import __version__
from agentops_cli.config import KNOBS, load_config
from agentops_cli.errors import EmptyError, ExitCode, StoreError
from agentops_cli.flows.bench import Bench, bench_of
from agentops_cli.flows.book import Book, Stage
from agentops_cli.flows.incidents import Incidents
from agentops_cli.flows.judges import served_otherwise
from agentops_cli.flows.listener import Listener, Served
from agentops_cli.flows.load import Loader, find_suites
from agentops_cli.flows.open_run import OpenRun, log_from, open_run
from agentops_cli.flows.options import EvalOptions, remembered
from agentops_cli.flows.same_plan import plan_record
from agentops_cli.flows.stopping import finishing, prepare_to_end, stopping, terminate_as_ctrl_c
from agentops_cli.flows.wiring import Checks, Gateways, address_of
from agentops_cli.flows.world import World
from agentops_cli.gitrepo import stamp
from agentops_cli.guards.cache import is_kept_of
from agentops_cli.guards.outside import Outside
from agentops_cli.model.cassette import CassetteUse
from agentops_cli.model.finding import Finding, Severity
from agentops_cli.model.ids import agent_of
from agentops_cli.model.json import JsonObject
from agentops_cli.model.result import (
    CaseResult,
    Incident,
    RunResult,
    SuiteResult,
    TrialResult,
)
from agentops_cli.model.settings import (
    Accounting,
    AgentSettings,
    Config,
    PythonAgent,
    secret_variables,
)
from agentops_cli.model.totals import totals_by_model
from agentops_cli.ports import AssertionType, ResponseCache, Trials
from agentops_cli.prices import PriceTable
from agentops_cli.redact import Redact, secrets_in
from agentops_cli.registry import Registry
from agentops_cli.run.conclude import UNDECIDED, concluded
from agentops_cli.run.engine import Engine, conversation_ids
from agentops_cli.run.gate import decide
from agentops_cli.run.measure import Measure
from agentops_cli.run.plan import LoadedSuite, Plan, plan
from agentops_cli.sources import Disk
from agentops_cli.stores.ledger import Ledger
from agentops_cli.stores.manifest import Manifest
from agentops_cli.suite.select import Selection

if TYPE_CHECKING:
    # A plain run neither records nor replays, and is no part of another.
    from agentops_cli.flows.cassettes import Cassettes
    from agentops_cli.flows.shards import Part


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """A run that may begin: nothing about it is wrong, and nothing was spent yet.

    `checked_models` are what its judge files were served as when they were checked, by their paths.
    `options` are what was typed, None for a run that is part of something else. `begun` is the run
    that is gone on with, None for a new one. `part` is the one of a larger run that this is, None
    for a whole one.
    """

    config: Config
    plan: Plan
    kinds: Registry[AssertionType]
    prices: PriceTable
    gateways: Gateways
    world: World
    log: Path | None
    use_cache: bool = True
    cassettes: "Cassettes | None" = None
    checked_models: Mapping[str, Sequence[str]] = field(default_factory=dict)
    options: EvalOptions | None = None
    begun: Manifest | None = None
    part: "Part | None" = None

    @property
    def is_replay(self) -> bool:
        """True when no call will be made."""
        return self.cassettes is not None and self.cassettes.is_replay

    @property
    def keeps_answers(self) -> bool:
        """True when a model may be asked whose answers are kept, and taken from earlier runs."""
        return self.use_cache and any(map(is_kept_of, self.plan.models))

    @property
    def trials(self) -> int:
        """How many executions there will be."""
        return self.plan.outline.trials

    @property
    def record(self) -> JsonObject:
        """What decides what is run, in digests: two runs with the same one are the same run."""
        played = self.cassettes.replayed if self.cassettes else ()
        return {
            **plan_record(self.plan, self.config, Disk(self.world.cwd), files=played),
            "addresses": {model: self._address_of(model) for model in self.plan.models},
        }

    def _address_of(self, model: str) -> str | None:
        """Where a model is asked for, as a digest: an address may hold a name and a password."""
        address = address_of(model, self.config, self.world)
        return address and hashlib.sha256(address.encode()).hexdigest()

    @property
    def budget_usd(self) -> Decimal | None:
        """The limit in dollars that holds for all that is run, None when a suite has none."""
        return self.plan.run_usd(self.config.budget)


def prepare(options: EvalOptions, world: World) -> Prepared:
    """Reads, checks and plans everything; raises `InputError` with all mistakes together.

    Raises `EmptyError` when nothing is selected, or when anything that was typed or configured
    matches nothing.
    """
    config = load_config(world.cwd, environ=world.environ, overrides=options.settings)
    bench = bench_of(config, world, repeat=options.repeat, repeat_auto=options.repeat_auto)
    found = find_suites(options.suites, config, bench.source, world)
    loaded = Loader(bench.context, config, world).load(found.paths)
    missing = [f"suite {name!r}" for name in found.missing] + _unmatched(options.selection, loaded)
    if missing and not options.allow_empty:
        fix = "mend it here or under 'suites:', or run the rest with --allow-empty"
        raise EmptyError(f"nothing matches {', '.join(missing)}", fix=fix)
    planned = plan(loaded, options.selection, bench.settings)
    if options.wanted:
        planned = planned.only(options.wanted)
    if not planned.cases:
        total = sum(len(item.suite.cases) for item in loaded)
        fix = "loosen -k, --tag, --model or --case; --dry-run shows what there is"
        raise EmptyError(f"none of {total} cases is selected", fix=fix)
    part = None
    if options.part:
        from agentops_cli.flows.shards import Whole, part_of

        use, prices = options.cassettes, bench.prices
        whole = Whole(plan=planned, prices=prices, config=config, cassettes=use)
        part = part_of(whole, options.part, durations=options.durations, world=world)
        planned, bench = part.plan, replace(bench, config=part.config)
    cassettes = None
    if options.cassettes is not CassetteUse.NONE:
        from agentops_cli.flows.cassettes import Cassettes

        use, is_whole = options.cassettes, options.asks_all
        cassettes = Cassettes(
            planned, bench.config, bench.source, world, use=use, is_whole=is_whole
        )
    planned = replace(planned, notes=(*planned.notes, *map(_not_there, missing)))
    return replace(
        made_ready(planned, bench, cassettes=cassettes, use_cache=options.use_cache),
        log=options.log or (config.root / config.report.jsonl if config.report.jsonl else None),
        options=options,
        part=part,
    )


def made_ready(
    planned: Plan, bench: Bench, *, cassettes: "Cassettes | None", use_cache: bool
) -> Prepared:
    """A plan with everybody who is asked; raises `InputError` where one of them cannot be."""
    config, world = bench.config, bench.world
    gateways = Gateways(planned, config, bench.source, world, cassettes=cassettes)
    notes = [*gateways.notes, *(cassettes.notes if cassettes else ())]
    return Prepared(
        config=config,
        plan=replace(planned, notes=(*planned.notes, *notes)),
        kinds=bench.kinds,
        prices=bench.prices,
        gateways=gateways,
        world=world,
        log=None,
        # What is recorded was asked for, and what is replayed needs no other memory.
        use_cache=use_cache and cassettes is None,
        cassettes=cassettes,
        checked_models=bench.judges.checked_models(planned),
    )


def _unmatched(selection: Selection, loaded: Sequence[LoadedSuite]) -> list[str]:
    cases = (case for item in loaded for case in item.suite.cases)
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
    on_stage: Callable[[Stage], None] = lambda _: None,
) -> Iterator[tuple[RunResult, Trials]]:
    """Runs what was prepared, and gives the result with its trials for as long as it is entered.

    `on_result` hears of each trial as it ends, `on_stage` of those that need not be run and those
    that are run again, and `served` of the models that judged. Ctrl-C and SIGTERM stop the run and
    keep what finished; so does a disk that takes no more trials. A signal that comes later waits
    until the block has ended, so that its reports are written.
    """
    world, config = prepared.world, prepared.config
    redact = Redact(secrets_in(world.environ, secret_variables(config)))
    begun = prepared.begun
    served = {} if served is None else served
    with open_run(
        begun or _manifest(prepared),
        root=config.root,
        redact=redact,
        resumed=begun is not None,
        served=served,
    ) as opened:

        def on_new(result: TrialResult) -> None:
            if prepared.cassettes:
                prepared.cassettes.hear(result)
            on_result(result)

        book = Book(prepared.plan, opened, on_result=on_new, now=world.now)
        on_stage(Stage(kind="kept", trials=book.finished.number))
        ended = _Ended()
        try:
            if prepared.cassettes:
                prepared.cassettes.demand_places()
            asyncio.run(_drive(prepared, opened, book, ended, redact=redact, on_stage=on_stage))
        except* StoreError as group:
            ended.failure = next(e for e in group.exceptions if isinstance(e, StoreError))
        with finishing():
            _close_cassettes(prepared, opened, ended)
            part, failure = prepared.part, ended.failure
            suites = _suite_results(prepared, book)
            is_part = part is not None
            exit_code = decide(suites, interrupted=ended.interrupted, is_part=is_part)
            # One that was complete before is the same result again.
            finished = (not book.has_run and opened.manifest.finished) or world.now()
            result = RunResult(
                run_id=opened.run_id,
                started=opened.manifest.started,
                finished=finished,
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
                    *(part.notes(exit_code) if part else ()),
                ),
                budget_usd=prepared.budget_usd,
                shard=part.shard if part else None,
                incidents=tuple(opened.incidents),
                lost=book.lost,
            )
            # One that could not write its cassettes has not come to its end.
            opened.end(None if ended.unrecorded else finished)
            yield result, opened.trials


def _cache_of(prepared: Prepared, redact: Redact, ended: "_Ended") -> ResponseCache | None:
    """The cache for a run, None where none is asked or there can be none; why not is noted."""
    if not prepared.keeps_answers:
        return None
    from agentops_cli.flows.cache_folder import open_cache  # And with it all of SQLite.

    return open_cache(prepared.config, redact, prepared.world, tell=ended.notes.append)


def _close_cassettes(prepared: Prepared, opened: OpenRun, ended: "_Ended") -> None:
    """Writes what was recorded, however the run came to its end."""
    if prepared.cassettes is None:
        return

    def tell(guard: str, message: str) -> None:
        # A process before this one may have said the same of the same file.
        if message not in {incident.message for incident in opened.incidents}:
            opened.tell(Incident(guard=guard, message=message, at=prepared.world.now()))

    is_cut = prepared.part is not None or ended.interrupted or ended.failure is not None
    is_part = is_cut or opened.resumes > 0
    try:
        ended.notes += prepared.cassettes.close(is_part=is_part, on_incident=tell)
    except StoreError as error:
        ended.failure = ended.failure or error
        ended.unrecorded = True
    if opened.was_killed and not prepared.is_replay:
        ended.notes.append(_unrecorded())


def _unrecorded() -> Finding:
    return Finding(
        rule="not-recorded",
        message="what a process of this run recorded before is in no cassette: it was killed, or "
        "could not write it",
        location=None,
        fix="fill the gaps: run the suites with --record missing",
        severity=Severity.WARNING,
    )


def _manifest(prepared: Prepared) -> Manifest:
    """What a new run is."""
    world, config, options = prepared.world, prepared.config, prepared.options
    started = world.now()
    return Manifest(
        run_id=f"{started:%Y%m%dT%H%M%S}-{world.token()}",
        started=started,
        tool_version=__version__,
        folder=Path(os.path.relpath(world.cwd, config.root)).as_posix(),
        plan=prepared.record,
        typed=remembered(options) if options else None,
        log=log_from(config.root, prepared.log),
        environ={
            knob.variable: world.environ[knob.variable]
            for knob in KNOBS
            if knob.variable in world.environ
        },
    )


@dataclass(slots=True)
class _Ended:
    """How the loop came to its end, when not by itself, and what went wrong around the trials."""

    interrupted: bool = False
    failure: StoreError | None = None
    unrecorded: bool = False
    notes: list[Finding] = field(default_factory=list)


async def _drive(
    prepared: Prepared,
    opened: OpenRun,
    book: Book,
    ended: _Ended,
    *,
    redact: Redact,
    on_stage: Callable[[Stage], None],
) -> None:
    """Opens who is asked, runs the engine, and closes all that was opened, however it ends."""
    world = prepared.world
    async with AsyncExitStack() as closing:
        ledger = closing.enter_context(Ledger(opened.folder.ledger, now=world.now))
        incidents = Incidents(opened.tell, world.now)
        closing.callback(incidents.close)
        outside = Outside(
            clock=world.monotonic,
            sleep=world.sleep,
            random=world.random,
            on_incident=incidents,
            on_wait=lambda words: on_stage(Stage(kind="waiting", words=words)),
        )
        stack = await prepared.gateways.open(
            prepared.prices,
            prepared.plan,
            outside=outside,
            cache=_cache_of(prepared, redact, ended),
            ledger=ledger,
            before=book.before,
        )

        async def close_stack() -> None:
            ended.notes += await stack.close()

        closing.push_async_callback(close_stack)
        engine = Engine(
            Listener(stack.gateway, opened.hear),
            checks_of=Checks(prepared.kinds).of,
            on_result=book.keep,
            conversation_id=conversation_ids(opened.name),
            fixture=stack.fixture,
            concurrency=prepared.config.concurrency,
        )
        try:
            await _until_stopped(_run_through(engine, book, on_stage), ended)
        finally:
            for limit in stack.refusing:
                on_stage(Stage(kind="refused", words=limit))


async def _until_stopped(running: Coroutine[None, None, None], ended: _Ended) -> None:
    """Waits until something is done or told to stop by a signal."""
    work = asyncio.ensure_future(running)

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


async def _run_through(engine: Engine, book: Book, on_stage: Callable[[Stage], None]) -> None:
    """Every trial that has no verdict, and once more those whose errors may have passed."""
    for trials in book.rounds():
        await engine.run(trials)
    if errored := len(book.again):
        on_stage(Stage(kind="again", trials=errored))
        await engine.run(book.once_more())


def _unlisten(loop: asyncio.AbstractEventLoop) -> None:
    for number in stopping():
        loop.remove_signal_handler(number)
    terminate_as_ctrl_c()


def _suite_results(prepared: Prepared, book: Book) -> tuple[SuiteResult, ...]:
    part, cassettes, agents = prepared.part, prepared.cassettes, prepared.config.agents
    return tuple(
        concluded(
            _suite_result(item, book.fold.of(item.suite.path), book.measure, agents),
            book.fold.latencies_s(item.suite.path),
            elsewhere=part.elsewhere[item.suite.path] if part else None,
            replayed=cassettes.replayed_in(item.suite.path) if cassettes else 0,
        )
        for item in prepared.plan.suites
    )


def _suite_result(
    item: LoadedSuite,
    cases: Sequence[CaseResult],
    measure: Measure,
    agents: Mapping[str, AgentSettings],
) -> SuiteResult:
    """One suite with everything but what is concluded from its cases."""
    suite, prompt = item.suite, item.renderer.prompt if item.renderer else None
    by_model = totals_by_model(cases)
    models = tuple(by_model)
    tried = [agents[name] for model in models if (name := agent_of(model))]
    return SuiteResult(
        name=suite.name,
        path=suite.path,
        prompt_name=prompt.name if prompt else None,
        prompt_version=prompt.meta.version if prompt else None,
        prompt_sha256=prompt.sha256 if prompt else None,
        prompt_commit=item.prompt_commit,
        cases=cases,
        by_model=by_model,
        gate=suite.gate,
        decision=UNDECIDED,
        metrics=measure.results(suite.path, models),
        measured=suite.metrics,
        location=suite.location,
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
