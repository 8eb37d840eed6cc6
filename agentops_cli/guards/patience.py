"""How calls of providers are made, and which calls are those."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from agentops_cli.guards.outside import Outside
from agentops_cli.model.call import Completion, Request
from agentops_cli.model.settings import Breaker, ModelSettings, Retry
from agentops_cli.ports import Gateway


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """The settings of the guards that wait: calls are made again, held back, slowed down.

    `models` has the limits of models that have any. `place_of` names the place that answers for a
    model, and is None for one of this process: nobody has to be waited for there.
    """

    outside: Outside
    place_of: Callable[[str], str | None]
    retry: Retry
    breaker: Breaker
    models: Mapping[str, ModelSettings]
    concurrency: int


class OnlyElsewhere:
    """A gateway that lets the calls of this process pass by the guards that wait.

    `place_of` is asked once for each model. `patient` ends in `direct`, so that closing the one
    closes the other.
    """

    def __init__(
        self, patient: Gateway, *, direct: Gateway, place_of: Callable[[str], str | None]
    ) -> None:
        self._patient = patient
        self._direct = direct
        self._place_of = place_of
        self._gateways: dict[str, Gateway] = {}

    async def complete(self, request: Request) -> Completion:
        """Answers through the one gateway or the other."""
        try:
            gateway = self._gateways[request.model]
        except KeyError:
            is_here = self._place_of(request.model) is None
            gateway = self._direct if is_here else self._patient
            self._gateways[request.model] = gateway
        return await gateway.complete(request)

    async def close(self) -> None:
        """Closes both."""
        await self._patient.close()
