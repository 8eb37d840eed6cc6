"""The folder of runs: `.agentops/runs/<run id>/`, below the project, never committed.

What a run leaves there is enough to go on with it after its process was killed: `run.json` says
what it is, `trials.jsonl` has every trial that ended, `ledger.jsonl` what was promised and spent,
`events.jsonl` what else a report has to tell, and `lock` is held by the process that works on it.

Nothing is forced to the disk. What was written is with the operating system, and a process that is
killed, by whatever signal, takes none of it along. Only when the machine itself goes down are the
last seconds lost: trials that ended in them are run and paid again, and what was spent in them is
not known to the budget.
"""

import os
import re
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from agentops_cli.errors import StoreError
from agentops_cli.files import unwritable
from agentops_cli.stores.home import make_home
from agentops_cli.stores.locks import HeldError, held

KEPT_RUNS = 20

_RUN_ID = re.compile(r"\d{8}T\d{6}-[0-9a-f]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class RunFolder:
    """Where everything of one run lies."""

    path: Path

    @property
    def run_id(self) -> str:
        """The id, which is the folder's name."""
        return self.path.name

    @property
    def manifest(self) -> Path:
        """What the run is."""
        return self.path / "run.json"

    @property
    def log(self) -> Path:
        """The trials that ended, unless they were wanted elsewhere."""
        return self.path / "trials.jsonl"

    @property
    def ledger(self) -> Path:
        """What was promised and spent."""
        return self.path / "ledger.jsonl"

    @property
    def events(self) -> Path:
        """What else happened that a report tells."""
        return self.path / "events.jsonl"

    @property
    def lock(self) -> Path:
        """The file that the process holds which works on the run."""
        return self.path / "lock"


@contextmanager
def new_run(root: Path, run_id: str) -> Iterator[RunFolder]:
    """Makes the folder of a run and holds it for as long as the block lasts.

    Only the newest runs are kept, and those that are under way; ids begin with their time, so they
    sort by age. Nothing but a run's own folder is ever removed. Raises `StoreError` when the folder
    cannot be made, or when a link would lead it elsewhere: a repository can hold one.
    """
    path = make_home(root, "runs") / run_id
    try:
        path.mkdir()
    except OSError as error:
        raise unwritable(path, error) from error
    folder = RunFolder(path=path)
    with held(folder.lock):
        for old in _folders(path.parent)[:-KEPT_RUNS]:
            _remove(old)
        yield folder


@contextmanager
def held_run(folder: RunFolder) -> Iterator[None]:
    """Holds the folder of a run that was begun before, for as long as the block lasts.

    Raises `StoreError` when another process works on it.
    """
    if folder.path.is_symlink():
        raise StoreError(f"{folder.path} is a link", fix="remove the link")
    try:
        with held(folder.lock):
            yield
    except HeldError as error:
        problem = f"run {folder.run_id} is under way in another process"
        raise StoreError(problem, fix="wait until it has ended, or stop it") from error


def runs_in(root: Path) -> Sequence[RunFolder]:
    """The runs of a project, the oldest first."""
    return _folders(root / ".agentops" / "runs")


@contextmanager
def held_log(path: Path, *, fresh: bool) -> Iterator[None]:
    """Holds a trial log that lies outside of its run's folder, for as long as the block lasts.

    A `fresh` one loses what an earlier run wrote there, once nobody writes to it any more. Raises
    `StoreError` for anything but an ordinary file, since trials are read back from it, and when
    another run writes to it.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise unwritable(path, error) from error
    try:
        with held(path) as descriptor:
            if fresh:
                os.truncate(descriptor, 0)
            yield
    except HeldError as error:
        problem = f"another run is writing its trials to {path}"
        raise StoreError(problem, fix="wait until it has ended, or name another file") from error


def _folders(runs: Path) -> Sequence[RunFolder]:
    try:
        found = [path for path in runs.iterdir() if _RUN_ID.fullmatch(path.name)]
    except OSError:
        return ()
    return [RunFolder(path=path) for path in sorted(found)]


def _remove(folder: RunFolder) -> None:
    """Removes what a run left, unless a process works on it or it cannot be told whether one does.

    It is held meanwhile, so that nobody goes on with what is going away. A link is left alone.
    """
    if folder.path.is_symlink():
        return
    with suppress(StoreError), held(folder.lock):
        shutil.rmtree(folder.path, ignore_errors=True)
