"""The prompts of two states that differ, as git and the disk have them."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from agentops_cli.config_files import git_root
from agentops_cli.diff.values import Pair
from agentops_cli.errors import StoreError
from agentops_cli.flows.diff.ends import End, Ends
from agentops_cli.flows.diff.files import state_files
from agentops_cli.flows.diff.pairs import Met, paired
from agentops_cli.flows.diff.reading import (
    StateReader,
    Wanted,
    conflict,
    is_lost,
    problem_of,
    target_of,
)
from agentops_cli.flows.diff.selection import Selection
from agentops_cli.flows.lint.globs import Glob
from agentops_cli.gitdiff import (
    SUBMODULE,
    Blob,
    FileChange,
    Listing,
    Question,
    ask_changes,
    ask_listing,
    changes_in,
    listing_in,
)
from agentops_cli.gitrepo import Repository
from agentops_cli.model.finding import Finding
from agentops_cli.model.place import Location
from agentops_cli.model.settings import Config
from agentops_cli.prompt.source import PromptFile


@dataclass(frozen=True, slots=True, kw_only=True)
class Differing:
    """The prompts that differ, what could not be compared, and how many prompts there are."""

    pairs: tuple[Pair, ...]
    problems: tuple[Finding, ...]
    notes: tuple[str, ...]
    looked_at: int


def find_differing(
    repository: Repository, config: Config, selection: Selection, ends: Ends
) -> Differing:
    """The prompts that were asked for and differ, in the order of their paths.

    Raises `StoreError` where git does not give what it has, and `EmptyError` as the selection does.
    """
    return _Search(repository, config, selection, ends).differing()


class _Search:
    def __init__(
        self, repository: Repository, config: Config, selection: Selection, ends: Ends
    ) -> None:
        self._repository = repository
        self._root = config.root
        self._suites = [Glob.of(pattern) for pattern in config.suites]
        self._selection = selection
        self._ends = ends
        self._problems: list[Finding] = []
        self._notes: list[str] = []

    def differing(self) -> Differing:
        """All that differs."""
        everything, listing = self._asked()
        changes = [change for change in everything if self._is_wanted(change)]
        changes += self._behind_links(everything, listing)
        before = {change.before.path for change in changes if change.before}
        after = {path for path in listing.paths if self._selection.wants(path)}
        self._notes += (
            f"no prompt matches {name!r}" for name in self._selection.vain(before | after)
        )
        self._problems += map(conflict, sorted(after & listing.unmerged))
        clear = [
            change
            for change in changes
            if not (change.is_unmerged or (change.after and change.after.path in listing.unmerged))
        ]
        pairs = [pair for pair in paired(self._met(clear)) if self._is_meant(pair)]
        told = {change.after.path for change in changes if change.after}
        pairs = [pair for pair in pairs if not _is_same(pair)]
        pairs = self._with_included(pairs, everything, sorted(after - told - listing.unmerged))
        self._tell_what_left(pairs)
        if pairs:
            self._tell_deleted_suites(everything)
        return Differing(
            pairs=tuple(pairs),
            problems=tuple(self._problems),
            notes=tuple(self._notes),
            looked_at=len(after | {pair.file.path for pair in pairs}),
        )

    def _tell_deleted_suites(self, everything: Sequence[FileChange]) -> None:
        """A suite that is deleted tests no prompt afterwards, whichever it was about."""
        there = {change.after.name for change in everything if change.after}
        gone = (
            change.before.path
            for change in everything
            if change.before and not change.after and change.before.name not in there
        )
        self._notes += (
            f"suite {path} is deleted"
            for path in gone
            if any(glob.matches.fullmatch(path) for glob in self._suites)
        )

    def _asked(self) -> tuple[list[FileChange], Listing]:
        """What differs, and what there is afterwards; git is at work on both at once."""
        before, after = self._ends.before, self._ends.after
        assert after.state is not None  # noqa: S101 # Only what is before may be nothing.
        is_partial = _is_partial_clone(self._root)
        differing = ask_changes(self._root, before.state, after.state, fetch_first=is_partial)
        listed = ask_listing(self._root, after.state, self._selection.folders)
        answers = [question.answer() for question in (differing, listed)]
        changed, files = (
            self._demanded(answer, question)
            for answer, question in zip(answers, (differing, listed), strict=True)
        )
        changes = changes_in(changed, self._ends.facts.prefix)
        listing = listing_in(files, after.state)
        known = {change.after.path for change in changes if change.after}
        new = (
            FileChange(before=None, after=Blob(path=path, name=None, mode="100644"))
            for path in sorted(listing.untracked - known)
        )
        return [*changes, *new], listing

    def _demanded(self, answer: bytes | None, question: Question) -> bytes:
        if answer is None:
            why = f": {question.complaint}" if question.complaint else ""
            names = f"{self._ends.before.name} and {self._ends.after.name}"
            problem = f"git does not tell what differs between {names}{why}"
            raise StoreError(problem, fix="see what 'git status' says")
        return answer

    def _is_wanted(self, change: FileChange) -> bool:
        sides = [side for side in (change.before, change.after) if side]
        if any(side.mode == SUBMODULE for side in sides):
            self._tell_of_submodule(sides)
            return False
        return any(self._selection.wants(side.path) for side in sides)

    def _tell_of_submodule(self, sides: Sequence[Blob]) -> None:
        path = sides[-1].path
        if not self._selection.may_be_below(path):
            return
        commits = " ".join(side.name[:12] for side in sides if side.name)
        finding = Finding(
            rule="submodule",
            message="the submodule is at another commit, or has changes that are not committed,"
            " and its prompts were not compared",
            location=Location(path=path),
            fix=f"in {path}: agentops prompt diff {commits}",
        )
        self._problems.append(finding)

    def _behind_links(
        self, changes: Iterable[FileChange], listing: Listing
    ) -> Iterator[FileChange]:
        """What differs behind links that are prompts, as if it were in their places."""
        links = [path for path in listing.links if self._selection.wants(path)]
        by_path = {change.after.path: change for change in changes if change.after}
        targets = self._repository.blobs([listing.links[path] for path in links])
        for path, target in zip(links, targets, strict=True):
            change = by_path.get(target_of(path, target or b""))
            if change is not None and path not in by_path:
                yield replace(
                    change,
                    before=change.before and replace(change.before, path=path),
                    after=change.after and replace(change.after, path=path),
                )

    def _met(self, changes: Sequence[FileChange]) -> list[Met]:
        """The prompts on both sides, those apart of which nothing can be told."""
        befores = self._read(
            self._ends.before, [None if each.is_copy else each.before for each in changes], changes
        )
        afters = self._read(self._ends.after, [each.after for each in changes], changes)
        return [
            Met(
                before=before,
                after=after,
                is_untracked=change.before is None
                and change.after is not None
                and change.after.name is None,
            )
            for change, before, after in zip(changes, befores, afters, strict=True)
            if not any(file and is_lost(file) for file in (before, after))
        ]

    def _read(
        self, end: End, blobs: Sequence[Blob | None], changes: Sequence[FileChange]
    ) -> list[PromptFile | None]:
        """The prompts of one side; what keeps one from being read is a problem."""
        wanted = [
            Wanted(blob=blob, is_declared=self._is_declared(change))
            if blob is not None and self._selection.is_prompt(blob.path)
            else None
            for blob, change in zip(blobs, changes, strict=True)
        ]
        reader = StateReader(self._repository, self._root, self._ends.facts.prefix, end)
        files = iter(reader.files([each for each in wanted if each is not None]))
        found = [None if each is None else next(files) for each in wanted]
        for file in found:
            if file is not None and self._is_of_prompt(file):
                problem = problem_of(file, end)
                self._problems += [problem] if problem else []
        return found

    def _with_included(
        self, pairs: Sequence[Pair], everything: Sequence[FileChange], unchanged: Sequence[str]
    ) -> list[Pair]:
        """The pairs with what they include, and those unchanged prompts that include what differs.

        Unchanged ones are read only where a file differs that one may include: one that is no
        prompt, or has no frontmatter.
        """
        if not everything:
            return [*pairs]
        from agentops_cli.flows.diff.included import Included  # Where nothing differs, needless.

        before, after = state_files(self._repository, self._root, self._ends)
        included = Included(before, after)
        found = [included.of(pair) for pair in pairs]
        may_be = not all(self._is_prompt(change) for change in everything)
        if may_be or any(pair.file.block is None for pair in pairs):
            more = [pair for pair in included.in_unchanged(unchanged) if self._is_meant(pair)]
            found = sorted([*found, *more], key=lambda pair: pair.file.path)
        return found

    def _is_prompt(self, change: FileChange) -> bool:
        return any(
            side and self._selection.wants(side.path) for side in (change.before, change.after)
        )

    def _is_declared(self, change: FileChange) -> bool:
        sides = (side for side in (change.before, change.after) if side)
        return any(self._selection.declares(side.path) for side in sides)

    def _is_meant(self, pair: Pair) -> bool:
        return any(
            file is not None and self._is_of_prompt(file) for file in (pair.before, pair.after)
        )

    def _is_of_prompt(self, file: PromptFile) -> bool:
        """Whether a file is the one prompt that the diff is about, where it is about one."""
        return self._ends.prompt is None or file.name == self._ends.prompt

    def _tell_what_left(self, pairs: Iterable[Pair]) -> None:
        """Notes the prompts that were moved to where the configuration names none."""
        for pair in pairs:
            before, after = pair.before, pair.after
            if before and after and self._selection.has_left(before.path, after.path):
                self._notes.append(f"the configuration does not name {after.path}")


def _is_same(pair: Pair) -> bool:
    """Whether only what the disk may do with a file is another."""
    before, after = pair.before, pair.after
    return (
        before is not None
        and after is not None
        and before.path == after.path
        and before.stored.characters == after.stored.characters
    )


def _is_partial_clone(root: Path) -> bool:
    """Whether the repository around a project leaves contents with its remote.

    In a worktree of one that is not seen, and git fetches one content after another.
    """
    folders = ((git_root(root) or root) / ".git", root)
    return any(any(folder.glob("objects/pack/*.promisor")) for folder in folders)
