"""Answers by the fingerprint of their request, in `.agentops/cache.sqlite`.

A cache is a convenience: whatever goes wrong with it, a run goes on as if it were empty. A file
that is no database is made anew. Several processes may use one file at once.
"""

import json
import sqlite3
from collections.abc import Callable
from contextlib import suppress
from dataclasses import fields
from pathlib import Path
from typing import TypeVar

from agentops_cli.errors import StoreError
from agentops_cli.model.call import Completion, Finish
from agentops_cli.model.json import JsonObject
from agentops_cli.model.money import Usage
from agentops_cli.redact import Redact
from agentops_cli.stores.home import make_home

NAME = "cache.sqlite"
KEPT_ANSWERS = 100_000

# Raised when a row changes its meaning; a file of another version is made anew.
_VERSION = 1

# How long the event loop may be kept waiting by another process that writes.
_WAIT_S = 0.5

_SCHEMA = """
CREATE TABLE IF NOT EXISTS answers (
    number INTEGER PRIMARY KEY,
    key TEXT NOT NULL UNIQUE,
    body TEXT NOT NULL
)
"""

_COUNTS = tuple(field.name for field in fields(Usage))

T = TypeVar("T")


class Responses:
    """A response cache in a SQLite file below `root`; not for several threads.

    Only the newest answers are kept. One that redaction would change is not kept at all: keys and
    personal data stay in the process, and half an answer is of no use.
    """

    def __init__(self, root: Path, redact: Redact, *, most: int = KEPT_ANSWERS) -> None:
        self._redact = redact
        self._most = most
        self._path: Path | None = None
        self._database: sqlite3.Connection | None = None
        with suppress(StoreError):
            self._path = make_home(root) / NAME
            self._database = self._opened(self._path)

    def get(self, key: str) -> Completion | None:
        """The answer that was kept, None when there is none or it cannot be read."""
        row = self._tried(
            lambda database: database.execute(
                "SELECT body FROM answers WHERE key = ?", (key,)
            ).fetchone()
        )
        try:
            return None if row is None else _completion(row[0])
        except (ValueError, KeyError, TypeError):
            return None

    def put(self, key: str, completion: Completion) -> None:
        """Keeps an answer, in place of an older one; does nothing where that is not possible."""
        if self._redact.hits(completion.text):
            return
        body = _body(completion)

        def write(database: sqlite3.Connection) -> None:
            with database:
                made = database.execute(
                    "INSERT OR REPLACE INTO answers (key, body) VALUES (?, ?)", (key, body)
                )
                oldest = (made.lastrowid or 0) - self._most
                database.execute("DELETE FROM answers WHERE number <= ?", (oldest,))

        self._tried(write)

    def close(self) -> None:
        """Closes the file."""
        if self._database is not None:
            self._database.close()
        self._database = None

    def _tried(self, act: Callable[[sqlite3.Connection], T]) -> T | None:
        """What an act on the database gives; a broken file is made anew, for the next time."""
        if self._database is None:
            return None
        try:
            return act(self._database)
        except sqlite3.OperationalError:
            return None  # Busy, full or read-only: it may be well again next time.
        except sqlite3.DatabaseError:
            self.close()
            if self._path is not None and _removed(self._path):
                self._database = self._opened(self._path)
            return None

    def _opened(self, path: Path) -> sqlite3.Connection | None:
        """The database, made anew where it is broken or another version's; None if it cannot be."""
        if path.is_symlink():
            return None  # It would lead elsewhere.
        try:
            return _connected(path)
        except sqlite3.OperationalError:
            return None
        except sqlite3.DatabaseError:
            pass
        with suppress(sqlite3.Error):
            return _connected(path) if _removed(path) else None
        return None


def _connected(path: Path) -> sqlite3.Connection:
    database = sqlite3.connect(path, timeout=_WAIT_S)
    try:
        [version] = database.execute("PRAGMA user_version").fetchone()
        if version not in {0, _VERSION}:
            raise sqlite3.DatabaseError("another version's")
        # Readers do not wait for a writer; what the last second wrote may be lost with the power.
        database.execute("PRAGMA journal_mode = WAL")
        database.execute("PRAGMA synchronous = NORMAL")
        if version == 0:
            with database:
                database.execute(_SCHEMA)
                database.execute(f"PRAGMA user_version = {_VERSION}")
    except sqlite3.Error:
        database.close()
        raise
    return database


def _removed(path: Path) -> bool:
    """Removes the file and what SQLite keeps beside it; False when it stays."""
    try:
        for end in ("", "-wal", "-shm"):
            path.with_name(f"{path.name}{end}").unlink(missing_ok=True)
    except OSError:
        return False
    return True


def _body(completion: Completion) -> str:
    usage = completion.usage
    shape: JsonObject = {
        "text": completion.text,
        "finish": completion.finish.value,
        "model": completion.model,
        "latencyS": completion.latency_s,
        "usage": None if usage is None else {key: getattr(usage, key) for key in _COUNTS},
    }
    return json.dumps(shape)


def _completion(body: str) -> Completion:
    data = json.loads(body)
    counts = data["usage"]
    return Completion(
        text=str(data["text"]),
        finish=Finish(data["finish"]),
        model=str(data["model"]),
        latency_s=float(data["latencyS"]),
        usage=None if counts is None else Usage(**{key: int(counts[key]) for key in _COUNTS}),
    )
