"""`agentops prompt diff`."""

from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperCommand

from agentops_cli.cli.app import CONTEXT
from agentops_cli.cli.changes import OF_FOLDER, DiffFormat, print_page, print_summary
from agentops_cli.cli.options import (
    Budget,
    Concurrency,
    NoProgress,
    Quiet,
    Retries,
    Timeout,
    limits_typed,
)
from agentops_cli.config import load_config
from agentops_cli.diff.outcome import FailOn, code_of
from agentops_cli.diff.values import DiffReport
from agentops_cli.errors import ExitCode, UsageError
from agentops_cli.flows.diff.flow import diff as diff_prompts
from agentops_cli.flows.diff.options import DiffOptions
from agentops_cli.flows.lint.texts import paths_from, repository_of
from agentops_cli.flows.world import World
from agentops_cli.redact import Redact, secrets_in
from agentops_cli.reporters.diff.page import page_of

_PATH = "--path"


class _WithPaths(TyperCommand):
    """A command that knows refs from paths: those come after `--`, as with git."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Reads what was typed."""
        if "--" in args:
            at = args.index("--")
            args = [*args[:at], *(part for path in args[at + 1 :] for part in (_PATH, path))]
        return super().parse_args(ctx, args)


app = typer.Typer(add_completion=False, context_settings=CONTEXT, rich_markup_mode=None)


@app.command(cls=_WithPaths)
def diff(
    refs: Annotated[
        list[str] | None,
        typer.Argument(
            help="What is compared: REF with the working tree, two refs, REF...REF since they"
            " parted, or NAME@VERSION. Default: the working tree with where the branch began."
            " Paths after -- limit it.",
            metavar="[REF [REF]] [-- PATH]...",
        ),
    ] = None,
    paths: Annotated[
        list[str] | None, typer.Option(_PATH, hidden=True, help="A path after --.")
    ] = None,
    staged: Annotated[
        bool, typer.Option("--staged", help="Compare what is staged, not the working tree.")
    ] = False,
    output: Annotated[
        DiffFormat, typer.Option("--format", help="How the diff is printed.")
    ] = "text",
    side_by_side: Annotated[
        bool, typer.Option("--side-by-side", help="Put both versions beside one another.")
    ] = False,
    stat: Annotated[bool, typer.Option("--stat", help="Print a line for each prompt.")] = False,
    name_only: Annotated[
        bool, typer.Option("--name-only", help="Print the paths of the prompts that differ.")
    ] = False,
    render: Annotated[
        str | None,
        typer.Option(help="Show too what the model would see of this case.", metavar="CASE"),
    ] = None,
    output_file: Annotated[
        str | None, typer.Option(help="Write the diff to a file, not to stdout.", metavar="FILE")
    ] = None,
    fail_on: Annotated[
        FailOn | None,
        typer.Option(
            help="Exit 1 where a change is as grave as that, or a version did not go up enough."
        ),
    ] = None,
    exit_code: Annotated[
        bool, typer.Option("--exit-code", help="Exit 1 where any prompt differs.")
    ] = False,
    allow_empty: Annotated[
        bool, typer.Option("--allow-empty", help="Exit 0 when nothing matches.")
    ] = False,
    evaluate: Annotated[
        bool,
        typer.Option("--eval", help="Put both versions to the cases of their suites, and compare."),
    ] = False,
    model: Annotated[
        list[str] | None,
        typer.Option(
            help="With --eval: only this model, or a pattern such as 'openai/*'.", metavar="MODEL"
        ),
    ] = None,
    repeat: Annotated[
        int | None,
        typer.Option(help="With --eval: run every case so many times.", min=1, max=1000),
    ] = None,
    replay: Annotated[
        bool,
        typer.Option(
            "--replay", help="With --eval: make no call, answer from the cassettes of both sides."
        ),
    ] = False,
    no_cache: Annotated[
        bool, typer.Option("--no-cache", help="With --eval: ask everything anew.")
    ] = False,
    budget: Budget = None,
    concurrency: Concurrency = None,
    timeout: Timeout = None,
    retries: Retries = None,
    no_progress: NoProgress = False,
    quiet: Quiet = False,
) -> int:
    """Show what changed between two versions of the prompts, and what that means."""
    output = _format(output, stat=stat, name_only=name_only)
    limits = limits_typed(budget, concurrency, timeout, retries)
    if not evaluate and (limits or model or repeat or replay or no_cache or fail_on == "worse"):
        raise UsageError("nothing is asked without --eval", fix="add --eval")
    if side_by_side and output != "text":
        raise UsageError("--side-by-side is for the text of a terminal", fix="leave it out")
    world = World()
    config = load_config(world.cwd, environ=world.environ, overrides=limits)
    cwd = world.cwd.resolve()
    report = diff_prompts(
        config,
        DiffOptions(
            refs=tuple(refs or ()),
            staged=staged,
            paths=tuple(paths or ()),
            cwd=cwd,
            base_branch=world.environ.get("GITHUB_BASE_REF") or None,
            render=render,
            allow_empty=allow_empty,
        ),
    )

    def finish(report: DiffReport) -> ExitCode:
        code = code_of(report, fail_on=fail_on, is_asked=exit_code)
        page = page_of(
            report,
            code=code,
            redact=Redact(secrets_in(world.environ), personal=False),
            shown=paths_from(config.root.resolve(), _folder(config.root.resolve(), cwd, output)),
        )
        print_page(page, output, output_file, side_by_side=side_by_side)
        print_summary(page, quiet=quiet)
        return code

    if not evaluate:
        return finish(report)
    from agentops_cli.cli.versions import Asked, evaluated  # With it all that asks a model.
    from agentops_cli.flows.diff.versions import VersionsOptions

    asked = Asked(
        options=VersionsOptions(
            models=tuple(model or ()), repeat=repeat, use_cache=not no_cache, is_replay=replay
        ),
        allow_empty=allow_empty,
        quiet=quiet,
        progress=not (quiet or no_progress),
    )
    return evaluated(report, config, asked, world, finish)


def _format(output: DiffFormat, *, stat: bool, name_only: bool) -> DiffFormat:
    """The one format that was asked for."""
    flags: list[DiffFormat] = []
    flags += ["stat"] if stat else []
    flags += ["name-only"] if name_only else []
    wanted = {*flags, *([output] if output != "text" else [])}
    if len(wanted) > 1:
        raise UsageError(
            f"{' and '.join(sorted(wanted))} exclude one another", fix="ask for one of them"
        )
    return wanted.pop() if wanted else output


def _folder(root: Path, cwd: Path, output: DiffFormat) -> Path:
    """The folder from which the readers of a format look paths up."""
    if output in OF_FOLDER:
        return cwd
    return root if output == "json" else repository_of(root)
