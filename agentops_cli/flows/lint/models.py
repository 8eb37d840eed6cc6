"""What is known of models, from litellm's table and the configuration."""

from agentops_cli.catalog import Catalog
from agentops_cli.errors import StoreError
from agentops_cli.flows.lint.parts import MissingPartError, Scene
from agentops_cli.prices import PriceTable, shipped_entries


def gather(scene: Scene) -> Catalog:
    """The models; raises `MissingPartError` where litellm's table cannot be read."""
    try:
        entries = shipped_entries()
    except StoreError as error:
        raise MissingPartError(error.message) from error
    config = scene.config
    overrides = {
        name: model.price for name, model in config.models.items() if model.price is not None
    }
    return Catalog(
        PriceTable(overrides, load=lambda: entries),
        described=config.models,
        has_budget=any((config.budget.run_usd, config.budget.case_usd, config.budget.usd_per_hour)),
    )
