"""The answers that a run takes from what is kept, and those that it keeps.

A cache is a convenience: whatever goes wrong with it, a run goes on as if it were empty. A file
that is damaged, or is not ours, is made anew; an answer that is damaged is asked for anew.
"""

import sqlite3
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TypeVar

from agentops_cli.model.call import Completion, Request
from agentops_cli.model.prints import prints_of
from agentops_cli.redact import Redact
from agentops_cli.stores.answer_rows import Kept, fresh_since, number_of
from agentops_cli.stores.answers import NAME, Answers, in_the_way, remove
from agentops_cli.stores.claims import Claims

# How long the event loop may be kept waiting by another process that writes.
_WAIT_S = 0.5

# Turning a new file into one for several processes is a moment in which it is another's alone.
_TRIES, _PAUSE_S = 20, 0.02

# When an answer was last used is worth knowing to this many seconds.
_USE_S = 3600

# Answers that could not be written wait in memory, so many of them at most.
_MOST_WAITING = 100

# The size of the file is looked at when it may have grown by this part of the limit.
_LOOK = 1 / 64

T = TypeVar("T")


class Responses:
    """A response cache in a folder; not for several threads.

    What is older than `most_days` is not given any more. Beyond `most_bytes` those answers go that
    were not used for longest. One that redaction would change is not kept at all: keys and personal
    data stay in the process, and half an answer is of no use. `now` is seconds since 1970;
    `name_of` gives the name that a suite is remembered by for its path; `tell` is told of damage,
    of each kind once.
    """

    def __init__(  # noqa: PLR0913 # What is kept, where, and how long, all by name.
        self,
        folder: Path,
        redact: Redact,
        *,
        most_bytes: int,
        most_days: float,
        now: Callable[[], float] = time.time,
        name_of: Callable[[str], str] = str,
        tell: Callable[[str], None] = lambda _: None,
    ) -> None:
        self._folder = folder
        self._redact = redact
        self._most_bytes = most_bytes
        self._now = now
        self._name_of = name_of
        self._tell = tell
        self._told: set[str] = set()
        self._opened_at = int(now())
        self._made_since = fresh_since(now=self._opened_at, most_days=most_days)
        self._waiting: dict[str, Kept] = {}
        self._used: set[int] = set()
        self._written = 0
        self._is_patient = True
        self._answers = self._opened()
        self._claims: Claims | None = None
        with suppress(OSError):
            self._claims = Claims(folder)

    @property
    def is_usable(self) -> bool:
        """False when nothing can be kept, and nothing is found."""
        return self._answers is not None

    def get(self, key: str) -> Completion | None:
        """The answer that was kept, None when there is none or it cannot be read."""
        if waiting := self._waiting.get(key):
            return waiting.completion
        found = self._tried(lambda answers: answers.find(key))
        if self._answers is not None and self._answers.unreadable:
            self._tell_once("holds answers that are damaged: they are asked for anew")
        if found is None or found.made_at < self._made_since:
            return None
        if found.used_at < self._opened_at - _USE_S:
            self._used.add(number_of(key))
        return found.completion

    def put(self, key: str, completion: Completion, request: Request) -> None:
        """Keeps an answer, in place of an older one.

        One that another process keeps from being written is tried again with the next one.
        """
        if self._answers is None or self._is_secret(completion):
            return
        tags = request.tags
        self._waiting[key] = Kept(
            key=key,
            model=request.model,
            purpose=request.purpose,
            suite=self._name_of(tags.suite) if tags else None,
            case_id=tags.case_id if tags else None,
            repeat=request.repeat,
            turn=request.turn,
            step=request.step,
            prints=prints_of(request),
            made_at=int(self._now()),
            completion=completion,
        )
        self._write()
        if self._written > self._most_bytes * _LOOK:
            self._make_room()

    def claim(self, key: str) -> bool:
        """Takes a question on; False while another process has it."""
        return self._claims is None or self._claims.claim(key)

    def release(self, key: str) -> None:
        """Gives a question back."""
        if self._claims is not None:
            self._claims.release(key)

    def close(self) -> None:
        """Writes what waits, makes room, folds everything into one file, and closes it."""
        self._wait_as_is_due(is_through=True)
        if self._waiting:
            self._write()
        if used := self._used:
            self._tried(lambda answers: answers.note_use(used, self._opened_at))
        if self._written:
            self._make_room()
        self._tried(lambda answers: answers.fold())
        if self._answers is not None:
            self._answers.close()
        self._answers = None
        if self._claims is not None:
            self._claims.close()
        self._claims = None

    def _is_secret(self, completion: Completion) -> bool:
        """True when redaction would change something that a reader of the file could see."""
        said = [completion.text]
        for call in completion.tool_calls:
            said += (call.id, call.name, call.arguments)
        return any(map(self._redact.hits, said))

    def _write(self) -> None:
        size = self._tried(lambda answers: answers.keep(self._waiting.values()))
        if size is not None:
            self._waiting.clear()
            self._written += size
        elif len(self._waiting) > _MOST_WAITING:
            del self._waiting[next(iter(self._waiting))]
        self._wait_as_is_due(is_through=size is not None)

    def _wait_as_is_due(self, *, is_through: bool) -> None:
        """Whoever was kept waiting in vain does not wait again before it got through once."""
        if is_through is not self._is_patient:
            self._is_patient = is_through
            self._tried(lambda answers: answers.wait_at_most(_WAIT_S if is_through else 0))

    def _make_room(self) -> None:
        self._tried(
            lambda answers: answers.make_room(
                most_bytes=self._most_bytes, made_since=self._made_since
            )
        )
        self._written = 0

    def _tried(self, act: Callable[[Answers], T]) -> T | None:
        """What an act on the file gives; a broken one is made anew, for the next time."""
        if self._answers is None:
            return None
        try:
            return act(self._answers)
        except sqlite3.OperationalError:
            return None  # Busy, full or read-only: it may be well again next time.
        except sqlite3.DatabaseError as error:
            self._answers.close()
            self._answers = self._anew(error)
            return None

    def _opened(self) -> Answers | None:
        """The file, made anew where it is broken or another version's; None if it cannot be."""
        if in_the_way(self._folder):
            return None
        for _ in range(_TRIES):
            try:
                return Answers(self._folder, wait_s=_WAIT_S)
            except sqlite3.OperationalError:
                time.sleep(_PAUSE_S)
            except sqlite3.DatabaseError as error:
                return self._anew(error)
        return None

    def _anew(self, error: sqlite3.DatabaseError) -> Answers | None:
        self._tell_once(f"is made anew: {error}")
        with suppress(sqlite3.Error, OSError):
            remove(self._folder)
            return Answers(self._folder, wait_s=_WAIT_S)
        return None

    def _tell_once(self, what: str) -> None:
        if what not in self._told:
            self._told.add(what)
            self._tell(f"{self._folder / NAME} {what}")
