"""The only place where parts are put together: settings in, a stack of gateways out."""

import posixpath
from collections.abc import Mapping, Sequence

from agentops_cli.assertions import BUILTIN as ASSERTIONS
from agentops_cli.assertions.build import build
from agentops_cli.errors import InputError, UnreadableError
from agentops_cli.flows.world import World
from agentops_cli.gateways import BUILTIN as GATEWAYS
from agentops_cli.gateways.providers import client_of
from agentops_cli.guards.stack import guarded
from agentops_cli.model.call import Completion, Request
from agentops_cli.model.finding import Finding
from agentops_cli.model.place import Location
from agentops_cli.model.result import PlannedCase
from agentops_cli.model.settings import Config, ModelSettings
from agentops_cli.model.suite import AssertionSpec
from agentops_cli.ports import Assertion, AssertionType, Gateway, GatewayType, Source
from agentops_cli.prices import PriceTable
from agentops_cli.registry import Registry
from agentops_cli.reporters import BUILTIN as REPORTERS
from agentops_cli.run.plan import Plan
from agentops_cli.template import Limits, Templates


def assertion_kinds() -> Registry[AssertionType]:
    """Every kind of assertion, built-in and from plugins."""
    return Registry("agentops.assertions", ASSERTIONS, noun="assertion")


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

    def of(self, planned: PlannedCase) -> Sequence[Assertion]:
        """The assertions of a case, in the order of its suite."""
        return [self._build(spec) for spec in planned.case.assertions]

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


class Gateways:
    """Opens the gateways that a plan needs.

    Cassettes are read when it is constructed, so that a broken one is an input error before any
    call. Nothing is imported for a client until `open`.
    """

    def __init__(self, plan: Plan, config: Config, source: Source, world: World) -> None:
        self._config = config
        self._world = world
        self._registry: Registry[GatewayType] = Registry(
            "agentops.gateways", GATEWAYS, noun="gateway"
        )
        _demand_local_model(plan)
        self._replays = _cassettes(plan, source)
        self._models = tuple(dict.fromkeys(case.model for case in plan.cases))

    def open(self, prices: PriceTable, plan: Plan) -> Gateway:
        """The whole stack, guards included; must be called where the event loop runs."""
        routes: dict[str, Gateway] = {**self._replays}
        clients: dict[str, Gateway] = {}
        for model in self._models:
            name = client_of(model, self._config.models.get(model) or ModelSettings())
            if name == "replay":
                continue
            if name not in clients:
                clients[name] = self._registry.get(name)(
                    self._config.models,
                    environ=self._world.environ,
                    concurrency=self._config.concurrency,
                )
            routes[model] = clients[name]
        return guarded(
            Router(routes),
            price_of=prices.price_of,
            run_usd=self._config.budget.run_usd,
            suite_usd={
                item.suite.path: item.suite.budget.run_usd
                for item in plan.suites
                if item.suite.budget.run_usd is not None
            },
        )


def _demand_local_model(plan: Plan) -> None:
    """Refuses a plan that wants the embedded model where it is not installed."""
    from agentops_cli.gateways.local import INSTALL, is_installed

    users = [case for case in plan.cases if case.model.startswith("local/")]
    if users and not is_installed():
        problem = f"{users[0].model} is the embedded model, which is not installed"
        place = Location(path=users[0].suite)
        raise InputError([_at(place, "missing-model", problem, f"run: {INSTALL}")])


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
