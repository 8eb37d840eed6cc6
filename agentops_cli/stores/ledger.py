"""What a run promises to calls and pays for them, as JSON Lines: one before a call, one after.

A run that is killed and gone on with must not spend twice what it had: whatever was promised and
has no second line counts in full. The file is written by one process at a time, which holds the
lock of the run. It is begun with the run, by a line that says whose it is: one that is gone, empty
or another run's cannot pass for that of a run that has spent nothing.

    {"ledger":1,"run":"20260102T030405-0a1b2c"}
    {"call":44,"at":1767323045.120,"most":{"usd":"0.0021","calls":1,"tokens":812},"suite":…,
     "case":…,"subject":…,"model":…}
    {"call":44,"at":1767323046.871,"spent":{"usd":"0.0004","calls":1,"tokens":97}}

What it says is believed only where every line is one that was written so, at its place: a figure
that is none, or a line too many, could make a run believe that it may spend for ever.
"""

import json
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from math import isfinite
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, Self

from agentops_cli.errors import RUN_ANEW, InputError, StoreError
from agentops_cli.files import open_ordinary, unwritable
from agentops_cli.model.call import Tags
from agentops_cli.model.codec import dumps, read_dollars
from agentops_cli.model.finding import Finding
from agentops_cli.model.money import Amount
from agentops_cli.model.place import Location
from agentops_cli.model.sound import demand_sound
from agentops_cli.model.spending import Spent

_FORMAT = 1


def begin_ledger(path: Path, *, run: str) -> None:
    """Begins the ledger of a new run; raises `StoreError` when it cannot be written."""
    try:
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL
        with os.fdopen(open_ordinary(path, flags), "wb") as file:
            file.write(_first_line(run))
    except OSError as error:
        raise unwritable(path, error) from error


def demand_ledger(path: Path, *, run: str, now: datetime) -> None:
    """Raises `StoreError` when it is not the ledger of that run, or cannot be read to its end.

    Raises `InputError` for a line that is none of a ledger.
    """
    try:
        with _reading(path) as file:
            head = file.readline()
    except FileNotFoundError as error:
        problem = f"the ledger of run {run} is gone: nobody knows what the run has spent"
        raise StoreError(problem, fix=RUN_ANEW) from error
    except OSError as error:
        raise StoreError(f"cannot read {str(path)!r}: {error.strerror}") from error
    if head != _first_line(run):
        raise StoreError(f"{str(path)!r} is not the ledger of run {run} any more", fix=RUN_ANEW)
    for _ in spent_of(path, now=now):
        pass


class Ledger:
    """An append-only file; the number of a call is where its first line begins.

    A line is with the operating system when its call returns. Half a line that a killed process
    left is cut off: a promise that was not written to its end was not acted upon.
    """

    def __init__(self, path: Path, *, now: Callable[[], datetime]) -> None:
        self._path = path
        self._now = now
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            flags = os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW
            self._file = open_ordinary(path, flags)
            self._end = _whole_lines(self._file)
            os.ftruncate(self._file, self._end)
        except OSError as error:
            raise unwritable(path, error) from error

    def reserve(self, most: Amount, *, who: Tags | None, model: str | None) -> int:
        """Writes down what a call may take; gives the number of the entry.

        Raises `StoreError` too where nobody would find it again.
        """
        self._demand_untouched()
        number = self._end
        asker = ""
        if who is not None:
            asker = (
                f',"suite":{dumps(who.suite)},"case":{dumps(who.case_id)}'
                f',"subject":{dumps(who.model)}'
            )
        self._write(
            f'{self._head(number)},"most":{_amount(most)}{asker},"model":{dumps(model)}}}\n'
        )
        return number

    def settle(self, number: int, spent: Amount) -> None:
        """Writes down what it took."""
        self._write(f'{self._head(number)},"spent":{_amount(spent)}}}\n')

    def close(self) -> None:
        """Closes the file; called once."""
        os.close(self._file)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
        /,
    ) -> None:
        self.close()

    def _demand_untouched(self) -> None:
        found = os.fstat(self._file)
        if not found.st_nlink or found.st_size != self._end:
            problem = f"{str(self._path)!r} was removed or changed while the run went on"
            raise StoreError(problem, fix=RUN_ANEW)

    def _head(self, number: int) -> str:
        return f'{{"call":{number},"at":{self._now().timestamp():.3f}'

    def _write(self, line: str) -> None:
        """Appends a line whole or not at all."""
        rest = memoryview(line.encode("ascii"))
        size = len(rest)
        try:
            while rest:
                rest = rest[os.write(self._file, rest) :]
        except OSError as error:
            with suppress(OSError):
                os.ftruncate(self._file, self._end)
            raise unwritable(self._path, error) from error
        self._end += size


def spent_of(path: Path, *, now: datetime) -> Iterator[Spent]:
    """What a ledger says was spent, call by call in the order of their settlement.

    Calls that were never settled come last, with all that was promised to them, at the time of the
    last line. A file that is not there says nothing; half a line at its end is left out. Raises
    `StoreError` when it cannot be read, and `InputError` for a line that is none of a ledger.
    Memory grows only with the calls that were under way.
    """
    said = _Said(at=now.timestamp())
    try:
        with _reading(path) as file:
            for number, line in enumerate(file, 1):
                if not line.endswith(b"\n"):
                    break
                try:
                    settled = said.take(line)
                except _NO_ENTRY as error:
                    raise InputError([_no_entry(path, number)]) from error
                if settled is not None:
                    amount, who = settled
                    age_s = max(0.0, now.timestamp() - said.at)
                    yield Spent(amount=amount, who=who, age_s=age_s)
    except FileNotFoundError:
        return
    except OSError as error:
        raise StoreError(f"cannot read {str(path)!r}: {error.strerror}") from error
    age_s = max(0.0, now.timestamp() - said.at)
    for amount, who in said.under_way.values():
        yield Spent(amount=amount, who=who, age_s=age_s, lost=True)


@dataclass(slots=True, kw_only=True)
class _Said:
    """What the lines of a ledger have said so far: the time of the last one, and what is open."""

    at: float
    under_way: dict[int, tuple[Amount, Tags | None]] = field(default_factory=dict)
    _start: int = 0

    def take(self, line: bytes) -> tuple[Amount, Tags | None] | None:
        """What a call took and who asked, where this is its second line; raises `_NO_ENTRY`."""
        start = self._start
        self._start += len(line)
        entry = json.loads(line)
        if not start and "ledger" in entry:
            return None
        self.at = _moment(entry["at"])
        if "most" not in entry:
            _, who = self.under_way.pop(entry["call"])
            return _amount_in(entry["spent"]), who
        if entry["call"] != start:
            raise ValueError("it is not where it was written")
        self.under_way[start] = (_amount_in(entry["most"]), _asker_in(entry))
        return None


# What reading a line as an entry raises where it is none.
_NO_ENTRY = (ValueError, LookupError, TypeError, ArithmeticError, RecursionError)


def _no_entry(path: Path, number: int) -> Finding:
    return Finding(
        rule="ledger",
        message="this is no entry of a ledger: nobody knows what the run has spent",
        location=Location(path=str(path), line=number),
        fix=RUN_ANEW,
    )


def _reading(path: Path) -> BinaryIO:
    return os.fdopen(open_ordinary(path, os.O_NOFOLLOW), "rb")


def _first_line(run: str) -> bytes:
    return f'{{"ledger":{_FORMAT},"run":{dumps(run)}}}\n'.encode("ascii")


def _whole_lines(file: int) -> int:
    """The size of a file up to the end of its last whole line."""
    end = os.lseek(file, 0, os.SEEK_END)
    while end:
        start = max(0, end - 4096)
        found = os.pread(file, end - start, start).rfind(b"\n")
        if found >= 0:
            return start + found + 1
        end = start
    return 0


def _amount(amount: Amount) -> str:
    return f'{{"usd":"{amount.usd:f}","calls":{amount.calls},"tokens":{amount.tokens}}}'


def _amount_in(data: Mapping[str, Any]) -> Amount:
    amount = Amount(usd=read_dollars(data["usd"]), calls=data["calls"], tokens=data["tokens"])
    demand_sound(amount)
    return amount


def _asker_in(entry: Mapping[str, Any]) -> Tags | None:
    if "suite" not in entry:
        return None
    who = Tags(suite=entry["suite"], case_id=entry["case"], model=entry["subject"])
    demand_sound(who)
    return who


def _moment(at: Any) -> float:
    if type(at) is not float or not isfinite(at):
        raise ValueError(f"{at!r:.60} is no moment")
    return at
