"""Who owns the prompts, from the CODEOWNERS file around them."""

import os
from collections.abc import Mapping, Sequence
from difflib import SequenceMatcher
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Final

from agentops_cli.config_files import git_root
from agentops_cli.errors import AgentopsError, StoreError
from agentops_cli.flows.lint.base import find_base
from agentops_cli.flows.lint.discover import Finder
from agentops_cli.flows.lint.globs import Glob
from agentops_cli.flows.lint.parts import MissingPartError, Scene
from agentops_cli.gitrepo import Repository, files_below
from agentops_cli.rules.owners import PLACES, Entry, Lost, OwnersFile, owners_of
from agentops_cli.sources import Disk

if TYPE_CHECKING:
    from agentops_cli.ports import Source  # The page of all protocols knows nearly all values.

_CALLERS: Final = (
    ".github/workflows/*.y*ml",
    ".github/actions/*/*.y*ml",
    ".gitlab-ci.yml",
    ".gitlab/**/*.yml",
    ".circleci/*.yml",
    ".buildkite/*",
    "azure-pipelines*.yml",
    "bitbucket-pipelines.yml",
    "Jenkinsfile",
    ".pre-commit-config.yaml",
    "lefthook.y*ml",
    ".husky/*",
    "Makefile",
    "[jJ]ustfile",
    "Taskfile.y*ml",
    "noxfile.py",
    "tox.ini",
    "pyproject.toml",
    "package.json",
    ".ci/*",
    "ci/*",
    "scripts/*",
    "bin/*",
    "dev/*",
)
"""The files that may call us when something changes."""

_MOST_BYTES: Final = 1024 * 1024


def gather(scene: Scene) -> "ProjectOwners":
    """The owners of a project's files; a repository without a CODEOWNERS file has none."""
    return ProjectOwners(scene)


def places(root: Path) -> tuple[str, Sequence[str]]:
    """The path from a repository's root to a project's, and from there where CODEOWNERS may be."""
    top = git_root(root) or root
    up = "" if top == root else os.path.relpath(top, root).replace(os.sep, "/") + "/"
    prefix = "" if top == root else root.relative_to(top).as_posix() + "/"
    return prefix, [up + place for place in PLACES]


def read_owners(root: Path, files: "Source | None" = None) -> OwnersFile | None:
    """The CODEOWNERS file of the repository around a project, the first one that can be read.

    `files` are those of another state than the disk's.
    """
    prefix, found = places(root)
    files = files or Disk(root)
    for path in found:
        try:
            text = files.read(path)
        except AgentopsError:
            continue
        text = text.removeprefix("\ufeff").replace("\r\n", "\n")
        return owners_of(text, path=path, prefix=prefix)
    return None


class ProjectOwners:
    """`Owners`: the file is read at once, the base when a rule asks for what is lost."""

    def __init__(self, scene: Scene) -> None:
        self._scene = scene
        self._root = scene.config.root
        self.file = read_owners(self._root)
        self.is_in_repository = git_root(self._root) is not None
        self.has = Finder(self._root, scene.config.prompts).declares

    @cached_property
    def first(self) -> str | None:
        """The first prompt that is linted and that the configuration names."""
        return next((path for path in self._scene.paths if self.has(path)), None)

    def stamp(self, path: str) -> str | None:
        """All that is said of a file's owners; nothing is kept of one that has lost them."""
        owners = self.file.of(path) if self.file else ()
        if not owners and self.is_in_repository and self.lost(path):
            return None
        facts: list[object] = [self.file.path if self.file else None, *owners]
        if path == self.first:
            facts += (self.is_in_repository, self.is_checked_in_ci)
        return repr(facts)

    def lost(self, path: str) -> Lost | None:
        """The line that gave a file its owners at the base, where it is gone."""
        return self._lost.get(path)

    @cached_property
    def is_checked_in_ci(self) -> bool:
        """Whether any workflow, hook or script of the repository calls us."""
        top = git_root(self._root) or self._root
        found = (path for pattern in _CALLERS for path in sorted(top.glob(pattern)))
        return any(_names_us(path) for path in found)

    def concerns(self, pattern: str) -> bool:
        """Whether a pattern is about a folder of prompts."""
        path = pattern.lstrip("/")
        folders = [Glob.of(glob).folder for glob in self._scene.config.prompts]
        prefix = self.file.prefix if self.file else ""
        return any(folder and path.startswith(prefix + folder) for folder in folders)

    def matches_any(self, pattern: str) -> bool:
        """Whether a pattern matches any file of the working tree."""
        if self._files is None:
            return True  # Who cannot look has nothing to say.
        alone = owners_of(f"{pattern} @owner", path="", prefix="")
        return any(alone.of(path) for path in self._files)

    @cached_property
    def _files(self) -> Sequence[str] | None:
        return files_below(git_root(self._root) or self._root)

    @cached_property
    def _lost(self) -> Mapping[str, Lost]:
        before, text_before = self._before
        if before is None:
            return {}
        groups: dict[int, list[str]] = {}
        entries: dict[int, Entry] = {}
        for path in self._scene.paths:
            given = [entry for entry in before.matching(path) if entry.owners]
            if given and not (self.file and self.file.of(path)):
                groups.setdefault(given[-1].line, []).append(path)
                entries[given[-1].line] = given[-1]
        found: dict[str, Lost] = {}
        for line, paths in groups.items():
            now = self._line_now(text_before, line) if self.file else None
            lost = Lost(entry=entries[line], line=now, paths=tuple(paths))
            found |= dict.fromkeys(paths, lost)
        return found

    def _line_now(self, before: str, line: int) -> int:
        """The line of the file at which a line of its earlier text stood."""
        after = Disk(self._root).read(self.file.path) if self.file else ""
        old, new = before.split("\n"), after.removesuffix("\n").split("\n")
        matcher = SequenceMatcher(None, old, new, autojunk=False)
        for _, start, end, new_start, new_end in matcher.get_opcodes():
            if start <= line - 1 < end:
                at = min(new_start + line - 1 - start, max(new_end - 1, new_start))
                return min(at, len(new) - 1) + 1
        return len(new)

    @cached_property
    def _before(self) -> tuple[OwnersFile | None, str]:
        """The CODEOWNERS file at the base, and its text."""
        repository = Repository(self._root)
        try:
            base = find_base(repository, self._scene)
        except MissingPartError:
            return None, ""  # What is not known is not said.
        blobs = repository.blobs_at(base.commit, whole=True)
        if blobs is None:
            raise StoreError(f"git does not tell the files of {base.name}")
        prefix, found = places(self._root)
        for path in found:
            if path in blobs:
                text = (
                    repository.content(blobs[path]).decode(errors="replace").replace("\r\n", "\n")
                )
                return owners_of(text, path=path, prefix=prefix), text
        return None, ""


def _names_us(path: Path) -> bool:
    try:
        if not path.is_file():
            return False
        with path.open("rb") as stream:
            return b"agentops" in stream.read(_MOST_BYTES)
    except OSError:
        return False
