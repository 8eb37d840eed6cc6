"""Text of a suite file to a `Suite`, every default filled in and every mistake found.

Reading goes on after a mistake with what is left, so that all of them are reported at once; a
suite is returned only when there was none.
"""

import posixpath
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import PurePosixPath

from agentops_cli.errors import InputError, UnreadableError
from agentops_cli.locate import Document, Route, parse_yaml
from agentops_cli.model.finding import Finding
from agentops_cli.model.json import Json, JsonObject
from agentops_cli.model.place import Location
from agentops_cli.model.suite import AssertionSpec, Budget, Case, Gate, Quarantine, Suite
from agentops_cli.ports import AssertionType, Source
from agentops_cli.registry import Registry
from agentops_cli.suite.dataset import parse_json
from agentops_cli.suite.expand import Mapped, expand_dataset
from agentops_cli.suite.specs import CASE_KINDS, RawSpec, SpecReader
from agentops_cli.template import Templates
from agentops_cli.validate import problems, without


@dataclass(frozen=True, slots=True, kw_only=True)
class SuiteContext:
    """What reading a suite needs besides its text.

    `source` is the tree that the suite and its data files are in. `repeat` is the command line's,
    which wins over the file's.
    """

    source: Source
    kinds: Registry[AssertionType]
    templates: Templates
    repeat: int | None = None


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

    specs: tuple[RawSpec, ...]
    tags: frozenset[str]
    repeat: int
    repeat_pass: int
    assert_output: bool


class _Reader:
    def __init__(self, document: Document, context: SuiteContext) -> None:
        self.findings: list[Finding] = []
        self._document = document
        self._context = context
        self._folder = posixpath.dirname(document.path)
        self._files: dict[str, str] = {}
        self._broken: set[Route] = set()
        self._data = self._valid_part()
        self._specs = SpecReader(
            document,
            kinds=context.kinds,
            templates=context.templates,
            report=self.findings.append,
        )
        self._defaults = _mapping(self._data.get("defaults"))
        self._default_specs = self._specs.read(self._defaults, ("defaults",))
        self._default_vars = self._vars(self._defaults, ("defaults",))

    def suite(self) -> Suite:
        """The suite, as far as it could be read; complete only when there are no findings."""
        cases = tuple(self._unique(self._cases()))
        prompt = self._data.get("prompt")
        models = [model for model in _list(self._data.get("models")) if isinstance(model, str)]
        suite = Suite(
            name=PurePosixPath(self._document.path).stem,
            path=self._document.path,
            location=self._document.at(),
            prompt=prompt if isinstance(prompt, str) else None,
            prompt_location=self._document.at(("prompt",)),
            models=tuple(dict.fromkeys(models)),
            models_location=self._document.at(("models",)),
            cases=cases,
            gate=self._gate(_mapping(self._data.get("gate"))),
            budget=Budget(run_usd=self._dollars(("budget", "runUsd"))),
        )
        self._demand_prompt(suite)
        return suite

    def _valid_part(self) -> JsonObject:
        """The data without whatever the schema refuses; every refusal is a finding."""
        wrong: list[Route] = []
        for problem in problems(self._document, "suite"):
            self.findings.append(problem.finding)
            self._broken.add(problem.route[:2])
            if not problem.absent:
                wrong.append(problem.route)
        if () in wrong:
            raise InputError(self.findings)  # Nothing is left to go on with.
        return _mapping(without(self._document.data, *wrong))

    def _demand_prompt(self, suite: Suite) -> None:
        needs_none = suite.models and all(m.startswith("replay/") for m in suite.models)
        if suite.prompt is None and not needs_none and ("prompt",) not in self._broken:
            self._add(
                "missing-prompt", "no prompt is named", (),
                "add 'prompt: path/to/name.prompt.md'; only suites of replay/… models need none",
            )  # fmt: skip

    # Cases

    def _cases(self) -> Iterator[Case]:
        cases, datasets = _list(self._data.get("cases")), _list(self._data.get("datasets"))
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
        place = self._document.at(route)
        given = {**self._default_vars, **self._vars(holder, route)}
        text = _text(holder.get("input"))
        scope: JsonObject = {"input": text, "vars": given, "row": {}}
        return Case(
            id=_text(holder.get("id")) or "",
            location=place,
            input=text,
            vars=given,
            assertions=self._assertions(shape, scope, place, route),
            tags=shape.tags | frozenset(map(str, _list(holder.get("tags")))),
            repeat=shape.repeat,
            repeat_pass=shape.repeat_pass,
            skip=_text(holder.get("skip")),
            xfail=_text(holder.get("xfail")),
            quarantine=self._quarantine(_mapping(holder.get("quarantine")), route),
            assert_output=shape.assert_output,
        )

    def _dataset(self, holder: JsonObject, route: Route) -> Iterator[Case]:
        shape = self._shape(holder, route)

        def missing_column(key: str, column: str, near: str | None) -> None:
            fix = f"did you mean {near!r}?" if near else "name a column of the file"
            self._add("missing-column", f"there is no column {column!r}", (*route, key), fix)

        rows = expand_dataset(
            self._dataset_files(holder, route),
            Mapped.of(holder),
            report=self.findings.append,
            missing_column=missing_column,
        )
        for row in rows:
            given = {**self._default_vars, **row.vars}
            scope: JsonObject = {"input": row.input, "vars": given, "row": dict(row.cells)}
            yield Case(
                id=row.id,
                location=row.location,
                input=row.input,
                vars=given,
                row=row.cells,
                assertions=self._assertions(shape, scope, row.location, route),
                tags=shape.tags | row.tags,
                repeat=shape.repeat,
                repeat_pass=shape.repeat_pass,
                skip=row.skip,
                xfail=row.xfail,
                assert_output=shape.assert_output,
            )

    def _dataset_files(self, holder: JsonObject, route: Route) -> Mapping[str, str]:
        """Text by path of the files that a dataset names."""
        pattern = str(holder["file"])
        paths: tuple[str, ...] = (self._beside(pattern),)
        if any(mark in pattern for mark in "*?["):
            paths = self._context.source.glob(paths[0])
            if not paths:
                problem = f"no file matches {pattern!r}"
                self._add("missing-file", problem, (*route, "file"), "mend the pattern")
        texts = {path: self._read(path, (*route, "file")) for path in paths}
        return {path: text for path, text in texts.items() if text is not None}

    def _unique(self, cases: Iterator[Case]) -> Iterator[Case]:
        first: dict[str, Location] = {}
        for case in cases:
            if case.id and case.id in first:
                self.findings.append(
                    Finding(
                        rule="duplicate-id",
                        message=f"case id {case.id!r} is already used at {first[case.id]}",
                        location=case.location,
                        fix="give each case an id of its own",
                    )
                )
            first.setdefault(case.id, case.location)
            yield case

    def _shape(self, holder: JsonObject, route: Route) -> _Shape:
        own = self._specs.read(holder, route)
        replaced = "expectedCategory" in holder
        inherited = tuple(
            raw
            for raw in self._default_specs
            if not (replaced and raw.route[-1] == "expectedCategory")
        )
        specs = inherited + own
        if not any(raw.spec.effective for raw in specs) and route[:2] not in self._broken:
            self._no_assertion(f"case {holder['id']!r}" if "id" in holder else "the dataset", route)
        repeat, repeat_pass = self._repeats(holder, route)
        assert_output = holder.get("assertOutput", self._defaults.get("assertOutput", True))
        return _Shape(
            specs=specs,
            tags=frozenset(map(str, _list(self._defaults.get("tags")))),
            repeat=repeat,
            repeat_pass=repeat_pass,
            assert_output=assert_output is not False,
        )

    def _assertions(
        self, shape: _Shape, scope: JsonObject, place: Location, route: Route
    ) -> tuple[AssertionSpec, ...]:
        """The specs of the case at a place, its templates rendered."""
        specs = tuple(self._specs.complete(raw, scope, place) for raw in shape.specs)
        could_fail = any(raw.spec.effective for raw in shape.specs)
        if could_fail and not any(spec.effective for spec in specs):
            self._no_assertion(f"the case at {place}", route)
        return specs

    def _no_assertion(self, named: str, route: Route) -> None:
        problem = f"{named} has no assertion that could fail"
        self._add("no-assertion", problem, route, f"add {', '.join(CASE_KINDS)} or assert")

    def _repeats(self, holder: JsonObject, route: Route) -> tuple[int, int]:
        """How often a case runs, and how often it must pass."""
        levels: list[tuple[JsonObject, Route]] = [
            (holder, route),
            (self._defaults, ("defaults",)),
            (self._data, ()),
        ]
        written = next((v for level, _ in levels if isinstance(v := level.get("repeat"), int)), 1)
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

    # Values

    def _vars(self, holder: JsonObject, route: Route) -> JsonObject:
        given = _mapping(holder.get("vars"))
        return {name: self._var(value, (*route, "vars", name)) for name, value in given.items()}

    def _var(self, value: Json, route: Route) -> Json:
        if not isinstance(value, dict) or set(value) not in ({"file"}, {"json"}):
            return value
        [(how, name)] = value.items()
        text = self._read(self._beside(str(name)), route)
        if text is None or how == "file":
            return text
        try:
            return parse_json(text)
        except ValueError as error:
            problem = f"{name} is not valid JSON: {error}"
            self._add("bad-json", problem, route, "mend the file, or read it as {file: …}")
            return None

    def _read(self, path: str, route: Route) -> str | None:
        if path not in self._files:
            try:
                self._files[path] = self._context.source.read(path)
            except UnreadableError as error:
                self._add("missing-file", error.message, route, error.fix)
                return None
        return self._files[path]

    def _beside(self, path: str) -> str:
        return posixpath.normpath(posixpath.join(self._folder, path))

    def _gate(self, gate: JsonObject) -> Gate:
        usual = Gate()
        latency = gate.get("maxP95LatencyS")
        return Gate(
            min_pass_rate=_number(gate.get("minPassRate"), usual.min_pass_rate),
            max_errored=int(_number(gate.get("maxErrored"), usual.max_errored)),
            max_cost_usd=self._dollars(("gate", "maxCostUsd")),
            max_p95_latency_s=None if latency is None else _number(latency, 0.0),
        )

    def _dollars(self, route: Route) -> Decimal | None:
        """An amount exactly as written: 0.10 never passes through a binary fraction."""
        holder = _mapping(self._data.get(str(route[0])))
        return Decimal(self._document.text_at(route) or "0") if route[1] in holder else None

    def _add(self, rule: str, message: str, route: Route, fix: str | None) -> None:
        place = self._document.at(route)
        self.findings.append(Finding(rule=rule, message=message, location=place, fix=fix))


def _mapping(value: Json) -> JsonObject:
    return value if isinstance(value, dict) else {}


def _list(value: Json) -> list[Json]:
    return value if isinstance(value, list) else []


def _text(value: Json) -> str | None:
    return value if isinstance(value, str) else None


def _number(value: Json, default: float) -> float:
    return default if value is None or isinstance(value, str | list | dict) else float(value)
