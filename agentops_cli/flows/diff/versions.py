"""Both versions of each changed prompt, ready to be put to the same cases; nothing is asked yet.

The suites are those of the later side, and settings are those of today. Each case is planned twice,
once with each version, and the two stand side by side in one plan: so they are asked at the same
time, under one budget, and through the same guards. Which of them goes first alternates.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import count
from typing import TypeVar

from agentops_cli.diff.evaluated import EvalDiff, Unput
from agentops_cli.diff.suites import SuiteChange, suite_change
from agentops_cli.diff.values import DiffReport, PromptDiff, Side
from agentops_cli.errors import AgentopsError, EmptyError, InputError, UnreadableError
from agentops_cli.flows.bench import Bench, bench_of
from agentops_cli.flows.cassettes import Cassettes
from agentops_cli.flows.evaluate import Prepared, made_ready
from agentops_cli.flows.registry.trees import CommitTree
from agentops_cli.flows.world import World
from agentops_cli.gitrepo import Repository
from agentops_cli.locate import parse_yaml
from agentops_cli.model.cassette import CassetteUse
from agentops_cli.model.finding import Finding, in_reading_order
from agentops_cli.model.ids import Kind, kind_of, models_in
from agentops_cli.model.place import Location
from agentops_cli.model.result import PlannedCase
from agentops_cli.model.settings import Config
from agentops_cli.model.suite import Case, Gate, Suite
from agentops_cli.ports import Source
from agentops_cli.prompt.read import read_prompt
from agentops_cli.prompt.render import Renderer
from agentops_cli.prompt.source import PromptFile
from agentops_cli.run.messages import messages_of
from agentops_cli.run.outline import PlannedCases
from agentops_cli.run.plan import LoadedSuite, Plan, plan
from agentops_cli.sources import Disk
from agentops_cli.spool import spooled
from agentops_cli.suite.naming import prompt_path
from agentops_cli.suite.read import SuiteContext, read_suite
from agentops_cli.suite.select import Selection

_T = TypeVar("_T")

_NOT_SENT = frozenset({Kind.AGENT, Kind.REPLAY})
"""What answers without having seen the prompt: it answers both versions alike."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VersionsOptions:
    """What was typed. `models` are ids or patterns, `repeat` is None as the suites have it.

    Without `use_cache` every question is asked anew; in a replay none is.
    """

    models: tuple[str, ...] = ()
    repeat: int | None = None
    use_cache: bool = True
    is_replay: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Put:
    """A suite that is put to both versions of a prompt, in so many pairs of planned cases.

    `prompt` is the prompt's place in the report.
    """

    suite: str
    prompt: int
    pairs: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Versions:
    """All that is asked; `prepared` is None where that is nothing.

    `told` has for each prompt of both sides, by its place in the report, what is to be said of it
    however the run ends, and `changes` how its suites are not those of the earlier side.
    """

    report: DiffReport
    prepared: Prepared | None
    put: tuple[Put, ...]
    told: Mapping[int, EvalDiff]
    changes: Mapping[int, tuple[SuiteChange, ...]]


def prepare_versions(
    report: DiffReport, config: Config, options: VersionsOptions, world: World
) -> Versions:
    """Reads and plans everything; raises `InputError` with all mistakes of the later side.

    What is wrong with an earlier version nobody can mend any more: it is said, and not compared.
    Raises `EmptyError` when a model that was typed matches nothing.
    """
    return _Planning(report, config, options, replace(world, cwd=config.root)).versions()


class _Planning:
    """Plans prompt after prompt, and remembers what there is to say of each."""

    def __init__(
        self, report: DiffReport, config: Config, options: VersionsOptions, world: World
    ) -> None:
        self._report = report
        self._config = config
        self._options = options
        self._before = _tree(report.before, config)
        self._after = _tree(report.after, config)
        self._bench: Bench = bench_of(config, world, source=self._after, repeat=options.repeat)
        self._findings: list[Finding] = []
        self._notes: dict[Finding, None] = {}
        self._models: dict[str, None] = {}
        self._owner: dict[str, str] = {}
        self._altered: dict[str, str] = {}

    def versions(self) -> Versions:
        """Everything that can be compared."""
        found: list[_OfPrompt] = []
        planned: list[_Planned] = []
        for at, prompt in enumerate(self._report.prompts):
            if prompt.pair.before is None or prompt.pair.after is None:
                continue
            mine = _OfPrompt(at=at, before=prompt.pair.before, after=prompt.pair.after)
            self._plan(mine, prompt)
            planned += mine.planned
            found.append(mine)
        if self._findings:
            raise InputError(in_reading_order(self._findings))
        self._demand_models()
        prepared = self._ready(planned) if planned else None
        return Versions(
            report=self._report,
            prepared=prepared,
            put=tuple(
                Put(suite=each.loaded.suite.path, prompt=each.prompt, pairs=len(each.after))
                for each in planned
            ),
            told={mine.at: self._told(mine) for mine in found},
            changes={mine.at: tuple(mine.changes) for mine in found},
        )

    def _told(self, mine: "_OfPrompt") -> EvalDiff:
        """What there is to say of a prompt however the run ends."""
        suites = (change.note for change in mine.changes)
        answers = (self._altered.get(each.loaded.suite.path) for each in mine.planned)
        return EvalDiff(
            skipped=tuple(mine.skipped),
            gone=tuple(mine.gone),
            notes=(*mine.notes, *(note for note in (*suites, *answers) if note)),
        )

    def _plan(self, mine: "_OfPrompt", prompt: PromptDiff) -> None:
        paths = [*self._suites_of(prompt, mine.after)]
        mine.gone += self._gone_suites(mine.before, paths)
        if not paths:
            mine.notes.append("no suite runs it, so its versions were not compared")
            return
        after = self._renderer(mine.after)
        before = self._earlier(mine)
        if after is None or before is None:
            return
        for path in paths:
            suite = self._read(path)
            if suite is not None:
                had = self._had(suite, mine)
                cases = had.cases if had else ()
                mine.gone += _gone_cases(suite, cases)
                mine.skipped += _skipped(suite, cases)
                mine.changes.append(suite_change(had, suite))
                self._put(mine, suite, before, after)

    def _suites_of(self, prompt: PromptDiff, file: PromptFile) -> Iterator[str]:
        """The suites that run the later version, each once and for one prompt only."""
        patterns = self._config.suites
        found = [path for pattern in patterns for path in self._after.glob(pattern)]
        for path in dict.fromkeys([*found, *prompt.suites]):
            try:
                if not _is_about(self._after.read(path), path, file):
                    continue
            except UnreadableError as error:
                if path in found:  # Else it is one of today, which the later side does not have.
                    self._add("unreadable", error.message, path, error.fix)
                continue
            except InputError as error:
                # It may be about this prompt, and nobody can tell.
                self._findings += (each for each in error.findings if each not in self._findings)
                continue
            owner = self._owner.setdefault(path, file.path)
            if owner == file.path:
                yield path
            else:
                problem = f"its prompt is in {owner} and {file.path}"
                self._add("missing-prompt", problem, path, "give each prompt a name of its own")

    def _read(self, path: str) -> Suite | None:
        try:
            return read_suite(self._after.read(path), path=path, context=self._bench.context)
        except InputError as error:
            self._findings += error.findings
        return None

    def _renderer(self, file: PromptFile) -> Renderer | None:
        try:
            return self._rendering(file, self._after)
        except InputError as error:
            self._findings += error.findings
        return None

    def _earlier(self, mine: "_OfPrompt") -> Renderer | None:
        try:
            return self._rendering(mine.before, self._before)
        except InputError as error:
            mine.notes.append(_cannot_run(error))
        return None

    def _rendering(self, file: PromptFile, source: Source) -> Renderer:
        prompt = read_prompt(file.stored.characters, path=file.path)
        return Renderer(prompt, clock=self._bench.world.monotonic, source=source)

    def _put(self, mine: "_OfPrompt", suite: Suite, before: Renderer, after: Renderer) -> None:
        """Plans what can be asked of a suite."""
        chosen = self._chosen(mine, LoadedSuite(suite=suite, renderer=after))
        if chosen is None:
            return
        cases = spooled(self._valid(mine, suite, before, after))
        if not cases:
            mine.notes.append(f"{suite.path}: no case can be put to both versions")
            return
        narrowed = replace(
            suite,
            cases=cases,
            models=chosen if suite.models else (),
            # What is judged is the difference, not one version, and nothing has to be measured.
            gate=Gate(min_pass_rate=0.0, max_errored=suite.gate.max_errored),
            metrics=(),
        )
        new = LoadedSuite(suite=narrowed, renderer=after)
        try:
            of_after = plan([new], Selection(), self._bench.settings)
        except InputError as error:
            self._findings += error.findings
            return
        try:
            old = LoadedSuite(suite=narrowed, renderer=before)
            of_before = plan([old], Selection(), self._bench.settings)
        except InputError as error:
            mine.notes.append(_cannot_run(error))
            return
        self._notes |= dict.fromkeys([*of_before.notes, *of_after.notes])
        mine.planned.append(
            _Planned(prompt=mine.at, loaded=new, before=of_before.cases, after=of_after.cases)
        )

    def _chosen(self, mine: "_OfPrompt", loaded: LoadedSuite) -> tuple[str, ...] | None:
        """The models of a suite that were asked for and are sent the prompt; None for none of them.

        Where nobody names a model there is none to choose, which is a mistake that planning finds.
        """
        self._models |= dict.fromkeys(loaded.models)
        wanted = Selection(models=self._options.models).of_models(loaded.models)
        sent = [each for each in wanted if _NOT_SENT.isdisjoint(map(kind_of, models_in(each)))]
        mine.notes += (
            f"{loaded.suite.path}: {model} answers without the prompt, so it was left out"
            for model in wanted
            if model not in sent
        )
        if loaded.models and not wanted:
            mine.notes.append(f"{loaded.suite.path}: none of its models was asked for")
        return tuple(sent) if sent or not loaded.models else None

    def _valid(
        self, mine: "_OfPrompt", suite: Suite, before: Renderer, after: Renderer
    ) -> Iterator[Case]:
        """The cases that both versions can be given, of those that are not skipped.

        The others are noted.
        """
        for case in suite.cases:
            if case.skip is not None:
                continue
            why = _why_not(case, before, "earlier") or _why_not(case, after, "later")
            if why is None:
                yield case
            else:
                mine.skipped.append(Unput(suite=suite.path, case=case.id, why=why))

    def _had(self, suite: Suite, mine: "_OfPrompt") -> Suite | None:
        """The earlier suite of the path; None where there was none."""
        context: SuiteContext = replace(self._bench.context, source=self._before)
        try:
            return read_suite(self._before.read(suite.path), path=suite.path, context=context)
        except UnreadableError:
            return None
        except InputError:
            mine.notes.append(f"{suite.path}: what cases it had before cannot be told")
            return None

    def _gone_suites(self, before: PromptFile, paths: Sequence[str]) -> Iterator[str]:
        """The suites that ran the earlier version, and that nobody runs it with any more."""
        patterns = self._config.suites
        found = (path for pattern in patterns for path in self._before.glob(pattern))
        for path in dict.fromkeys(found):
            if path in paths:
                continue
            try:
                is_its = _is_about(self._before.read(path), path, before)
            except (UnreadableError, InputError):
                continue
            if is_its:
                yield f"{path}: all of its cases"

    def _add(self, rule: str, message: str, path: str, fix: str | None) -> None:
        finding = Finding(rule=rule, message=message, location=Location(path=path), fix=fix)
        if finding not in self._findings:
            self._findings.append(finding)

    def _demand_models(self) -> None:
        """Refuses a model that was typed and that no suite names: it would seem to be judged."""
        if self._models:
            selection = Selection(models=self._options.models)
            if unmatched := [*selection.unmatched((), self._models)]:
                known = ", ".join(self._models)
                raise EmptyError(f"nothing matches {', '.join(unmatched)}", fix=f"known: {known}")

    def _ready(self, planned: Sequence["_Planned"]) -> Prepared:
        numbers = count()
        together = Plan(
            suites=tuple(each.loaded for each in planned),
            cases=PlannedCases(
                replace(case, index=next(numbers)) for each in planned for case in each.interleaved
            ),
            notes=in_reading_order(self._notes),
            # Nobody stands in for a model: what another one answers says nothing of a version.
        )
        bench, cassettes = self._bench, None
        if self._options.is_replay:
            cassettes = Cassettes(
                together,
                bench.config,
                Disk(bench.world.cwd),
                bench.world,
                use=CassetteUse.REPLAY,
                is_whole=False,
            )
            self._altered = cassettes.put_first(self._before)
        return made_ready(together, bench, cassettes=cassettes, use_cache=self._options.use_cache)


@dataclass(slots=True)
class _OfPrompt:
    """What is found of one prompt, of which both versions are there."""

    at: int
    before: PromptFile
    after: PromptFile
    planned: list["_Planned"] = field(default_factory=list)
    skipped: list[Unput] = field(default_factory=list)
    gone: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    changes: list[SuiteChange] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Planned:
    """One suite, planned with each version: case for case the same, model by model."""

    prompt: int
    loaded: LoadedSuite
    before: Sequence[PlannedCase]
    after: Sequence[PlannedCase]

    @property
    def interleaved(self) -> Iterator[PlannedCase]:
        """Both versions of a case side by side: the earlier one first, then the later one first."""
        for at, (before, after) in enumerate(zip(self.before, self.after, strict=True)):
            yield from in_turn(at, before, after)


def in_turn(at: int, before: _T, after: _T) -> tuple[_T, _T]:
    """The versions of the pair at a place, in the order in which they are asked; and back again."""
    return (after, before) if at % 2 else (before, after)


def _tree(side: Side, config: Config) -> Source:
    """The files of a side; for the index they are those on the disk."""
    if side.commit is None:
        return Disk(config.root)
    return CommitTree(config, Repository(config.root), side.commit, side.name)


def _is_about(text: str, path: str, file: PromptFile) -> bool:
    """Whether a suite runs a prompt, by its path or its name; raises `InputError` for no YAML."""
    data = parse_yaml(text, path=path).data
    name = data.get("prompt") if isinstance(data, dict) else None
    if not isinstance(name, str) or "@" in name:
        return False  # One that names a version stays with it, whatever is compared.
    own = prompt_path(name, path)
    return name == file.name if own is None else own == file.path


def _gone_cases(suite: Suite, had: Sequence[Case]) -> Iterator[str]:
    """The cases that only the earlier suite of the path has."""
    ids = {case.id for case in suite.cases}
    yield from (f"{suite.path}: {case.id}" for case in had if case.id not in ids)


def _skipped(suite: Suite, had: Sequence[Case]) -> Iterator[Unput]:
    """The cases that the suite skips: a change that skips what it would break has to say so."""
    asked = {case.id for case in had if case.skip is None}
    for case in suite.cases:
        if case.skip is not None:
            since = ", which it did not before" if case.id in asked else ""
            why = f"the suite skips it{since}: {case.skip}"
            yield Unput(suite=suite.path, case=case.id, why=why)


def _why_not(case: Case, renderer: Renderer, side: str) -> str | None:
    """Why a version cannot be given a case; None where it can."""
    problems: list[Finding] = []
    try:
        asked = messages_of(case, renderer, problems.append)
    except AgentopsError as error:
        return f"the {side} version cannot be given it: {error.message}"
    if not problems and all(asked):
        return None
    reason = problems[0].message if problems else "nothing is said to the model"
    return f"the {side} version cannot be given it: {reason}"


def _cannot_run(error: InputError) -> str:
    problem = error.findings[0].message if error.findings else error.message
    return f"the earlier version cannot be run: {problem}"
