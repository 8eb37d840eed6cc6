"""A run that this process works on: its folder, its trial log, and what was there before."""

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

from agentops_cli.errors import RUN_ANEW, StoreError
from agentops_cli.flows.listener import Served
from agentops_cli.model.result import Incident, TrialResult
from agentops_cli.model.spending import Spent
from agentops_cli.redact import Redact
from agentops_cli.stores.events import EventLog
from agentops_cli.stores.ledger import begin_ledger, demand_ledger, spent_of
from agentops_cli.stores.manifest import Manifest, write_manifest
from agentops_cli.stores.runs import RunFolder, held_log, held_run, new_run, runs_in
from agentops_cli.stores.trials import TrialLog


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenRun:
    """One run, held by this process.

    `resumes` is how often it has been gone on with, 0 for a new one. `incidents` are those of the
    processes before, and `served` the models that judged then.
    """

    manifest: Manifest
    folder: RunFolder
    trials: TrialLog
    events: EventLog
    resumes: int = 0
    incidents: list[Incident] = field(default_factory=list)
    served: Served = field(default_factory=dict)

    @property
    def run_id(self) -> str:
        """The id of the run."""
        return self.manifest.run_id

    @property
    def name(self) -> str:
        """A name that no other process of the same run has."""
        return f"{self.run_id}-{self.resumes}" if self.resumes else self.run_id

    @property
    def was_killed(self) -> bool:
        """True when the process before this one did not come to its end."""
        return self.resumes > 0 and self.manifest.finished is None

    def kept(self) -> Iterator[TrialResult]:
        """What processes before this one wrote, one at a time, in the order in which it ended.

        Of a trial that came twice the later result holds, and both were paid. Raises `StoreError`
        when the trial log is damaged.
        """
        return self.trials.recover() if self.resumes else iter(())

    def spent(self, now: datetime) -> Iterator[Spent]:
        """What processes before this one spent, whatever became of them.

        Raises `StoreError` when the ledger is damaged.
        """
        return spent_of(self.folder.ledger, now=now) if self.resumes else iter(())

    def tell(self, incident: Incident) -> None:
        """Keeps an incident for the report, of this process or the next one."""
        self.incidents.append(incident)
        self.events.append({
            "incident": incident.guard,
            "message": incident.message,
            "at": incident.at.isoformat(),
        })  # fmt: skip

    def hear(self, suite: str, asked: str, served: str) -> None:
        """Keeps who judged, for the report of this process or the next one."""
        known = self.served.setdefault((suite, asked), set())
        if served not in known:
            known.add(served)
            self.events.append({"suite": suite, "asked": asked, "served": served})

    def end(self, finished: datetime | None) -> None:
        """Writes down when the run ended in order, None once it goes on.

        Where that cannot be written it stays as it is: it decides nothing.
        """
        with suppress(StoreError):
            write_manifest(self.folder.manifest, replace(self.manifest, finished=finished))


@contextmanager
def open_run(
    manifest: Manifest, *, root: Path, redact: Redact, resumed: bool, served: Served
) -> Iterator[OpenRun]:
    """Begins a run, or goes on with one, and holds it for as long as the block lasts.

    `served` is filled with the models that judged before. Raises `StoreError` when another process
    has the run or its trial log, and when either is gone, or what it has spent is not known.
    """
    log = None if manifest.log is None else root / manifest.log
    with ExitStack() as held:
        if resumed:
            folder = _folder_of(manifest, root)
            held.enter_context(held_run(folder))
            _demand_log(log or folder.log, manifest)
            demand_ledger(folder.ledger, run=manifest.run_id, now=manifest.started)
        if log is not None:
            held.enter_context(held_log(log, fresh=not resumed))
        if not resumed:
            folder = held.enter_context(new_run(root, manifest.run_id))
            begin_ledger(folder.ledger, run=manifest.run_id)
            write_manifest(folder.manifest, manifest)
        trials = TrialLog(log or folder.log, redact, run=manifest.run_id, resumed=resumed)
        yield _as_left(
            OpenRun(
                manifest=manifest,
                folder=folder,
                trials=held.enter_context(trials),
                events=EventLog(folder.events),
                resumes=int(resumed),
                served=served,
            )
        )


def log_from(root: Path, log: Path | None) -> str | None:
    """A trial log as a manifest names it: from the root, so that both may be moved together."""
    return None if log is None else Path(os.path.relpath(log, root)).as_posix()


def _folder_of(manifest: Manifest, root: Path) -> RunFolder:
    for folder in runs_in(root):
        if folder.run_id == manifest.run_id:
            return folder
    raise StoreError(f"run {manifest.run_id} is gone", fix="run the suites anew")


def _demand_log(log: Path, manifest: Manifest) -> None:
    if not log.is_file():
        problem = f"the trials of run {manifest.run_id} are gone: there is no {log}"
        raise StoreError(problem, fix=RUN_ANEW)


def _as_left(run: OpenRun) -> OpenRun:
    """The run with what the processes before this one noted, which this one is added to."""
    if not run.resumes:
        return run
    resumes = 1
    for event in run.events.read():
        match event:
            case {"incident": str(guard), "message": str(message), "at": str(at)}:
                with suppress(ValueError):
                    when = datetime.fromisoformat(at)
                    run.incidents.append(Incident(guard=guard, message=message, at=when))
            case {"suite": str(suite), "asked": str(asked), "served": str(name)}:
                run.served.setdefault((suite, asked), set()).add(name)
            case {"resumed": int()}:
                resumes += 1
            case _:
                pass  # Half a line, or a later version's.
    run.events.append({"resumed": resumes})
    return replace(run, resumes=resumes)
