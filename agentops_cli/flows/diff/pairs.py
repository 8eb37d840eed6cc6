"""Which prompts differ between two states: each one before and after, renames followed."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

from agentops_cli.diff.values import Pair
from agentops_cli.prompt.likeness import is_one_prompt, written_name
from agentops_cli.prompt.source import PromptFile

_MOST_COMPARED: Final = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Met:
    """A prompt on both sides, as git puts files together; None on the side that has none.

    Git has not looked at the later one where it `is_untracked`.
    """

    before: PromptFile | None
    after: PromptFile | None
    is_untracked: bool = False

    @property
    def stays(self) -> bool:
        """Whether the path is the same."""
        return (
            self.before is not None
            and self.after is not None
            and self.before.path == self.after.path
        )


def paired(met: Sequence[Met]) -> list[Pair]:
    """The prompts one by one, in the order of their paths.

    What a prompt calls itself tells which one it is, wherever its file is; then its path, and then
    what git takes for renamed, where it looks like that for the prompts too. Git was not told of a
    new file, so those are compared here with what is lost.
    """
    moved = _moved_by_name(met)
    pairs = [Pair(before=before, after=after) for before, after in moved]
    gone = {id(file) for files in moved for file in files}
    lost: list[PromptFile] = []
    new: list[Met] = []
    for each in met:
        before = each.before if id(each.before) not in gone else None
        after = each.after if id(each.after) not in gone else None
        if before and after and (each.stays or is_one_prompt(before, after)):
            pairs.append(Pair(before=before, after=after))
            continue
        if before:
            lost.append(before)
        if after:
            new.append(replace(each, before=None, after=after))
    pairs += _unpaired(lost, new)
    return sorted(pairs, key=lambda pair: pair.file.path)


def _moved_by_name(met: Sequence[Met]) -> list[tuple[PromptFile, PromptFile]]:
    """The prompts of one written name whose files have other paths, each name once on each side."""
    before = _by_name(met, lambda each: each.before)
    after = _by_name(met, lambda each: each.after)
    both = ((before[name], after[name]) for name in before.keys() & after.keys())
    return [(old, new) for old, new in both if old.path != new.path]


def _by_name(met: Sequence[Met], side: Callable[[Met], PromptFile | None]) -> dict[str, PromptFile]:
    files = [file for each in met if (file := side(each)) is not None]
    named = [(name, file) for file in files if (name := written_name(file)) is not None]
    count = Counter(name for name, _ in named)
    return {name: file for name, file in named if count[name] == 1}


def _unpaired(lost: list[PromptFile], new: list[Met]) -> Iterator[Pair]:
    left = [*lost]
    for each in new:
        assert each.after is not None  # noqa: S101 # Callers keep those that have come.
        file = each.after
        candidates = left[:_MOST_COMPARED] if each.is_untracked else []
        before = next((old for old in candidates if is_one_prompt(old, file)), None)
        if before is not None:
            left.remove(before)
        yield Pair(before=before, after=file)
    yield from (Pair(before=file, after=None) for file in left)
