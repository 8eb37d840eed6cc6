"""`agentops prompt lint`."""

import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Literal

import typer

from agentops_cli.cli.app import CONTEXT
from agentops_cli.cli.findings import (
    OF_FOLDER,
    OF_REPOSITORY,
    OutputFormat,
    print_report,
    summary_of,
)
from agentops_cli.cli.options import ExitZero, Quiet
from agentops_cli.config import load_config
from agentops_cli.config_lint import lint_shape
from agentops_cli.errors import ExitCode, UsageError
from agentops_cli.flows.lint.choosing import rules_to_run, settings_in_force
from agentops_cli.flows.lint.flow import files_to_lint
from agentops_cli.flows.lint.flow import lint as lint_prompts
from agentops_cli.flows.lint.options import LintOptions
from agentops_cli.flows.lint.texts import Texts, paths_from, repository_of
from agentops_cli.flows.world import World
from agentops_cli.lint.outcome import LintRun
from agentops_cli.lint.select import Wish
from agentops_cli.model.finding import Severity
from agentops_cli.model.settings import Config, Tier
from agentops_cli.redact import Redact, secrets_in
from agentops_cli.reporters.lint.report import LintReport, report_of
from agentops_cli.reporters.wording import flat
from agentops_cli.rules.rule import Profile

app = typer.Typer(
    add_completion=False, context_settings=CONTEXT, rich_markup_mode=None, no_args_is_help=True
)

_SELECTION = "selection"
_FIXES = "fixes"
_OUTPUT = "output"

Rules = list[str] | None


@app.command()
def lint(
    paths: Annotated[
        list[str] | None,
        typer.Argument(
            help="Prompt files, folders or patterns. Default: the configured ones.",
            metavar="[PATH]...",
        ),
    ] = None,
    select: Annotated[
        Rules,
        typer.Option(
            help="Run these rules in place of the profile's: codes, beginnings of codes, names.",
            metavar="RULES",
        ),
    ] = None,
    extend_select: Annotated[
        Rules, typer.Option(help="Run these rules too.", metavar="RULES")
    ] = None,
    ignore: Annotated[Rules, typer.Option(help="Leave these rules out.", metavar="RULES")] = None,
    profile: Annotated[
        Profile | None, typer.Option(help="How much to hear. Default: as configured.")
    ] = None,
    tier: Annotated[
        Tier | None, typer.Option(help="How ready prompts have to be. Default: as configured.")
    ] = None,
    against: Annotated[
        str | None,
        typer.Option(
            help="Compare with the prompts at this ref of git. Default: where the branch began.",
            metavar="REF",
        ),
    ] = None,
    changed: Annotated[
        bool, typer.Option("--changed", help="Lint only prompts that are not as they were there.")
    ] = False,
    fix: Annotated[bool, typer.Option("--fix", help="Mend what can be mended safely.")] = False,
    unsafe_fixes: Annotated[
        bool,
        typer.Option(
            "--unsafe-fixes", help="With --fix or --diff: mend too what changes the prompt."
        ),
    ] = False,
    diff: Annotated[
        bool, typer.Option("--diff", help="Print what --fix would change, and change nothing.")
    ] = False,
    output: Annotated[
        OutputFormat, typer.Option("--format", help="How findings are printed.")
    ] = "full",
    output_file: Annotated[
        str | None,
        typer.Option(help="Write the findings to a file, not to stdout.", metavar="FILE"),
    ] = None,
    baseline: Annotated[
        str | None,
        typer.Option(help="Let the findings pass that this file knows.", metavar="FILE"),
    ] = None,
    write_baseline: Annotated[
        bool, typer.Option("--write-baseline", help="Write what is found to the baseline.")
    ] = False,
    statistics: Annotated[
        bool, typer.Option("--statistics", help="Print how often each rule spoke.")
    ] = False,
    fail_on: Annotated[
        Literal["error", "warning", "info"],
        typer.Option(help="The least severity that makes the exit code 1."),
    ] = "error",
    max_warnings: Annotated[
        int | None, typer.Option(help="Exit 1 too when there are more warnings.", metavar="N")
    ] = None,
    exit_zero: ExitZero = False,
    allow_empty: Annotated[
        bool, typer.Option("--allow-empty", help="Exit 0 when nothing matches.")
    ] = False,
    show_files: Annotated[
        bool, typer.Option("--show-files", help="Print the files that would be linted.")
    ] = False,
    show_settings: Annotated[
        bool, typer.Option("--show-settings", help="Print the settings, and the rules that run.")
    ] = False,
    stdin_filename: Annotated[
        str | None,
        typer.Option(help="Lint the text on stdin as the file of this name.", metavar="FILE"),
    ] = None,
    no_cache: Annotated[
        bool, typer.Option("--no-cache", help="Look at every file anew, and keep nothing.")
    ] = False,
    quiet: Quiet = False,
) -> int:
    """Lint prompt files."""
    world = World()
    config = load_config(world.cwd, environ=world.environ)
    options = LintOptions(
        paths=tuple(paths or ()),
        cwd=world.cwd.resolve(),
        against=against,
        base_branch=world.environ.get("GITHUB_BASE_REF") or None,
        changed=changed,
        today=world.now().date(),
        profile=profile,
        tier=tier,
        wish=Wish(
            select=_split(select), extend_select=_split(extend_select), ignore=_split(ignore)
        ),
        fix=fix,
        unsafe_fixes=unsafe_fixes,
        diff=diff,
        baseline=baseline,
        write_baseline=write_baseline,
        use_cache=not no_cache,
        redact=Redact(secrets_in(world.environ), personal=False),
        allow_empty=allow_empty,
    )
    _demand_sense(options, max_warnings)
    if diff and (output != "full" or output_file is not None or statistics):
        raise UsageError(
            "--diff prints no findings", fix="leave out --format, --output-file and --statistics"
        )
    options = _with_stdin(options, stdin_filename, is_read=not (show_files or show_settings))
    if show_files or show_settings:
        _echo(_shown_settings(config, options) if show_settings else ())
        _echo(map(flat, files_to_lint(config, options) if show_files else ()))
        return ExitCode.OK
    run = lint_prompts(config, options)
    least = Severity[fail_on.upper()]
    code = _code_of(run, run.exit_code(fail_on=least, max_warnings=max_warnings), diff=diff)
    if exit_zero and code is ExitCode.REJECTED:
        code = ExitCode.OK
    report = report_of(
        run,
        code=code,
        fail_on=least,
        redact=options.redact,
        text_of=Texts(config, options),
        shown=_paths(config.root.resolve(), world.cwd.resolve(), output),
    )
    if not _print_mended(run, options):
        print_report(report, output, output_file, statistics=statistics)
    if not quiet:
        _print_summary(run, report, options)
    _raise_what_failed(run)
    return code


def _code_of(run: LintRun, verdict: ExitCode, *, diff: bool) -> ExitCode:
    """The code of a run whose findings come to a verdict."""
    if run.crashes:
        return ExitCode.INTERNAL
    if run.failure:
        return ExitCode.UNREACHABLE
    return ExitCode.REJECTED if diff and run.changes else verdict


def _raise_what_failed(run: LintRun) -> None:
    """Raises our bug, or else what could not be written: the findings are out by now."""
    if run.crashes:
        if run.failure:
            _say(run.failure.message)
        raise run.crashes[0]
    if run.failure:
        raise run.failure


def _split(rules: Sequence[str] | None) -> tuple[str, ...]:
    """Rules that are given one by one, or several with commas between them."""
    named = [name.strip() for each in rules or () for name in each.split(",")]
    if "" in named:
        raise UsageError("a rule is empty", fix="write rules with one comma between two of them")
    return tuple(named)


def _demand_sense(options: LintOptions, max_warnings: int | None) -> None:
    """Refuses options that say nothing, or two things, together."""
    if options.unsafe_fixes and not (options.fix or options.diff):
        raise UsageError("--unsafe-fixes fixes nothing by itself", fix="add --fix or --diff")
    if options.write_baseline and (options.fix or options.diff):
        raise UsageError("--write-baseline and fixes exclude one another", fix="fix first")
    if options.write_baseline and options.changed:
        raise UsageError(
            "--write-baseline needs to see more than what changed", fix="leave out --changed"
        )
    if max_warnings is not None and max_warnings < 0:
        raise UsageError(f"--max-warnings must be at least 0, not {max_warnings}")


def _with_stdin(options: LintOptions, name: str | None, *, is_read: bool) -> LintOptions:
    """The options with the text on stdin, where a name is given for it."""
    if name is None:
        if "-" in options.paths:
            raise UsageError("stdin has no name", fix="add --stdin-filename FILE")
        return options
    if options.paths not in {(), ("-",)}:
        raise UsageError("--stdin-filename lints stdin alone", fix="leave out the paths")
    text = sys.stdin.buffer.read() if is_read else b""
    return replace(options, paths=(name,), stdin=text)


def _paths(root: Path, cwd: Path, output: OutputFormat) -> Callable[[str], str]:
    """How the readers of a format look paths up."""
    if output in OF_REPOSITORY:
        return paths_from(root, repository_of(root))
    return paths_from(root, cwd if output in OF_FOLDER else root)


def _print_mended(run: LintRun, options: LintOptions) -> bool:
    """Prints what fixes change, or make of stdin; False where nobody asked for either."""
    if options.diff:
        from agentops_cli.flows.lint.mending import diff_lines  # It loads Jinja.

        sys.stdout.writelines(diff_lines(run.changes, options.redact))
        return True
    if options.fix and options.stdin is not None:
        sys.stdout.buffer.write(run.changes[0].after if run.changes else options.stdin)
        return True
    return False


def _echo(lines: Iterable[str]) -> None:
    # The machinery of the screen takes as long to load as thousands of files do to look at.
    for line in lines:
        typer.echo(line)


def _say(line: str) -> None:
    typer.echo(flat(line), err=True)


def _print_summary(run: LintRun, report: LintReport, options: LintOptions) -> None:
    """What was looked at, what came of it and what was not looked at, on stderr."""
    apart = [
        f"; {len(run.suppressed):,} left alone" if run.suppressed else "",
        f"; {len(run.known):,} in the baseline" if run.known else "",
        f"; {len(run.mended):,} {'to mend' if options.diff else 'mended'}" if run.mended else "",
    ]
    if options.changed and not (run.files or run.findings or run.crashes):
        _say("no prompt has changed")
    else:
        _say(summary_of(report, apart="".join(apart)))
    for part, reason in report.missing.items():
        _say(f"rules that need {part} did not run: {reason}")
    for note in report.notes:
        _say(note)


def _shown_settings(config: Config, options: LintOptions) -> Iterator[str]:
    rules = rules_to_run(config, options)
    for key, value in lint_shape(settings_in_force(config, options)).items():
        yield flat(f"lint.{key} = {value}")
    yield f"rules = {', '.join(rule.code for rule in rules)}"
