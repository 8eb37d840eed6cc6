"""A gateway that remembers who judged."""

from collections.abc import MutableMapping
from typing import TypeAlias

from agentops_cli.model.call import Completion, Purpose, Request
from agentops_cli.ports import Gateway

Served: TypeAlias = MutableMapping[tuple[str, str], set[str]]
"""What providers say they served, by suite and by the model that was asked for an opinion."""


class Listener:
    """A gateway that tells `served` where the opinions came from, kept ones too."""

    def __init__(self, inner: Gateway, served: Served) -> None:
        self._inner = inner
        self._served = served

    async def complete(self, request: Request) -> Completion:
        """Answers through the inner gateway."""
        completion = await self._inner.complete(request)
        if request.purpose is Purpose.JUDGE and request.tags:
            asked = (request.tags.suite, request.model)
            self._served.setdefault(asked, set()).add(completion.model)
        return completion

    async def close(self) -> None:
        """Closes the inner gateway."""
        await self._inner.close()
