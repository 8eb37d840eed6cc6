"""Result files, read back one case at a time: in memory is only where each case stands."""

import os
from array import array
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from io import TextIOWrapper
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any, BinaryIO, overload

from agentops_cli.errors import InputError, StoreError
from agentops_cli.files import open_ordinary
from agentops_cli.model.codec import check_schema, dumps, json_of_trial
from agentops_cli.model.decode import case_of_json, run_of_json, suite_of_json, trials_of_json
from agentops_cli.model.finding import Finding
from agentops_cli.model.json import JsonObject
from agentops_cli.model.place import Location
from agentops_cli.model.result import CaseResult, RunResult, SuiteResult, TrialResult
from agentops_cli.model.result_lines import (
    Found,
    OtherLayoutError,
    SuiteLines,
    parsed,
    read_result,
    without_trials,
    write_result,
)
from agentops_cli.model.sound import demand_sound
from agentops_cli.run.fold import live_latencies_s
from agentops_cli.run.recount import contradictions

_MOST_TOLD = 20

# What reading JSON as a result raises where it is none.
_NO_RESULT = (
    LookupError,
    TypeError,
    ValueError,
    AttributeError,
    ArithmeticError,
    RecursionError,
)


class ResultFile:
    """One result file, read through once to see that all of it is as it should be.

    The suites of `run` are without their cases. Of each case `places` has its place in the whole
    plan, `owners` the number of its suite here, and `marks` a hash of what no other case has, of
    this process. `latencies_s` are those of the live calls of each suite. `contradictions` are the
    first things in which cases are not what their trials say, in words. Raises `InputError` for
    what is no result, or a newer one.
    """

    def __init__(self, path: Path, *, name: str) -> None:
        self.name = name
        self.places = array("Q")
        self.owners = array("Q")
        self.marks = array("Q")
        self.latencies_s: list[array[float]] = []
        self.contradictions: list[str] = []
        self._path = ""
        self._starts = array("Q")
        self._lengths = array("Q")
        self._file: BinaryIO | None = None
        try:
            self._file = os.fdopen(open_ordinary(path), "rb")
            self.run = self._read()
        except StoreError as error:
            self.close()
            raise self._refused("unreadable", "is no ordinary file") from error
        except OSError as error:
            self.close()
            raise self._refused("unreadable", f"cannot be read: {error.strerror}") from error
        except InputError:
            self.close()
            raise
        except _NO_RESULT as error:
            self.close()
            why = f"no {error.args[0]!r} is in it" if isinstance(error, KeyError) else str(error)
            raise self._refused("not-a-result", f"is no result of agentops: {why}") from error

    @property
    def suites(self) -> tuple[SuiteResult, ...]:
        """The suites that have cases here."""
        return self.run.suites

    def head(self, number: int) -> Any:
        """The case of a number here, without its trials, as JSON."""
        return without_trials(self._text(number))

    def whole(self, number: int) -> Any:
        """The case of a number here, with its trials, as JSON."""
        return parsed(self._text(number))

    def close(self) -> None:
        """Closes the file."""
        if self._file:
            self._file.close()

    def _read(self) -> RunResult:
        try:
            return self._take(read_result(self._opened))
        except OtherLayoutError:
            # It was formatted by something else: that is as good, but has to be read as a whole.
            self._opened.seek(0)
            data = parsed(self._opened.read())
            check_schema({"schema": data["schema"]}, path=self.name)
            self.close()
            self._file = _laid_out(data)
            for read in (self.places, self.owners, self.marks, self._starts, self._lengths):
                del read[:]
            del self.latencies_s[:], self.contradictions[:]
            return self._take(read_result(self._opened))

    def _take(self, parts: Iterable[Found]) -> RunResult:
        head: Any = None
        gate: Any = None
        suites: list[tuple[Any, list[Any]]] = []
        for part in parts:
            match part.what:
                case "schema":
                    check_schema({"schema": part.data}, path=self.name)
                case "run":
                    head = part.data
                case "suite":
                    suites.append((part.data, []))
                    self._path = part.data["path"]
                    self.latencies_s.append(array("d"))
                case "case":
                    self._take_case(part, number=len(suites) - 1)
                case "metric":
                    suites[-1][1].append(part.data)
                case "gate":
                    gate = part.data
        run = replace(
            run_of_json(head, gate), suites=tuple(suite_of_json(*suite) for suite in suites)
        )
        demand_sound(run)
        return run

    def _take_case(self, part: Found, *, number: int) -> None:
        data = part.data
        if next(reversed(data)) != "trials":
            raise OtherLayoutError
        place = int(data["index"])
        case = case_of_json(data, index=place)
        trials = [*trials_of_json(data, index=place, suite="")]
        for value in (case, *trials):
            demand_sound(value)
        self.contradictions += [
            f"case {case.case.id!r:.80} on {case.model!r:.80}: {what}"
            for what in contradictions(case, trials)
            if len(self.contradictions) < _MOST_TOLD
        ]
        for trial in trials:
            self.latencies_s[number].extend(live_latencies_s(trial))
        self.marks.append(hash((self._path, case.case.id, case.model)) % 2**64)
        self.places.append(place)
        self.owners.append(number)
        self._starts.append(part.start)
        self._lengths.append(part.length)

    @property
    def _opened(self) -> BinaryIO:
        if self._file is None:
            raise StoreError(f"{self.name!r} is closed")
        return self._file

    def _text(self, number: int) -> bytes:
        try:
            self._opened.seek(self._starts[number])
            text = self._opened.read(self._lengths[number])
        except OSError as error:
            raise StoreError(f"cannot read {self.name!r}: {error.strerror}") from error
        if len(text) != self._lengths[number]:
            raise StoreError(f"{self.name!r} was changed while it was read", fix="run it again")
        return text

    def _refused(self, rule: str, problem: str) -> InputError:
        fix = "name the files that `agentops eval --shard … --json FILE` wrote"
        place = Location(path=self.name)
        return InputError([Finding(rule=rule, message=problem, location=place, fix=fix)])


def _laid_out(data: Any) -> BinaryIO:
    """A result in the lines that `read_result` reads, in a file that is gone when it is closed."""
    file: Any = TemporaryFile()  # noqa: SIM115 - whoever gets it closes it
    try:
        out = TextIOWrapper(file, encoding="ascii", newline="\n")
        write_result(
            out,
            run=data["run"],
            suites=map(_suite_lines, data["suites"]),
            totals=data["totals"],
            gate=data["gate"],
        )
        out.detach().seek(0)
    except BaseException:
        file.close()
        raise
    opened: BinaryIO = file
    return opened


def _suite_lines(suite: JsonObject) -> SuiteLines:
    cases: Any = suite["cases"]
    metrics: Any = suite["metrics"]
    return SuiteLines(
        head={key: value for key, value in suite.items() if key not in {"cases", "metrics"}},
        cases=(dumps({**_without(case, "trials"), "trials": case["trials"]}) for case in cases),
        metrics=metrics,
    )


def _without(data: JsonObject, key: str) -> JsonObject:
    return {name: value for name, value in data.items() if name != key}


class JoinedResults:
    """The cases of several result files as those of one run, with their trials.

    Each place of the plan must be in exactly one of them. `cases` are in plan order.
    """

    def __init__(self, files: Sequence[ResultFile]) -> None:
        self._files = files
        total = sum(len(file.places) for file in files)
        self._file_of = array("Q", bytes(8 * total))
        self._number_of = array("Q", bytes(8 * total))
        for which, file in enumerate(files):
            for number, place in enumerate(file.places):
                self._file_of[place] = which
                self._number_of[place] = number

    def cases(self, places: range) -> Sequence[CaseResult]:
        """The cases of some places; they are read whenever they are asked for."""
        return _Cases(self, places)

    def case(self, place: int) -> CaseResult:
        """The case of a place, whose index is its place."""
        return case_of_json(self._file(place).head(self._number_of[place]), index=place)

    def owner(self, place: int) -> str:
        """The path of the suite that a case is of."""
        file = self._file(place)
        return file.suites[file.owners[self._number_of[place]]].path

    def of(self, case: CaseResult) -> tuple[TrialResult, ...]:
        """The trials of one case, by repeat."""
        place = case.index
        data = self._file(place).whole(self._number_of[place])
        return tuple(trials_of_json(data, index=place, suite=self.owner(place)))

    def texts(self, case: CaseResult) -> Iterator[str]:
        """The trials of one case in JSON: what a file says besides is left out."""
        return (dumps(json_of_trial(trial)) for trial in self.of(case))

    def _file(self, place: int) -> ResultFile:
        return self._files[self._file_of[place]]


class _Cases(Sequence[CaseResult]):
    """Cases that are read when they are asked for; an index is a place in the plan."""

    def __init__(self, results: JoinedResults, places: range) -> None:
        self._results = results
        self._places = places

    def __len__(self) -> int:
        return len(self._places)

    @overload
    def __getitem__(self, index: int) -> CaseResult: ...

    @overload
    def __getitem__(self, index: slice) -> Sequence[CaseResult]: ...

    def __getitem__(self, index: int | slice) -> CaseResult | Sequence[CaseResult]:
        if isinstance(index, slice):
            return _Cases(self._results, self._places[index])
        return self._results.case(self._places[index])

    def __iter__(self) -> Iterator[CaseResult]:
        return map(self._results.case, self._places)
