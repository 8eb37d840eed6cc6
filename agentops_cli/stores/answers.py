"""The file in which answers are kept: a SQLite database that several processes use at once.

A disk may damage it, and somebody else may have written it. Its tables are ours or it is not used,
and a row is what was written or it is not there, which `answer_rows` decides.
"""

import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from agentops_cli.stores.answer_rows import (
    ASKED,
    KEPT,
    PUT,
    TABLES,
    Kept,
    Row,
    asked_of,
    kept_of,
    number_of,
    rows_of,
)

NAME = "answers.sqlite"

# Raised when a row changes its meaning; a file of another version is made anew.
_VERSION = 2

# What SQLite keeps beside its file. It would write where a link leads, and wait for a pipe to fill.
_FILES = (NAME, f"{NAME}-wal", f"{NAME}-shm", f"{NAME}-journal")

# So much is written before it is folded into the file itself, which waits for the disk.
_PAGES_BESIDE = 4_000

# Rows that are too many are removed with some more, so that it is not done for each new one.
_ROOM = 0.1

# How old answers are and what they take; what is no number is 0 here, and so goes first.
_AGES = (
    "SELECT number, CAST(IFNULL(made_at, 0) AS INTEGER), CAST(IFNULL(used_at, 0) AS INTEGER),"
    " CAST(IFNULL(bytes, 0) AS INTEGER) FROM answers"
)


def in_the_way(folder: Path) -> Path | None:
    """What stands in the place of a file and is none, such as a link that a repository holds."""
    paths = [folder / name for name in _FILES]
    return next((p for p in paths if p.is_symlink() or (p.exists() and not p.is_file())), None)


def size_of(folder: Path) -> int:
    """The bytes of the file and of what SQLite keeps beside it."""
    files = [folder / name for name in _FILES]
    return sum(file.stat().st_size for file in files if file.is_file())


def remove(folder: Path) -> None:
    """Removes the file and what SQLite keeps beside it; raises `OSError`."""
    for name in _FILES:
        (folder / name).unlink(missing_ok=True)


class Answers:
    """The open file. Every method raises `sqlite3.Error`; not for several threads.

    `wait_s` is how long another process that writes is waited for. An answer that is written is
    there for every process when the method returns; what the last seconds wrote may be lost with
    the power, never half of it. `unreadable` counts the rows that were come upon and cannot
    be read: they are as if not there.
    """

    def __init__(self, folder: Path, *, wait_s: float) -> None:
        self._database = _connected(folder / NAME, wait_s)
        self.unreadable = 0

    def wait_at_most(self, seconds: float) -> None:
        """Sets how long other processes are waited for."""
        self._database.execute(f"PRAGMA busy_timeout = {round(seconds * 1000)}")

    def find(self, key: str) -> Kept | None:
        """What is kept of a request by its fingerprint; None also for what cannot be read."""
        rows = self._database.execute(f"{KEPT} WHERE number = ?", (number_of(key),))
        return next((kept for kept in self._read(rows, kept_of) if kept.key == key), None)

    def keep(self, answers: Iterable[Kept]) -> int:
        """Keeps some answers, each in place of an older one; gives their size in bytes."""
        total = 0
        with self._written() as database:
            for kept in answers:
                *rows, size = rows_of(kept)
                for put, row in zip(PUT, rows, strict=True):
                    database.execute(put, row)
                total += size
        return total

    def note_use(self, numbers: Iterable[int], at: int) -> None:
        """Remembers when some answers were last used."""
        with self._written() as database:
            database.executemany(
                "UPDATE answers SET used_at = ? WHERE number = ?", ((at, each) for each in numbers)
            )

    def make_room(self, *, most_bytes: int, made_since: int) -> None:
        """Removes what is too old, and of too much what was not used for longest."""
        with self._written() as database:
            ages = _in_order(database, _AGES)
            _delete(database, [number for number, made_at, *_ in ages if made_at < made_since])
            over = self.bytes_used - most_bytes
            if over > 0:
                _delete(database, _least_used(database, over + round(most_bytes * _ROOM)))

    @property
    def bytes_used(self) -> int:
        """The bytes of the file that hold something."""
        pages, free, size = (
            self._database.execute(f"PRAGMA {name}").fetchone()[0]
            for name in ("page_count", "freelist_count", "page_size")
        )
        return int((pages - free) * size)

    def clear(self, wanted: Callable[[Kept], bool]) -> int:
        """Removes the answers that are wanted, and what cannot be read, and tells how many.

        The file gets smaller, and other processes may go on using it.
        """
        with self._written() as database:
            rows = _in_order(database, ASKED)
            numbers = [row[0] for row in rows if (kept := asked_of(row)) is None or wanted(kept)]
            _delete(database, numbers)
        # Each page is a step of its own, and only a script is taken through all of its steps.
        self._database.executescript("PRAGMA incremental_vacuum")
        self.fold()
        return len(numbers)

    def asked(self) -> Iterator[Kept]:
        """Every answer with who asked for it, and without what was said."""
        return self._read(_in_order(self._database, ASKED), asked_of)

    def said(self) -> Iterator[Kept]:
        """Every answer."""
        return self._read(_in_order(self._database, KEPT), kept_of)

    def fold(self) -> None:
        """Folds what was written beside the file into it, as far as other processes let it."""
        self._database.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()

    def close(self) -> None:
        """Closes the file; the last process to do so leaves nothing beside it."""
        self._database.close()

    def _read(self, rows: Iterable[Row], reader: Callable[[Row], Kept | None]) -> Iterator[Kept]:
        """What can be read of some rows; the others are counted."""
        for row in rows:
            kept = reader(row)
            if kept is None:
                self.unreadable += 1
            else:
                yield kept

    @contextmanager
    def _written(self) -> Iterator[sqlite3.Connection]:
        """A transaction, which is there for others when the block has ended."""
        self._database.execute("BEGIN IMMEDIATE")
        try:
            yield self._database
            self._database.execute("COMMIT")
        finally:
            if self._database.in_transaction:
                self._database.execute("ROLLBACK")


def _delete(database: sqlite3.Connection, numbers: Sequence[int]) -> None:
    rows = [(number,) for number in numbers]
    database.executemany("DELETE FROM answers WHERE number = ?", rows)
    database.executemany("DELETE FROM bodies WHERE number = ?", rows)


def _least_used(database: sqlite3.Connection, size: int) -> list[int]:
    """So many of the answers that were not used for longest that their bytes add up to `size`."""
    numbers: list[int] = []
    rows = sorted(_in_order(database, _AGES), key=lambda row: (row[2], row[1], row[0]))
    for number, _, _, taken in rows:
        if size <= 0:
            break
        numbers.append(number)
        size -= taken
    return numbers


def _in_order(database: sqlite3.Connection, select: str) -> Iterator[tuple[Any, ...]]:
    """The rows of `answers` by their numbers; pages that lead round in circles have no end."""
    before = -1
    for row in database.execute(select):
        if row[0] <= before:
            raise sqlite3.DatabaseError("its rows are not in order")
        before = row[0]
        yield row


def _connected(path: Path, wait_s: float) -> sqlite3.Connection:
    database = sqlite3.connect(path, timeout=wait_s, isolation_level=None)
    try:
        # Bytes that are no text are for the reader of the row to refuse, as all the rest.
        database.text_factory = partial(str, encoding="utf-8", errors="replace")
        _set_up(database, is_new=_is_new(database))
    except sqlite3.Error:
        database.close()
        raise
    return database


def _is_new(database: sqlite3.Connection) -> bool:
    """True for an empty file; raises `sqlite3.DatabaseError` for one whose tables are not ours.

    A view or a trigger would have us run somebody else's program, in place of reading a row.
    """
    try:
        found = database.execute("SELECT name, sql FROM sqlite_master").fetchall()
    except UnicodeDecodeError as error:  # Of SQLite's own message, which quotes what is damaged.
        raise sqlite3.DatabaseError("its tables have no names") from error
    if not found:
        return True
    ours = {(name, f"CREATE TABLE {name} {columns}") for name, columns in TABLES.items()}
    [version] = database.execute("PRAGMA user_version").fetchone()
    if version != _VERSION or len(found) != len(ours) or {*found} != ours:
        raise sqlite3.DatabaseError("it is damaged, or another program's or version's")
    return False


def _set_up(database: sqlite3.Connection, *, is_new: bool) -> None:
    """Readers do not wait for a writer, and a writer does not wait for the disk."""
    if is_new:
        database.execute("PRAGMA auto_vacuum = INCREMENTAL")
    database.execute("PRAGMA journal_mode = WAL")
    database.execute("PRAGMA synchronous = NORMAL")
    database.execute(f"PRAGMA wal_autocheckpoint = {_PAGES_BESIDE}")
    if is_new:
        database.execute("BEGIN IMMEDIATE")
        for name, columns in TABLES.items():
            database.execute(f"CREATE TABLE IF NOT EXISTS {name} {columns}")
        database.execute(f"PRAGMA user_version = {_VERSION}")
        database.execute("COMMIT")
