"""The plug sockets: every protocol that one room offers to another, on one page."""

from collections.abc import Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from decimal import Decimal
from types import TracebackType
from typing import Protocol, Self, TextIO

from agentops_cli.model.call import Ask, Completion, Evidence, Request, Verdict
from agentops_cli.model.json import JsonObject
from agentops_cli.model.money import Cost, Usage
from agentops_cli.model.result import CaseResult, RunResult, Trial, TrialResult
from agentops_cli.model.settings import ModelSettings
from agentops_cli.model.suite import AssertionSpec, InjectedFault
from agentops_cli.model.tool import ToolCall


class Gateway(Protocol):
    """Something that answers requests: a provider, or a guard around one.

    Called from the event loop, many calls at once. `complete` returns an answer or raises
    `GatewayError` with a fault; it never returns an empty answer in place of an error, and raises
    nothing else but `asyncio.CancelledError`. A gateway that holds connections releases them in
    `close`, which is called once, after the last call.
    """

    async def complete(self, request: Request) -> Completion:
        """Answers one request."""
        ...

    async def close(self) -> None:
        """Releases what the gateway holds."""
        ...


class GatewayType(Protocol):
    """What a registry of gateways holds, usually the class of a `Gateway`.

    `models` has the settings of the configured model ids; a model that is not in it has none.
    Keys are taken from `environ` only. At most `concurrency` calls are under way at once. Opening
    a gateway makes no call and imports nothing heavy.
    """

    def __call__(
        self, models: Mapping[str, ModelSettings], *, environ: Mapping[str, str], concurrency: int
    ) -> Gateway:
        """Opens a gateway."""
        ...


class Reservation(Protocol):
    """Dollars that are promised to one call, until it is known what it cost."""

    def settle(self, usd: Decimal) -> None:
        """Gives back what was not spent; called exactly once, also for a call that failed."""
        ...


class Purse(Protocol):
    """The dollars of a run. Whatever spends takes from the same one.

    `reserve` waits while other calls hold what this one needs, and raises `GatewayError` with a
    BUDGET fault when it could not be paid even if they cost nothing. `suite` is a path.
    """

    async def reserve(self, usd: Decimal, *, suite: str | None) -> Reservation:
        """Takes an upper bound out, before the call is made."""
        ...


class MeterSession(Protocol):
    """What one call of a metered agent spends behind its back.

    `base_url` is where the agent must look for its provider, `api_key` what it must show there.
    The figures grow while the call is under way.
    """

    base_url: str
    api_key: str

    @property
    def cost(self) -> Cost:
        """The dollars settled so far."""
        ...

    @property
    def usage(self) -> Usage:
        """The tokens counted so far."""
        ...

    @property
    def tool_calls(self) -> tuple[ToolCall, ...]:
        """The tools that the model asked the agent to call, in order."""
        ...

    @property
    def refused(self) -> int:
        """How many calls the budget did not cover."""
        ...


class AgentMeter(Protocol):
    """A proxy on loopback that prices and limits what agents spend.

    `session` gives an address of its own to one call of an agent. `shared` is for a server that
    was started with one address for good: while it is entered, what comes to that address belongs
    to the one call, so that only one such call can be under way; others wait. `faults` without a
    target are the provider's, those with one the tool's.
    """

    def session(
        self, *, suite: str | None, faults: Sequence[InjectedFault]
    ) -> AbstractAsyncContextManager[MeterSession]:
        """Opens an address for one call."""
        ...

    def shared(
        self, *, port: int | None, suite: str | None, faults: Sequence[InjectedFault]
    ) -> AbstractAsyncContextManager[MeterSession]:
        """Takes the address of a server for one call."""
        ...


class Fixture(Protocol):
    """What stands around a trial: set-up before its first call, tear-down after its last.

    Entering raises `GatewayError` when the set-up failed; the trial is then errored.
    """

    def __call__(self, trial: Trial) -> AbstractAsyncContextManager[None]:
        """Gives what to enter for one trial."""
        ...


class ResponseCache(Protocol):
    """Answers by the fingerprint of their request, on disk; safe for several processes."""

    def get(self, key: str) -> Completion | None:
        """The answer that was kept, None when there is none or it cannot be read."""
        ...

    def put(self, key: str, completion: Completion) -> None:
        """Keeps an answer; one that cannot be kept is not an error of the run."""
        ...


class Assertion(Protocol):
    """One check of one answer, built once for a case and used for each of its trials.

    Pure and synchronous: no clock, no files, no network. A check that needs a model returns an
    `Ask`. It abstains (`Verdict.passed` None) rather than guess.
    """

    def check(self, evidence: Evidence) -> Verdict | Ask:
        """Judges an answer."""
        ...


class AssertionType(Protocol):
    """What a registry of assertions holds, usually the class of an `Assertion`.

    `schema` is JSON Schema (an object schema) for the arguments of the kind, without `kind`,
    `not` and `advisory`. Calling it with a spec that fits the schema builds the
    assertion; arguments that only code can refuse (a bad regex) raise `InputError`. Its docstring
    is its documentation: *What it checks*, *Why it matters*, *Example*, *Fix*.
    """

    schema: JsonObject

    def __call__(self, spec: AssertionSpec, /) -> Assertion:
        """Builds the assertion of one spec."""
        ...


class Source(Protocol):
    """A tree of text files: the disk, or one commit.

    Paths use `/` and are relative to the tree's root, unless the user named an absolute one.
    """

    def read(self, path: str) -> str:
        """The text of a file; raises `UnreadableError` when it cannot be read."""
        ...

    def glob(self, pattern: str) -> tuple[str, ...]:
        """The files that match a pattern, sorted."""
        ...


class Trials(Protocol):
    """The trials of a run, on disk: written as they finish, read back case by case.

    `append` returns when the trial is with the operating system; it redacts, and is the only way
    an answer leaves the process. Both raise `StoreError`.
    """

    def append(self, result: TrialResult) -> None:
        """Keeps one finished trial."""
        ...

    def of(self, case: CaseResult) -> tuple[TrialResult, ...]:
        """Reads back the trials of one case, by repeat."""
        ...

    def __enter__(self) -> Self: ...

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
        /,
    ) -> None: ...


class Reporter(Protocol):
    """Writes one report of a finished run.

    Called after the run, once, with a text stream that is open for writing as UTF-8. It walks
    `run.suites` in order and asks `trials` for the answers it shows, one case at a time, so that
    memory does not grow with the run. It never decides anything: the verdict is in `run`.
    """

    def write(self, run: RunResult, trials: Trials, out: TextIO) -> None:
        """Writes the report."""
        ...


class Clock(Protocol):
    """Seconds that only go forward."""

    def __call__(self) -> float:
        """Now, in seconds since an unknown moment."""
        ...
