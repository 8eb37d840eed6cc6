"""The folder `.agentops`, below the project and never committed."""

from pathlib import Path

from agentops_cli.errors import StoreError
from agentops_cli.files import unwritable


def make_home(root: Path, *below: str) -> Path:
    """Makes `.agentops`, or a folder below it, and gives its path.

    Raises `StoreError` when it cannot be made, or when a link would lead it elsewhere: a repository
    can hold one.
    """
    home = root / ".agentops"
    folder = home.joinpath(*below)
    for part in (home, *(home.joinpath(*below[:depth]) for depth in range(1, len(below) + 1))):
        if part.is_symlink():
            raise StoreError(f"{part} is a link", fix="remove the link")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        ignore = home / ".gitignore"
        if not ignore.exists():
            ignore.write_text("*\n", encoding="utf-8")
    except OSError as error:
        raise unwritable(folder, error) from error
    return folder
