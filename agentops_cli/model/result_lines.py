"""How a result file is laid out in lines, written and found again.

Each case and each metric stands on a line of its own, so that a text diff or `grep` finds its way,
and so that a file of many answers can be read one case at a time. Any other layout is JSON as well,
and has to be read as a whole.
"""

import json
import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, TextIO

from agentops_cli.model.codec import SCHEMA, dumps
from agentops_cli.model.json import JsonObject

_TRIALS = b',"trials":['


@dataclass(frozen=True, slots=True, kw_only=True)
class SuiteLines:
    """One suite: everything about it but its cases and its metrics, and these one by one.

    Cases are JSON already, in pieces that make up one line each.
    """

    head: JsonObject
    cases: Iterable[Iterable[str]]
    metrics: Iterable[JsonObject]


def write_result(
    out: TextIO,
    *,
    run: JsonObject,
    suites: Iterable[SuiteLines],
    totals: JsonObject,
    gate: JsonObject,
) -> None:
    """Writes a result, holding one case at a time; the same result gives the same bytes."""
    out.write(f'{{"schema":{SCHEMA},\n"run":{dumps(run)},\n"suites":[')
    for number, suite in enumerate(suites):
        out.write(",\n" if number else "\n")
        out.write(f'{dumps(suite.head).removesuffix("}")},\n"cases":[')
        _write_each(suite.cases, out)
        out.write('\n],\n"metrics":[')
        some = _write_each(([dumps(metric)] for metric in suite.metrics), out)
        out.write("\n]}" if some else "]}")
    out.write(f'\n],\n"totals":{dumps(totals)},\n"gate":{dumps(gate)}}}\n')


def _write_each(lines: Iterable[Iterable[str]], out: TextIO) -> bool:
    number = -1
    for number, line in enumerate(lines):
        out.write(",\n" if number else "\n")
        out.writelines(line)
    return number >= 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """One thing that stands in a result file.

    `what` is `schema`, `run`, `suite` (without its cases and metrics), `case`, `metric` or `gate`.
    Of a case `start` and `length` say where it stands, in bytes.
    """

    what: str
    data: Any
    start: int = 0
    length: int = 0


class OtherLayoutError(Exception):
    """The file is not laid out in lines as it was written; it may be a result all the same."""


def read_result(lines: Iterable[bytes]) -> Iterator[Found]:
    """Everything in a result file, in the order of the file, holding one line at a time.

    Raises `OtherLayoutError` as soon as a line is not as `write_result` writes it.
    """
    reader = _Reader(lines)
    yield Found(what="schema", data=reader.part("schema", after=b"{"))
    yield Found(what="run", data=reader.part("run"))
    reader.demand(b'"suites":[')
    while (line := reader.next()) != b"],":
        yield Found(what="suite", data=_parsed(line.removesuffix(b",") + b"}"))
        reader.demand(b'"cases":[')
        while (line := reader.next()) != b"],":
            text = line.removesuffix(b",")
            start = reader.start
            yield Found(what="case", data=_parsed(text), start=start, length=len(text))
        line = reader.next()
        if line.removesuffix(b",") == b'"metrics":[]}':
            continue
        if line != b'"metrics":[':
            raise OtherLayoutError
        while (line := reader.next()).removesuffix(b",") != b"]}":
            yield Found(what="metric", data=_parsed(line.removesuffix(b",")))
    reader.part("totals")
    yield Found(what="gate", data=reader.part("gate", before=b"}"))
    if reader.has_more():
        raise OtherLayoutError


class _Reader:
    """The lines of a file, without their ends; `start` is where the last one begins, in bytes."""

    def __init__(self, lines: Iterable[bytes]) -> None:
        self.start = 0
        self._end = 0
        self._lines = iter(lines)

    def next(self) -> bytes:
        """The next line."""
        line = next(self._lines, None)
        if line is None or not line.endswith(b"\n"):
            raise OtherLayoutError
        self.start, self._end = self._end, self._end + len(line)
        return line[:-1]

    def demand(self, expected: bytes) -> None:
        """Takes a line that has to be there."""
        if self.next() != expected:
            raise OtherLayoutError

    def part(self, key: str, *, after: bytes = b"", before: bytes = b",") -> Any:
        """The value of a key that has a line to itself."""
        line, head = self.next(), after + b'"' + key.encode() + b'":'
        if not (line.startswith(head) and line.endswith(before)):
            raise OtherLayoutError
        return _parsed(line[len(head) : len(line) - len(before)])

    def has_more(self) -> bool:
        """True when the file goes on."""
        return next(self._lines, None) is not None


def parsed(text: bytes) -> Any:
    """JSON as it is defined: no NaN, and no number that is beyond all bounds; else `ValueError`."""
    return _decoder.decode(text.decode())


def _finite(text: str) -> float:
    if math.isfinite(number := float(text)):
        return number
    raise ValueError(f"{text:.60} is no number of JSON")


_decoder = json.JSONDecoder(parse_float=_finite, parse_constant=_finite)


def _parsed(text: bytes) -> Any:
    try:
        return parsed(text)
    except ValueError as error:
        raise OtherLayoutError from error


def without_trials(case: bytes) -> Any:
    """A case as it was found, but for its trials: cheap however long the answers are.

    The trials come last, and within a text their key would have its quotes escaped.
    """
    head, mark, _ = case.partition(_TRIALS)
    return parsed(head + b"}" if mark else case)
