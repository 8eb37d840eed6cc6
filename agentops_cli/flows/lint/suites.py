"""The suites of a project, read by the reader of `eval` and by no other.

All suites are read when any rule asks for them, of large data sets only the beginning. Nothing that
a suite names is run, and no model is asked.
"""

import hashlib
import posixpath
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from functools import cached_property
from itertools import islice
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Final, Literal, NoReturn

from agentops_cli.errors import AgentopsError, InputError, UnreadableError
from agentops_cli.flows.lint.discover import Finder
from agentops_cli.flows.lint.parts import MissingPartError, Scene
from agentops_cli.locate import parse_yaml
from agentops_cli.model.finding import Finding
from agentops_cli.model.json import JsonObject
from agentops_cli.model.place import Location
from agentops_cli.model.suite import AssertionSpec, Case
from agentops_cli.prompt.source import PromptFile
from agentops_cli.rules.suites import Again, Mistake, SuiteFacts, specs_of
from agentops_cli.sources import Disk

if TYPE_CHECKING:
    # Whoever has no suites does without the reader and the kinds of assertions.
    from agentops_cli.prompt.render import Renderer
    from agentops_cli.suite.read import SuiteContext

MOST_ROWS: Final = 5_000
"""So many lines of a dataset are read, and so many cases of a suite kept: a linter has to be fast.

What stands after them changes no finding; rules that would have to know it say nothing.
"""


def gather(scene: Scene) -> "ProjectSuites":
    """The suites of a project; one without any has none, which is for a rule to say."""
    if not scene.config.prompts and not scene.paths:
        raise MissingPartError("there are no prompts that a suite could name")
    return ProjectSuites(scene)


class ProjectSuites:
    """`Suites`: those of the configuration are read at once, others when a prompt names them."""

    def __init__(self, scene: Scene) -> None:
        self._scene = scene
        self._disk = Disk(scene.config.root)
        self._read: dict[str, _Stamped] = {}
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
        beside = posixpath.join(posixpath.dirname(path), pattern)
        for each in map(posixpath.normpath, (beside, pattern)):
            if each.startswith(("/", "../")):
                continue
            with suppress(ValueError, OSError, NotImplementedError):
                if found := self._disk.glob(each):
                    return found
        return ()

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
        return "\0".join((f"{len(self.all)}\0{path == self.first}", *found, *stamps))

    @cached_property
    def _names(self) -> frozenset[str]:
        """The names of the prompts that suites may mean."""
        return frozenset(card.name for path, card in self._scene.cards().items() if self.has(path))

    def _is_file(self, path: str) -> bool:
        return (self._scene.config.root / path).is_file()

    def _facts_at(self, paths: Iterable[str]) -> Iterator[SuiteFacts]:
        for path in paths:
            if path not in self._read:
                self._read[path] = self._stamped(path)
            facts = self._read[path].facts
            if facts is not None:
                yield facts

    def _stamped(self, path: str) -> "_Stamped":
        source = _Noting(self._disk)
        try:
            facts = _facts(source.read(path), path, self._context(source), lambda: source.is_cut)
            problem = facts.problem if facts else None
        except UnreadableError as error:
            facts, problem = None, _unreadable(error, path)
        return _Stamped(facts, problem, source.digest)

    def _context(self, source: "_Noting") -> "SuiteContext":
        from agentops_cli.assertions import BUILTIN as ASSERTIONS
        from agentops_cli.assertions.script import ScriptKind
        from agentops_cli.flows.wiring import metric_kinds
        from agentops_cli.model.judge import Judge
        from agentops_cli.registry import Registry
        from agentops_cli.suite.read import SuiteContext
        from agentops_cli.template import Limits, Templates

        # A suite's own functions are not loaded: linting runs nobody's code.
        ready = {"script": ScriptKind(lambda _: _never_called)}
        return SuiteContext(
            source=source,
            kinds=Registry("agentops.assertions", ASSERTIONS, noun="assertion", ready=ready),
            metrics=metric_kinds(),
            templates=Templates(limits=Limits(), clock=time.monotonic),
            judge=Judge(model="any", location=Location(path="")),
        )

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


class _Stamped:
    """What came of one file, and a digest of all that was read for it."""

    __slots__ = ("facts", "problem", "stamp")

    def __init__(self, facts: SuiteFacts | None, problem: Finding | None, stamp: str) -> None:
        self.facts = facts
        self.problem = problem
        self.stamp = stamp


class _Noting:
    """A source that remembers, as one digest, everything that was read from it.

    It gives the first lines of a data set only; `is_cut` says whether there were more.
    """

    def __init__(self, disk: Disk) -> None:
        self.is_cut = False
        self._disk = disk
        self._hash = hashlib.sha256()

    @property
    def digest(self) -> str:
        return self._hash.hexdigest()

    def read(self, path: str) -> str:
        text = self._disk.read(path)
        self._note(path, text)
        return text

    def lines(self, path: str, *, newline: Literal["", "\n"]) -> Iterator[str]:
        is_quoted = False
        for number, line in enumerate(self._disk.lines(path, newline=newline)):
            # A row of CSV goes on over its line while a quote is open.
            if number > MOST_ROWS and not (is_quoted and path.lower().endswith(".csv")):
                self.is_cut = True
                return
            is_quoted ^= line.count('"') % 2 == 1
            self._hash.update(line.encode(errors="surrogatepass"))
            yield line

    def glob(self, pattern: str) -> tuple[str, ...]:
        found = self._disk.glob(pattern)
        self._note(*found)
        return found

    def _note(self, *texts: str) -> None:
        for text in texts:
            self._hash.update(text.encode(errors="surrogatepass") + b"\0")


def path_of(facts: SuiteFacts) -> str | None:
    """The path of a suite's prompt from the root; None where it is a name, as `eval` has it."""
    name = facts.prompt
    if "/" not in name and not PurePosixPath(name).suffix:
        return None
    return posixpath.normpath(posixpath.join(posixpath.dirname(facts.path), name))


def _is_about(facts: SuiteFacts, path: str, name: str | None) -> bool:
    own = path_of(facts)
    return own == path if own is not None else facts.prompt == name


def _facts(
    text: str, path: str, context: "SuiteContext", is_cut: Callable[[], bool]
) -> SuiteFacts | None:
    """The facts of a suite; None where it names no prompt, as one of an agent need not.

    Of one that cannot be read there is what can be told of its prompt all the same.
    """
    from agentops_cli.suite.read import read_suite

    try:
        suite = read_suite(text, path=path, context=context)
    except InputError as error:
        return _refused(text, path, error.findings[0])
    if suite.prompt is None or "@" in suite.prompt:
        return None
    seen = _Seen()
    looked_at = tuple(islice(seen.through(suite.cases), MOST_ROWS))
    return SuiteFacts(
        path=path,
        prompt=suite.prompt,
        prompt_location=suite.prompt_location,
        cases=len(looked_at),
        is_cut=is_cut() or len(looked_at) == MOST_ROWS,
        tags=frozenset(seen.tags),
        kinds=frozenset(seen.kinds),
        forbids=seen.forbids,
        models=suite.models,
        models_location=suite.models_location,
        measured=bool(suite.metrics),
        looked_at=looked_at,
        again=tuple(seen.again.values()),
        unasserted=suite.unasserted,
    )


def _refused(text: str, path: str, problem: Finding) -> SuiteFacts | None:
    """What can be told of a suite that cannot be read; None where that is nothing.

    A file of another kind that only lies among the suites has none of their keys.
    """
    try:
        document = parse_yaml(text, path=path)
    except InputError:
        place = Location(path=path)
        return SuiteFacts(
            path=path, prompt="", prompt_location=place, problem=problem, is_illegible=True
        )
    data = document.data
    prompt = data.get("prompt") if isinstance(data, dict) else None
    return SuiteFacts(
        path=path,
        prompt=prompt if isinstance(prompt, str) else "",
        prompt_location=document.at(("prompt",)),
        problem=problem,
    )


class _Seen:
    """What is told of all cases of a suite, while they go by."""

    def __init__(self) -> None:
        self.tags: set[str] = set()
        self.kinds: set[str] = set()
        self.forbids = False
        self.again: dict[Location, Again] = {}
        self._first: dict[bytes, Location] = {}
        self._of_file: dict[str, Location] = {}

    def through(self, cases: Iterable[Case]) -> Iterator[Case]:
        """The cases that are not skipped, each noted."""
        from agentops_cli.assertions.forbidding import forbids

        for case in cases:
            if case.skip is not None:
                continue
            self.tags |= case.tags
            for spec in specs_of(case):
                self.kinds.add(spec.kind)
                self.forbids = self.forbids or spec.negated or forbids(spec) or _refuses(spec)
            self._compare(case)
            yield case

    def _compare(self, case: Case) -> None:
        first = self._first.setdefault(_asked(case), case.location)
        if first is case.location:
            return
        # Rows of one file are told of together: nobody wants a line for each of a thousand.
        key = self._of_file.setdefault(case.location.path, case.location)
        known = self.again.get(key)
        if known is None:
            self.again[key] = Again(location=key, first=first)
        else:
            self.again[key] = Again(location=key, first=known.first, more=known.more + 1)


def _refuses(spec: AssertionSpec) -> bool:
    return spec.kind == "expectedCategory" and spec.args.get("value") in ("refusal", "error")


def _asked(case: Case) -> bytes:
    """A digest of all that a case asks, and of nothing that is expected of the answer."""
    turns = [(turn.input, _sorted(turn.vars)) for turn in case.turns]
    asked = (case.input, _sorted(case.vars), turns, case.messages, case.stubs, case.faults)
    return hashlib.blake2b(repr(asked).encode(errors="surrogatepass"), digest_size=16).digest()


def _sorted(values: Mapping[str, object]) -> list[tuple[str, object]]:
    return sorted(values.items(), key=lambda pair: pair[0])


def _unreadable(error: UnreadableError, path: str) -> Finding:
    place = Location(path=path)
    return Finding(rule="unreadable", message=error.message, location=place, fix=error.fix)


def _never_called(answer: str, context: JsonObject) -> NoReturn:
    raise AssertionError(f"linting calls no function of a suite: {answer!r}, {context!r}")
