"""Where links lead: a branch from a stranger may hold one to any file of this machine."""

import os
from pathlib import Path

from agentops_cli.config_files import git_root


def leads_out(root: Path, path: str) -> bool:
    """Whether a path from a project's root ends outside of the repository, or in what git keeps.

    Git keeps keys there: `actions/checkout` writes the token of a run into `.git/config`.
    """
    top = os.path.realpath(git_root(root) or root)
    found = Path(os.path.realpath(root / path))
    if not found.is_relative_to(top):
        return True
    return any(part.lower() == ".git" for part in found.relative_to(top).parts)
