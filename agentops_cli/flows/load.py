"""Suite files and the prompts they name, read from a tree of files."""

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from agentops_cli.errors import EmptyError, InputError, UnreadableError, UsageError
from agentops_cli.flows.world import World
from agentops_cli.model.finding import Finding
from agentops_cli.model.place import Location
from agentops_cli.model.prompt import Prompt
from agentops_cli.model.settings import Config
from agentops_cli.model.suite import Suite
from agentops_cli.ports import Source
from agentops_cli.prompt.read import read_prompt
from agentops_cli.prompt.render import Renderer
from agentops_cli.run.plan import LoadedSuite
from agentops_cli.sources import YAML_SUFFIXES
from agentops_cli.suite.naming import prompt_path
from agentops_cli.suite.read import SuiteContext, read_suite

if TYPE_CHECKING:
    from agentops_cli.flows.versions import Versions


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """Files, each once, and what was looked for in vain."""

    paths: tuple[str, ...]
    missing: tuple[str, ...]


def find_suites(typed: Sequence[str], config: Config, source: Source, world: World) -> Found:
    """The suite files to run: those that were typed, else those of the configured patterns."""
    configured = {name: near(name, config, world) for name in config.suites}
    return find_files(typed, configured, source)


def find_files(typed: Sequence[str], configured: Mapping[str, str], source: Source) -> Found:
    """The YAML files that were typed, else those of the configured patterns.

    The patterns are as they are written and as seen from the working folder. A typed folder means
    every such file below it. Each path and each pattern must match: one that does not is a typo,
    whatever the others find.
    """
    if typed:
        found = {name: _typed(name, source) for name in typed}
    else:
        found = {name: source.glob(pattern) for name, pattern in configured.items()}
    return Found(
        paths=tuple(dict.fromkeys(path for paths in found.values() for path in paths)),
        missing=tuple(name for name, paths in found.items() if not paths),
    )


def _typed(name: str, source: Source) -> Sequence[str]:
    """What a typed path means: a file, those of a folder, or a pattern of either."""
    path = PurePosixPath(name).as_posix()
    literal = _literal(path)
    exact = [path] if source.glob(literal) else _below(literal, source)
    return exact or [*source.glob(path), *_below(path, source)]


def _below(folder: str, source: Source) -> list[str]:
    found = source.glob(f"{folder}/**/*")
    return [path for path in found if PurePosixPath(path).suffix in YAML_SUFFIXES]


def _literal(path: str) -> str:
    """A pattern that matches the path itself, whatever characters are in it."""
    return "".join(f"[{mark}]" if mark in "*?[" else mark for mark in path)


def near(pattern: str, config: Config, world: World) -> str:
    """A configured pattern as seen from the working folder."""
    if config.root == world.cwd:
        return pattern
    return PurePosixPath(os.path.relpath(config.root / pattern, world.cwd)).as_posix()


class Loader:
    """Reads suites and their prompts, collecting what is wrong in all of them."""

    def __init__(self, context: SuiteContext, config: Config, world: World) -> None:
        self.findings: list[Finding] = []
        self._context = context
        self._config = config
        self._world = world
        self._renderers: dict[str, Renderer | None] = {}
        self._names: dict[str, list[Prompt]] | None = None
        self._versions: Versions | None = None

    def load(self, paths: Iterable[str]) -> tuple[LoadedSuite, ...]:
        """Every suite with its prompt; raises `InputError` with all mistakes of all files."""
        loaded = [item for path in paths if (item := self._load(path))]
        if self._versions is not None:
            self._versions.close()
        if self.findings:
            raise InputError(self.findings)
        return tuple(loaded)

    def _load(self, path: str) -> LoadedSuite | None:
        try:
            text = self._context.source.read(path)
            suite = read_suite(text, path=path, context=self._context)
        except UnreadableError as error:
            self._add("unreadable", error.message, Location(path=path), error.fix)
            return None
        except InputError as error:
            self.findings += error.findings
            return None
        if suite.prompt is None:
            return LoadedSuite(suite=suite, renderer=None)
        if "@" in suite.prompt:
            return self._of_version(suite, suite.prompt)
        renderer = self._prompt(suite, suite.prompt)
        return LoadedSuite(suite=suite, renderer=renderer) if renderer else None

    def _prompt(self, suite: Suite, name: str) -> Renderer | None:
        path = prompt_path(name, suite.path)
        if path is None:
            return self._named(suite, name)
        return self._compiled(path, suite.prompt_location)

    def _of_version(self, suite: Suite, wanted: str) -> LoadedSuite | None:
        """The suite with the version of a prompt that git has; raises `StoreError` without git."""
        if self._versions is None:
            from agentops_cli.flows.versions import Versions  # Few suites name any.

            self._versions = Versions(self._config, self._world.cwd)
        try:
            found = self._versions.of(suite.path, wanted)
            renderer = found.renderer(self._world.monotonic)
        except InputError as error:
            for each in error.findings:
                # Nobody can mend a commit: the place to change is where it is asked for.
                at = f"{each.location}: " if each.location else ""
                problem = f"{wanted!r} cannot be used: {at}{each.message}"
                self._add(each.rule, problem, suite.prompt_location, each.fix)
        except (EmptyError, UsageError) as error:
            self._add("missing-prompt", error.message, suite.prompt_location, error.fix)
        else:
            return LoadedSuite(suite=suite, renderer=renderer, prompt_commit=found.commit)
        return None

    def _named(self, suite: Suite, name: str) -> Renderer | None:
        """The prompt of a name among the configured ones."""
        if self._names is None:
            self._names = {}
            for prompt in self._configured():
                self._names.setdefault(prompt.name, []).append(prompt)
        found = self._names.get(name, [])
        if len(found) == 1:
            return self._compiled(found[0].location.path, suite.prompt_location)
        if found:
            places = " and ".join(prompt.location.path for prompt in found)
            problem, fix = f"prompt {name!r} is in {places}", "give each prompt a name of its own"
        else:
            known = ", ".join(sorted(self._names)) or "none"
            problem, fix = f"there is no prompt {name!r}", f"known prompts: {known}"
        self._add("missing-prompt", problem, suite.prompt_location, fix)
        return None

    def _configured(self) -> list[Prompt]:
        source = self._context.source
        patterns = (near(pattern, self._config, self._world) for pattern in self._config.prompts)
        paths = dict.fromkeys(path for pattern in patterns for path in source.glob(pattern))
        renderers = (self._compiled(path, Location(path=path)) for path in paths)
        return [renderer.prompt for renderer in renderers if renderer]

    def _compiled(self, path: str, named_at: Location) -> Renderer | None:
        if path not in self._renderers:
            self._renderers[path] = self._compile(path, named_at)
        return self._renderers[path]

    def _compile(self, path: str, named_at: Location) -> Renderer | None:
        source = self._context.source
        try:
            prompt = read_prompt(source.read(path), path=path)
            return Renderer(prompt, clock=self._world.monotonic, source=source)
        except UnreadableError as error:
            self._add("missing-prompt", error.message, named_at, error.fix)
        except InputError as error:
            self.findings += error.findings
        return None

    def _add(self, rule: str, message: str, location: Location, fix: str | None) -> None:
        self.findings.append(Finding(rule=rule, message=message, location=location, fix=fix))
