"""The folder of runs: `.agentops/runs/<run id>/`, below the project, never committed."""

import re
import shutil
from pathlib import Path

from agentops_cli.errors import StoreError
from agentops_cli.files import unwritable
from agentops_cli.stores.home import make_home

KEPT_RUNS = 20

_RUN_ID = re.compile(r"\d{8}T\d{6}-[0-9a-f]+")


def new_run(root: Path, run_id: str) -> Path:
    """Makes the folder of a run and gives the path of its trial log.

    Only the newest runs are kept; ids begin with their time, so they sort by age. Nothing but a
    run's own folder is ever removed. Raises `StoreError` when the folder cannot be made, or when a
    link would lead it elsewhere: a repository can hold one.
    """
    folder = make_home(root, "runs") / run_id
    try:
        folder.mkdir()
    except OSError as error:
        raise unwritable(folder, error) from error
    runs = [run for run in folder.parent.iterdir() if _RUN_ID.fullmatch(run.name)]
    for old in sorted(runs)[:-KEPT_RUNS]:
        shutil.rmtree(old, ignore_errors=True)
    return folder / "trials.jsonl"


def fresh_log(path: Path) -> Path:
    """The path that was asked for, without what an earlier run wrote there.

    Raises `StoreError` for anything but an ordinary file: trials are read back from it.
    """
    if path.is_symlink() or (path.exists() and not path.is_file()):
        raise StoreError(f"{path} is no ordinary file", fix="name a file")
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        raise unwritable(path, error) from error
    return path
