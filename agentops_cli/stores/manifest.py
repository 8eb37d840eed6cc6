"""What a run is, as its first process wrote it down: enough for another one to go on with it."""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from agentops_cli.errors import RUN_ANEW, StoreError
from agentops_cli.files import atomic_write, open_ordinary
from agentops_cli.model.json import JsonObject

SCHEMA = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """One run.

    `typed` is what was typed that decides what is run, None for a run that is part of something
    else and cannot be gone on with by itself. `plan` is what was planned, in digests. `folder` is
    where it was typed and `log` the trial log where that lies elsewhere, both from the root.
    `environ` has the variables that gave settings then. `finished` is when its last process ended
    in order, None while none has.
    """

    run_id: str
    started: datetime
    tool_version: str
    folder: str
    plan: JsonObject
    typed: JsonObject | None = None
    log: str | None = None
    environ: Mapping[str, str] = field(default_factory=dict)
    finished: datetime | None = None


def write_manifest(path: Path, manifest: Manifest) -> None:
    """Writes it, all at once; raises `StoreError` when that is not possible."""
    shape: JsonObject = {
        "schema": SCHEMA,
        "id": manifest.run_id,
        "started": manifest.started.isoformat(),
        "finished": manifest.finished.isoformat() if manifest.finished else None,
        "toolVersion": manifest.tool_version,
        "folder": manifest.folder,
        "log": manifest.log,
        "environ": dict(manifest.environ),
        "typed": manifest.typed,
        "plan": manifest.plan,
    }
    with atomic_write(path) as out:
        json.dump(shape, out, indent=1)
        out.write("\n")


def read_manifest(path: Path) -> Manifest:
    """Reads it; raises `StoreError` when it is not there, broken or a newer version's."""
    try:
        with os.fdopen(open_ordinary(path, os.O_NOFOLLOW), encoding="utf-8") as file:
            data = json.load(file)
        schema = data["schema"]
        if schema == SCHEMA:
            return _manifest(data)
    except OSError as error:
        raise StoreError(f"cannot read {str(path)!r}: {error.strerror}") from error
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        fix = RUN_ANEW
        raise StoreError(f"{str(path)!r} is damaged", fix=fix) from error
    problem = f"{str(path)!r} has the schema {schema!r}, which this version does not read"
    raise StoreError(problem, fix="go on with the version of agentops that began the run")


def _manifest(data: dict[str, Any]) -> Manifest:
    typed, plan, log, finished = data["typed"], data["plan"], data["log"], data["finished"]
    if not isinstance(plan, dict) or not isinstance(typed, dict | None):
        raise TypeError("plan and typed are mappings")
    return Manifest(
        run_id=str(data["id"]),
        started=_moment(data["started"]),
        tool_version=str(data["toolVersion"]),
        folder=str(data["folder"]),
        plan=plan,
        typed=typed,
        log=None if log is None else str(log),
        environ={str(name): str(value) for name, value in data["environ"].items()},
        finished=None if finished is None else _moment(finished),
    )


def _moment(text: str) -> datetime:
    """One with a time zone: no other can be compared with those of this process."""
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError(f"{text!r} has no time zone")
    return moment
