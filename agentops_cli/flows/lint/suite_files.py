"""Reads a suite for the linter, by the reader of `eval` and by no other.

Of large data sets only the beginning is read. Nothing that a suite names is run, and no model is
asked.
"""

import hashlib
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from itertools import islice
from typing import TYPE_CHECKING, Final, Literal, NoReturn

from agentops_cli.errors import InputError, UnreadableError
from agentops_cli.flows.lint.globs import Glob, is_glob
from agentops_cli.locate import parse_yaml
from agentops_cli.model.finding import Finding
from agentops_cli.model.json import JsonObject
from agentops_cli.model.place import Location
from agentops_cli.model.suite import AssertionSpec, Case
from agentops_cli.rules.suites import Again, SuiteFacts, specs_of
from agentops_cli.sources import Disk

if TYPE_CHECKING:
    # Whoever has no suites does without the reader and the kinds of assertions.
    from agentops_cli.suite.read import SuiteContext

MOST_ROWS: Final = 5_000
"""So many lines of a dataset are read, and so many cases of a suite kept: a linter has to be fast.

What stands after them changes no finding; rules that would have to know it say nothing.
"""


class SuiteFile:
    """What came of one suite, and a digest of all that was read for it.

    `facts` is None where it is about no prompt, or could not be read: then there is a `problem`.
    """

    __slots__ = ("_asked", "facts", "problem", "stamp")

    def __init__(
        self, facts: SuiteFacts | None, problem: Finding | None, source: "_Noting"
    ) -> None:
        self.facts = facts
        self.problem = problem
        self.stamp = source.digest
        self._asked = frozenset(source.asked)

    def has_read(self, files: Collection[str]) -> bool:
        """Whether any of the files was read, or would have been."""
        if not self._asked.isdisjoint(files):
            return True
        globs = [Glob.of(asked).matches for asked in self._asked if is_glob(asked)]
        return any(glob.fullmatch(file) for glob in globs for file in files)


def read_suite_file(path: str, disk: Disk) -> SuiteFile:
    """Reads the suite at a path, and all that it names."""
    source = _Noting(disk)
    try:
        facts = _facts(source.read(path), path, _context(source), lambda: source.is_cut)
        problem = facts.problem if facts else None
    except UnreadableError as error:
        facts, problem = None, _unreadable(error, path)
    return SuiteFile(facts, problem, source)


class _Noting:
    """A source that remembers, as one digest, everything that was read from it.

    It gives the first lines of a data set only; `is_cut` says whether there were more. `asked` are
    the paths and patterns that somebody asked for, whether or not there are such files.
    """

    def __init__(self, disk: Disk) -> None:
        self.is_cut = False
        self.asked: set[str] = set()
        self._disk = disk
        self._hash = hashlib.sha256()

    @property
    def digest(self) -> str:
        return self._hash.hexdigest()

    def read(self, path: str) -> str:
        self.asked.add(path)
        text = self._disk.read(path)
        self._note(path, text)
        return text

    def lines(self, path: str, *, newline: Literal["", "\n"]) -> Iterator[str]:
        self.asked.add(path)
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
        self.asked.add(pattern)
        found = self._disk.glob(pattern)
        self._note(*found)
        return found

    def _note(self, *texts: str) -> None:
        for text in texts:
            self._hash.update(text.encode(errors="surrogatepass") + b"\0")


def _context(source: "_Noting") -> "SuiteContext":
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
    if suite.prompt is None:
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
