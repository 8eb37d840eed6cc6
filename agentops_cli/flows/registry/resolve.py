"""One version of one prompt: from a name and a range to a file, wherever git keeps it."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from agentops_cli.config_files import git_root
from agentops_cli.diff.registered import version_of
from agentops_cli.errors import AgentopsError, EmptyError, InputError, StoreError, UsageError
from agentops_cli.flows.lint.discover import Finder
from agentops_cli.flows.lint.globs import Glob
from agentops_cli.flows.refs import ALLOW, DEEPEN
from agentops_cli.flows.registry.choice import Choice
from agentops_cli.flows.registry.history import Lineage, State
from agentops_cli.flows.registry.names import Names, may_be
from agentops_cli.flows.registry.trees import CommitTree, PromptTree, WorkingTree
from agentops_cli.flows.registry.wanted import Wanted, read_wanted
from agentops_cli.gitlog import GitLog, Tag
from agentops_cli.gitrepo import Repository
from agentops_cli.model.finding import Finding
from agentops_cli.model.settings import Config
from agentops_cli.prompt.change_kinds import Change
from agentops_cli.prompt.changes import changes, regraded
from agentops_cli.prompt.formats import read_bytes
from agentops_cli.prompt.likeness import is_one_prompt
from agentops_cli.prompt.read import read_prompt
from agentops_cli.prompt.render import Renderer
from agentops_cli.prompt.source import PromptFile

TAGS = "prompt/"
"""How the names of all tags of versions begin: `prompt/<name>@<version>`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolved:
    """One version of a prompt, and the tree that it is in, from which its template includes.

    `tag` is the tag that led to it, None where history or a ref did.
    """

    file: PromptFile
    tree: PromptTree
    tag: str | None = None

    @property
    def version(self) -> str | None:
        """The version that it gives itself."""
        return version_of(self.file)

    @property
    def commit(self) -> str | None:
        """The commit that it is from; None where it is from the disk."""
        return self.tree.commit

    def renderer(self, clock: Callable[[], float]) -> Renderer:
        """The version as `eval` reads and renders it; raises `InputError` where it would."""
        if self.file.problems and not self.file.text:
            raise InputError(self.file.problems)  # It is too large, or no text at all.
        prompt = read_prompt(self.file.stored.characters, path=self.file.path)
        return Renderer(prompt, clock=clock, source=self.tree.source)


@dataclass(frozen=True, slots=True, kw_only=True)
class Latest:
    """A prompt as it is now, and the path that it has at the commit where its history begins."""

    file: PromptFile
    commit: str
    path: str


def resolve(name_and_range: str, config: Config) -> Resolved:
    """The version that `name`, `name@1.2.0`, `name@^1.2` or `name@{REF}` means.

    See `Registry.resolve`.
    """
    return Registry(config).resolve(name_and_range)


class Registry:
    """The prompts of a project and their versions. Git is asked when a version is."""

    def __init__(self, config: Config) -> None:
        self._config = config
        self.root = config.root
        self.repository = Repository(config.root)
        self.log = GitLog(config.root)
        self.declares = Finder(config.root, config.prompts).declares

    @cached_property
    def head(self) -> str | None:
        """The commit that is checked out; None without one, or without a repository."""
        return self.repository.commit("HEAD")

    @cached_property
    def here(self) -> Names:
        """The prompts of the working tree; in a bare repository, those of its `HEAD`."""
        is_bare = git_root(self.root) is None and (self.root / "HEAD").is_file()
        if is_bare and self.head is not None and not self.repository.has_work_tree():
            return Names(self._tree(self.head, "HEAD"))
        return Names(WorkingTree(self._config))

    @cached_property
    def committed(self) -> Names:
        """The prompts of the commit that is checked out."""
        return self.at("HEAD")

    def at(self, ref: str) -> Names:
        """The prompts at a ref of git; raises `UsageError` where there is no such commit."""
        commit = self.repository.commit(ref)
        if commit is not None:
            return Names(self._tree(commit, ref))
        self.demand_git()
        if self.repository.is_shallow():
            problem = f"the clone is shallow, and git does not know {ref!r} in it"
            raise StoreError(problem, fix=DEEPEN)
        raise UsageError(f"git knows no commit {ref!r}", fix="name a branch, a tag or a commit")

    def demand_git(self) -> None:
        """Raises `StoreError` where no commit is checked out: nothing has a history there."""
        if self.head is not None:
            return
        if self.is_unreadable:
            raise StoreError("git does not read the repository here", fix=ALLOW)
        if git_root(self.root) is None and not self.repository.has_work_tree():
            raise StoreError("there is no git repository here, so there are no other versions")
        raise StoreError("nothing is committed yet", fix="commit first")

    def demand_files(self) -> None:
        """Raises `StoreError` where there are no files that could be written."""
        if self.here.tree.commit is not None:
            raise StoreError("a bare repository has no files", fix="work in a clone of it")

    @cached_property
    def is_unreadable(self) -> bool:
        """Whether there is a repository that git does not read, or no git that could."""
        return git_root(self.root) is not None and not self.repository.has_work_tree()

    def resolve(self, name_and_range: str) -> Resolved:
        """The version that is wanted: of a name alone, the one in the working tree.

        Of a range it is the highest version that has a tag; where none has, the highest of the
        history of the branch; where there is none either, that of the working tree if it is in the
        range. A version means the last commit that had it. One before a release is meant only where
        it is named. Raises `UsageError` for what no one can mean and for an unknown ref,
        `EmptyError` where no prompt or no version is found, `InputError` where several prompts have
        the name or a tag leads to another version, `StoreError` where git does not tell.
        """
        wanted = read_wanted(name_and_range)
        if wanted.ref is not None:
            names = self.at(wanted.ref)
            return Resolved(file=names.named(wanted.name), tree=names.tree)
        if wanted.range is None:
            return Resolved(file=self.here.named(wanted.name), tree=self.here.tree)
        choice = Choice(wanted.range)
        if self.head is None:
            return self._here(wanted, choice, known=())
        return self._tagged(wanted, choice) or self._historical(wanted, choice)

    def changes(self, before: PromptFile, after: PromptFile) -> tuple[Change, ...]:
        """What differs, of the levels that the project gives it."""
        return regraded(changes(before, after), self._config.diff.levels)

    def tags_of(self, name: str) -> dict[str, Tag]:
        """The tags of a prompt by the versions that they name."""
        beginning = f"{TAGS}{name}@"
        return {tag.name.removeprefix(beginning): tag for tag in self.log.tags(beginning)}

    @cached_property
    def folders(self) -> Sequence[str]:
        """The folders below which there may be prompts."""
        return sorted({Glob.of(pattern).folder for pattern in self._config.prompts})

    def latest(self, name: str, ref: str | None = None) -> Latest:
        """A prompt at a ref, or else in the working tree; one that was deleted, as it was last.

        Raises `EmptyError` where there never was one, `StoreError` without a repository.
        """
        self.demand_git()
        committed = self.at(ref) if ref is not None else self.committed
        commit = committed.tree.commit
        assert commit is not None  # noqa: S101 # It is at a commit.
        file = None if ref is not None else self.here.find(name)
        before = committed.find(name, likely=file.path if file else None)
        if before is None and file is not None:
            before = self._moved(file, committed)
        latest = file or before
        if latest is not None:
            return Latest(file=latest, commit=commit, path=(before or latest).path)
        gone = self._gone(name, commit)
        if gone is None:
            raise (committed if ref is not None else self.here).missing(name)
        return gone

    def _moved(self, file: PromptFile, committed: Names) -> PromptFile | None:
        """The committed prompt that a file is, under a path that is gone; None where it is new."""
        lost = [path for path in committed.tree.paths if self.here.tree.stored(path) is None]
        found = (committed.tree.file(path) for path in lost)
        return next((before for before in found if is_one_prompt(before, file)), None)

    def states(self, latest: Latest) -> Iterator[State]:
        """The committed states of a prompt, the latest first."""
        lineage = Lineage(self.log, self.repository, self.declares)
        return lineage.states(latest.commit, latest.path)

    def _gone(self, name: str, start: str) -> Latest | None:
        """A prompt that was deleted, as it was before the last time."""
        for revision in self.log.revisions(start, self.folders):
            if revision.blob is not None or revision.before is None or not revision.parents:
                continue
            path = revision.path
            if not self.declares(path):
                continue
            content = self.repository.content(revision.before)
            if not may_be(name, path, content):
                continue
            file = read_bytes(content, path=path, is_declared=True)
            if file.name == name:
                return Latest(file=file, commit=revision.parents[0], path=path)
        return None

    def _tagged(self, wanted: Wanted, choice: Choice) -> Resolved | None:
        here = self.here.find(wanted.name)
        name = here.name if here else wanted.name
        tags = self.tags_of(name)
        version = choice.best(tags)
        if version is None:
            return None
        tag = tags[version]
        tree = self._tree(tag.commit, tag.name)
        file = Names(tree).find(name, likely=here.path if here else None)
        if file is None or version_of(file) not in {version, version.removeprefix("v")}:
            found = "no such prompt" if file is None else f"version {version_of(file)}"
            raise _false_tag(tag, found)
        return Resolved(file=file, tree=tree, tag=tag.name)

    def _historical(self, wanted: Wanted, choice: Choice) -> Resolved:
        latest = self.latest(wanted.name)
        states: dict[str, State] = {}
        for state in self.states(latest):
            version = state.version
            if version is not None:
                states.setdefault(version, state)
                if version == choice.text:
                    break  # Nothing can fit better.
        version = choice.best(states)
        if version is None or (version != choice.text and self.repository.is_shallow()):
            # Of a cut history nobody knows what would fit best.
            return self._here(wanted, choice, known=states)
        state = states[version]
        name = f"{latest.file.name}@{version}"
        return Resolved(file=state.file, tree=self._tree(state.revision.commit, name))

    def _here(
        self, wanted: Wanted, choice: Choice, known: "dict[str, State] | tuple[()]"
    ) -> Resolved:
        file = self.here.find(wanted.name)
        if file is None and not known:
            raise self.here.missing(wanted.name)
        version = version_of(file) if file else None
        is_cut = self.head is not None and self.repository.is_shallow()
        if (
            file is not None
            and version is not None
            and choice.best([version]) is not None
            and (version == choice.text or not is_cut)
        ):
            return Resolved(file=file, tree=self.here.tree)
        if self.head is None and self.is_unreadable:
            self.demand_git()  # It may well have the version.
        versions = [*dict.fromkeys([*([version] if version else []), *known])]
        if is_cut:
            problem = f"the clone is shallow: what {wanted} means cannot be told from it"
            raise StoreError(problem, fix=DEEPEN)
        if not choice.is_range:
            is_ref = self.head is not None and self.repository.commit(choice.text) is not None
            raise UsageError(
                f"{wanted.range!r} is no range of versions",
                fix=f"write {wanted.name}@{{{wanted.range}}}"
                if is_ref
                else "write one such as 1.2.0, ^1.2, ~1.2.3, '>=1 <2' or '1 || 2'",
            )
        shown = ", ".join(versions[:_SHOWN]) + (", …" if versions[_SHOWN:] else "")
        raise EmptyError(
            f"no version of {wanted.name!r} is {wanted.range}",
            fix=f"there are {shown}" if versions else "give it a version",
        )

    def _tree(self, commit: str, name: str) -> CommitTree:
        return CommitTree(self._config, self.repository, commit, name)


def _false_tag(tag: Tag, found: str) -> AgentopsError:
    return InputError(
        [
            Finding(
                rule="false-tag",
                message=f"the tag {tag.name} leads to {found}",
                location=None,
                fix="delete it, and tag the commit that has the version: agentops prompt tag",
            )
        ]
    )


_SHOWN = 8
