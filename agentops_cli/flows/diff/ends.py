"""Which two states a diff is about: from what the user typed to commits.

Git is asked twice, whatever was typed: one process resolves all names, another tells where two
commits parted.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from agentops_cli.config_files import git_root
from agentops_cli.diff.values import Side
from agentops_cli.errors import StoreError, UsageError
from agentops_cli.flows.diff.options import DiffOptions
from agentops_cli.flows.refs import ALLOW, DEEPEN, DEFAULTS
from agentops_cli.gitdiff import Facts, Live, facts
from agentops_cli.gitrepo import Repository
from agentops_cli.model.settings import Config

_MOST_REFS: Final = 2
_BEFORE_NAME: Final = re.compile("refs/(?:heads|remotes)/")


@dataclass(frozen=True, slots=True, kw_only=True)
class End:
    """One of two states: what people call it, and what git does.

    `state` is None for the files of a repository in which nothing is committed yet. `prompt` is the
    one that the state is about, None where it is about all.
    """

    name: str
    state: str | Live | None
    prompt: str | None = None

    @property
    def side(self) -> Side:
        """The same for readers."""
        return Side(name=self.name, commit=self.commit)

    @property
    def commit(self) -> str | None:
        """The commit, where it is one."""
        return None if self.state in {"the index", "the working tree"} else self.state


@dataclass(frozen=True, slots=True, kw_only=True)
class Ends:
    """Both states, and what there is to know of the repository.

    `hint` is for whoever finds nothing between them, where that may not be what was meant.
    """

    before: End
    after: End
    facts: Facts
    hint: str | None = None

    @property
    def prompt(self) -> str | None:
        """The one prompt that the diff is about, where a side names one."""
        return self.before.prompt or self.after.prompt


def find_ends(repository: Repository, config: Config, options: DiffOptions) -> Ends:
    """The states that the user means.

    Raises `UsageError` for refs that cannot be, `StoreError` where git cannot tell.
    """
    return _Finder(repository, config, options).ends()


class _Finder:
    def __init__(self, repository: Repository, config: Config, options: DiffOptions) -> None:
        self._repository = repository
        self._config = config
        self._options = options

    def ends(self) -> Ends:
        ends = self._ends()
        if ends.before.state == "the working tree":
            problem = f"{ends.before.name} is not committed"
            raise UsageError(problem, fix="name the earlier version first, or commit it")
        names = {end.prompt for end in (ends.before, ends.after) if end.prompt is not None}
        if len(names) > 1:
            raise UsageError(
                f"{ends.before.name} and {ends.after.name} are two prompts",
                fix="name two versions of one",
            )
        return ends

    def _ends(self) -> Ends:
        refs, from_base = _split(self._options.refs)
        if self._options.staged:
            return self._staged(refs, from_base=from_base)
        match refs:
            case []:
                return self._since_base()
            case [one]:
                before = self._end(one)
                return Ends(before=before, after=_TREE, facts=self._facts(needs_tree=True))
            case [one, other] if from_base:
                before, after = self._end(one), self._end(other)
                known, base = self._parted(before, after)
                name = f"the merge base of {one} and {other}"
                before = End(name=name, state=base, prompt=before.prompt)
                return Ends(before=before, after=after, facts=known)
            case [one, other]:
                before, after = self._end(one), self._end(other)
                return Ends(before=before, after=after, facts=self._facts())
            case _:
                problem = f"{len(refs)} refs are given, and a diff has two sides"
                raise UsageError(problem, fix="put '--' before paths: REF REF -- PATH")

    def _staged(self, refs: Sequence[str], *, from_base: bool) -> Ends:
        if from_base or len(refs) >= _MOST_REFS:
            raise UsageError("--staged compares with one ref at most", fix="leave out the other")
        known = self._facts(needs_tree=True)
        if refs:
            return Ends(before=self._end(refs[0]), after=_INDEX, facts=known)
        head = self._repository.commit("HEAD")
        name = "nothing" if head is None else "HEAD"
        return Ends(before=End(name=name, state=head), after=_INDEX, facts=known)

    def _since_base(self) -> Ends:
        head = self._repository.commit("HEAD")
        if head is None:
            self._facts(needs_tree=True)
            fix = "commit first, or see what would be committed: --staged"
            raise StoreError("nothing is committed yet", fix=fix)
        ref, tip = self._default()
        end = End(name=ref, state=tip)
        known, base = self._parted(end, End(name="HEAD", state=head))
        if not known.has_work_tree:
            raise _bare()
        if base == head and known.is_shallow:
            # A clone of one branch calls that the default one, and cannot tell otherwise.
            why = "the clone is shallow: where this branch began is not in it"
            raise StoreError(why, fix=DEEPEN)
        before = End(name=f"the merge base with {ref}", state=base)
        hint = _NOTHING_SINCE.format(ref=ref) if base == head else None
        return Ends(before=before, after=_TREE, facts=known, hint=hint)

    def _default(self) -> tuple[str, str]:
        """The branch that others branch off from, and its commit."""
        named = self._options.base_branch
        for ref in [f"refs/remotes/origin/{named}"] if named else DEFAULTS:
            commit = self._repository.commit(ref)
            if commit is not None:
                return _BEFORE_NAME.sub("", ref), commit
        if named:
            # Compared with another branch, the changes might seem to be none.
            why = f"GITHUB_BASE_REF is {named!r}, and origin/{named} is not here"
            raise StoreError(why, fix=DEEPEN)
        shallow = self._facts().is_shallow
        why = "the default branch is not known here"
        raise StoreError(why, fix=DEEPEN if shallow else "name what to compare with: REF")

    def _end(self, ref: str) -> End:
        commit = self._repository.commit(ref)
        if commit is not None:
            return End(name=ref, state=commit)
        # A branch may be called as a prompt is, and a tag as its version: git is asked first.
        if "@" in ref[1:] and self._repository.commit("HEAD") is not None:
            return self._version(ref)
        raise self._unknown(ref)

    def _version(self, wanted: str) -> End:
        """The state at which a prompt has the version that `name@…` means."""
        from agentops_cli.flows.registry.resolve import resolve  # Few diffs ask for one.

        found = resolve(wanted, self._config)
        state: str | Live = found.tree.commit or "the working tree"
        return End(name=wanted, state=state, prompt=found.file.name)

    def _parted(self, one: End, other: End) -> tuple[Facts, str]:
        """The facts, and the last commit that two have in common."""
        if one.commit is None or other.commit is None:
            raise UsageError(f"{one.name} and {other.name} are not both committed")
        known = self._facts(between=(one.commit, other.commit))
        if known.base is not None:
            return known, known.base
        if known.is_shallow:
            why = f"the clone is shallow: where {other.name} left {one.name} is not in it"
            raise StoreError(why, fix=DEEPEN)
        why = f"{one.name} and {other.name} share no commit"
        raise StoreError(why, fix=f"compare them as they are: {one.name} {other.name}")

    def _facts(self, *, between: tuple[str, str] | None = None, needs_tree: bool = False) -> Facts:
        root = self._config.root
        known = facts(root, between)
        if known is None:
            is_there = git_root(root) is not None
            raise (
                StoreError("git does not read the repository here", fix=ALLOW)
                if is_there
                else StoreError("there is no git repository here", fix="run it in one")
            )
        if needs_tree and not known.has_work_tree:
            raise _bare()
        return known

    def _unknown(self, ref: str) -> Exception:
        if self._facts().is_shallow:
            return StoreError(
                f"the clone is shallow, and git does not know {ref!r} in it", fix=DEEPEN
            )
        fix = "name a branch, a tag or a commit"
        if ref and ((self._options.cwd or self._config.root) / ref).exists():
            fix = f"put '--' before paths: -- {ref}"
        return UsageError(f"git knows no commit {ref!r}", fix=fix)


def _split(refs: Sequence[str]) -> tuple[list[str], bool]:
    """The refs one by one, and whether it is where they parted that is compared."""
    if len(refs) != 1:
        return [*refs], False
    for dots in ("...", ".."):
        one, found, other = refs[0].partition(dots)
        if found:
            return [one or "HEAD", other or "HEAD"], dots == "..."
    return [*refs], False


def _bare() -> UsageError:
    return UsageError("the repository has no working tree", fix="name two refs: REF REF")


_NOTHING_SINCE: Final = (
    "nothing is committed since {ref}; to see its last commit: agentops prompt diff HEAD~"
)
_TREE: Final = End(name="the working tree", state="the working tree")
_INDEX: Final = End(name="the index", state="the index")
