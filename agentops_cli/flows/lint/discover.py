"""Which files are linted.

A file that is named is linted, whatever it is called. In a folder those are collected that follow a
convention by their names, git's ignored ones apart; a pattern collects what it matches. Nothing
collects what documents a project, what is hidden unless the pattern or the convention says so, or
what others installed. No link to a folder is followed, so that none leads round in circles.

A folder that cannot be looked into is one of the files, and so is one of the configuration that a
link leads out of the repository: whoever reads it says what is wrong.
"""

import os
import re
import stat
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Final

from agentops_cli.flows.lint.globs import Glob, is_glob
from agentops_cli.flows.lint.reading import is_at_home
from agentops_cli.gitrepo import files_below

CONVENTIONS: Final = re.compile(
    r"""
      .*\.(?:prompt | prompty | mdc
           | (?:prompt | instructions | agent | chatmode)\.md
           | prompt\.ya?ml)
    | (?:.*/)? (?: SKILL | AGENTS | AGENTS\.override | CLAUDE | CLAUDE\.local | GEMINI
                 | copilot-instructions ) \.md
    | (?:.*/)? skprompt\.txt
    | (?:.*/)? (?: \.claude/(?:agents|commands) | \.github/agents )/ .*\.md
    """,
    re.VERBOSE | re.DOTALL | re.IGNORECASE,
)
"""The paths that are prompts by their names alone."""

NAMES: Final = "NAME.prompt.md, NAME.prompt.yml, NAME.prompty, SKILL.md, AGENTS.md and the like"
"""The same for people."""

_DOCUMENTS: Final = re.compile(
    r"""
    (?: (?i:readme | changelog | contributing) (?:[-_][A-Za-z]{2}(?:[-_][A-Za-z]{2,4})?)?
      | (?i:licen[sc]e) (?:-[A-Z0-9]+)?
      | (?i:changes | history | notice | code_of_conduct | security | authors) )
    (?:\.[\w-]+)*
    """,
    re.VERBOSE,
)
_SKIPPED: Final = frozenset({"node_modules", "__pycache__", "site-packages"})
_HIDDEN_OF_CONVENTIONS: Final = frozenset({".claude", ".cursor", ".github", ".agents"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Selected:
    """The files to lint, each once, from the project's root, and what was looked for in vain."""

    paths: tuple[str, ...]
    missing: tuple[str, ...] = ()


class Finder:
    """Looks for prompts below a project's root, as the configuration and the user name them."""

    def __init__(self, root: Path, configured: Sequence[str]) -> None:
        self._root = root
        self._configured = {pattern: Glob.of(pattern) for pattern in configured}

    def declares(self, path: str) -> bool:
        """Whether the configuration names a file as a prompt."""
        return any(_is_collected(path, glob) for glob in self._configured.values())

    def configured(self) -> Selected:
        """The files that the configuration names."""
        return _selected((name, self._of_glob(glob)) for name, glob in self._configured.items())

    def typed(self, names: Sequence[str], cwd: Path) -> Selected:
        """The files that the user named in the folder `cwd`."""
        return _selected((name, self._typed(self.from_root(name, cwd))) for name in names)

    def wants(self, path: str, typed: str) -> bool:
        """Whether what the user typed means a file, wherever that file is; both are from the root.

        A folder means what follows a convention in it, and what the configuration names.
        """
        folder = "" if typed == "." else typed.rstrip("/") + "/"
        if path == typed:
            return True
        if path.startswith(folder) and not (folder == "" and path.startswith("../")):
            by_name = CONVENTIONS.fullmatch(path) and not _is_aside(path[len(folder) :].split("/"))
            return bool(by_name) or self.declares(path)
        return is_glob(typed) and _is_collected(path, Glob.of(typed))

    def _of_glob(self, glob: Glob) -> Iterable[str]:
        here = PurePosixPath(glob.folder)
        for path in (*reversed(here.parents), here):
            where = self._root / path
            if where.is_symlink() and not is_at_home(str(where), str(self._root)):
                return [path.as_posix()]
        return self._matching(glob)

    def _typed(self, path: str) -> Iterable[str]:
        where = self._root / path
        if where.is_dir():
            return self._below(path)
        if os.path.lexists(where):
            return [path]  # What cannot be read is said of the file, as of any other.
        return self._matching(Glob.of(path)) if is_glob(path) else ()

    def from_root(self, name: str, cwd: Path) -> str:
        """A path as seen from the root; links on the way to both are left as they are."""
        if cwd == self._root and not PurePosixPath(name).is_absolute():
            return os.path.normpath(name).replace(os.sep, "/")
        where = os.path.join(cwd, name)  # noqa: PTH118 # Thousands may be typed; it is faster.
        return os.path.relpath(where, self._root).replace(os.sep, "/")

    def _below(self, folder: str) -> Iterator[str]:
        base = "" if folder == "." else folder.rstrip("/") + "/"
        listed = files_below(self._root / folder)
        found = self._walk(folder, _HIDDEN_OF_CONVENTIONS) if listed is None else listed
        for name in found:
            path = name if listed is None else base + name
            if path.endswith("/"):
                yield path.removesuffix("/")
                continue
            by_name = CONVENTIONS.fullmatch(path) and not _is_aside(name.split("/"))
            is_prompt = by_name or self.declares(path)
            # What git lists may be gone from the disk, or be a link to a folder.
            if is_prompt and (listed is None or _is_there(self._root / path)):
                yield path

    def _matching(self, glob: Glob) -> Iterator[str]:
        shown = frozenset(part for part in glob.folder.split("/") if part.startswith("."))
        for path in self._walk(glob.folder or ".", shown, depth=glob.depth):
            if path.endswith("/") or _is_collected(path, glob):
                yield path.removesuffix("/")

    def _walk(
        self, folder: str, hidden: frozenset[str], *, depth: int | None = None
    ) -> Iterator[str]:
        """Every file below a folder, and with a `/` at its end each folder that is closed to us.

        Of the hidden folders only those of these names are looked into.
        """
        waiting = [(folder, 0)]
        while waiting:
            here, level = waiting.pop()
            prefix = "" if here == "." else here.rstrip("/") + "/"
            try:
                entries = list(os.scandir(self._root / here))
            except (FileNotFoundError, NotADirectoryError):
                continue  # It is gone, or was never there.
            except OSError:
                yield here.rstrip("/") + "/"
                continue
            for entry in entries:
                name = entry.name
                if entry.is_dir(follow_symlinks=False):
                    is_open = name not in _SKIPPED and (name[0] != "." or name in hidden)
                    if is_open and level != depth:
                        waiting.append((prefix + name, level + 1))
                elif _is_file(entry):
                    yield prefix + name


def _is_there(path: Path) -> bool:
    try:
        return stat.S_ISREG(path.stat().st_mode)
    except (FileNotFoundError, NotADirectoryError):
        return False
    except OSError:
        return True  # Whoever reads it will say why that cannot be.


def _is_file(entry: "os.DirEntry[str]") -> bool:
    try:
        return entry.is_file()
    except OSError:
        return True  # As above.


def _selected(found: Iterable[tuple[str, Iterable[str]]]) -> Selected:
    paths: dict[str, None] = {}
    missing = []
    for name, matched in found:
        mine = dict.fromkeys(matched)
        if not mine:
            missing.append(name)
        paths.update(mine)
    return Selected(paths=tuple(sorted(paths)), missing=tuple(missing))


def _is_collected(path: str, glob: Glob) -> bool:
    """Whether a pattern means a path; what it writes out itself, such as `docs/`, it means."""
    if not glob.matches.fullmatch(path):
        return False
    return not _is_aside(path[len(glob.folder) + 1 if glob.folder else 0 :].split("/"))


def _is_aside(parts: Sequence[str]) -> bool:
    """Whether a path below where the search began is no prompt of the project's own."""
    *folders, name = parts
    if any(
        folder == "docs"
        or folder in _SKIPPED
        or (folder.startswith(".") and folder not in _HIDDEN_OF_CONVENTIONS)
        for folder in folders
    ):
        return True
    return _DOCUMENTS.fullmatch(name) is not None and not CONVENTIONS.fullmatch(name)
