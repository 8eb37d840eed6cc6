"""The file of the baseline: found, read and written."""

from collections.abc import Callable, Collection, Iterable
from pathlib import Path

from agentops_cli.errors import InputError, UnreadableError, UsageError
from agentops_cli.files import atomic_write
from agentops_cli.flows.lint.options import LintOptions
from agentops_cli.lint.baseline import Baseline, baseline_text, read_baseline
from agentops_cli.lint.finding import LintFinding
from agentops_cli.model.settings import Config
from agentops_cli.sources import Disk


def baseline_of(config: Config, options: LintOptions) -> Baseline | None:
    """The baseline that is named, None where none is.

    One that is not there knows nothing, so it is a mistake, unless it is about to be written.
    Raises `UnreadableError`, and `InputError` where it is none.
    """
    path = _path(config, options)
    if path is None:
        if options.write_baseline:
            problem = "--write-baseline does not know where to"
            raise UsageError(problem, fix="name the file with --baseline FILE")
        return None
    disk = Disk(config.root)
    try:
        return read_baseline(disk.read(path), path=path)
    except UnreadableError:
        if options.write_baseline and not (config.root / path).exists():
            return None
        raise
    except InputError:
        # Whoever writes it anew wants to be rid of what is wrong with it.
        if options.write_baseline:
            return None
        raise


def write_baseline(
    config: Config,
    options: LintOptions,
    found: Iterable[LintFinding],
    *,
    before: Baseline | None,
    codes: Collection[str],
    is_seen: Callable[[str], bool],
) -> None:
    """Writes what was found, beside the entries that this run knows nothing about."""
    kept = before.kept(codes=codes, is_seen=is_seen) if before else None
    with atomic_write(config.root / (_path(config, options) or "")) as stream:
        stream.write(baseline_text(found, kept))


def _path(config: Config, options: LintOptions) -> str | None:
    """The path of the baseline from the root, absolute where it is outside."""
    if options.baseline is None:
        return config.lint.baseline
    path = (options.cwd or config.root) / options.baseline
    root = Path(config.root)
    return path.relative_to(root).as_posix() if path.is_relative_to(root) else path.as_posix()
