"""What suites are read, planned and asked with: the same for `eval` and for two versions."""

from dataclasses import dataclass
from functools import cache

from agentops_cli.flows.judges import Judges
from agentops_cli.flows.stand_ins import StandInDoubts
from agentops_cli.flows.wiring import (
    address_of,
    assertion_kinds,
    metric_kinds,
    templates,
    weights_of,
)
from agentops_cli.flows.world import World
from agentops_cli.model.settings import Config
from agentops_cli.ports import AssertionType, Source
from agentops_cli.prices import PriceTable, prices_of
from agentops_cli.registry import Registry
from agentops_cli.run.plan import PlanSettings
from agentops_cli.scripts.functions import Functions
from agentops_cli.sources import Disk
from agentops_cli.suite.read import SuiteContext


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """The settings, the kinds of assertions, the judges and the prices of a project.

    `source` is where suites are read from; functions of suites are always those on the disk.
    """

    config: Config
    world: World
    source: Source
    judges: Judges
    kinds: Registry[AssertionType]
    context: SuiteContext
    prices: PriceTable
    settings: PlanSettings


def bench_of(
    config: Config,
    world: World,
    *,
    source: Source | None = None,
    repeat: int | None = None,
    repeat_auto: bool = False,
) -> Bench:
    """The bench of a configuration; without a `source` suites are on the disk.

    `repeat` is how often each case is run, None as it is written; with `repeat_auto` only until it
    is decided. Raises `InputError` when the file of the configured judge is wrong.
    """
    source = source or Disk(world.cwd)
    judges = Judges(config, source, world)
    kinds = assertion_kinds(
        Functions(cwd=world.cwd, root=config.root, allowed=config.allow_scripts)
    )
    context = SuiteContext(
        source=source,
        kinds=kinds,
        metrics=metric_kinds(),
        templates=templates(world),
        repeat=repeat,
        repeat_auto=repeat_auto,
        judge=judges.configured(),
    )
    prices = prices_of(config)
    settings = PlanSettings(
        # Asked for each case.
        base_url_of=cache(lambda model: address_of(model, config, world)),
        weights_of=weights_of,
        price_of=prices.price_of,
        budget=config.budget,
        timeout_s=config.timeout_s,
        templates=context.templates,
        doubt_of=judges.doubt_of,
        agents=config.agents,
        model_settings=config.models,
        doubt_of_stand_in=StandInDoubts(config, prices, world.environ).of,
    )
    return Bench(
        config=config,
        world=world,
        source=source,
        judges=judges,
        kinds=kinds,
        context=context,
        prices=prices,
        settings=settings,
    )
