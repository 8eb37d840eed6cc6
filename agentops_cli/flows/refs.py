"""Which branch others branch off from, and what helps where git cannot tell."""

from typing import Final

DEFAULTS: Final = (
    "refs/remotes/origin/HEAD",
    "refs/remotes/origin/main",
    "refs/remotes/origin/master",
    "refs/heads/main",
    "refs/heads/master",
)
"""Where the default branch is looked for, the likeliest first."""

DEEPEN: Final = (
    "fetch the whole history: 'fetch-depth: 0' in actions/checkout, or git fetch --unshallow"
)

ALLOW: Final = (
    "install git, or where the folder belongs to another user, git config --global --add"
    " safe.directory FOLDER"
)
