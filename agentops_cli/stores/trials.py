"""The trials of a run as a JSON Lines file: one a line, in the order in which they finished."""

import json
import os
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

from agentops_cli.errors import StoreError
from agentops_cli.files import unwritable
from agentops_cli.model.codec import dumps, line_of_trial, trial_of_line
from agentops_cli.model.result import CaseResult, TrialResult
from agentops_cli.redact import Redact, redact_trial


class TrialLog:
    """An append-only file, and in memory no more than where each trial stands in it.

    A trial that is appended again (a second pass over an errored one) replaces the first for
    `of`; in the file both stay, and the later line holds. Lines that were in the file before are
    kept and never read. Not for several threads.
    """

    def __init__(self, path: Path, redact: Redact) -> None:
        self.path = path
        self._redact = redact
        self._places: dict[int, dict[int, tuple[int, int]]] = {}
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            # Unbuffered: a line that the disk refused must not be tried again at the next one.
            self._file = path.open("a+b", buffering=0)
            self._end_torn_line()
        except OSError as error:
            raise unwritable(path, error) from error

    def append(self, result: TrialResult) -> None:
        """Redacts a trial and writes it; it is with the operating system when this returns."""
        line = dumps(line_of_trial(redact_trial(result, self._redact))).encode("ascii") + b"\n"
        start = self._write(line)
        self._places.setdefault(result.index, {})[result.repeat] = (start, len(line))

    def of(self, case: CaseResult) -> tuple[TrialResult, ...]:
        """The trials of one case that were appended here, by repeat."""
        places = self._places.get(case.index, {})
        return tuple(self._read(*places[repeat]) for repeat in sorted(places))

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

    def _write(self, line: bytes) -> int:
        """Appends a line whole or not at all, and tells where it starts."""
        start = self._file.seek(0, os.SEEK_END)
        rest = memoryview(line)
        try:
            while rest:
                rest = rest[self._file.write(rest) :]
        except OSError as error:
            with suppress(OSError):
                self._file.truncate(start)
            raise unwritable(self.path, error) from error
        return start

    def _read(self, start: int, length: int) -> TrialResult:
        try:
            self._file.seek(start)
            line = self._file.read(length)
        except OSError as error:
            raise StoreError(f"cannot read {str(self.path)!r}: {error.strerror}") from error
        if len(line) != length or not line.endswith(b"\n"):
            problem = f"{str(self.path)!r} was changed while the run went on"
            raise StoreError(problem, fix="give every run a trial log of its own")
        return trial_of_line(json.loads(line), path=str(self.path))

    def _end_torn_line(self) -> None:
        """Ends the half line that a killed process left, so that it cannot swallow our first."""
        if self._file.seek(0, os.SEEK_END) == 0:
            return
        self._file.seek(-1, os.SEEK_END)
        if self._file.read(1) != b"\n":
            self._file.write(b"\n")
