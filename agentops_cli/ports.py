"""The plug sockets: every protocol that one room offers to another, on one page."""

from collections.abc import Mapping
from types import TracebackType
from typing import Protocol, Self, TextIO

from agentops_cli.model.call import Ask, Completion, Evidence, Request, Verdict
from agentops_cli.model.json import JsonObject
from agentops_cli.model.result import CaseResult, RunResult, TrialResult
from agentops_cli.model.settings import ModelSettings
from agentops_cli.model.suite import AssertionSpec


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
