"""Writes the reports that were asked for, each whole or not at all."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from agentops_cli.errors import StoreError, UsageError
from agentops_cli.files import atomic_write
from agentops_cli.flows.wiring import reporters
from agentops_cli.model.result import RunResult
from agentops_cli.model.settings import ReportPaths
from agentops_cli.ports import Trials


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportFailure:
    """A report that could not be written; the others were."""

    path: Path
    error: StoreError


def report_paths(
    typed: Mapping[str, str | None], configured: ReportPaths, cwd: Path, root: Path
) -> dict[str, Path]:
    """Where each kind of report goes: as typed from `cwd`, else as configured from `root`.

    Raises `UsageError` when two of them are the same file.
    """
    paths: dict[str, Path] = {}
    for kind in ("junit", "json", "md", "cost"):
        flag, setting = typed.get(kind), getattr(configured, kind)
        if flag:
            paths[kind] = cwd / flag
        elif setting:
            paths[kind] = root / setting
    if len(set(paths.values())) < len(paths):
        raise UsageError("two reports are to be the same file", fix="name a file for each")
    return paths


def write_reports(
    run: RunResult, trials: Trials, paths: Mapping[str, Path]
) -> Iterator[ReportFailure]:
    """Writes every report; one that fails does not keep the others from being written."""
    registry = reporters()
    for kind, path in paths.items():
        reporter = registry.get(_reporter_of(kind, path))()
        try:
            with atomic_write(path) as out:
                reporter.write(run, trials, out)
        except StoreError as error:
            yield ReportFailure(path=path, error=error)


def _reporter_of(kind: str, path: Path) -> str:
    """The cost report is JSON where its file says so, Markdown otherwise."""
    if kind == "cost":
        return "cost-json" if path.suffix == ".json" else "cost-md"
    return kind
