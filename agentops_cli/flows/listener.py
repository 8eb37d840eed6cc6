"""A gateway that tells who judged."""

from collections.abc import Callable, MutableMapping
from typing import TypeAlias

from agentops_cli.model.call import Completion, Purpose, Request
from agentops_cli.ports import Gateway

Served: TypeAlias = MutableMapping[tuple[str, str], set[str]]
"""What providers say they served, by suite and by the model that was asked for an opinion."""


class Listener:
    """A gateway that tells `hear` where the opinions came from, kept ones too.

    It is told the suite's path, the model that was asked and the one that was served.
    """

    def __init__(self, inner: Gateway, hear: Callable[[str, str, str], None]) -> None:
        self._inner = inner
        self._hear = hear

    async def complete(self, request: Request) -> Completion:
        """Answers through the inner gateway."""
        completion = await self._inner.complete(request)
        if request.purpose is Purpose.JUDGE and request.tags:
            self._hear(request.tags.suite, request.model, completion.model)
        return completion

    async def close(self) -> None:
        """Closes the inner gateway."""
        await self._inner.close()
