"""The only place where parts are put together: settings in, a stack of gateways out."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from agentops_cli.assertions import BUILTIN as ASSERTIONS
from agentops_cli.assertions.build import build
from agentops_cli.assertions.excerpt import opening
from agentops_cli.assertions.script import ScriptKind
from agentops_cli.errors import InputError, UnreadableError
from agentops_cli.flows.agents import Agents, OpenAgents
from agentops_cli.flows.world import World
from agentops_cli.gateways import BUILTIN as GATEWAYS
from agentops_cli.gateways.endpoints import base_url_of
from agentops_cli.gateways.providers import client_of, provider_of
from agentops_cli.guards.fallback import StandIns
from agentops_cli.guards.outside import Outside
from agentops_cli.guards.patience import Patience
from agentops_cli.guards.purse import Purse
from agentops_cli.guards.stack import guarded
from agentops_cli.metrics import BUILTIN as METRICS
from agentops_cli.model.call import Completion, Request
from agentops_cli.model.embedding import EMBEDDING_MODEL
from agentops_cli.model.finding import Finding
from agentops_cli.model.ids import Kind, kind_of, models_in
from agentops_cli.model.place import Location
from agentops_cli.model.result import PlannedCase
from agentops_cli.model.settings import Config
from agentops_cli.model.spending import Spent
from agentops_cli.model.suite import AssertionSpec
from agentops_cli.ports import (
    Assertion,
    AssertionType,
    Fixture,
    Gateway,
    GatewayType,
    Ledger,
    MetricType,
    ResponseCache,
    Source,
)
from agentops_cli.prices import PriceTable
from agentops_cli.registry import Registry
from agentops_cli.reporters import BUILTIN as REPORTERS
from agentops_cli.run.plan import Plan
from agentops_cli.scripts.functions import Functions
from agentops_cli.template import Limits, Templates
from agentops_cli.template.suggest import did_you_mean

if TYPE_CHECKING:
    from agentops_cli.flows.cassettes import Cassettes  # Imported where any are asked for.


def assertion_kinds(functions: Functions | None = None) -> Registry[AssertionType]:
    """Every kind of assertion, built-in and from plugins; `script` builds with functions only."""
    ready = {"script": ScriptKind(functions.find)} if functions else {}
    return Registry("agentops.assertions", ASSERTIONS, noun="assertion", ready=ready)


def metric_kinds() -> Registry[MetricType]:
    """Every kind of metric, built-in and from plugins."""
    return Registry("agentops.metrics", METRICS, noun="metric")


def reporters() -> Registry[type]:
    """Every reporter, built-in and from plugins."""
    return Registry("agentops.reporters", REPORTERS, noun="reporter")


def weights_of(model: str) -> str | None:
    """The sha256 of the weights of a model of this process, None for any other."""
    if kind_of(model) is not Kind.LOCAL:
        return None
    from agentops_cli.gateways import local

    return local.weights_of(model)


def address_of(model: str, config: Config, world: World) -> str | None:
    """Where the settings or the environment have a model asked, None at the provider's own."""
    return base_url_of(model, config.model(model), world.environ)


def place_of(model: str, config: Config, world: World) -> str | None:
    """Who answers for a model, as far as an outage goes; None for what runs in this process.

    That is the host it is asked at, where one is known: a gateway in between goes down with all
    that is behind it, and a region of a provider alone. Else it is the provider. An agent is a
    place of its own.
    """
    if kind_of(model) is Kind.AGENT:
        return model
    if client_of(model, config.model(model)) not in {"openai_chat", "litellm"}:
        return None
    address = address_of(model, config, world)
    host = urlsplit(address).netloc if address else ""
    return host or provider_of(model) or model


def templates(world: World) -> Templates:
    """The sandbox that prompts and suites are rendered in."""
    return Templates(limits=Limits(), clock=world.monotonic)


# No client asks for these: an agent and a cassette have each a gateway of their own.
_OWN = frozenset({Kind.AGENT, Kind.REPLAY})

_BUILT_CHECKS = 1_000


class Checks:
    """The assertions of planned cases; a spec that many cases share is built once.

    Of those that were built before, so many are kept as may be wanted again soon.
    """

    def __init__(self, kinds: Registry[AssertionType]) -> None:
        self._kinds = kinds
        self._built: dict[int, tuple[AssertionSpec, Assertion]] = {}

    def of(self, planned: PlannedCase, turn: int | None) -> Sequence[Assertion]:
        """The assertions of one turn, or of the case as such, in the order of its suite."""
        case = planned.case
        specs = case.assertions if turn is None else case.turns[turn].assertions
        return [self._build(spec) for spec in specs]

    def _build(self, spec: AssertionSpec) -> Assertion:
        # The spec is kept beside its assertion, so that its id stays its own.
        if (built := self._built.get(id(spec))) is None:
            built = self._built[id(spec)] = (spec, build(spec, self._kinds))
            if len(self._built) > _BUILT_CHECKS:
                del self._built[next(iter(self._built))]
        return built[1]


class Router:
    """A gateway that hands each request to the gateway of its model."""

    def __init__(self, routes: Mapping[str, Gateway]) -> None:
        self._routes = routes

    async def complete(self, request: Request) -> Completion:
        """Answers through the model's gateway."""
        return await self._routes[request.model].complete(request)

    async def close(self) -> None:
        """Closes every gateway, each once, also when one cannot be closed."""
        async with AsyncExitStack() as closing:
            for gateway in dict.fromkeys(self._routes.values()):
                closing.push_async_callback(gateway.close)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stack:
    """The gateway of a run, guards included, and what stands around its trials."""

    gateway: Gateway
    agents: OpenAgents | None
    purse: Purse | None = None

    @property
    def refusing(self) -> Sequence[str]:
        """The limits that refused a call, as what would have to be raised, and where."""
        return [*self.purse.refusing] if self.purse else []

    @property
    def fixture(self) -> Fixture | None:
        """What the engine enters for each trial."""
        return self.agents.fixture if self.agents else None

    async def close(self) -> list[Finding]:
        """Closes everything; gives what went wrong around the trials and changes no verdict."""
        try:
            return await self.agents.close() if self.agents else []
        finally:
            await self.gateway.close()


class Gateways:
    """Opens the gateways that a plan needs.

    Cassettes are read and agents are looked at when it is constructed, so that a broken one is an
    input error before any call. Nothing is imported for a client until `open`. `answers` has
    gateways of `replay/…` models that are no cassettes. Where `cassettes` are replayed, nothing
    else is opened but what compares texts: no client, no agent, and no key is needed.
    """

    def __init__(
        self,
        plan: Plan,
        config: Config,
        source: Source,
        world: World,
        *,
        answers: Mapping[str, Gateway] | None = None,
        cassettes: "Cassettes | None" = None,
    ) -> None:
        self._config = config
        self._world = world
        self._registry: Registry[GatewayType] = Registry(
            "agentops.gateways", GATEWAYS, noun="gateway"
        )
        self._cassettes = cassettes
        is_replay = cassettes is not None and cassettes.is_replay
        _demand_models(plan, config, self._registry, is_replay=is_replay)
        self._replays = {**_cassettes(plan, source), **(answers or {})}
        self._models = plan.models
        asking = replace(plan, cases=()) if is_replay else plan
        self._agents = Agents(asking, config, world, templates(world))

    @property
    def notes(self) -> list[Finding]:
        """What the user has to do before the run, if anything."""
        return self._agents.notes

    async def open(
        self,
        prices: PriceTable,
        plan: Plan,
        *,
        outside: Outside,
        cache: ResponseCache | None = None,
        ledger: Ledger | None = None,
        before: Iterable[Spent] = (),
    ) -> Stack:
        """The whole stack, guards included.

        `cache` keeps the answers of models and is closed with the stack. What is spent is written
        into `ledger`; `before` is what it said when the run went on. `outside` hears what the
        guards do. What was opened is closed when the rest cannot be, the cache included.
        """
        if self._cassettes is not None and self._cassettes.is_replay:
            return Stack(gateway=self._replayed(self._cassettes), agents=None)
        async with AsyncExitStack() as opened:
            if cache is not None:
                opened.callback(cache.close)
            purse = Purse(
                self._config.budget,
                {item.suite.path: item.suite.budget for item in plan.suites},
                clock=self._world.monotonic,
                sources=self._config.sources,
                ledger=ledger,
                before=before,
                on_incident=outside.on_incident,
            )
            routes = {**self._replays}
            router = Router(routes)
            opened.push_async_callback(router.close)
            agents = await self._agents.open(purse, prices) if self._agents else None
            if agents:
                opened.push_async_callback(agents.close)
                under_test = (model for model in self._models if kind_of(model) is Kind.AGENT)
                routes |= dict.fromkeys(under_test, agents.gateway)
            for model, client in self._clients(self._models):
                routes[model] = client
            gateway = guarded(
                router,
                price_of=prices.price_of,
                purse=purse,
                bound_of=self._agents.bound_of,
                prepaid=self._agents.prepaid,
                cache=cache,
                recordings=self._cassettes.recordings if self._cassettes else None,
                patience=self._patience(outside),
                stand_ins=StandIns(of=plan.stand_ins, on_incident=outside.on_incident)
                if plan.stand_ins
                else None,
            )
            opened.pop_all()
        return Stack(gateway=gateway, agents=agents, purse=purse)

    def _patience(self, outside: Outside) -> Patience:
        config = self._config
        return Patience(
            outside=outside,
            place_of=lambda model: place_of(model, config, self._world),
            retry=config.retry,
            breaker=config.breaker,
            models=config.models,
            concurrency=config.concurrency,
        )

    def _replayed(self, cassettes: "Cassettes") -> Gateway:
        """What answers for every model from its cassette; texts are compared as ever."""
        from agentops_cli.gateways.replay import FromCassettes  # Late: most runs ask models.

        comparing = [model for model in self._models if model == EMBEDDING_MODEL]
        recorded = dict.fromkeys(self._models, FromCassettes(cassettes.recordings))
        return Router({**recorded, **self._replays, **dict(self._clients(comparing))})

    def _clients(self, models: Iterable[str]) -> Iterator[tuple[str, Gateway]]:
        """Each model that is neither recorded nor an agent, with its client."""
        clients: dict[str, Gateway] = {}
        for model in models:
            name = client_of(model, self._config.model(model))
            if kind_of(model) in _OWN:
                continue
            if name not in clients:
                clients[name] = self._registry.get(name)(
                    self._config.models,
                    environ=self._world.environ,
                    concurrency=self._config.concurrency,
                )
            yield model, clients[name]


def _demand_models(
    plan: Plan, config: Config, clients: Registry[GatewayType], *, is_replay: bool
) -> None:
    """Refuses a plan that wants a model which none of the clients asks, or is not installed.

    In a replay only what compares texts is asked.
    """
    from agentops_cli.gateways import embeddings, local

    findings: list[Finding] = []
    outline = plan.outline
    suites = {item.suite.path: item for item in plan.suites}
    asked = [
        (model, suites[suite].place_of(model))
        for label, suite in outline.labels.items()
        for model in models_in(label)
    ]
    asked += [
        (one.model, one.location or suites[suite].models_location)
        for (suite, _), several in plan.stand_ins.items()
        for one in several
    ]
    asked += [(judge.model, judge.location) for judge in outline.judges.values()]
    for model, place in dict(reversed(asked)).items():
        if model == EMBEDDING_MODEL:
            problem, fix = f"{model} compares texts and answers none", "name another model"
            findings.append(_at(place, "bad-model", problem, fix))
        elif kind_of(model) is Kind.LOCAL and not is_replay and not local.is_installed():
            problem = f"{model} is the embedded model, which is not installed"
            findings.append(_at(place, "missing-model", problem, f"run: {local.INSTALL}"))
        elif not is_replay and (unknown := _unknown_client(model, config, clients)):
            problem = f"no gateway is called {unknown!r}, so nobody can be asked for {model}"
            fix = (
                did_you_mean(unknown, clients.names())
                or "name another model, or install its plugin"
            )
            findings.append(_at(place, "unknown-gateway", problem, fix))
    if outline.compares and not embeddings.is_installed():
        problem = "similar needs the embedding model, which is not installed"
        fix = f"run: {embeddings.INSTALL}"
        first = next(plan.comparisons)
        findings.append(_at(first.location, "missing-model", problem, fix))
    elif outline.compares:
        findings += _not_comparable(plan.comparisons)
    if findings:
        raise InputError(findings)


def _unknown_client(model: str, config: Config, clients: Registry[GatewayType]) -> str | None:
    """The client that a model wants and nobody has; None where there is one, or none is needed."""
    client = client_of(model, config.model(model))
    return None if kind_of(model) in _OWN or clients.knows(client) else client


def _not_comparable(comparisons: Iterable[AssertionSpec]) -> Iterator[Finding]:
    """A finding for each text that no answer can be compared to."""
    from agentops_cli.gateways import embeddings

    places: dict[str, Location] = {}
    for spec in comparisons:
        value = spec.args["value"]
        for text in value if isinstance(value, list) else [value]:
            places.setdefault(str(text), spec.location)
    for text, problem in embeddings.unreadable(places).items():
        fix = "shorten it to what matters, or assert it with another kind"
        yield _at(places[text], "bad-argument", f"similar: {opening(text)} {problem}", fix)


def _cassettes(plan: Plan, source: Source) -> dict[str, Gateway]:
    """A gateway for each `replay/…` model of the plan.

    The file is named relative to the suite; two suites that give one name to two files are told.
    """
    findings: list[Finding] = []
    found: dict[str, Gateway] = {}
    paths: dict[str, str] = {}
    for item in plan.suites:
        for model, path in item.cassette_files.items():
            if paths.setdefault(model, path) != path:
                problem = f"{model} means {paths[model]} in another suite of this run"
                fix = "run the suites apart, or name the files differently"
                findings.append(_at(item.place_of(model), "ambiguous-cassette", problem, fix))
                continue
            try:
                found[model] = _recorded(source.read(path), path)
            except UnreadableError as error:
                fix = error.fix or f"write it, or name another file, as seen from {item.suite.path}"
                findings.append(_at(item.place_of(model), "missing-cassette", error.message, fix))
            except InputError as error:
                findings += error.findings
    if findings:
        raise InputError(findings)
    return found


def _recorded(text: str, path: str) -> Gateway:
    """The gateway of the answers in a file."""
    from agentops_cli.gateways.replay import Replay  # Late: most runs ask models.
    from agentops_cli.model.cassette_lines import read_cassette

    return Replay(read_cassette(text, path=path))


def _at(location: Location, rule: str, message: str, fix: str | None) -> Finding:
    return Finding(rule=rule, message=message, location=location, fix=fix)
