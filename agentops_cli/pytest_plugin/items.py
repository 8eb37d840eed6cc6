"""Suites, cases and gates as pytest's collectors and items."""

from abc import abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

# What `repr_failure` may give has no public name.
from _pytest._code.code import ReprFileLocation, TerminalRepr
from _pytest._io import TerminalWriter

from agentops_cli.errors import AgentopsError, ExitCode, InputError
from agentops_cli.model.finding import Severity
from agentops_cli.model.place import Location
from agentops_cli.model.result import Outcome, PlannedCase, SuiteResult
from agentops_cli.pytest_plugin.sitting import Ended, Sitting, key_of, line_of
from agentops_cli.reporters.account import REASON_CHARACTERS
from agentops_cli.reporters.wording import flat, one_line

_NAME_CHARACTERS = 200
_VERDICTS = frozenset({ExitCode.OK, ExitCode.REJECTED})


class Account(TerminalRepr):
    """What went wrong, line by line; `message` is the one line of a summary."""

    def __init__(self, lines: Iterable[str], *, place: Location, message: str) -> None:
        self.lines = tuple(map(flat, lines))
        message = one_line(message, REASON_CHARACTERS)
        self.reprcrash = ReprFileLocation(place.path, place.line or 1, message)

    def toterminal(self, tw: TerminalWriter) -> None:
        """Writes the lines as they are."""
        for line in self.lines:
            tw.line(line)


class Lost(Exception):  # noqa: N818 # A verdict is no error of anybody's.
    """A case or a gate is not what it should be, or could not be judged."""

    def __init__(self, account: Account) -> None:
        super().__init__(account.reprcrash.message)
        self.account = account


class SuiteFile(pytest.File):
    """A suite file: an item for each case on each model, and one for the gate."""

    def __init__(self, *, sitting: Sitting, **rest: Any) -> None:
        super().__init__(**rest)
        self.sitting = sitting
        self.gate: GateItem | None = None

    def collect(self) -> Iterator["SuiteItem"]:
        """The items of the suite; raises `InputError` with all that is wrong with it."""
        plan = self.sitting.prepare([self.sitting.shown(self.path)]).plan
        [loaded] = plan.suites
        several = len({planned.model for planned in plan.cases}) > 1
        names = set()
        for planned in plan.cases:
            case_id = one_line(planned.case.id, _NAME_CHARACTERS)
            name = f"{case_id}[{planned.model}]" if several else case_id
            names.add(name)
            yield CaseItem.from_parent(self, name=name, planned=planned)
        self.gate = GateItem.from_parent(
            self,
            name="(gate)" if "gate" in names else "gate",  # A case may be called that, too.
            suite=loaded.suite.path,
            place=loaded.suite.location,
        )
        yield self.gate

    def repr_failure(  # type: ignore[override] # As pytest's own collector does it.
        self, excinfo: pytest.ExceptionInfo[BaseException]
    ) -> str | TerminalRepr:
        """A user's mistakes without a traceback."""
        if isinstance(excinfo.value, AgentopsError):
            return told(excinfo.value)
        return super().repr_failure(excinfo)


class SuiteItem(pytest.Item):
    """An item whose verdict comes from the one run of the session.

    What could not be judged is an error of the set-up, so that nobody takes it for a lost case.
    """

    latency_s = 0.0
    flaky_note: str | None = None

    def __init__(self, *, suite: str, place: Location, **rest: Any) -> None:
        super().__init__(**rest)
        self.suite = suite
        self.place = place

    @property
    def sitting(self) -> Sitting:
        """The run of the session."""
        assert isinstance(self.parent, SuiteFile)  # noqa: S101 # Nobody else makes these items.
        return self.parent.sitting

    @property
    def suite_result(self) -> SuiteResult:
        """What came of the whole suite."""
        return self.sitting.came.suites[self.suite]

    def make_ready(self) -> None:
        """Has everything run, if that has not been done, and takes note of what came."""
        self.sitting.run_once()
        if self.sitting.has_ended:
            self.note_outcome()

    def note_outcome(self) -> None:
        """Marks the item where pytest must know before it runs it."""

    @abstractmethod
    def setup(self) -> None:
        """Raises what keeps the item from being judged."""

    def repr_failure(
        self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None
    ) -> str | TerminalRepr:
        """What went wrong without a traceback, unless it is our own bug."""
        if isinstance(excinfo.value, Lost):
            return excinfo.value.account
        if isinstance(excinfo.value, AgentopsError):
            return told(excinfo.value)
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, int | None, str]:
        """Where the item is written, counted from 0, and what its report is headed."""
        line = self.place.line
        path = self.sitting.folder / self.place.path
        return path, line - 1 if line else None, f"{self.name} ({self.suite})"


class CaseItem(SuiteItem):
    """A case on a model."""

    def __init__(self, *, planned: PlannedCase, **rest: Any) -> None:
        super().__init__(suite=planned.suite, place=planned.case.location, **rest)
        self.key = key_of(planned)
        self.extra_keyword_matches.update(planned.case.tags)

    @property
    def gate(self) -> "GateItem":
        """The gate of its suite."""
        assert isinstance(self.parent, SuiteFile)  # noqa: S101 # Nobody else makes these items.
        assert self.parent.gate is not None  # noqa: S101 # It comes with the cases.
        return self.parent.gate

    @property
    def ended(self) -> Ended:
        """What came of the case."""
        return self.sitting.came.cases[self.key]

    def note_outcome(self) -> None:
        """Marks a case that gates nothing, as pytest would have its author mark it."""
        ended = self.ended
        outcome, tally, note = ended.case.outcome, ended.case.tally, ended.case.note
        self.latency_s = ended.case.latency_s or 0.0
        if outcome in {Outcome.SKIPPED, Outcome.QUARANTINED} and not ended.cut_off:
            self.add_marker(pytest.mark.skip(reason=f"{outcome}: {note}"))
        elif outcome is Outcome.XFAILED:
            self.add_marker(pytest.mark.xfail(reason=note or outcome))
        elif outcome is Outcome.FLAKY:
            needed = f"{ended.case.case.repeat_pass} must"
            passed = f"{tally.passed} of {tally.judged} repeats passed, {needed}"
            self.flaky_note = "\n".join((passed, *ended.lines))
        elif room := self._room(ended):
            self.add_marker(pytest.mark.xfail(reason=f"{outcome}; {room}: {ended.message}"))

    def _room(self, ended: Ended) -> str | None:
        """What in the gate makes up for a case that is not good; None when it has said no."""
        gate = self.suite_result.gate
        if not self.suite_result.decision.passed:
            return None
        if ended.case.outcome is Outcome.FAILED:
            return f"the gate leaves room for it (minPassRate {gate.min_pass_rate:g})"
        if ended.case.outcome is Outcome.ERRORED and self.sitting.came.exit_code in _VERDICTS:
            return f"the gate leaves room for it (maxErrored {gate.max_errored})"
        return None

    def setup(self) -> None:
        """Raises `Lost` when the case could not be judged."""
        ended = self.ended
        if ended.cut_off:
            raise KeyboardInterrupt
        if ended.case.outcome is Outcome.ERRORED:
            raise Lost(self._account(ended))

    def runtest(self) -> None:
        """Raises `Lost` when the case has failed, expected or not."""
        ended = self.ended
        if ended.case.outcome in {Outcome.FAILED, Outcome.XFAILED}:
            raise Lost(self._account(ended))

    def _account(self, ended: Ended) -> Account:
        return Account(ended.lines or [ended.message], place=self.place, message=ended.message)


class GateItem(SuiteItem):
    """The gate of a suite, judged over the cases that were run."""

    def setup(self) -> None:
        """Raises `Lost` when the run came to no verdict."""
        exit_code, decision = self.sitting.came.exit_code, self.suite_result.decision
        if exit_code is ExitCode.INTERRUPTED:
            raise KeyboardInterrupt
        if decision.passed and exit_code not in _VERDICTS:
            raise Lost(self._account([f"no verdict: {exit_code.meaning}"]))
        reasons = {r.rule for r in decision.reasons if r.severity is Severity.ERROR}
        if reasons == {"max-errored"}:
            raise Lost(self._account(map(line_of, decision.reasons)))

    def runtest(self) -> None:
        """Raises `Lost` when the gate says no."""
        decision = self.suite_result.decision
        if not decision.passed:
            raise Lost(self._account(map(line_of, decision.reasons)))

    def _account(self, lines: Iterable[str]) -> Account:
        lines = tuple(lines)
        return Account(lines, place=self.place, message=lines[0].partition("\n")[0])


def with_gates(items: Sequence[pytest.Item]) -> list[pytest.Item]:
    """The items, with the gate of every suite of which a case was selected.

    Without it a selection would be green where `agentops eval` is red.
    """
    judged = {item.suite for item in items if isinstance(item, GateItem)}
    last = {item.suite: item for item in items if isinstance(item, CaseItem)}
    found: list[pytest.Item] = []
    for item in items:
        found.append(item)
        if isinstance(item, CaseItem) and item is last[item.suite] and item.suite not in judged:
            found.append(item.gate)
    return found


def plan_run(sitting: Sitting, items: Sequence[pytest.Item]) -> None:
    """Plans one run of the selected cases.

    A gate that was selected without any case of its suite is judged over all of them: who runs
    again what failed must not be told that it passed. Raises `pytest.UsageError`.
    """
    cases = {item.key for item in items if isinstance(item, CaseItem)}
    suites = tuple(dict.fromkeys(item.suite for item in items if isinstance(item, SuiteItem)))
    whole = set(suites) - {suite for suite, _, _ in cases}
    if suites:
        try:
            sitting.plan(suites, lambda case: case.suite in whole or key_of(case) in cases)
        except AgentopsError as error:
            raise pytest.UsageError(told(error)) from None


def told(error: AgentopsError) -> str:
    """All that is wrong, as people read it."""
    if isinstance(error, InputError):
        return "\n".join(map(line_of, error.findings))
    message = flat(error.message)
    return f"{message}\n  fix: {flat(error.fix)}" if error.fix else message
