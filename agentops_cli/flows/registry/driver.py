"""`agentops prompt git-driver` as the program that compares two versions of a file for git.

Source: gitattributes(5), "Defining an external diff driver"; git(1), GIT_EXTERNAL_DIFF.
"""

from collections.abc import Sequence
from pathlib import Path

from agentops_cli.diff.compare import compare
from agentops_cli.diff.values import DiffReport, Pair, Side
from agentops_cli.errors import StoreError, UnreadableError, UsageError
from agentops_cli.files import open_ordinary
from agentops_cli.model.settings import Config
from agentops_cli.prompt.formats import read_bytes
from agentops_cli.prompt.source import PromptFile

_NOWHERE = "/dev/null"
_SHORT = 10


def driven(asked: Sequence[str], config: Config) -> DiffReport:
    """The diff of two files that git has put down for it.

    It gives the path, for each side a file, the name of its blob and its mode, and of a file that
    was renamed its new path and a text about that. Raises `UsageError` for anything else.
    """
    if len(asked) not in {7, 9}:
        raise UsageError("git gives one file to be shown, or two to be compared")
    path, old_file, old_blob, _, new_file, new_blob, _, *renamed = asked
    before = _read(old_file, path)
    after = _read(new_file, renamed[0] if renamed else path)
    if before is None and after is None:
        raise UsageError("git gives no file at all")
    same = before is not None and after is not None and before.text == after.text
    pair = Pair(before=before, after=after)
    found = () if same and not renamed else (compare(pair, levels=config.diff.levels),)
    return DiffReport(
        before=_side(old_blob),
        after=_side(new_blob),
        prompts=found,
        looked_at=1,
        problems=tuple(each for file in (before, after) if file for each in file.problems),
    )


def read_file_bytes(name: str) -> bytes:
    """The bytes of a file that git names; raises `UnreadableError`."""
    try:
        with open(open_ordinary(Path(name)), "rb") as stream:  # noqa: PTH123 # It is a descriptor.
            return stream.read()
    except (OSError, StoreError) as error:
        raise UnreadableError(f"{name!r} cannot be read: {error}", fix="name a file") from error


def _read(name: str, path: str) -> PromptFile | None:
    if name == _NOWHERE:
        return None
    return read_bytes(read_file_bytes(name), path=path, is_declared=True)


def _side(blob: str) -> Side:
    """How people call a side: git names no blob for a file of the working tree."""
    is_known = blob.strip("0.") != ""
    return Side(name=blob[:_SHORT] if is_known else "the working tree")
