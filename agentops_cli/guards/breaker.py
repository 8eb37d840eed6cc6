"""A provider that is down is left alone for a while, and given up when it stays down."""

import asyncio
from collections import deque
from collections.abc import Callable
from dataclasses import replace

from agentops_cli.errors import GatewayError
from agentops_cli.guards.deadline import too_late
from agentops_cli.guards.outside import Outside
from agentops_cli.model.call import Completion, Fault, FaultKind, Request
from agentops_cli.model.settings import Breaker
from agentops_cli.ports import Clock, Gateway

_FAILURES = frozenset({
    FaultKind.AUTH,
    FaultKind.CONNECTION,
    FaultKind.MALFORMED,
    FaultKind.PROVIDER,
    FaultKind.TIMEOUT,
})  # fmt: skip

# What was refused by a guard before it was a call says nothing of the provider.
_NO_CALLS = frozenset({FaultKind.BREAKER, FaultKind.BUDGET})

_SLOTS = 10


class CircuitBreaker:
    """A gateway that holds calls back while their provider is down.

    Closed, all calls pass. After too many failures it opens: calls wait. When the cool-down is over
    one of them is let through while the rest wait for what becomes of it. One that is answered
    closes the breaker. When several in a row have failed the provider is given up, and every call
    is refused with a BREAKER fault. One that has never answered is given up after the first: a run
    that has got nothing yet loses nothing by it.

    There is one breaker for each place that answers, as `place_of` names it by a model (by default
    itself): an outage is one of a place, and takes all models there with it. A refused key or a
    spent quota is one of a model, as another one at the same place may have another key, and no
    cool-down mends it. So a model that has never answered is given up after as many such refusals
    as would open a breaker, with that very fault. An answer that refuses the request (HTTP 400) or
    the pace (429) is a sign of life.
    """

    def __init__(
        self,
        inner: Gateway,
        settings: Breaker,
        outside: Outside,
        *,
        place_of: Callable[[str], str | None],
    ) -> None:
        self._inner = inner
        self._settings = settings
        self._outside = outside
        self._place_of = place_of
        self._circuits: dict[str, _Circuit] = {}
        self._models: dict[str, _Model] = {}

    async def complete(self, request: Request) -> Completion:
        """Answers through the inner gateway, when the provider is up."""
        try:
            model = self._models[request.model]
        except KeyError:
            model = self._meet(request.model)
        if model.refusal is not None:
            raise GatewayError(model.refusal)
        circuit = model.circuit
        is_probe = not circuit.is_closed and await circuit.enter(request)
        if model.refusal is not None:  # It was given up while this call waited.
            if is_probe:
                circuit.leave()
            raise GatewayError(model.refusal)
        openings = circuit.openings
        try:
            row = circuit.begin()
            try:
                completion = await self._inner.complete(request)
            finally:
                circuit.end(row)
        except GatewayError as error:
            # What began before the breaker opened tells nothing new.
            if openings == circuit.openings:
                self._failed(model, request, error.fault, row, is_probe=is_probe)
            raise
        except BaseException:
            if is_probe:
                circuit.leave()
            raise
        model.has_answered = True
        if openings == circuit.openings:
            circuit.is_alive(is_probe=is_probe)
        return completion

    async def close(self) -> None:
        """Closes the inner gateway."""
        await self._inner.close()

    def _meet(self, name: str) -> "_Model":
        place = self._place_of(name) or name
        if place not in self._circuits:
            self._circuits[place] = _Circuit(place, self._settings, self._outside)
        model = self._models[name] = _Model(self._circuits[place])
        return model

    def _failed(
        self, model: "_Model", request: Request, fault: Fault, row: int, *, is_probe: bool
    ) -> None:
        """Counts a call that gave nothing, for the model or for the place."""
        circuit = model.circuit
        is_refusal = fault.kind is FaultKind.AUTH or _is_spent(fault)
        if is_refusal and not model.has_answered:
            self._refused(model, request, fault)
            if is_probe:
                circuit.leave()
        elif is_refusal or fault.kind in _FAILURES:
            circuit.has_failed(fault, row, is_probe=is_probe)
        elif fault.kind not in _NO_CALLS:
            circuit.is_alive(is_probe=is_probe)
        elif is_probe:
            circuit.leave()

    def _refused(self, model: "_Model", request: Request, fault: Fault) -> None:
        model.refusals += 1
        if model.refusals < self._settings.consecutive_failures or model.refusal is not None:
            return
        why = f"not asked again after {model.refusals} of these and no answer"
        model.refusal = replace(
            fault.paid_elsewhere(), message=f"{fault.message} ({why})", final=True
        )
        self._outside.on_incident("breaker", f"{request.model} is given up: {fault.message}")


class _Model:
    """One model: the circuit that it is on, and whether anybody there has ever taken its key."""

    __slots__ = ("circuit", "has_answered", "refusal", "refusals")

    def __init__(self, circuit: "_Circuit") -> None:
        self.circuit = circuit
        self.has_answered = False
        self.refusals = 0
        self.refusal: Fault | None = None


class _Circuit:
    """One place that answers: closed, open, or with a probe under way.

    `openings` counts how often it has opened, so that a call can tell whether it did meanwhile.

    A row of failures is of calls that have begun since the last sign of life: what began before it
    and fails tells nothing of what is now. Errors come faster than answers: of many calls at once
    those that fail are the first to end. So what of a row is still under way counts as answered,
    and only so many failures are a row.
    """

    def __init__(self, place: str, settings: Breaker, outside: Outside) -> None:
        self.is_closed = True
        self.given_up: Fault | None = None
        self.openings = 0
        self._under_way = 0
        self._row = 0
        self._under_way_of_row = 0
        self._place = place
        self._settings = settings
        self._outside = outside
        self._in_a_row = 0
        self._recent = _Recent(settings.window_s, outside.clock)
        self._opened_at = 0.0
        self._cool_at = 0.0
        self._is_probed = False
        self._failed_probes = 0
        self._has_answered = False
        self._changed = asyncio.Event()

    async def enter(self, request: Request) -> bool:
        """Waits until a call may pass; True for the one that is to show whether others may.

        Raises `GatewayError` with a BREAKER fault when the place is given up, and where a call that
        does not wait, or not so long, would have to.
        """
        while not self.is_closed:
            if self.given_up is not None:
                raise GatewayError(self.given_up)
            wait_s = self._cool_at - self._outside.clock()
            if wait_s <= 0 and not self._is_probed:
                self._is_probed = True
                return True
            if not request.waits:
                held_back = f"{self._place} is held back after failures"
                raise GatewayError(Fault(kind=FaultKind.BREAKER, message=held_back))
            is_in_time = self._outside.clock() + max(0.0, wait_s) <= request.begins_by
            if is_in_time and self._is_probed:
                is_in_time = await self._outside.comes(self._changed, by=request.begins_by)
            elif is_in_time:
                await self._outside.sleep(wait_s)
            if not is_in_time:
                raise too_late(self._place, "it is held back after failures")
        return False

    def begin(self) -> int:
        """Counts a call that begins now; gives the number of the row that it belongs to."""
        self._under_way += 1
        self._under_way_of_row += 1
        return self._row

    def end(self, row: int) -> None:
        """Counts a call that has ended, whatever became of it."""
        self._under_way -= 1
        if row == self._row:
            self._under_way_of_row -= 1

    def leave(self) -> None:
        """Ends a probe that showed nothing; another call takes its place."""
        self._is_probed = False
        self._wake()

    def is_alive(self, *, is_probe: bool) -> None:
        """Counts an answer."""
        self._has_answered = True
        if is_probe:
            self._close()
        elif self.is_closed:
            self._begin_row()
            self._recent.add(failed=False)

    def has_failed(self, fault: Fault, row: int, *, is_probe: bool) -> None:
        """Counts a failure, and opens when there are too many."""
        settings = self._settings
        if is_probe:
            self._failed_probes += 1
            if self._failed_probes >= settings.probes or not self._has_answered:
                self._give_up(fault)
            else:
                self._cool_down(fault)
        elif self.is_closed:
            self._in_a_row += row == self._row
            self._recent.add(failed=True)
            ended, failures = self._recent.counts()
            calls = ended + self._under_way
            if self._in_a_row >= max(settings.consecutive_failures, self._under_way_of_row):
                self._open(f"{self._in_a_row} calls in a row failed", fault)
            elif ended >= settings.min_calls and failures >= settings.failure_rate * calls:
                self._open(f"{failures} of the last {ended} calls failed", fault)

    def _open(self, why: str, fault: Fault) -> None:
        self.is_closed = False
        self.openings += 1
        self._opened_at = self._outside.clock()
        self._failed_probes = 0
        self._tell(f"calls are held back: {why}, the last one: {fault.message}")
        self._cool_down(fault)

    def _cool_down(self, fault: Fault) -> None:
        wait_s = self._settings.cooldown_s
        self._cool_at = self._outside.clock() + wait_s
        self._outside.on_wait(f"{self._place}: waiting {wait_s:.0f} s ({fault.kind.value})")
        self.leave()

    def _close(self) -> None:
        seconds = self._outside.clock() - self._opened_at
        self._tell(f"calls are let through again after {seconds:.0f} s")
        self.is_closed = True
        self._begin_row()
        self._recent.clear()
        self.leave()

    def _begin_row(self) -> None:
        self._row += 1
        self._in_a_row = self._under_way_of_row = 0

    def _give_up(self, fault: Fault) -> None:
        calls = "1 call" if self._failed_probes == 1 else f"{self._failed_probes} calls"
        probes = f"{calls} to see whether it is back failed"
        self.given_up = Fault(
            kind=FaultKind.BREAKER,
            message=f"{self._place} is given up: {probes}: {fault.message}",
            fix="run again when the provider is up; breaker.cooldownS and breaker.probes say how"
            " long it is waited for",
            final=True,
        )
        self._tell(f"given up: {probes}, the last one: {fault.message}")
        self.leave()

    def _tell(self, what: str) -> None:
        self._outside.on_incident("breaker", f"{self._place}: {what}")

    def _wake(self) -> None:
        self._changed.set()
        self._changed = asyncio.Event()


class _Recent:
    """Calls and failures of the last seconds, counted in a few slots of time."""

    def __init__(self, window_s: float, clock: Clock) -> None:
        self._width_s = window_s / _SLOTS
        self._clock = clock
        self._slots: deque[list[int]] = deque()

    def add(self, *, failed: bool) -> None:
        """Counts a call that has just ended."""
        number = int(self._clock() / self._width_s)
        if not self._slots or self._slots[-1][0] != number:
            self._slots.append([number, 0, 0])
            while self._slots[0][0] <= number - _SLOTS:
                self._slots.popleft()
        slot = self._slots[-1]
        slot[1] += 1
        slot[2] += failed

    def counts(self) -> tuple[int, int]:
        """All calls, and those of them that failed."""
        return sum(slot[1] for slot in self._slots), sum(slot[2] for slot in self._slots)

    def clear(self) -> None:
        """Forgets all."""
        self._slots.clear()


def _is_spent(fault: Fault) -> bool:
    """True for a quota that is gone, which no waiting brings back."""
    return fault.kind is FaultKind.RATE_LIMIT and fault.final
