"""`agentops prompt diff`: from refs to what they change."""

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from agentops_cli.diff.values import DiffReport, Pair, PromptDiff
from agentops_cli.flows.diff.differing import find_differing
from agentops_cli.flows.diff.ends import find_ends
from agentops_cli.flows.diff.files import StateFiles, state_files
from agentops_cli.flows.diff.options import DiffOptions
from agentops_cli.flows.diff.selection import Selection
from agentops_cli.flows.diff.settings import levels_at
from agentops_cli.gitrepo import Repository
from agentops_cli.model.finding import in_reading_order
from agentops_cli.model.settings import Config
from agentops_cli.prompt.change_kinds import Level

if TYPE_CHECKING:
    from agentops_cli.flows.diff.context import Placed

__all__ = ["DiffOptions", "diff"]

_GRAVEST = ("breaking", "risky", "safe")


def diff(config: Config, options: DiffOptions) -> DiffReport:
    """What changed between two states of the prompts, the gravest first.

    Raises `UsageError` for refs that cannot be, `StoreError` where git cannot tell, `EmptyError`
    where what was asked for is nowhere.
    """
    repository = Repository(config.root)
    ends = find_ends(repository, config, options)
    selection = Selection(repository, config, options, ends)
    files = state_files(repository, config.root, ends)
    levels, changed = levels_at(ends.before, repository, ends.facts.prefix, config)
    found = find_differing(repository, config, selection, ends)
    placed = _compared(found.pairs, config, options, levels, files) if found.pairs else None
    prompts, unread = (placed.prompts, placed.notes) if placed else ((), ())
    hint = None if prompts or found.problems else ends.hint
    return DiffReport(
        before=ends.before.side,
        after=ends.after.side,
        prompts=tuple(sorted(prompts, key=_order)),
        looked_at=found.looked_at,
        problems=in_reading_order(found.problems),
        notes=(
            *found.notes,
            *unread,
            *filter(None, (changed if prompts else None, hint)),
            *_silent(prompts),
        ),
    )


def _compared(
    pairs: Sequence[Pair],
    config: Config,
    options: DiffOptions,
    levels: Mapping[str, Level],
    files: tuple[StateFiles, StateFiles],
) -> "Placed":
    # Where nothing differs, nothing of this is loaded.
    from agentops_cli.diff.compare import compare
    from agentops_cli.flows.diff.context import placed

    compared = [compare(pair, levels=levels) for pair in pairs]
    return placed(config, compared, render=options.render, files=files)


def _silent(prompts: Sequence[PromptDiff]) -> Iterator[str]:
    """Says of prompts that differ in nothing that has a class in what they do differ."""
    for each in prompts:
        before, after = each.pair.before, each.pair.after
        if each.changes or before is None or after is None:
            continue
        how = "the notation of its frontmatter, or white space"
        if before.text == after.text:
            how = "its line ends, or a byte-order mark"
        yield f"{after.path}: all that differs is {how}"


def _order(found: PromptDiff) -> tuple[int, str]:
    return _GRAVEST.index(found.level), found.pair.file.path
