"""What a suite means by the name of its prompt."""

import posixpath
from pathlib import PurePosixPath


def prompt_path(name: str, suite: str) -> str | None:
    """The path that the suite at a path means by its `prompt`; None where that is a name."""
    if "/" not in name and not PurePosixPath(name).suffix:
        return None
    return posixpath.normpath(posixpath.join(posixpath.dirname(suite), name))
