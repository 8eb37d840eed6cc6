"""The folder `.agentops`, below the project and never committed, and others of its kind."""

import posixpath
from collections.abc import Sequence
from pathlib import Path, PurePosixPath

from agentops_cli.errors import StoreError
from agentops_cli.files import unwritable


def make_home(root: Path, *below: str) -> Path:
    """Makes `.agentops`, or a folder below it, and gives its path.

    Raises `StoreError` when it cannot be made, or when a link would lead it elsewhere: a repository
    can hold one.
    """
    home = root / ".agentops"
    folder = home.joinpath(*below)
    _refuse_links(root, (".agentops", *below))
    try:
        folder.mkdir(parents=True, exist_ok=True)
        ignore = home / ".gitignore"
        if not ignore.exists():
            ignore.write_text("*\n", encoding="utf-8")
    except OSError as error:
        raise unwritable(folder, error) from error
    return folder


def make_folder(root: Path, name: str) -> Path:
    """Makes a folder that was named, and gives its path; what git sees of a new one is nothing.

    `name` is from the root, or absolute. Raises `StoreError` when it cannot be made, or when a link
    on the way from the root would lead it elsewhere.
    """
    folder = root / posixpath.normpath(name)
    if not PurePosixPath(name).is_absolute():
        _refuse_links(root, PurePosixPath(posixpath.normpath(name)).parts)
    try:
        if not folder.is_dir():
            folder.mkdir(parents=True, exist_ok=True)
            (folder / ".gitignore").write_text("*\n", encoding="utf-8")
    except OSError as error:
        raise unwritable(folder, error) from error
    return folder


def _refuse_links(base: Path, parts: Sequence[str]) -> None:
    for depth in range(1, len(parts) + 1):
        part = base.joinpath(*parts[:depth])
        if part.is_symlink():
            raise StoreError(f"{part} is a link", fix="remove the link")
