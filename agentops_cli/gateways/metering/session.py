"""What one call of an agent spends at its provider, and what became of it."""

import asyncio
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager

from agentops_cli.gateways.metering.injected import Injection
from agentops_cli.gateways.metering.refusal import RefusedError
from agentops_cli.model.call import Fault, FaultKind, Tags
from agentops_cli.model.money import Cost, Usage
from agentops_cli.model.tool import ToolCall


class Session:
    """The figures of one call of an agent: a `MeterSession`.

    `max_steps` is how many answers its model may give it, None for any number. Of the figures only
    what was settled counts, so they are final when the session has ended.
    """

    def __init__(
        self,
        *,
        base_url: str,
        api_key: str,
        who: Tags | None,
        injection: Injection,
        max_steps: int | None = None,
    ) -> None:
        self.base_url = base_url
        self.api_key = api_key
        self.who = who
        self.injection = injection
        self.cost = Cost()
        self.usage = Usage()
        self.tool_calls: tuple[ToolCall, ...] = ()
        self.calls = 0
        self.refused = 0
        self.stopped_after: int | None = None
        self._max_steps = max_steps
        self._steps = 0
        self._refusal: Fault | None = None
        self._trouble: Fault | None = None
        self._under_way: set[asyncio.Task[object]] = set()

    @property
    def met(self) -> Mapping[str, int]:
        """How many results of each tool were replaced."""
        return self.injection.met

    @property
    def provider_faults(self) -> int:
        """How many calls were made to fail."""
        return self.injection.provider_faults

    @property
    def fault(self) -> Fault | None:
        """Why the agent cannot be judged: the first refusal, or a failure that nothing followed."""
        return self._refusal or self._trouble

    @contextmanager
    def call(self) -> Iterator[None]:
        """Counts a call, which ends with the session at the latest.

        A bug of ours must not look like a mistake of the agent's.
        """
        self.calls += 1
        task = asyncio.current_task()
        assert task is not None  # noqa: S101 # Every handler runs in a task.
        self._under_way.add(task)
        try:
            yield
        except (RefusedError, ConnectionError):
            raise
        except Exception as error:
            problem = f"the meter failed with {type(error).__name__}: {error}"
            self.refuse(Fault(kind=FaultKind.INTERNAL, message=problem))
            raise
        finally:
            self._under_way.discard(task)

    async def end(self) -> None:
        """Ends what is still under way, and waits until it is settled."""
        tasks = tuple(self._under_way)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def begin_step(self) -> None:
        """Takes one of the answers that are allowed; raises `RefusedError` when none is left."""
        if self._max_steps is not None and self._steps >= self._max_steps:
            self.stopped_after = self._steps
            message = f"agentops: this turn has had its {self._steps} answers (maxSteps)"
            raise RefusedError(402, message, kind="steps_exceeded", code="agentops_max_steps")
        self._steps += 1

    def lose_step(self) -> None:
        """Gives a step back that came to no answer."""
        self._steps -= 1

    def refuse(self, fault: Fault) -> None:
        """Keeps why the meter itself let a call not through."""
        self.refused += fault.kind is FaultKind.BUDGET
        self._refusal = self._refusal or fault

    def fail(self, fault: Fault) -> None:
        """Keeps why the provider gave no answer."""
        self._trouble = fault

    def succeed(self) -> None:
        """Forgets what failed before: the agent overcame it."""
        self._trouble = None

    def call_for(self, calls: Iterable[ToolCall]) -> None:
        """Keeps the tools that an answer asks for."""
        self.tool_calls += tuple(calls)

    def settle(self, cost: Cost, usage: Usage | None) -> None:
        """Adds what a call cost."""
        self.cost += cost
        self.usage += usage or Usage()
