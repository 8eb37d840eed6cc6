"""The commit that prompts are compared with."""

from dataclasses import dataclass

from agentops_cli.config_files import git_root
from agentops_cli.errors import StoreError, UsageError
from agentops_cli.flows.lint.parts import MissingPartError, Scene
from agentops_cli.flows.refs import ALLOW, DEEPEN, DEFAULTS
from agentops_cli.gitrepo import Repository


@dataclass(frozen=True, slots=True, kw_only=True)
class Base:
    """A commit, and what it is called in messages.

    `head` is the commit that is checked out, `is_default_branch` whether the default branch is.
    """

    commit: str
    name: str
    head: str
    is_default_branch: bool


def find_base(repository: Repository, scene: Scene) -> Base:
    """The commit where the branch left the ref that the user named, or the default branch.

    Raises `UsageError` for a ref that does not exist. Where there is no such commit, that is a
    `StoreError` if the user asked for a comparison, else a `MissingPartError`.
    """
    against = scene.options.against
    is_asked = against is not None or scene.options.changed
    if not repository.has_work_tree():
        if git_root(scene.config.root) is None:
            raise _missing("there is no git repository here", None, is_asked=is_asked)
        raise _missing("git does not read the repository here", ALLOW, is_asked=is_asked)
    head = repository.commit("HEAD")
    if against is not None and (head is None or repository.commit(against) is None):
        raise _unknown(against, repository)
    if head is None:
        raise _missing("nothing is committed yet", "commit first", is_asked=is_asked)
    default = _default(repository)
    branch = scene.options.base_branch
    ref = against or (_named(repository, branch) if branch else default)
    if ref is None and branch:
        # Compared with another branch, the changes might seem to be none.
        why = f"GITHUB_BASE_REF is {branch!r}, and origin/{branch} is not here"
        raise _missing(why, DEEPEN, is_asked=is_asked)
    if ref is None:
        why = "the default branch is not known here"
        fix = DEEPEN if repository.is_shallow() else "name a branch with --against"
        raise _missing(why, fix, is_asked=is_asked)
    commit = repository.merge_base("HEAD", ref)
    if commit is None:
        if repository.is_shallow():
            why = f"the clone is shallow: where this branch left {ref} is not in it"
            raise _missing(why, DEEPEN, is_asked=is_asked)
        raise _missing(f"this branch and {ref} share no commit", None, is_asked=is_asked)
    if against is None and commit == head and repository.is_shallow():
        # A clone of one branch calls that the default one, and has no history to tell otherwise.
        why = "the clone is shallow: where this branch began is not in it"
        raise _missing(why, DEEPEN, is_asked=is_asked)
    return Base(
        commit=commit,
        name=ref,
        head=head,
        is_default_branch=default is not None and _is_here(repository, default, head),
    )


def _named(repository: Repository, branch: str) -> str | None:
    """The branch that CI says a pull request goes to, where the remote's is here."""
    full = f"refs/remotes/origin/{branch}"
    return repository.refs([full]).get(full)


def _default(repository: Repository) -> str | None:
    found = repository.refs(DEFAULTS)
    return next((found[name] for name in DEFAULTS if name in found), None)


def _is_here(repository: Repository, default: str, head: str) -> bool:
    """Whether the default branch is checked out; where a commit is, it may be that branch's."""
    branch = repository.branch()
    if branch is None:
        return repository.commit(default) == head
    return branch == default.removeprefix("origin/")


def _unknown(ref: str, repository: Repository) -> Exception:
    if repository.is_shallow():
        problem = f"the clone is shallow, and git does not know {ref!r} in it"
        return StoreError(problem, fix=DEEPEN)
    return UsageError(f"git knows no commit {ref!r}", fix="name a branch, a tag or a commit")


def _missing(why: str, fix: str | None, *, is_asked: bool) -> Exception:
    if is_asked:
        return StoreError(why, fix=fix)
    return MissingPartError(f"{why}; {fix}" if fix else why)
