"""How far a run is, on stderr: a bar on a terminal, a plain line now and then elsewhere."""

import sys
import time
from collections.abc import Callable
from typing import Self

from agentops_cli.flows.book import Stage
from agentops_cli.model.result import Outcome, TrialResult

_SECONDS_BETWEEN_LINES = 10.0


class Progress:
    """Told of each trial as it ends; the first one may take a while, so a bar is there before.

    It is entered, and whatever ends the block takes the bar away: a terminal gets its cursor back.
    `words` are what it calls those that failed and those without a verdict. `has_heard` is True
    once a trial has ended. `refusing` are the limits that refused calls: what to raise, and where.
    """

    def __init__(
        self,
        total: int,
        *,
        enabled: bool,
        words: tuple[str, str] = ("failed", "errored"),
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._total = total
        self._enabled = enabled
        self._outcomes = words
        self._clock = clock
        self._done = self._failed = self._errored = 0
        self._pass = ""
        self.has_heard = False
        self.refusing: list[str] = []
        self._last_line = clock()
        self._bar: _Bar | None = None

    def __enter__(self) -> Self:
        """Puts the bar there, on a terminal."""
        if self._enabled and sys.stderr.isatty():
            self._bar = _Bar(self._total)
        return self

    def __exit__(self, *_: object) -> None:
        """Takes it away."""
        self.close()

    def close(self) -> None:
        """Takes the bar away, so that what is printed next stands alone; again does nothing."""
        if self._bar:
            self._bar.stop()
            self._bar = None

    def __call__(self, result: TrialResult) -> None:
        """Counts one trial and shows it when it is time to."""
        self.has_heard = True
        self._done += 1
        self._failed += result.outcome is Outcome.FAILED
        self._errored += result.outcome is Outcome.ERRORED
        if self._bar:
            self._bar.show(self._done, self._total, self._words())
        elif self._enabled and self._clock() - self._last_line >= _SECONDS_BETWEEN_LINES:
            self._last_line = self._clock()
            sys.stderr.write(f"{self._done} of {self._total} trials, {self._words()}\n")

    def stage(self, stage: Stage) -> None:
        """Takes in what need not be run, what is run again or refused, and what is waited for."""
        if stage.kind == "refused":
            self.refusing.append(stage.words)
            return
        if stage.kind == "waiting":
            self._wait(stage.words)
            return
        if not stage.trials:
            return
        if stage.kind == "kept":
            self._done += stage.trials
            said = f"{stage.trials} of {self._total} trials are kept"
        else:
            self._total += stage.trials
            self._errored -= stage.trials
            self._pass = f"once more: {stage.trials} errored trials"
            said = self._pass
        if self._bar:
            self._bar.show(self._done, self._total, self._words())
        elif self._enabled:
            sys.stderr.write(f"{said}\n")

    def _wait(self, words: str) -> None:
        """Shows what is waited for, until the next trial ends; as a line no oftener than trials."""
        if self._bar:
            self._bar.show(self._done, self._total, f"{self._words()}; {words}")
        elif self._enabled and self._clock() - self._last_line >= _SECONDS_BETWEEN_LINES:
            self._last_line = self._clock()
            sys.stderr.write(f"{words}\n")

    def _words(self) -> str:
        failed, errored = self._outcomes
        once_more = f"{self._pass}, " if self._pass else ""
        return f"{once_more}{self._failed} {failed}, {self._errored} {errored}"


class _Bar:
    """A bar of rich, which is imported only when there is something to show."""

    def __init__(self, total: int) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
        from rich.progress import Progress as Bars

        self._bars = Bars(
            MofNCompleteColumn(),
            BarColumn(),
            TextColumn("{task.description}"),
            TimeElapsedColumn(),
            console=Console(stderr=True),
            transient=True,
        )
        self._task = self._bars.add_task("", total=total)
        self._bars.start()

    def show(self, done: int, total: int, words: str) -> None:
        self._bars.update(self._task, completed=done, total=total, description=words)

    def stop(self) -> None:
        self._bars.stop()
