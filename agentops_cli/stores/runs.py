"""The folder of runs: `.agentops/runs/<run id>/`, below the project, never committed."""

import shutil
from pathlib import Path

from agentops_cli.files import unwritable

KEPT_RUNS = 20


def new_run(root: Path, run_id: str) -> Path:
    """Makes the folder of a run and gives the path of its trial log.

    Only the newest runs are kept; ids begin with their time, so they sort by age. Raises
    `StoreError` when the folder cannot be made.
    """
    home = root / ".agentops"
    folder = home / "runs" / run_id
    try:
        folder.mkdir(parents=True)
        ignore = home / ".gitignore"
        if not ignore.exists():
            ignore.write_text("*\n", encoding="utf-8")
    except OSError as error:
        raise unwritable(folder, error) from error
    for old in sorted(folder.parent.iterdir())[:-KEPT_RUNS]:
        shutil.rmtree(old, ignore_errors=True)
    return folder / "trials.jsonl"


def fresh_log(path: Path) -> Path:
    """The path that was asked for, without what an earlier run wrote there."""
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        raise unwritable(path, error) from error
    return path
