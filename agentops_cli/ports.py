"""The plug sockets: every protocol that one room offers to another, on one page."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Literal, Protocol, TextIO

from agentops_cli.model.call import Ask, Completion, Evidence, Fault, Request, Tags, Verdict
from agentops_cli.model.json import Json, JsonObject
from agentops_cli.model.metric import Cell, Measures, MetricSpec
from agentops_cli.model.money import Amount, Cost, Unit, Usage
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
    """What is promised to one call, until it is known what it took."""

    most: Amount

    def settle(self, spent: Amount) -> None:
        """Books what was spent and gives back the rest.

        Called exactly once, also for a call that failed. What is more than was reserved is booked
        in full.
        """
        ...


class Purse(Protocol):
    """What a run may spend. Whatever spends takes from the same one.

    `who` asks, None where nobody knows; `model` is the one that is called. `reserve` waits while
    other calls hold what this one needs, and raises `GatewayError` with a BUDGET fault when it
    could not be paid even if they took nothing. What cannot be written down is not spent: both
    kinds of reservation raise `StoreError`.
    """

    def limits(self, who: Tags | None) -> frozenset[Unit]:
        """What there is a limit of, for whoever asks; empty where nothing is limited."""
        ...

    async def reserve(
        self, most: Amount, *, who: Tags | None, model: str | None = None
    ) -> Reservation:
        """Takes an upper bound out, before the call is made."""
        ...

    async def reserve_rest(self, *, who: Tags | None) -> Reservation:
        """Takes out all dollars left, for a call without an upper bound; it is then alone."""
        ...

    def overspent(self, who: Tags | None) -> str | None:
        """What was spent beyond a limit, in words; None where nothing was."""
        ...

    def demand_ledger(self) -> None:
        """Raises `StoreError` when what was spent could not be written down."""
        ...


class Ledger(Protocol):
    """What a purse promises and pays, written down before and after, so that no kill forgets it.

    A line is with the operating system when its call returns. Both raise `StoreError`.
    """

    def reserve(self, most: Amount, *, who: Tags | None, model: str | None) -> int:
        """Writes down what a call may take; gives the number of the entry."""
        ...

    def settle(self, number: int, spent: Amount) -> None:
        """Writes down what it took."""
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
    def calls(self) -> int:
        """How many calls came to the address, whatever became of them."""
        ...

    @property
    def refused(self) -> int:
        """How many calls the budget did not cover."""
        ...

    @property
    def stopped_after(self) -> int | None:
        """The steps after which another one was refused, None when the agent kept within them."""
        ...

    @property
    def met(self) -> Mapping[str, int]:
        """How many results of each tool were replaced by a failure that the suite injects."""
        ...

    @property
    def provider_faults(self) -> int:
        """How many calls were made to fail."""
        ...

    @property
    def fault(self) -> Fault | None:
        """What came between the agent and its provider and was not injected.

        A refusal of the meter stays; a failure of the provider counts until a later call succeeds.
        What the agent did after it says nothing about the agent.
        """
        ...


class AgentMeter(Protocol):
    """A proxy on loopback that prices and limits what agents spend.

    `session` gives an address of its own to one call of an agent. With a `seat`, address and key
    are the same for all sessions of that seat, of which one is open at a time: a process that makes
    one call after another keeps the client that it made at its start. `shared` is for a server that
    was started with one address for good: while it is entered, what comes to that address belongs
    to the one call, so that only one such call can be under way; others wait. `faults` without a
    target are the provider's, those with one the tool's; what a tool was made to say in one session
    it has said in later ones of the same `conversation`. After `max_steps` answers that its model
    gave, the agent is refused more. Entering raises `GatewayError` when a port cannot be had;
    leaving ends what is still under way, so that the figures are final.
    """

    def session(
        self,
        *,
        who: Tags | None,
        faults: Sequence[InjectedFault],
        seat: str | None = None,
        max_steps: int | None = None,
        conversation: str | None = None,
    ) -> AbstractAsyncContextManager[MeterSession]:
        """Opens an address for one call."""
        ...

    def shared(
        self,
        *,
        port: int | None,
        who: Tags | None,
        faults: Sequence[InjectedFault],
        max_steps: int | None = None,
        conversation: str | None = None,
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
    """Answers by the fingerprint of their request, on disk; safe for several processes.

    Called from the event loop, and quick; nothing that goes wrong with it is raised.
    """

    def get(self, key: str) -> Completion | None:
        """The answer that was kept, None when there is none or it cannot be read."""
        ...

    def put(self, key: str, completion: Completion, request: Request) -> None:
        """Keeps an answer; other processes find it as soon as this returns.

        One that cannot be kept is not an error of the run.
        """
        ...

    def claim(self, key: str) -> bool:
        """Takes a question on; False while another process that is alive has it."""
        ...

    def release(self, key: str) -> None:
        """Gives a question back, also one that was not taken."""
        ...

    def close(self) -> None:
        """Releases what the cache holds; called once, after the last look."""
        ...


class Assertion(Protocol):
    """One check of one answer, built once for a case and used for each of its trials.

    Pure and synchronous: no clock, no files, no network. A check that needs a model returns an
    `Ask`. It abstains (`Verdict.passed` None) rather than guess. `str` of it is its name in
    messages.
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


class Metric(Protocol):
    """One metric of a suite, built once and used for all of its models and slices.

    What an answer shows is told in cells, so that counts are all that a run has to remember.
    `names` are what its figures are broken down by, labels or fields, `figures` the names of all
    figures that it can give. Pure and synchronous, as assertions are.
    """

    names: tuple[str, ...]
    figures: tuple[str, ...]

    def reference(self, expected: Json) -> Json:
        """What a case expects, in the form that `asked` and `cells` take; nothing is None.

        Raises `ValueError` with a clause that says what is wrong with it.
        """
        ...

    def asked(self, reference: Json) -> tuple[str, ...]:
        """Those of `names` that a case expects: each is an observation of their recall."""
        ...

    def cells(self, reference: Json, completion: Completion) -> Sequence[Cell]:
        """What one answer adds to the counts; an answer that cannot be read adds a mistake."""
        ...

    def measure(self, counts: Mapping[Cell, int], names: Collection[str]) -> Measures:
        """The figures of what was counted, over the `names` that are expected there.

        An average is undefined when one of them was expected by no answer that was counted.
        """
        ...


class MetricType(Protocol):
    """What a registry of metrics holds, usually the class of a `Metric`.

    `schema` is JSON Schema for what an author writes, without `kind`, `name`, `by` and `optional`.
    Where that lets `expected` be an object, its keys are the metric's `names`.
    Calling it with a spec whose arguments fit builds the metric; arguments that only code can
    refuse raise `InputError`. Its docstring is its documentation, under the headings of assertions.
    """

    schema: JsonObject

    def __call__(self, spec: MetricSpec, /) -> Metric:
        """Builds the metric of one spec."""
        ...


class UserFunction(Protocol):
    """A function of the user's own that judges answers, run apart from this process.

    It is called from the event loop and returns, or raises `CannotTell`, within seconds, whatever
    the function does. What it returned is JSON, and may be anything.
    """

    def __call__(self, answer: str, context: JsonObject) -> Json:
        """What the function says of an answer."""
        ...


class Source(Protocol):
    """A tree of text files: the disk, or one commit.

    Paths use `/` and are relative to the tree's root, unless the user named an absolute one.
    """

    def read(self, path: str) -> str:
        """The text of a file; raises `UnreadableError` when it cannot be read."""
        ...

    def lines(self, path: str, *, newline: Literal["", "\n"]) -> Iterator[str]:
        """The lines of a file with their ends, one at a time; raises `UnreadableError` meanwhile.

        They end where a text that was opened with this `newline` has its lines end: anywhere that a
        system would end them, or at `\\n` alone. Such a file may be larger than memory.
        """
        ...

    def glob(self, pattern: str) -> tuple[str, ...]:
        """The files that match a pattern, sorted."""
        ...


class Trials(Protocol):
    """The trials of a run, on disk: those of a run that ended just now, or of result files."""

    def of(self, case: CaseResult) -> tuple[TrialResult, ...]:
        """Reads back the trials of one case, by repeat; raises `StoreError`."""
        ...

    def texts(self, case: CaseResult) -> Iterable[str]:
        """The same trials as a result file has them, each in JSON; raises `StoreError`."""
        ...


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
