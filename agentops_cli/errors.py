"""Everything raised on purpose, and the one table of exit codes.

    AgentopsError(message, fix)
    ├─ UsageError                  a flag or argument is wrong                    exit 2
    ├─ InputError(findings)        config, suite, prompt or dataset is wrong      exit 4
    │  └─ PluginError              a named plugin is missing or does not load     exit 4
    ├─ UnreadableError             a named file cannot be read: becomes a finding exit 4
    ├─ EmptyError                  a typed selection or a glob matched nothing    exit 5
    ├─ GatewayError(fault)         a call gave no answer: becomes data on the trial
    └─ StoreError                  a file, store or git cannot be used            exit 7

A failed assertion, a lint finding and drift are results, not exceptions.
"""

from collections.abc import Iterable
from enum import IntEnum
from typing import TYPE_CHECKING

from agentops_cli.model.finding import Finding, in_reading_order

if TYPE_CHECKING:
    # Whoever only reads prompts makes no calls: `load_prompt` would take a third longer.
    from agentops_cli.model.call import Fault
    from agentops_cli.model.money import Cost


class ExitCode(IntEnum):
    """What a process says when it ends, the same in every command.

    0 and 1 are verdicts; anything above means that there is none.
    """

    OK = 0
    REJECTED = 1
    USAGE = 2
    INTERNAL = 3
    INPUT = 4
    EMPTY = 5
    STOPPED = 6
    UNREACHABLE = 7
    INTERRUPTED = 130

    @property
    def meaning(self) -> str:
        """One line for the documentation and for `agentops explain exit-codes`."""
        return _MEANINGS[self]


_MEANINGS = {
    ExitCode.OK: "There is a verdict, and it is yes.",
    ExitCode.REJECTED: "There is a verdict, and it is no: the gate failed.",
    ExitCode.USAGE: "A flag or an argument is wrong.",
    ExitCode.INTERNAL: "A bug of agentops; a redacted crash report is written.",
    ExitCode.INPUT: "Configuration, suite, prompt or plugin is invalid. Nothing was spent.",
    ExitCode.EMPTY: "A selection or a configured glob matched nothing, or no case was judged.",
    ExitCode.STOPPED: "Budget or breaker ended the run early, so a verdict would be a guess.",
    ExitCode.UNREACHABLE: "Provider, git or store unusable, or too many cases errored.",
    ExitCode.INTERRUPTED: "Ctrl-C or SIGTERM; what finished is kept and reported.",
}


NOT_PAID_AGAIN = "what is in the cache is not paid again"

RUN_ANEW = f"run the suites anew; {NOT_PAID_AGAIN}"
"""The fix for what is left of a run and cannot be used any more."""


class AgentopsError(Exception):
    """Raised on purpose and shown to the user without a traceback."""

    exit_code = ExitCode.INTERNAL

    def __init__(self, message: str, *, fix: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.fix = fix


class UsageError(AgentopsError):
    """A flag or an argument cannot be what it is."""

    exit_code = ExitCode.USAGE


class InputError(AgentopsError):
    """What the user wrote in files is wrong; carries every mistake found, in reading order."""

    exit_code = ExitCode.INPUT

    def __init__(self, findings: Iterable[Finding]) -> None:
        self.findings = in_reading_order(findings)
        super().__init__("; ".join(finding.message for finding in self.findings))


class UnreadableError(AgentopsError):
    """A file that was named cannot be read; whoever knows where it was named makes it a finding."""

    exit_code = ExitCode.INPUT


class PluginError(InputError):
    """A named plugin is missing, collides with another or does not load."""


class EmptyError(AgentopsError):
    """A selection that the user typed, or a configured glob, matched nothing."""

    exit_code = ExitCode.EMPTY


class GatewayError(AgentopsError):
    """A call gave no answer that could be judged; the engine records `fault` on the trial."""

    exit_code = ExitCode.UNREACHABLE

    def __init__(self, fault: "Fault") -> None:
        super().__init__(fault.message, fix=fault.fix)
        self.fault = fault


class StoreError(AgentopsError):
    """A file, a store or git cannot be used.

    `cost` is what a call that it ended had cost by then, in attempts that gave no answer.
    """

    exit_code = ExitCode.UNREACHABLE

    def __init__(self, message: str, *, fix: str | None = None, cost: "Cost | None" = None) -> None:
        from agentops_cli.model.money import Cost  # As above.

        super().__init__(message, fix=fix)
        self.cost = cost or Cost()
