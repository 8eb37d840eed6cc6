"""Rows of a dataset file, one at a time, each with the place where it stands."""

import csv
import json
import math
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from pathlib import PurePosixPath

from agentops_cli.errors import InputError
from agentops_cli.locate import MAX_DEPTH, parse_yaml
from agentops_cli.model.finding import Finding
from agentops_cli.model.json import Json, JsonObject
from agentops_cli.model.place import Location
from agentops_cli.ports import Source
from agentops_cli.validate import not_finite

_CELL_LIMIT = 16 * 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One row: its cells by column, its number from 1, and where it is written."""

    cells: Mapping[str, Json]
    number: int
    location: Location


def read_rows(source: Source, path: str) -> Iterator[Row | Finding]:
    """The rows of a .csv, .jsonl, .json or .yaml file in order, a finding for what is none.

    CSV cells are text; the other formats keep their types. Of a .csv and a .jsonl file no more is
    in memory than one row; the others are read as a whole. A file without any row is a finding
    too. Raises `UnreadableError`, also after some rows.
    """
    suffix = PurePosixPath(path).suffix.lower()
    reader = _READERS.get(suffix)
    if reader is None:
        known = ", ".join(sorted(_READERS))
        problem = f"a dataset cannot be {suffix!r}"
        yield _finding("unknown-format", problem, path, 1, f"use {known}")
        return
    number = 0
    try:
        for number, (line, value) in enumerate(reader(source, path), start=1):
            yield _row(value, number, Location(path=path, line=line))
    except InputError as error:
        yield from error.findings
        return
    if not number:
        problem = "the dataset has no rows"
        yield _finding("empty-dataset", problem, path, 1, "add a row, or remove it")


def _row(value: Json | Finding, number: int, place: Location) -> Row | Finding:
    if isinstance(value, dict):
        return Row(cells=value, number=number, location=place)
    if isinstance(value, Finding):
        return value
    problem = "a row must be a mapping of columns to values"
    return Finding(rule="bad-row", message=problem, location=place, fix="write {column: value, …}")


def _csv(source: Source, path: str) -> Iterator[tuple[int, Json | Finding]]:
    csv.field_size_limit(_CELL_LIMIT)
    reader = csv.reader(_unmarked(source.lines(path, newline="")), strict=True)
    line = 1
    try:
        header = next(reader, None)
        if header is None:
            return
        twice = sorted({name for name in header if header.count(name) > 1})
        if twice:
            problem = f"the column {twice[0]!r} is there twice"
            yield 1, _finding("duplicate-column", problem, path, 1, "rename one of them")
            return
        line = reader.line_num + 1
        for cells in reader:
            if len(cells) == len(header):
                yield line, dict(zip(header, cells, strict=True))
            elif cells:
                problem = f"the row has {len(cells)} cells, the header {len(header)}"
                fix = "put a cell that holds a comma in double quotes"
                yield line, _finding("bad-row", problem, path, line, fix)
            line = reader.line_num + 1
    except csv.Error as error:
        fix = "close the quotes; write a quote inside a cell twice"
        yield line, _finding("bad-csv", f"not valid CSV: {error}", path, line, fix)


def _jsonl(source: Source, path: str) -> Iterator[tuple[int, Json | Finding]]:
    for line, row in enumerate(_unmarked(source.lines(path, newline="\n")), start=1):
        if not row.strip():
            continue
        try:
            yield line, parse_json(row.removesuffix("\n"))
        except ValueError as error:
            problem = f"not valid JSON: {error}"
            yield line, _finding("bad-json", problem, path, line, "write one JSON object a line")


def _unmarked(lines: Iterator[str]) -> Iterator[str]:
    """The lines without a byte-order mark before the first."""
    for first in islice(lines, 1):
        yield first.removeprefix("\ufeff")
    yield from lines


def _json(source: Source, path: str) -> Iterator[tuple[int, Json | Finding]]:
    """Reads the array item by item, so that each row has its line."""
    text = source.read(path).removeprefix("\ufeff")
    at = _after_space(text, 0)
    line = text.count("\n", 0, at) + 1
    if text[at : at + 1] != "[":
        yield line, _finding("bad-json", "must be a JSON array", path, line, "begin with '['")
        return
    separator, fix = "[", "look for a missing comma or quote"
    while separator in "[,":
        start = _after_space(text, at + 1)
        line += text.count("\n", at, start)
        if text[start : start + 1] == "]" and separator == "[":
            return
        try:
            value, end = _decoded(text, start)
        except ValueError as error:
            yield line, _finding("bad-json", f"not valid JSON: {error}", path, line, fix)
            return
        yield line, value
        at = _after_space(text, end)
        line += text.count("\n", start, at)
        separator = text[at : at + 1] or "end"
    if separator != "]":
        problem = f"expected a comma or ']', found {separator!r}"
        yield line, _finding("bad-json", f"not valid JSON: {problem}", path, line, fix)


def _after_space(text: str, at: int) -> int:
    while at < len(text) and text[at] in _SPACE:
        at += 1
    return at


def _yaml(source: Source, path: str) -> Iterator[tuple[int, Json | Finding]]:
    document = parse_yaml(source.read(path), path=path)
    if not isinstance(document.data, list):
        yield 1, _finding("bad-yaml", "must be a list of rows", path, 1, "begin rows with '- '")
        return
    for problem in not_finite(document):
        yield 1, problem.finding
    for index, value in enumerate(document.data):
        yield document.at((index,)).line or 1, value


def convert(value: Json, to: str) -> Json:
    """A CSV cell as another type; raises `ValueError` when it is not one."""
    if not isinstance(value, str):
        return value
    if to == "int":
        return int(value)
    if to == "float":
        return _finite(value)
    if to == "bool":
        return _boolean(value)
    if to == "json":
        return parse_json(value)
    return value


def parse_json(text: str) -> Json:
    """The value of a JSON text, held to what is allowed in YAML; raises `ValueError`.

    Refused besides bad syntax: a key given twice, a number that is not finite, deep nesting.
    """
    start = _after_space(text, 0)
    value, end = _decoded(text, start)
    if text[end:].strip(_SPACE):
        raise json.JSONDecodeError("Extra data", text, _after_space(text, end))
    return value


def _decoded(text: str, start: int) -> tuple[Json, int]:
    """The value that begins there, and where it ends."""
    value: Json
    try:
        value, end = _DECODER.raw_decode(text, start)
    except RecursionError:
        raise ValueError(_TOO_DEEP) from None
    brackets = text.count("[", start, end) + text.count("{", start, end)
    if brackets > MAX_DEPTH and _is_deep(value):
        raise ValueError(_TOO_DEEP)
    return value, end


def _is_deep(value: Json) -> bool:
    """True for more than `MAX_DEPTH` levels; takes them one by one, for it must not recurse."""
    level = [value]
    for _ in range(MAX_DEPTH + 1):
        level = [part for whole in level for part in _parts(whole)]
    return bool(level)


def _parts(value: Json) -> Iterable[Json]:
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, list) else ()


def _unique(pairs: list[tuple[str, Json]]) -> JsonObject:
    found = dict(pairs)
    if len(found) < len(pairs):
        keys = Counter(key for key, _ in pairs)
        raise ValueError(f"the key {keys.most_common(1)[0][0]!r} is there twice")
    return found


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(f"a number must be finite, not {text}")
    return number


_SPACE = " \t\r\n"
_TOO_DEEP = f"values are nested more than {MAX_DEPTH} deep"
_DECODER = json.JSONDecoder(object_pairs_hook=_unique, parse_constant=_finite, parse_float=_finite)


def _boolean(value: str) -> bool:
    word = value.strip().lower()
    if word in {"true", "yes", "1"}:
        return True
    if word in {"false", "no", "0"}:
        return False
    raise ValueError(f"{value!r} is neither true nor false")


_READERS: Mapping[str, Callable[[Source, str], Iterator[tuple[int, Json | Finding]]]] = {
    ".csv": _csv,
    ".jsonl": _jsonl,
    ".json": _json,
    ".yaml": _yaml,
    ".yml": _yaml,
}


def _finding(rule: str, message: str, path: str, line: int, fix: str) -> Finding:
    place = Location(path=path, line=line)
    return Finding(rule=rule, message=message, location=place, fix=fix)
