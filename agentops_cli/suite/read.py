"""Text of a suite file to a `Suite`, every default filled in and every mistake found.

Reading goes on after a mistake with what is left, so that all of them are reported at once; a
suite is returned only when there was none.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from pathlib import PurePosixPath

from agentops_cli.errors import InputError
from agentops_cli.locate import Document, Route, parse_yaml
from agentops_cli.model.finding import MOST_MISTAKES, Finding, stopped_at
from agentops_cli.model.ids import Kind, kind_of, models_in
from agentops_cli.model.json import JsonObject
from agentops_cli.model.judge import Judge
from agentops_cli.model.place import Location
from agentops_cli.model.suite import Budget, Case, Gate, Quarantine, Suite
from agentops_cli.ports import AssertionType, MetricType, Source
from agentops_cli.registry import Registry
from agentops_cli.spool import spooled
from agentops_cli.suite.conversation import Talk, TalkReader
from agentops_cli.suite.expand import CaseRow, Mapped, Told, expand_dataset
from agentops_cli.suite.ids import Ids
from agentops_cli.suite.judging import judge_of_suite, places_of_rubrics, without_judge
from agentops_cli.suite.metrics import MetricReader
from agentops_cli.suite.specs import CASE_KINDS, RawSpec, SpecReader
from agentops_cli.suite.texts import Texts
from agentops_cli.suite.tiers import read_models
from agentops_cli.suite.values import Values, as_list, as_mapping, as_number, as_text
from agentops_cli.template import Templates
from agentops_cli.validate import problems, without

AUTO_REPEAT, AUTO_REPEAT_PASS = 5, 3
"""How often a case is repeated at most, and must pass, whose suite says nothing of it, where cases
are repeated until they are decided: a majority of five, three calls for most."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SuiteContext:
    """What reading a suite needs besides its text.

    `source` is the tree that the suite and its data files are in. `repeat` is the command line's,
    which wins over the file's; with `repeat_auto` cases are repeated until they are decided.
    `judge` is the configuration's, for a suite that names none.
    """

    source: Source
    kinds: Registry[AssertionType]
    metrics: Registry[MetricType]
    templates: Templates
    repeat: int | None = None
    repeat_auto: bool = False
    judge: Judge | None = None


def read_suite(text: str, *, path: str, context: SuiteContext) -> Suite:
    """Reads one suite; raises `InputError` with everything that is wrong with it."""
    reader = _Reader(parse_yaml(text, path=path), context)
    suite = reader.suite()
    if reader.findings:
        raise InputError(reader.findings)
    return suite


@dataclass(frozen=True, slots=True, kw_only=True)
class _Shape:
    """What a case has before its own values: from the suite, the defaults and its holder."""

    talk: Talk
    specs: tuple[RawSpec, ...]
    tags: frozenset[str]
    repeat: int
    repeat_pass: int
    assert_output: bool


class _Reader:
    def __init__(self, document: Document, context: SuiteContext) -> None:
        self.findings: list[Finding] = []
        self._unasserted: list[Finding] = []
        self._ids = Ids()
        self._rubrics: dict[Location, None] = {}
        # What is wrong with metrics and gates keeps nothing from being said of the cases.
        self._aside: list[Finding] = []
        self._document = document
        self._context = context
        self._broken: set[Route] = set()
        self._data = self._valid_part()
        report = self.findings.append
        self._values = Values(document, source=context.source, report=report)
        texts = Texts(context.templates)
        self._specs = SpecReader(document, kinds=context.kinds, texts=texts, report=report)
        self._defaults = as_mapping(self._data.get("defaults"))
        self._default_specs = self._specs.read(self._defaults, ("defaults",))
        self._default_tags = frozenset(map(str, as_list(self._defaults.get("tags"))))
        self._default_vars = self._values.named(self._defaults, "vars", ("defaults",))
        self._talks = TalkReader(
            document,
            data=self._data,
            values=self._values,
            specs=self._specs,
            texts=texts,
            report=report,
        )
        self._metrics = MetricReader(
            document,
            self._data.get("metrics"),
            kinds=context.metrics,
            texts=texts,
            report=self._aside.append,
        )

    def suite(self) -> Suite:
        """The suite, as far as it could be read; complete only when there are no findings."""
        cases = spooled(self._noted(self._cases()))
        self._report_twice(cases)
        if not self._broken:
            self._talks.check_defaults()
        cases = self._metrics.referring(cases, complete=not self.findings)
        prompt = self._data.get("prompt")
        models = read_models(self._data.get("models"), self._document, report=self.findings.append)
        suite = Suite(
            name=PurePosixPath(self._document.path).stem,
            path=self._document.path,
            location=self._document.at(),
            prompt=prompt if isinstance(prompt, str) else None,
            prompt_location=self._document.at(("prompt",)),
            models=models.names,
            models_location=self._document.at(("models",)),
            cases=cases,
            gate=self._gate(as_mapping(self._data.get("gate"))),
            budget=self._budget(as_mapping(self._data.get("budget"))),
            judge=self._judge(),
            metrics=self._metrics.specs,
            unasserted=tuple(self._unasserted),
            tiers=models.tiers,
            model_places=models.places,
        )
        self._demand_prompt(suite)
        self.findings += self._aside
        return suite

    def _judge(self) -> Judge | None:
        """The suite's own judge, else the configuration's; demanded where a case needs one."""
        if "judge" in as_mapping(self._document.data):
            return judge_of_suite(
                self._data.get("judge"),
                self._document,
                source=self._context.source,
                values=self._values,
                report=self.findings.append,
            )
        if self._context.judge is None:
            self.findings += without_judge(self._rubrics)
        return self._context.judge

    def _valid_part(self) -> JsonObject:
        """The data without whatever the schema refuses; every refusal is a finding."""
        wrong: list[Route] = []
        for problem in problems(self._document, "suite"):
            is_aside = problem.route[:1] in {("metrics",), ("gate",)}
            (self._aside if is_aside else self.findings).append(problem.finding)
            self._broken.add(problem.route[:2])
            if not problem.absent:
                wrong.append(problem.route)
        if () in wrong:  # Nothing is left to go on with.
            if isinstance(self._document.data, list):
                fix = "is this a dataset? name it under 'datasets:', and keep it out of 'suites:'"
                raise InputError([replace(finding, fix=fix) for finding in self.findings])
            raise InputError([*self.findings, *self._aside])
        return as_mapping(without(self._document.data, *wrong))

    def _demand_prompt(self, suite: Suite) -> None:
        # In whatever case it is written: that no provider is called Agent is told by the plan.
        needs_none = suite.models and all(
            kind_of(model.lower()) in {Kind.AGENT, Kind.REPLAY}
            for label in suite.models
            for model in models_in(label)
        )
        if suite.prompt is None and not needs_none and ("prompt",) not in self._broken:
            self._add(
                "missing-prompt", "no prompt is named", (),
                "add 'prompt: path/to/name.prompt.md'; agent/… and replay/… need none",
            )  # fmt: skip

    # Cases

    def _cases(self) -> Iterator[Case]:
        cases, datasets = as_list(self._data.get("cases")), as_list(self._data.get("datasets"))
        if not cases and not datasets and not self._broken & {("cases",), ("datasets",)}:
            self._add("no-cases", "there are neither cases nor datasets", (), "add 'cases:'")
        for index, holder in enumerate(cases):
            if isinstance(holder, dict):
                yield self._case(holder, ("cases", index))
        for index, holder in enumerate(datasets):
            if isinstance(holder, dict) and "file" in holder:
                yield from self._dataset(holder, ("datasets", index))

    def _case(self, holder: JsonObject, route: Route) -> Case:
        shape = self._shape(holder, route)
        written = CaseRow(
            id=as_text(holder.get("id")) or "",
            location=self._document.at(route),
            input=as_text(holder.get("input")),
            vars=self._values.named(holder, "vars", route),
            cells={},
            tags=frozenset(map(str, as_list(holder.get("tags")))),
            skip=as_text(holder.get("skip")),
            xfail=as_text(holder.get("xfail")),
        )
        return self._completed(shape, written, route, as_mapping(holder.get("quarantine")))

    def _dataset(self, holder: JsonObject, route: Route) -> Iterator[Case]:
        shape = self._shape(holder, route)

        def missing_column(key: str, column: str, near: str | None) -> None:
            fix = f"did you mean {near!r}?" if near else "name a column of the file"
            self._add("missing-column", f"there is no column {column!r}", (*route, key), fix)

        told = Told(
            row=self._refuse_row,
            column=missing_column,
            unreadable=lambda error: self._values.unreadable(error, (*route, "file")),
        )
        paths = self._dataset_files(holder, route)
        for row in expand_dataset(paths, self._context.source, Mapped.of(holder), told):
            yield self._completed(shape, row, route, {})

    def _dataset_files(self, holder: JsonObject, route: Route) -> Sequence[str]:
        """The files that a dataset names."""
        pattern = str(holder["file"])
        paths: tuple[str, ...] = (self._values.beside(pattern),)
        if any(mark in pattern for mark in "*?["):
            paths = self._context.source.glob(paths[0])
            if not paths:
                problem = f"no file matches {pattern!r}"
                self._add("missing-file", problem, (*route, "file"), "mend the pattern")
        return paths

    def _noted(self, cases: Iterator[Case]) -> Iterator[Case]:
        """The cases, of each of which is noted what all of them together are asked for."""
        for case in cases:
            if case.id:
                self._ids.add(case.id)
            if self._context.judge is None:
                self._rubrics.update(dict.fromkeys(places_of_rubrics(case)))
            yield case
            self._stop_at_many(case.location)

    def _refuse_row(self, finding: Finding) -> None:
        self.findings.append(finding)
        self._stop_at_many(finding.location or self._document.at())

    def _stop_at_many(self, place: Location) -> None:
        """Raises `InputError` once there are more mistakes than anybody reads."""
        if len(self.findings) >= MOST_MISTAKES:
            raise InputError([*self.findings, stopped_at(place)])

    def _report_twice(self, cases: Iterable[Case]) -> None:
        """A finding for each case whose id another one had before."""
        suspects = self._ids.suspects()
        if not suspects:
            return
        first: dict[str, Location] = {}
        for case in cases:
            if not case.id or hash(case.id) not in suspects:
                continue
            before = first.setdefault(case.id, case.location)
            if before is case.location:
                continue
            self.findings.append(
                Finding(
                    rule="duplicate-id",
                    message=f"case id {case.id!r} is already used at {before}",
                    location=case.location,
                    fix="give each case an id of its own",
                )
            )
            self._stop_at_many(case.location)

    def _shape(self, holder: JsonObject, route: Route) -> _Shape:
        own = self._specs.read(holder, route)
        replaced = "expectedCategory" in holder
        inherited = tuple(
            raw
            for raw in self._default_specs
            if not (replaced and raw.route[-1] == "expectedCategory")
        )
        talk, specs = self._talks.read(holder, route, inherited + own)
        usual = self._defaults.get("assertOutput", True)
        assert_output = holder.get("assertOutput", usual) is not False
        carried = [*map(_can_fail, talk.answers(specs))]
        if not all(carried) and route[:2] not in self._broken:
            is_case = "id" in holder and "file" not in holder
            named = f"case {holder['id']!r}" if is_case else "the dataset"
            self._demand_assertions(named, route, talk, carried, assert_output=assert_output)
        repeat, repeat_pass = self._repeats(holder, route)
        return _Shape(
            talk=talk,
            specs=specs,
            tags=self._default_tags,
            repeat=repeat,
            repeat_pass=repeat_pass,
            assert_output=assert_output,
        )

    def _completed(self, shape: _Shape, own: CaseRow, route: Route, quarantine: JsonObject) -> Case:
        """The case of what is its own, in the shape of its holder, its templates rendered."""
        talk, place = shape.talk, own.location
        given, row = {**self._default_vars, **own.vars}, dict(own.cells)
        scope: JsonObject = {"input": own.input, "vars": given, "row": row}
        turns = self._talks.turns(talk, scope, place)
        if turns:  # What is left to the case judges the last answer.
            scope = {**scope, "input": turns[-1].input, "vars": {**given, **turns[-1].vars}}
        specs = tuple(self._specs.complete(raw, scope, place) for raw in shape.specs)
        told = [turn.assertions for turn in turns[:-1]]
        told.append(turns[-1].assertions + specs if turns else specs)
        carried = [
            any(spec.effective for spec in answer) or not _can_fail(raw)
            for answer, raw in zip(told, talk.answers(shape.specs), strict=True)
        ]
        if not all(carried):
            self._demand_assertions(
                f"the case at {place}", route, talk, carried, assert_output=shape.assert_output
            )
        return Case(
            id=own.id,
            location=place,
            input=None if turns else as_text(scope["input"]),
            vars=given,
            row=row,
            assertions=specs,
            tags=shape.tags | own.tags,
            repeat=shape.repeat,
            repeat_pass=shape.repeat_pass,
            repeat_auto=self._context.repeat_auto,
            skip=own.skip,
            xfail=own.xfail,
            assert_output=shape.assert_output,
            messages=self._talks.messages(talk, scope, place),
            turns=turns,
            window=talk.window,
            ttl_turns=talk.ttl_turns,
            stubs=talk.stubs,
            stub_locations=talk.stub_locations,
            max_steps=talk.max_steps,
            faults=talk.faults,
            quarantine=self._quarantine(quarantine, route),
        )

    def _demand_assertions(
        self, named: str, route: Route, talk: Talk, carried: Iterable[bool], *, assert_output: bool
    ) -> None:
        """Reports each answer that is not carried by an assertion that could fail.

        Where the prompt's output is asserted too, only whoever reads the prompt can tell.
        """
        wanting = self._unasserted if assert_output and "prompt" in self._data else self.findings
        if len(wanting) >= MOST_MISTAKES:
            return
        for index, fine in enumerate(carried):
            if fine:
                continue
            turn = talk.turns[index] if talk.turns else None
            who = f"turn {index + 1} of {named}" if turn else named
            problem = f"{who} has no assertion that could fail"
            fix = f"add {', '.join(CASE_KINDS)} or assert"
            place = self._document.at(turn.route if turn else route)
            wanting.append(Finding(rule="no-assertion", message=problem, location=place, fix=fix))

    def _repeats(self, holder: JsonObject, route: Route) -> tuple[int, int]:
        """How often a case runs, and how often it must pass."""
        levels: list[tuple[JsonObject, Route]] = [
            (holder, route),
            (self._defaults, ("defaults",)),
            (self._data, ()),
        ]
        said = next((v for level, _ in levels if isinstance(v := level.get("repeat"), int)), None)
        written = said or 1
        repeat = self._context.repeat or written
        for level, place in levels:
            ratio = level.get("repeatPass")
            if not isinstance(ratio, str):
                continue
            wanted, of = map(int, ratio.split("/"))
            if wanted > of or of != written:
                problem = f"repeatPass {ratio!r} does not fit repeat {written}"
                fix = f"write repeatPass: k/{written} with k at most {written}"
                self._add("bad-value", problem, (*place, "repeatPass"), fix)
            # Rounded up: `--repeat` never makes it laxer.
            return repeat, -(-wanted * repeat // of)
        if self._context.repeat_auto and said is None:
            return AUTO_REPEAT, AUTO_REPEAT_PASS
        return repeat, repeat

    def _quarantine(self, holder: JsonObject, route: Route) -> Quarantine | None:
        if not {"reason", "owner", "until"} <= set(holder):
            return None  # Absent, or reported by the schema.
        try:
            until = date.fromisoformat(str(holder["until"]))
        except ValueError as error:
            place = (*route, "quarantine", "until")
            self._add("bad-value", f"'until' is no date: {error}", place, "write 2026-12-31")
            return None
        return Quarantine(reason=str(holder["reason"]), owner=str(holder["owner"]), until=until)

    def _gate(self, gate: JsonObject) -> Gate:
        usual = Gate()
        latency = gate.get("maxP95LatencyS")
        return Gate(
            min_pass_rate=as_number(gate.get("minPassRate"), usual.min_pass_rate),
            max_errored=int(as_number(gate.get("maxErrored"), usual.max_errored)),
            max_cost_usd=self._dollars(("gate", "maxCostUsd")),
            max_p95_latency_s=None if latency is None else as_number(latency, 0.0),
            metrics=self._metrics.gates(gate),
        )

    def _budget(self, budget: JsonObject) -> Budget:
        def number(key: str) -> int | None:
            return int(as_number(budget[key], 0)) if key in budget else None

        return Budget(
            run_usd=self._dollars(("budget", "runUsd")),
            case_usd=self._dollars(("budget", "caseUsd")),
            calls=number("calls"),
            tokens=number("tokens"),
            usd_per_hour=self._dollars(("budget", "usdPerHour")),
        )

    def _dollars(self, route: Route) -> Decimal | None:
        """An amount exactly as written: 0.10 never passes through a binary fraction."""
        holder = as_mapping(self._data.get(str(route[0])))
        return Decimal(self._document.text_at(route) or "0") if route[1] in holder else None

    def _add(self, rule: str, message: str, route: Route, fix: str | None) -> None:
        place = self._document.at(route)
        self.findings.append(Finding(rule=rule, message=message, location=place, fix=fix))


def _can_fail(specs: tuple[RawSpec, ...]) -> bool:
    return any(raw.spec.effective for raw in specs)
