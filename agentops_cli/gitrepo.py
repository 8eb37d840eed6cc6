"""What git says about the working folder."""

import subprocess
from pathlib import Path

from agentops_cli.model.result import GitStamp


def stamp(folder: Path) -> GitStamp | None:
    """The commit that is checked out; None outside a repository, before the first commit, or
    where git is not installed: a run needs no git.
    """
    commit = _git(folder, "rev-parse", "--verify", "--quiet", "HEAD")
    if commit is None:
        return None
    branch = _git(folder, "symbolic-ref", "--short", "--quiet", "HEAD")
    changed = _git(folder, "status", "--porcelain", "--untracked-files=no")
    return GitStamp(commit=commit, branch=branch, dirty=bool(changed))


def tracks_any(folder: Path) -> bool | None:
    """True when a file of a folder is part of the repository around it: committed, or about to be.

    None where there is a repository and git does not tell: it is not installed, or refuses one that
    belongs to somebody else.
    """
    if not any((above / ".git").exists() for above in (folder, *folder.parents)):
        return False
    listed = _git(folder, "ls-files", "--", ".")
    return None if listed is None else bool(listed)


def _git(folder: Path, *args: str) -> str | None:
    """The output of a git command that only reads, None when it fails."""
    try:
        done = subprocess.run(  # noqa: S603 # Fixed arguments, no shell.
            ["git", "--no-optional-locks", "-C", str(folder), *args],  # noqa: S607 # The user's git.
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=True,
            timeout=30,
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return done.stdout.decode(errors="replace").strip()
