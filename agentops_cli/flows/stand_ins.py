"""What is to be said of a model before it may stand in for another one.

A stand-in is asked only in an outage: a mistake in it would show itself in the worst night.
"""

from collections.abc import Mapping

from agentops_cli.gateways.endpoints import missing_key
from agentops_cli.gateways.providers import is_known_provider, known_providers, provider_of
from agentops_cli.model.finding import Finding, Severity
from agentops_cli.model.ids import may_stand_in
from agentops_cli.model.place import Location
from agentops_cli.model.settings import Config, ModelSettings
from agentops_cli.prices import PriceTable
from agentops_cli.template.suggest import did_you_mean


class StandInDoubts:
    """Doubts models as the configuration, the prices and the environment know them."""

    def __init__(self, config: Config, prices: PriceTable, environ: Mapping[str, str]) -> None:
        self._config = config
        self._prices = prices
        self._environ = environ

    def of(self, model: str, place: Location) -> Finding | None:
        """An error where it cannot answer, a warning where it could not now."""
        if not may_stand_in(model):
            message = f"{model} cannot stand in for a model: it is none"
            return _doubt("bad-fallback", message, place, "take it out")
        settings = self._config.model(model)
        if not self._is_known(model, settings):
            near = did_you_mean(provider_of(model) or model, known_providers())
            fix = near or f"mend it, or add what it costs: models: {{{model}: {{price: …}}}}"
            message = f"nothing is known of {model}: neither its provider nor its price"
            return _doubt("unknown-model", message, place, fix)
        fault = missing_key(model, settings, self._environ)
        if fault is None:
            return None
        message = f"{model} could not stand in: {fault.message}"
        return _doubt("no-key", message, place, fault.fix, Severity.WARNING)

    def _is_known(self, model: str, settings: ModelSettings) -> bool:
        is_set = settings.base_url or settings.gateway
        return bool(is_set) or is_known_provider(model) or self._prices.price_of(model) is not None


def _doubt(
    rule: str,
    message: str,
    place: Location,
    fix: str | None,
    severity: Severity = Severity.ERROR,
) -> Finding:
    return Finding(rule=rule, message=message, location=place, fix=fix, severity=severity)
