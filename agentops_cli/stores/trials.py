"""The trials of a run as a JSON Lines file: one a line, in the order in which they finished."""

import json
import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

from agentops_cli.errors import RUN_ANEW, StoreError
from agentops_cli.files import open_ordinary, unwritable
from agentops_cli.model.codec import dumps, line_of_trial, text_of_trial, trial_of_line
from agentops_cli.model.result import CaseResult, TrialResult
from agentops_cli.model.sound import demand_sound
from agentops_cli.redact import Redact, redact_trial
from agentops_cli.run.recount import misjudgements
from agentops_cli.stores.places import Places

_CHUNK = 65536

_KEPT_BYTES = 8 * 1024 * 1024

# What reading a line as a trial raises where it is none.
_NO_TRIAL = (ValueError, KeyError, TypeError, AttributeError, ArithmeticError, RecursionError)


class TrialLog:
    """An append-only file, and in memory no more than its first trials and where the others stand.

    A trial that is appended again (a second pass over an errored one) replaces the first for
    `of`; in the file both stay, and the later line holds. Each line names the `run` that it is of,
    and where it starts, so that one that was copied is not taken for another attempt.
    Lines that were in the file before are kept and not read, unless they are to be `recover`ed: a
    run that is `resumed` knows them then as if they had been appended here. Not for several
    threads.
    """

    def __init__(
        self,
        path: Path,
        redact: Redact,
        *,
        run: str | None = None,
        resumed: bool = False,
        kept_bytes: int = _KEPT_BYTES,
    ) -> None:
        """So many bytes of lines are kept as trials too: most runs need not read theirs back."""
        self.path = path
        self._redact = redact
        self._run = run
        self._places = Places()
        self._kept: dict[int, TrialResult] = {}
        self._left = kept_bytes
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            # Unbuffered: a line that the disk refused must not be tried again at the next one.
            flags = os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW
            self._file = os.fdopen(open_ordinary(path, flags, 0o666), "a+b", buffering=0)
            if resumed:
                self._cut_torn_line()
            else:
                self._end_torn_line()
        except OSError as error:
            raise unwritable(path, error) from error

    def append(self, result: TrialResult) -> None:
        """Redacts a trial and writes it; it is with the operating system when this returns."""
        start = self._file.seek(0, os.SEEK_END)
        redacted = redact_trial(result, self._redact)
        shape = line_of_trial(redacted, run=self._run, start=start)
        line = dumps(shape).encode("ascii") + b"\n"
        self._write(line, start)
        self._places.add(result.index, start, len(line))
        self._left -= len(line)
        if self._left >= 0:
            self._kept[start] = redacted

    def recover(self) -> Iterator[TrialResult]:
        """The trials that are in the file, in the order in which they finished, one at a time.

        Raises `StoreError` for a line that is none, for one of another run, and for one whose
        outcome does not follow from its verdicts.
        """
        start = 0
        try:
            with os.fdopen(open_ordinary(self.path, os.O_NOFOLLOW), "rb") as file:
                for line in file:
                    result = self._parsed(line, start)
                    self._places.add(result.index, start, len(line))
                    start += len(line)
                    yield result
        except OSError as error:
            raise self._unreadable(error) from error

    def of(self, case: CaseResult) -> tuple[TrialResult, ...]:
        """The trials of one case that were appended here, by repeat."""
        trials: dict[int, TrialResult] = {}
        for start, length in self._places.of(case.index):
            trial = self._kept.get(start) or self._read(start, length)
            trials.setdefault(trial.repeat, trial)
        return tuple(trials[repeat] for repeat in sorted(trials))

    def texts(self, case: CaseResult) -> tuple[str, ...]:
        """The same trials in JSON, as they stand in the file."""
        trials: dict[int, str] = {}
        for start, length in self._places.of(case.index):
            repeat, text = text_of_trial(self._line(start, length))
            trials.setdefault(repeat, text)
        return tuple(trials[repeat] for repeat in sorted(trials))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
        /,
    ) -> None:
        self._file.close()

    def _write(self, line: bytes, start: int) -> None:
        """Appends a line whole or not at all; `start` is where the file ends."""
        rest = memoryview(line)
        try:
            while rest:
                rest = rest[self._file.write(rest) :]
        except OSError as error:
            with suppress(OSError):
                self._file.truncate(start)
            raise unwritable(self.path, error) from error

    def _read(self, start: int, length: int) -> TrialResult:
        line = self._line(start, length).decode("ascii")
        return trial_of_line(json.loads(line), path=str(self.path))

    def _line(self, start: int, length: int) -> bytes:
        try:
            line = os.pread(self._file.fileno(), length, start)
        except OSError as error:
            raise self._unreadable(error) from error
        if len(line) != length or line.find(b"\n") != length - 1:
            problem = f"{str(self.path)!r} was changed while the run went on"
            raise StoreError(problem, fix="give every run a trial log of its own")
        return line

    def _unreadable(self, error: OSError) -> StoreError:
        return StoreError(f"cannot read {str(self.path)!r}: {error.strerror}")

    def _parsed(self, line: bytes, start: int) -> TrialResult:
        """The trial that an earlier process of the run wrote."""
        try:
            data = json.loads(line)
            if data["run"] != self._run:
                problem = f"{str(self.path)!r} has the trials of run {data['run']}"
            elif data["start"] != start:
                # Two attempts that failed alike differ in nothing else.
                problem = f"{str(self.path)!r} is damaged: the trial at byte {start:,} is a copy"
            else:
                trial = trial_of_line(data, path=str(self.path))
                demand_sound(trial)
                wrong = next(misjudgements(trial), None)
                if wrong is None:
                    return trial
                problem = f"{str(self.path)!r} is damaged: the trial at byte {start:,} {wrong}"
        except _NO_TRIAL as error:
            problem = f"{str(self.path)!r} is damaged: there is no trial at byte {start:,}"
            raise StoreError(problem, fix=RUN_ANEW) from error
        raise StoreError(problem, fix=RUN_ANEW)

    def _cut_torn_line(self) -> None:
        """Takes away the half line that a killed process left: its trial had not ended."""
        end = self._file.seek(0, os.SEEK_END)
        while end:
            start = max(0, end - _CHUNK)
            self._file.seek(start)
            newline = self._file.read(end - start).rfind(b"\n")
            end = start + newline + 1
            if newline >= 0:
                break
        self._file.truncate(end)

    def _end_torn_line(self) -> None:
        """Ends the half line that a killed process left, so that it cannot swallow our first."""
        if self._file.seek(0, os.SEEK_END) == 0:
            return
        self._file.seek(-1, os.SEEK_END)
        if self._file.read(1) != b"\n":
            self._file.write(b"\n")
