"""`agentops cache`: what is kept of earlier runs, and what the next run would take from it."""

import sqlite3
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from fnmatch import fnmatchcase
from pathlib import Path

from agentops_cli.config import load_config
from agentops_cli.errors import StoreError
from agentops_cli.files import atomic_write, unwritable
from agentops_cli.flows.cache_folder import cache_folder
from agentops_cli.flows.world import World
from agentops_cli.model.cassette import Recording
from agentops_cli.model.cassette_lines import text_of
from agentops_cli.model.json import JsonObject
from agentops_cli.model.settings import BYTES_PER_MB, CacheSettings, Config, secret_variables
from agentops_cli.redact import Redact, redact_completion, secrets_in
from agentops_cli.stores.answer_rows import Kept
from agentops_cli.stores.answers import NAME, Answers, remove, size_of

# Nobody waits in a loop for these commands, so another process that writes may take its time.
_WAIT_S = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptOfModel:
    """How many answers of a model are kept, their bytes, and when the first and last was given."""

    model: str
    answers: int
    bytes: int
    oldest: datetime
    newest: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class CacheInfo:
    """What is kept; `bytes` is what it takes on the disk, `unreadable` are answers not counted."""

    folder: Path
    settings: CacheSettings
    bytes: int
    models: tuple[KeptOfModel, ...]
    unreadable: int = 0

    @property
    def answers(self) -> int:
        """How many answers are kept."""
        return sum(each.answers for each in self.models)

    @property
    def oldest(self) -> datetime | None:
        """When the oldest answer was given, None where there is none."""
        return min((each.oldest for each in self.models), default=None)

    @property
    def newest(self) -> datetime | None:
        """When the newest answer was given."""
        return max((each.newest for each in self.models), default=None)


def cache_info(world: World) -> CacheInfo:
    """What is kept for the project around the working folder; raises `StoreError`."""
    config = load_config(world.cwd, environ=world.environ)
    with kept_answers(config) as answers:
        of_model: dict[str, list[Kept]] = defaultdict(list)
        for kept in answers.asked() if answers else ():
            of_model[kept.model].append(kept)
        folder = config.root / config.cache.folder
        return CacheInfo(
            folder=folder,
            settings=config.cache,
            bytes=size_of(folder),
            models=tuple(
                KeptOfModel(
                    model=model,
                    answers=len(found),
                    bytes=sum(kept.size for kept in found),
                    oldest=_date(min(kept.made_at for kept in found)),
                    newest=_date(max(kept.made_at for kept in found)),
                )
                for model, found in sorted(of_model.items())
            ),
            unreadable=answers.unreadable if answers else 0,
        )


def clear_cache(
    world: World, *, models: Sequence[str] = (), older_than: timedelta | None = None
) -> int:
    """Removes answers and tells how many: all, or those of some models, or older ones.

    `models` are ids or patterns of them. A file that cannot be read is removed where all are to
    go. Raises `StoreError`.
    """
    config = load_config(world.cwd, environ=world.environ)
    before = None if older_than is None else (world.now() - older_than).timestamp()

    def wanted(kept: Kept) -> bool:
        of_model = not models or any(fnmatchcase(kept.model, pattern) for pattern in models)
        return of_model and (before is None or kept.made_at < before)

    try:
        with kept_answers(config) as answers:
            return answers.clear(wanted) if answers else 0
    except BrokenCacheError:
        if models or older_than is not None:
            raise
        folder = cache_folder(config)
        try:
            remove(folder)
        except OSError as error:
            raise unwritable(folder, error) from error
        return 0


def export_cache(world: World, file: Path) -> tuple[int, int]:
    """Writes all that is kept in the form of a cassette.

    Tells how many answers those are, and how many are left out because they are damaged.
    """
    config = load_config(world.cwd, environ=world.environ)
    redact = Redact(secrets_in(world.environ, secret_variables(config)))
    with kept_answers(config) as answers:
        recordings = [_recording(kept, redact) for kept in (answers.said() if answers else ())]
        unreadable = answers.unreadable if answers else 0
    with atomic_write(file) as out:
        out.write(text_of(recordings))
    return len(recordings), unreadable


class BrokenCacheError(StoreError):
    """The file is damaged, no database, or that of another program or version."""


@contextmanager
def kept_answers(config: Config) -> Iterator[Answers | None]:
    """The answers that a project keeps; None where there is no file.

    Raises `StoreError` for whatever is wrong with the file, also inside the block.
    """
    file = config.root / config.cache.folder / NAME
    if not file.exists() and not file.is_symlink():
        yield None
        return
    folder = cache_folder(config)
    try:
        answers = Answers(folder, wait_s=_WAIT_S)
        try:
            yield answers
        finally:
            answers.close()
    except sqlite3.DatabaseError as error:
        if _may_pass(error):
            fix = "try again, or look at who else uses it"
            raise StoreError(f"{file} cannot be used now: {error}", fix=fix) from error
        fix = "run: agentops cache clear; a run makes it anew, too"
        raise BrokenCacheError(f"{file} cannot be read: {error}", fix=fix) from error


def _may_pass(error: sqlite3.DatabaseError) -> bool:
    """True for what may be well the next time; where the disk is full, clearing is what helps."""
    is_full = getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_FULL
    return isinstance(error, sqlite3.OperationalError) and not is_full


def _recording(kept: Kept, redact: Redact) -> Recording:
    """An answer as one that was recorded; what is a secret by now is redacted."""
    completion = redact_completion(kept.completion, redact)
    return Recording(
        key=kept.key,
        suite=kept.suite,
        case_id=kept.case_id or "",
        line=0,
        repeat=kept.repeat,
        turn=kept.turn,
        step=kept.step,
        purpose=kept.purpose,
        model=kept.model,
        served_model=completion.model,
        text=completion.text,
        tool_calls=completion.tool_calls,
        finish=completion.finish,
        usage=completion.usage,
        recorded_at=_date(kept.made_at).date().isoformat(),
    )


def _date(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def json_of_info(info: CacheInfo) -> JsonObject:
    """The same as `--format json` prints it; times in UTC."""
    return {
        "schema": 1,
        "folder": str(info.folder),
        "answers": info.answers,
        "unreadable": info.unreadable,
        "bytes": info.bytes,
        "oldest": _json_of_time(info.oldest),
        "newest": _json_of_time(info.newest),
        "maxMb": info.settings.most_bytes / BYTES_PER_MB,
        "maxAgeDays": info.settings.most_days,
        "models": [
            {
                "model": each.model,
                "answers": each.answers,
                "bytes": each.bytes,
                "oldest": _json_of_time(each.oldest),
                "newest": _json_of_time(each.newest),
            }
            for each in info.models
        ],
    }


def _json_of_time(time: datetime | None) -> str | None:
    return None if time is None else time.strftime("%Y-%m-%dT%H:%M:%SZ")
