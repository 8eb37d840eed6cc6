"""Which files of two states a diff is about."""

import posixpath
from collections.abc import Collection, Sequence

from agentops_cli.errors import EmptyError, UsageError
from agentops_cli.flows.diff.ends import End, Ends
from agentops_cli.flows.diff.options import DiffOptions
from agentops_cli.flows.diff.settings import settings_at
from agentops_cli.flows.lint.discover import CONVENTIONS, Finder
from agentops_cli.flows.lint.globs import Glob, is_glob
from agentops_cli.gitrepo import Repository
from agentops_cli.model.settings import Config


class Selection:
    """Tells by their paths which files are prompts that somebody asks after.

    A prompt is what the configuration names that either state has.
    """

    def __init__(
        self, repository: Repository, config: Config, options: DiffOptions, ends: Ends
    ) -> None:
        self._prefix = ends.facts.prefix
        self._globs = dict.fromkeys(
            glob
            for end in (ends.before, ends.after)
            for glob in _globs_of(end, repository, config, self._prefix)
        )
        self._root = config.root
        self._finder = Finder(config.root, tuple(self._globs))
        cwd = options.cwd or config.root
        self._typed = {name: self._finder.from_root(name, cwd) for name in options.paths}
        self._is_empty_fine = options.allow_empty
        self._is_about_now = ends.after.commit is None
        for name, path in self._typed.items():
            if self._is_outside(path):
                raise UsageError(f"{name!r} is outside of the repository", fix="name a path in it")

    def declares(self, path: str) -> bool:
        """Whether a configuration names a file as a prompt."""
        return self._finder.declares(path)

    def wants(self, path: str) -> bool:
        """Whether a file is one of those that were asked for."""
        if not self._typed:
            return self.declares(path)
        return any(self._finder.wants(path, typed) for typed in self._typed.values())

    def has_left(self, before: str, after: str) -> bool:
        """Whether the configuration names a file where it was, and not where it is."""
        return self.declares(before) and not self.declares(after)

    def is_prompt(self, path: str) -> bool:
        """Whether a file is a prompt at all, asked for or not."""
        return self.wants(path) or self.declares(path) or bool(CONVENTIONS.fullmatch(path))

    @property
    def folders(self) -> Sequence[str]:
        """Where all the files are that may be asked for: folders, and single files."""
        if self._typed:
            found = [
                Glob.of(path).folder if is_glob(path) else path for path in self._typed.values()
            ]
        else:
            found = [Glob.of(glob).folder for glob in self._globs]
        inside = (path for path in found if not self._is_outside(path))
        return [*dict.fromkeys(inside)]

    def may_be_below(self, folder: str) -> bool:
        """Whether files of a folder may be asked for."""
        return any(
            not mine or mine == folder or _is_in(mine, folder) or _is_in(folder, mine)
            for mine in self.folders
        )

    def vain(self, paths: Collection[str]) -> tuple[str, ...]:
        """The globs of the configuration that mean none of the paths, for a note.

        Raises `EmptyError` where that is a mistake: what was typed has to mean something, and so
        has each glob, for the files as they are now. Earlier versions may have had no such files.
        """
        if self._typed:
            vain = [
                name
                for name, typed in self._typed.items()
                if not any(self._finder.wants(path, typed) for path in paths)
            ]
            where, is_mistake = "", bool(vain)
        else:
            vain = [
                glob
                for glob in self._globs
                if not any(map(Finder(self._root, (glob,)).declares, paths))
            ]
            where = ", which the configuration names"
            is_mistake = bool(vain) and (self._is_about_now or len(vain) == len(self._globs))
        if is_mistake and not self._is_empty_fine:
            names = ", ".join(repr(name) for name in vain)
            raise EmptyError(
                f"no prompt matches {names}{where}",
                fix="check the spelling, or pass --allow-empty if that is right",
            )
        return tuple(vain)

    def _is_outside(self, path: str) -> bool:
        return posixpath.normpath(self._prefix + path).split("/")[0] in {"..", ""}


def _is_in(path: str, folder: str) -> bool:
    return folder in {"", "."} or path.startswith(folder.rstrip("/") + "/")


def _globs_of(end: End, repository: Repository, config: Config, prefix: str) -> Sequence[str]:
    """The globs of prompts that the configuration of a state has; ours where it has none."""
    for data in settings_at(end, repository, prefix):
        globs = data.get("prompts")
        named = [glob for glob in globs if isinstance(glob, str)] if isinstance(globs, list) else []
        if named:
            return named
    return config.prompts
