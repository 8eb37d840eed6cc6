"""`agentops prompt diff --eval`: both versions are put to their cases, then the diff is printed."""

from collections.abc import Callable
from dataclasses import dataclass

from agentops_cli.cli.progress import Progress
from agentops_cli.cli.screen import print_findings, print_note
from agentops_cli.diff.values import DiffReport
from agentops_cli.errors import ExitCode
from agentops_cli.flows.diff.evaluating import judged, not_begun, not_judged
from agentops_cli.flows.diff.versions import VersionsOptions, prepare_versions
from agentops_cli.flows.evaluate import run
from agentops_cli.flows.world import World
from agentops_cli.model.finding import Severity
from agentops_cli.model.settings import Config


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What was typed of an evaluation."""

    options: VersionsOptions
    allow_empty: bool
    quiet: bool
    progress: bool


def evaluated(
    report: DiffReport,
    config: Config,
    asked: Asked,
    world: World,
    finish: Callable[[DiffReport], ExitCode],
) -> ExitCode:
    """Puts the versions to their cases, and has `finish` print the report that has come of it."""
    if any(problem.severity is Severity.ERROR for problem in report.problems):
        return finish(not_begun(report))
    versions = prepare_versions(report, config, asked.options, world)
    prepared = versions.prepared
    if prepared is None:
        return finish(not_judged(versions, allow_empty=asked.allow_empty))
    if prepared.plan.notes and not asked.quiet:
        print_findings(prepared.plan.notes)
    with (
        Progress(prepared.trials, enabled=asked.progress) as bar,
        run(prepared, bar, on_stage=bar.stage) as (result, trials),
    ):
        bar.close()
        code = finish(judged(versions, result, trials, allow_empty=asked.allow_empty))
    for limit in bar.refusing:
        print_note(f"calls were refused: {limit}")
    return code
