"""Dataset rows to the values of cases, by the suite's column mapping."""

import difflib
from collections.abc import Callable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from pathlib import PurePosixPath

from agentops_cli.errors import UnreadableError
from agentops_cli.model.finding import Finding
from agentops_cli.model.json import Json, JsonObject
from agentops_cli.model.place import Location
from agentops_cli.model.quick import quickly_made
from agentops_cli.ports import Source
from agentops_cli.spool import spooled
from agentops_cli.suite.dataset import Row, convert, read_rows
from agentops_cli.validate import shown


@quickly_made
@dataclass(frozen=True, slots=True, kw_only=True)
class CaseRow:
    """What a row gives to its case."""

    id: str
    location: Location
    input: str | None
    vars: Mapping[str, Json]
    cells: Mapping[str, Json]
    tags: frozenset[str]
    skip: str | None
    xfail: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Mapped:
    """The columns that a dataset of a suite maps, as written there."""

    id: str | None
    input: str | None
    vars: Mapping[str, str]
    types: Mapping[str, str]
    tags: tuple[str, ...]
    skip: str | None
    xfail: str | None

    @classmethod
    def of(cls, holder: JsonObject) -> "Mapped":
        """Reads the mapping of a dataset that fits the schema."""

        def text(key: str) -> str | None:
            value = holder.get(key)
            return value if isinstance(value, str) else None

        def texts(key: str) -> dict[str, str]:
            value = holder.get(key)
            return {k: str(v) for k, v in value.items()} if isinstance(value, dict) else {}

        tags = holder.get("tags")
        return cls(
            id=text("id"),
            input=text("input"),
            vars=texts("vars"),
            types=texts("types"),
            tags=tuple(map(str, tags)) if isinstance(tags, list) else (),
            skip=text("skip"),
            xfail=text("xfail"),
        )

    def columns(self) -> Iterator[tuple[str, str]]:
        """Every column that is named, with the key of the dataset that names it."""
        for key, column in (
            ("id", self.id),
            ("input", self.input),
            ("skip", self.skip),
            ("xfail", self.xfail),
        ):
            if column is not None:
                yield key, column
        yield from (("vars", column) for column in self.vars.values())
        yield from (("types", column) for column in self.types)
        yield from (("tags", column) for column in self.tags)


_NO_REASON = frozenset({"", "no", "false", "0"})

Report = Callable[[Finding], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """Who is told what is wrong with a dataset.

    `column(key, column, near)` hears of a mapped column that no row of a file has, `unreadable` of
    a file, `row` of everything else.
    """

    row: Report
    column: Callable[[str, str, str | None], None]
    unreadable: Callable[[UnreadableError], None]


def expand_dataset(
    paths: Sequence[str], source: Source, mapped: Mapped, told: Told
) -> Iterator[CaseRow]:
    """The rows of all files of a dataset, in order, each read when it is wanted.

    What is wrong is told and not raised; the rest of the file goes on.
    """
    for path in paths:
        prefix = f"{PurePosixPath(path).stem}-" if len(paths) > 1 else ""
        try:
            for row in _Rows(source, path, told).with_columns(mapped):
                found = _Cells(row, mapped, told.row).case_row(prefix)
                if found:
                    yield found
        except UnreadableError as error:
            told.unreadable(error)


class _Rows:
    """The rows of one file."""

    def __init__(self, source: Source, path: str, told: Told) -> None:
        self._rows = read_rows(source, path)
        self._told = told
        self._columns: dict[str, None] = {}
        self._is_right = True

    def with_columns(self, mapped: Mapped) -> Iterator[Row]:
        """All rows, once it is known that some row has each column that is mapped."""
        rows = self._right()
        first = spooled(self._until(rows, {column for _, column in mapped.columns()}))
        absent = [each for each in mapped.columns() if each[1] not in self._columns]
        if not absent:
            yield from first
            yield from rows
        elif self._is_right:
            for key, column in absent:
                near = difflib.get_close_matches(column, list(self._columns), n=1)
                self._told.column(key, column, near[0] if near else None)

    def _until(self, rows: Iterator[Row], wanted: AbstractSet[str]) -> Iterator[Row]:
        """Those rows after which every wanted column was seen: mostly one, if need be all."""
        for row in rows:
            self._columns.update(dict.fromkeys(row.cells))
            yield row
            if wanted <= self._columns.keys():
                return

    def _right(self) -> Iterator[Row]:
        for row in self._rows:
            if isinstance(row, Finding):
                self._is_right = False
                self._told.row(row)
            else:
                yield row


class _Cells:
    """One row under a mapping."""

    def __init__(self, row: Row, mapped: Mapped, report: Report) -> None:
        self._row = row
        self._mapped = mapped
        self._report = report
        self._right = True

    def case_row(self, prefix: str) -> CaseRow | None:
        """What the row gives; None after its mistakes have been reported."""
        mapped = self._mapped
        cells = self._typed()
        column = mapped.id or ("id" if "id" in cells else None)
        number = f"{prefix}{self._row.number}"
        found = CaseRow(
            id=self._id(cells, column) if column else number,
            location=self._row.location,
            input=_shown(self._full(cells, mapped.input)) if mapped.input else None,
            vars={name: self._full(cells, column) for name, column in mapped.vars.items()},
            cells=cells,
            tags=frozenset(f"{column}:{_shown(cells.get(column))}" for column in mapped.tags),
            skip=self._reason(cells, mapped.skip),
            xfail=self._reason(cells, mapped.xfail),
        )
        return found if self._right else None

    def _typed(self) -> dict[str, Json]:
        cells = dict(self._row.cells)
        for column, to in self._mapped.types.items():
            try:
                cells[column] = convert(cells.get(column), to)
            except ValueError as error:
                self._wrong("bad-cell", f"column {column!r} is no {to}: {error}", "mend the cell")
        return cells

    def _full(self, cells: Mapping[str, Json], column: str) -> Json:
        """A cell that must not be empty."""
        value = cells.get(column)
        if value is None or value == "":
            self._wrong("empty-cell", f"column {column!r} is empty", "fill it, or skip the row")
        return value

    def _id(self, cells: Mapping[str, Json], column: str) -> str:
        found = _shown(self._full(cells, column))
        if found.isspace():
            self._wrong("empty-cell", f"column {column!r} is blank", "give the row an id")
        return found

    def _reason(self, cells: Mapping[str, Json], column: str | None) -> str | None:
        """The text of a cell; None where it says that there is no reason."""
        value = cells.get(column) if column else None
        if not value:
            return None  # Empty, or the false, 0 and null of a format with types.
        if not isinstance(value, str):
            problem = f"column {column!r} must be text, not {shown(value)}"
            self._wrong("bad-cell", problem, "write the reason as text")
            return None
        return None if value.strip().lower() in _NO_REASON else value

    def _wrong(self, rule: str, message: str, fix: str) -> None:
        self._right = False
        place = self._row.location
        self._report(Finding(rule=rule, message=message, location=place, fix=fix))


def _shown(value: Json) -> str:
    """A cell as text; numbers and booleans as JSON writes them."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)
