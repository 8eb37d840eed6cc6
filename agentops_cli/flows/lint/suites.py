"""The suites of a project, matched to the prompts that they are about.

All suites are read when any rule asks for them. What a suite and a prompt say of each other counts:
its `prompt` is a path from its own folder, or a name, and a prompt's `tests` lead to it.
"""

import posixpath
import time
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from functools import cached_property
from typing import TYPE_CHECKING

from agentops_cli.errors import AgentopsError, StoreError
from agentops_cli.flows.lint.discover import Finder
from agentops_cli.flows.lint.globs import Glob
from agentops_cli.flows.lint.parts import MissingPartError, Stage
from agentops_cli.flows.lint.suite_files import SuiteFile, read_suite_file
from agentops_cli.model.finding import Finding
from agentops_cli.prompt.source import PromptFile
from agentops_cli.rules.project import Card
from agentops_cli.rules.suites import Mistake, SuiteFacts
from agentops_cli.sources import Disk
from agentops_cli.suite.naming import prompt_path

if TYPE_CHECKING:
    from agentops_cli.prompt.render import Renderer  # It loads the templates.


def gather(scene: Stage) -> "ProjectSuites":
    """The suites of a project; one without any has none, which is for a rule to say."""
    if not scene.config.prompts and not scene.paths:
        raise MissingPartError("there are no prompts that a suite could name")
    return ProjectSuites(scene)


class ProjectSuites:
    """`Suites`: those of the configuration are read at once, others when a prompt names them."""

    def __init__(self, scene: Stage) -> None:
        self._scene = scene
        self._disk = Disk(scene.config.root)
        self._read: dict[str, SuiteFile] = {}
        self._renderers: dict[str, tuple[str, Renderer | None]] = {}
        self.has = Finder(scene.config.root, scene.config.prompts).declares
        paths = (path for pattern in scene.config.suites for path in self._disk.glob(pattern))
        self._paths = tuple(dict.fromkeys(paths))
        found = tuple(self._facts_at(self._paths))
        self.all: Sequence[SuiteFacts] = tuple(facts for facts in found if facts.prompt)
        self.may_name_any = any(facts.is_illegible for facts in found)
        self._by_path: dict[str, list[SuiteFacts]] = {}
        self._by_name: dict[str, list[SuiteFacts]] = {}
        for facts in self.all:
            path = path_of(facts)
            index = self._by_name if path is None else self._by_path
            index.setdefault(path or facts.prompt, []).append(facts)

    @property
    def notes(self) -> Sequence[str]:
        """A line about each suite that is not understood, so that rules are silent about it."""
        return [
            f"{problem.location or path}: not read: {problem.message}"
            for path, stamped in sorted(self._read.items())
            if (problem := stamped.problem)
        ]

    @cached_property
    def first(self) -> str | None:
        """The first prompt that is linted and that the configuration names."""
        return next((path for path in self._scene.paths if self.has(path)), None)

    @cached_property
    def dangling(self) -> Sequence[tuple[SuiteFacts, str]]:
        """The suites whose prompt is not there, each with the reason."""
        found: list[tuple[SuiteFacts, str]] = []
        for facts in self.all:
            if "@" in facts.prompt:
                problem = self._unresolved.get((facts.path, facts.prompt))
                found += [(facts, problem)] if problem else []
                continue
            path = path_of(facts)
            if path is None and facts.prompt not in self._names:
                found.append((facts, f"there is no prompt {facts.prompt!r}"))
            elif path is not None and not self._is_file(path):
                found.append((facts, f"there is no prompt at {path}"))
        return found

    def of(
        self, path: str, name: str | None = None, tests: Sequence[str] = ()
    ) -> Sequence[SuiteFacts]:
        """The suites of the prompt at a path, of that name; `tests` are those it says it has."""
        found = [*self._by_path.get(path, ()), *self._by_name.get(name or "", ())]
        if tests:
            known = {facts.path for facts in found}
            named = dict.fromkeys(at for each in tests for at in self.matching(path, each))
            more = self._facts_at(at for at in named if at not in known)
            found += [facts for facts in more if _is_about(facts, path, name)]
        return found

    def matching(self, path: str, pattern: str) -> Sequence[str]:
        """The files of the project that a prompt means by a pattern: from its folder, or the root.

        One that leads out of the project means none: who knows how much there is to look through.
        """
        for each in _places(path, pattern):
            if each.startswith(("/", "../")):
                continue
            with suppress(ValueError, OSError, NotImplementedError):
                if found := self._disk.glob(each):
                    return found
        return ()

    def concerns(self, path: str, card: Card, files: Collection[str]) -> bool:
        """Whether any of the files is one of a prompt's suites, or is read for one.

        A file counts that is gone, too.
        """
        suites = self.of(path, card.name, card.tests)
        if any(self._read[facts.path].has_read(files) for facts in suites):
            return True
        return any(
            Glob.of(where).matches.fullmatch(file)
            for each in card.tests
            for where in _places(path, each)
            for file in files
        )

    def mistakes(self, suite: SuiteFacts, file: PromptFile) -> Sequence[Mistake]:
        """What keeps cases from being put to the prompt: the same that keeps `eval` from it."""
        renderer = self._renderer(file)
        if renderer is None:
            return ()
        from agentops_cli.run.messages import messages_of  # Only suites need it.

        found: dict[tuple[str, str], Mistake] = {}
        for case in suite.looked_at:
            mine: list[Finding] = []
            messages_of(case, renderer, mine.append)
            for finding in mine:
                key = (finding.rule, finding.message.removeprefix(f"case {case.id!r}"))
                known = found.get(key)
                first, more = (known.first, known.more + 1) if known else (finding, 0)
                found[key] = Mistake(first=first, more=more)
        return tuple(found.values())

    def text_of(self, path: str) -> str | None:
        """The text of a suite file."""
        try:
            return self._disk.read(path)
        except AgentopsError:
            return None

    def stamp(self, path: str) -> str | None:
        """All that is said of a prompt's suites; nothing is kept where its name is not known."""
        card = self._scene.known(path)
        if card is None:
            return None
        suites = self.of(path, card.name, card.tests)
        stamps = [f"{facts.path}\0{self._read[facts.path].stamp}" for facts in suites]
        found = [f"{each}\0{len(self.matching(path, each))}" for each in card.tests]
        # What git has of other versions changes with no file.
        stamps += [f"{self._unresolved}"] if path == self.first else []
        return "\0".join((f"{len(self.all)}\0{path == self.first}", *found, *stamps))

    @cached_property
    def _unresolved(self) -> Mapping[tuple[str, str], str]:
        """Why suites cannot have the version that they name; git may be silent on some."""
        named = [facts for facts in self.all if "@" in facts.prompt]
        if not named:
            return {}
        from agentops_cli.flows.versions import Versions  # Few suites name any.

        versions = Versions(self._scene.config, self._scene.config.root)
        found: dict[tuple[str, str], str] = {}
        for facts in named:
            try:
                versions.of(facts.path, facts.prompt)
            except StoreError:
                continue  # In a shallow clone nobody knows.
            except AgentopsError as error:
                more = f"; {error.fix}" if error.fix else ""
                found[facts.path, facts.prompt] = f"{error.message}{more}"
        return found

    @cached_property
    def _names(self) -> frozenset[str]:
        """The names of the prompts that suites may mean."""
        return frozenset(card.name for path, card in self._scene.cards().items() if self.has(path))

    def _is_file(self, path: str) -> bool:
        return (self._scene.config.root / path).is_file()

    def _facts_at(self, paths: Iterable[str]) -> Iterator[SuiteFacts]:
        for path in paths:
            if path not in self._read:
                self._read[path] = read_suite_file(path, self._disk)
            facts = self._read[path].facts
            if facts is not None:
                yield facts

    def _renderer(self, file: PromptFile) -> "Renderer | None":
        """The prompt as `eval` renders it; None where `eval` refuses it, which other rules say."""
        known = self._renderers.get(file.path)
        if known is None or known[0] != file.text:
            known = (file.text, self._rendering(file))
            self._renderers[file.path] = known
        return known[1]

    def _rendering(self, file: PromptFile) -> "Renderer | None":
        from agentops_cli.prompt.read import read_prompt
        from agentops_cli.prompt.render import Renderer

        try:
            prompt = read_prompt(file.stored.characters, path=file.path)
            return Renderer(prompt, clock=time.monotonic, source=self._disk)
        except AgentopsError:
            return None


def _places(path: str, pattern: str) -> Iterator[str]:
    """What a pattern in the prompt at a path may mean, from the root."""
    yield posixpath.normpath(posixpath.join(posixpath.dirname(path), pattern))
    yield posixpath.normpath(pattern)


def path_of(facts: SuiteFacts) -> str | None:
    """The path of a suite's prompt from the root; None where it is a name, as `eval` has it.

    One of another version is none that is linted.
    """
    return None if "@" in facts.prompt else prompt_path(facts.prompt, facts.path)


def _is_about(facts: SuiteFacts, path: str, name: str | None) -> bool:
    own = path_of(facts)
    return own == path if own is not None else facts.prompt == name
