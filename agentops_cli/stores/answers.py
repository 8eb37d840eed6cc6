"""The file in which answers are kept: a SQLite database that several processes use at once."""

import json
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from agentops_cli.model.call import Completion, Finish, Purpose
from agentops_cli.model.json import JsonObject
from agentops_cli.model.money import Usage
from agentops_cli.model.prints import Prints
from agentops_cli.model.tool import ToolCall

NAME = "answers.sqlite"

# Raised when a row changes its meaning; a file of another version is made anew.
_VERSION = 1

# What SQLite keeps beside its file. None of them may be a link: it would write where that leads.
_FILES = (NAME, f"{NAME}-wal", f"{NAME}-shm", f"{NAME}-journal")

# So much is written before it is folded into the file itself, which waits for the disk.
_PAGES_BESIDE = 4_000

# What a row takes beside its texts, indices and half-empty pages included.
_BYTES_PER_ROW = 300

# Rows that are too many are removed with some more, so that it is not done for each new one.
_ROOM = 0.1

# Bodies stand apart, so that counting and choosing among answers need not read them.
_SCHEMA = (
    """CREATE TABLE IF NOT EXISTS answers (
        number INTEGER PRIMARY KEY,
        key TEXT NOT NULL,
        model TEXT NOT NULL,
        purpose TEXT NOT NULL,
        suite TEXT,
        case_id TEXT,
        repeat INTEGER NOT NULL,
        turn INTEGER NOT NULL,
        step INTEGER NOT NULL,
        prints TEXT NOT NULL,
        bytes INTEGER NOT NULL,
        made_at INTEGER NOT NULL,
        used_at INTEGER NOT NULL
    )""",
    "CREATE TABLE IF NOT EXISTS bodies (number INTEGER PRIMARY KEY, body TEXT NOT NULL)",
)

_COUNTS = tuple(field.name for field in fields(Usage))


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """An answer with who asked for it first; times are seconds since 1970."""

    key: str
    model: str
    purpose: Purpose
    suite: str | None
    case_id: str | None
    repeat: int
    turn: int
    step: int
    prints: Prints
    made_at: int
    completion: Completion


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What is kept of a request, as far as a run needs it."""

    number: int
    made_at: int
    used_at: int
    body: str


def number_of(key: str) -> int:
    """The number of a fingerprint: as much of it as a row number, or an offset, can hold."""
    return int(key[:15], 16)


def is_linked(folder: Path) -> bool:
    """True when a file that would be written to leads elsewhere: a repository can hold a link."""
    return any((folder / name).is_symlink() for name in _FILES)


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
    the power, never half of it.
    """

    def __init__(self, folder: Path, *, wait_s: float) -> None:
        self._database = _connected(folder / NAME, wait_s)

    def wait_at_most(self, seconds: float) -> None:
        """Sets how long other processes are waited for."""
        self._database.execute(f"PRAGMA busy_timeout = {round(seconds * 1000)}")

    def find(self, key: str) -> Found | None:
        """What is kept of a request by its fingerprint."""
        row = self._database.execute(
            "SELECT number, made_at, used_at, body, key FROM answers JOIN bodies USING (number)"
            " WHERE number = ?",
            (number_of(key),),
        ).fetchone()
        if row is None or row[4] != key:
            return None
        return Found(number=row[0], made_at=row[1], used_at=row[2], body=row[3])

    def keep(self, answers: Iterable[Kept]) -> int:
        """Keeps some answers, each in place of an older one; gives their size in bytes."""
        size = 0
        with self._written() as database:
            for kept in answers:
                number, body = number_of(kept.key), _body(kept.completion)
                prints = json.dumps(kept.prints, separators=(",", ":"))
                taken = len(body) + len(prints) + _BYTES_PER_ROW
                database.execute(
                    "INSERT OR REPLACE INTO answers VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                    (
                        number,
                        kept.key,
                        _sound(kept.model),
                        kept.purpose.value,
                        _sound(kept.suite),
                        _sound(kept.case_id),
                        kept.repeat,
                        kept.turn,
                        kept.step,
                        prints,
                        taken,
                        kept.made_at,
                        kept.made_at,
                    ),
                )
                database.execute("INSERT OR REPLACE INTO bodies VALUES (?, ?)", (number, body))
                size += taken
        return size

    def note_use(self, numbers: Iterable[int], at: int) -> None:
        """Remembers when some answers were last used."""
        with self._written() as database:
            database.executemany(
                "UPDATE answers SET used_at = ? WHERE number = ?", ((at, each) for each in numbers)
            )

    def make_room(self, *, most_bytes: int, made_since: int) -> None:
        """Removes what is too old, and of too much what was not used for longest."""
        with self._written() as database:
            old = database.execute("SELECT number FROM answers WHERE made_at < ?", (made_since,))
            _delete(database, [number for (number,) in old])
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

    def clear(self, wanted: Callable[[str, int], bool]) -> int:
        """Removes the answers that are wanted, by model and time, and tells how many.

        The file gets smaller, and other processes may go on using it.
        """
        with self._written() as database:
            rows = database.execute("SELECT number, model, made_at FROM answers")
            numbers = [number for number, model, made_at in rows if wanted(model, made_at)]
            _delete(database, numbers)
        # Each page is a step of its own, and only a script is taken through all of its steps.
        self._database.executescript("PRAGMA incremental_vacuum")
        self.fold()
        return len(numbers)

    def models(self) -> Iterator[tuple[str, int, int, int, int]]:
        """For each model its answers, their bytes, and when the oldest and the newest was made."""
        yield from self._database.execute(
            "SELECT model, count(*), sum(bytes), min(made_at), max(made_at) FROM answers"
            " GROUP BY model ORDER BY model"
        )

    def asked(self) -> Iterator[Kept]:
        """Every answer with who asked for it, and without what was said."""
        rows = self._database.execute(
            "SELECT key, model, purpose, suite, case_id, repeat, turn, step, prints, made_at"
            " FROM answers"
        )
        return (_kept(row, _UNSAID) for row in rows)

    def said(self) -> Iterator[Kept]:
        """Every answer; those that cannot be read are left out."""
        rows = self._database.execute(
            "SELECT key, model, purpose, suite, case_id, repeat, turn, step, prints, made_at, body"
            " FROM answers JOIN bodies USING (number)"
        )
        for *row, body in rows:
            completion = completion_of(body)
            if completion is not None:
                yield _kept(row, completion)

    def fold(self) -> None:
        """Folds what was written beside the file into it, as far as other processes let it."""
        self._database.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()

    def close(self) -> None:
        """Closes the file; the last process to do so leaves nothing beside it."""
        self._database.close()

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


_UNSAID = Completion(text="", finish=Finish.UNKNOWN, model="", latency_s=0.0)


def _kept(row: Sequence[Any], completion: Completion) -> Kept:
    key, model, purpose, suite, case_id, repeat, turn, step, prints, made_at = row
    return Kept(
        key=key,
        model=model,
        purpose=Purpose(purpose),
        suite=suite,
        case_id=case_id,
        repeat=repeat,
        turn=turn,
        step=step,
        prints=json.loads(prints),
        made_at=made_at,
        completion=completion,
    )


def _sound(text: str | None) -> str | None:
    """A name as it can be stored: one that comes from a file system may be no Unicode."""
    return None if text is None else text.encode("utf-8", "backslashreplace").decode()


def _delete(database: sqlite3.Connection, numbers: Sequence[int]) -> None:
    rows = [(number,) for number in numbers]
    database.executemany("DELETE FROM answers WHERE number = ?", rows)
    database.executemany("DELETE FROM bodies WHERE number = ?", rows)


def _least_used(database: sqlite3.Connection, size: int) -> list[int]:
    """So many of the answers that were not used for longest that their bytes add up to `size`."""
    numbers: list[int] = []
    rows = database.execute("SELECT number, bytes FROM answers ORDER BY used_at, made_at, number")
    for number, taken in rows:
        if size <= 0:
            break
        numbers.append(number)
        size -= taken
    return numbers


def _connected(path: Path, wait_s: float) -> sqlite3.Connection:
    database = sqlite3.connect(path, timeout=wait_s, isolation_level=None)
    try:
        [version] = database.execute("PRAGMA user_version").fetchone()
        if version not in {0, _VERSION}:
            raise sqlite3.DatabaseError("another version's")
        _set_up(database, is_new=version == 0)
    except sqlite3.Error:
        database.close()
        raise
    return database


def _set_up(database: sqlite3.Connection, *, is_new: bool) -> None:
    """Readers do not wait for a writer, and a writer does not wait for the disk."""
    if is_new:
        database.execute("PRAGMA auto_vacuum = INCREMENTAL")
    database.execute("PRAGMA journal_mode = WAL")
    database.execute("PRAGMA synchronous = NORMAL")
    database.execute(f"PRAGMA wal_autocheckpoint = {_PAGES_BESIDE}")
    if is_new:
        database.execute("BEGIN IMMEDIATE")
        for statement in _SCHEMA:
            database.execute(statement)
        database.execute(f"PRAGMA user_version = {_VERSION}")
        database.execute("COMMIT")


def _body(completion: Completion) -> str:
    usage = completion.usage
    shape: JsonObject = {
        "text": completion.text,
        "finish": completion.finish.value,
        "model": completion.model,
        "latencyS": completion.latency_s,
        "usage": None if usage is None else {key: getattr(usage, key) for key in _COUNTS},
        "toolCalls": [[call.id, call.name, call.arguments] for call in completion.tool_calls],
    }
    return json.dumps(shape)


def completion_of(body: str) -> Completion | None:
    """The answer of a row; None when it cannot be read."""
    try:
        data = json.loads(body)
        counts = data["usage"]
        return Completion(
            text=str(data["text"]),
            finish=Finish(data["finish"]),
            model=str(data["model"]),
            latency_s=float(data["latencyS"]),
            usage=None if counts is None else Usage(**{key: int(counts[key]) for key in _COUNTS}),
            tool_calls=tuple(
                ToolCall(id=str(each), name=str(name), arguments=str(arguments))
                for each, name, arguments in data["toolCalls"]
            ),
        )
    except (ValueError, KeyError, TypeError, AttributeError):
        return None
