"""The prompts of one state, from git or from the disk, and what cannot be read of them."""

import posixpath
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from agentops_cli.errors import StoreError
from agentops_cli.flows.diff.ends import End
from agentops_cli.flows.links import leads_out
from agentops_cli.flows.lint.reading import Reader, Unread
from agentops_cli.gitdiff import LINK, Blob
from agentops_cli.gitrepo import REFETCH, Repository
from agentops_cli.model.finding import Finding
from agentops_cli.model.place import Location
from agentops_cli.prompt.formats import read_bytes, unreadable
from agentops_cli.prompt.source import MAX_BYTES, PromptFile

_UNREAD: Final = frozenset(
    {
        "unreadable",
        "encoding",
        "bad-yaml",
        "missing-frontmatter",
        "unterminated-frontmatter",
        "too-large",
        "too-deep",
        "too-many-values",
    }
)
"""What a reader says of a file of which it could not read all."""

_LOOSE: Final = frozenset(
    {
        "copilot-prompt",
        "copilot-instructions",
        "copilot-agent",
        "skill",
        "claude-agent",
        "claude-command",
        "cursor-rule",
        "agents-md",
        "plain",
    }
)
"""The conventions whose frontmatter is mostly no valid YAML: all of it is read line by line."""

_BINARY: Final = "\0"
_LFS: Final = b"version https://git-lfs.github.com/spec/"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """A file to read; `is_declared` where the configuration names it, then or now."""

    blob: Blob
    is_declared: bool


class StateReader:
    """Reads the prompts of one state of a project at `root`; `prefix` leads there from git's."""

    def __init__(self, repository: Repository, root: Path, prefix: str, end: End) -> None:
        self._repository = repository
        self._root = root
        self._disk = Reader(root, lambda _path: True)
        self._prefix = prefix
        self._end = end

    def files(self, wanted: Sequence[Wanted]) -> list[PromptFile]:
        """The files, in order; git is asked for all of them at once.

        Raises `StoreError` where it does not have a content that it knows of.
        """
        named = [each.blob.name for each in wanted if each.blob.name is not None]
        contents = self._repository.blobs(named, most=MAX_BYTES + 1)
        return [
            self._file(each, None if each.blob.name is None else next(contents)) for each in wanted
        ]

    def _on_disk(self, path: str) -> bytes | Unread:
        if leads_out(self._root, path):
            return Unread(
                message="it is a link that leads out of the repository, or to what git keeps",
                fix="put the file itself there",
            )
        return self._disk.stored(path)

    def _file(self, wanted: Wanted, content: bytes | Unread | None) -> PromptFile:
        path = wanted.blob.path
        # Git names contents of the working tree that it compared, whether it has them or not.
        if content is None and (wanted.blob.name is None or self._end.state == "the working tree"):
            content = self._on_disk(path)
        elif wanted.blob.mode == LINK and isinstance(content, bytes):
            content = self._behind(path, content)
        if content is None:
            raise StoreError(
                f"git does not have the content of {path} at {self._end.name}",
                fix=REFETCH,
            )
        if isinstance(content, Unread):
            return unreadable(path, content.message, fix=content.fix)
        if content.startswith(_LFS):
            return unreadable(path, "it is kept in Git LFS", fix="keep prompts in git itself")
        return read_bytes(content, path=path, is_declared=wanted.is_declared)

    def _behind(self, path: str, link: bytes) -> bytes | Unread:
        """The content of the file that a link leads to, as this state has it."""
        target = target_of(path, link)
        state = self._end.commit or ""
        whole = posixpath.normpath(self._prefix + target)
        found = self._repository.blob(f"{state}:{whole}")
        return (
            Unread(message=f"it is a link to {target}, which is no file")
            if found is None
            else found
        )


def target_of(path: str, link: bytes) -> str:
    """The path that a link at a path leads to."""
    text = link.decode(errors="surrogateescape")
    return posixpath.normpath(posixpath.join(posixpath.dirname(path), text))


def problem_of(file: PromptFile, end: End) -> Finding | None:
    """The first thing that keeps a prompt from being read whole, said with the state it is in."""
    found = unread(file)
    if found is None or end.commit is None:
        return found
    return replace(found, message=f"at {end.name}: {found.message}")


def unread(file: PromptFile) -> Finding | None:
    """The first thing that keeps a prompt from being read whole."""
    found = next((each for each in file.problems if _is_grave(file, each)), None)
    if _BINARY in file.text:
        found = Finding(
            rule="encoding",
            message="it is a binary file, which has no text to compare",
            location=Location(path=file.path),
            fix="save it as UTF-8, or leave it out of the prompts that the configuration names",
        )
    return found


def is_lost(file: PromptFile) -> bool:
    """Whether nothing can be told of a file: it has no text, or is none."""
    return _BINARY in file.text or any(
        each.rule in {"unreadable", "encoding"} and not file.text for each in file.problems
    )


def _is_grave(file: PromptFile, problem: Finding) -> bool:
    if problem.rule == "bad-yaml" and file.kind in _LOOSE:
        return False
    return problem.rule in _UNREAD


def conflict(path: str) -> Finding:
    """What is said of a file whose versions git could not merge."""
    return Finding(
        rule="conflict",
        message="it has conflicts, so nobody knows what it will say",
        location=Location(path=path),
        fix="resolve them, then git add the file",
    )
