"""`agentops judge check`: labelled examples in, the agreement of judges with people out.

A check is a run whose answers are known: each example is a case, its answer comes from the judge
file, and what is under test is the judge. So a judge is asked here exactly as a suite will ask it,
under the same budget.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from agentops_cli.config import load_config
from agentops_cli.errors import EmptyError, ExitCode, InputError, UnreadableError
from agentops_cli.files import atomic_write
from agentops_cli.flows import evaluate
from agentops_cli.flows.evaluate import Prepared
from agentops_cli.flows.examples import answers_in, plan_examples
from agentops_cli.flows.load import find_files, near
from agentops_cli.flows.wiring import Gateways, address_of, assertion_kinds
from agentops_cli.flows.world import World
from agentops_cli.judge.agreement import Agreement, Opinion
from agentops_cli.judge.files import JudgeFiles
from agentops_cli.judge.record import CheckRecord, endpoint_of, figures, record_path, record_text
from agentops_cli.model.call import Fault, FaultKind
from agentops_cli.model.finding import Finding
from agentops_cli.model.json import Json, JsonObject
from agentops_cli.model.judge import JudgeExample, JudgeFile, Label
from agentops_cli.model.money import Cost
from agentops_cli.model.place import Location
from agentops_cli.model.result import SuiteResult, TrialResult
from agentops_cli.model.settings import Config
from agentops_cli.ports import Source, Trials
from agentops_cli.prices import PriceTable, prices_of
from agentops_cli.sources import Disk


@dataclass(frozen=True, slots=True, kw_only=True)
class PreparedCheck:
    """A check that may begin: nothing about it is wrong, and nothing was spent yet."""

    files: tuple[JudgeFile, ...]
    run: Prepared


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """One example and what the judge said of it, with its reason.

    `opinion` is None when the judge could not be asked; `fault` then says why.
    """

    example: JudgeExample
    opinion: Opinion | None
    reason: str
    fault: Fault | None = None

    @property
    def agrees(self) -> bool:
        """True when the judge says what the label says."""
        return self.opinion == self.example.label


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """One judge, checked: every example, and the agreement if all of them were judged.

    `problem` is why the judge may not judge, None when it may. `served` are the models that the
    provider says it asked.
    """

    file: JudgeFile
    examples: tuple[Judged, ...]
    agreement: Agreement | None
    problem: str | None
    served: tuple[str, ...]
    cost: Cost

    @property
    def path(self) -> str:
        """The judge file."""
        return self.file.judge.path or ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckResult:
    """All judges of one check, and what the process says of them."""

    judges: tuple[Checked, ...]
    exit_code: ExitCode


def prepare_check(
    typed: Sequence[str], world: World, settings: Mapping[str, Json]
) -> PreparedCheck:
    """Reads and plans everything; raises `InputError` with all mistakes of all files.

    `settings` holds the flags that are settings, by their dotted keys. Raises `EmptyError` when
    what was typed or configured matches nothing.
    """
    config = load_config(world.cwd, environ=world.environ, overrides=settings)
    source = Disk(world.cwd)
    patterns = {name: near(name, config, world) for name in config.judges}
    found = find_files(typed, patterns, source)
    if found.missing:
        names = ", ".join(map(repr, found.missing))
        raise EmptyError(f"no judge file matches {names}", fix="mend it here or under 'judges:'")
    files = tuple(_placed(file, config, world) for file in _read(found.paths, source))
    prices = prices_of(config)
    _demand_prices(files, config, prices)
    plan = plan_examples(files, config)
    return PreparedCheck(
        files=files,
        run=Prepared(
            config=config,
            plan=plan,
            kinds=assertion_kinds(),
            prices=prices,
            gateways=Gateways(plan, config, source, world, answers=answers_in(files)),
            world=world,
            log=None,
            use_cache=False,  # An opinion of yesterday says nothing of the judge of today.
        ),
    )


def check(prepared: PreparedCheck, on_result: Callable[[TrialResult], None]) -> CheckResult:
    """Asks the judges about their examples, and writes the record of each that was heard out.

    Raises `StoreError` when a record cannot be written.
    """
    world = prepared.run.world
    served: dict[tuple[str, str], set[str]] = {}
    with evaluate.run(prepared.run, on_result, served=served) as (result, trials):
        judges = tuple(
            _checked(file, suite, trials, served.get((suite.path, file.judge.model), set()))
            for file, suite in zip(prepared.files, result.suites, strict=True)
        )
        for judge in judges:
            if judge.agreement is not None:
                record = _record(judge, judge.agreement, world)
                with atomic_write(world.cwd / record_path(judge.path)) as out:
                    out.write(record_text(record))
    return CheckResult(judges=judges, exit_code=_exit_code(judges, result.exit_code))


def _exit_code(judges: Sequence[Checked], run: ExitCode) -> ExitCode:
    if run in {ExitCode.INTERRUPTED, ExitCode.STOPPED, ExitCode.UNREACHABLE}:
        return run
    if any(judge.agreement is None for judge in judges):
        return ExitCode.UNREACHABLE
    return ExitCode.REJECTED if any(judge.problem for judge in judges) else ExitCode.OK


def _read(paths: Sequence[str], source: Source) -> tuple[JudgeFile, ...]:
    files, findings = JudgeFiles(source), list[Finding]()
    found: list[JudgeFile] = []
    for path in paths:
        try:
            found.append(files.get(path))
        except UnreadableError as error:
            place = Location(path=path)
            findings.append(
                Finding(rule="unreadable", message=error.message, location=place, fix=error.fix)
            )
        except InputError as error:
            findings += error.findings
    if findings:
        raise InputError(findings)
    return tuple(found)


def _placed(file: JudgeFile, config: Config, world: World) -> JudgeFile:
    """The judge file with where its model is to be asked."""
    base_url = address_of(file.judge.model, config, world)
    return replace(file, judge=replace(file.judge, base_url=base_url))


def _demand_prices(files: Sequence[JudgeFile], config: Config, prices: PriceTable) -> None:
    """Refuses a judge whose dollars nobody would know under a budget."""
    findings = [
        Finding(
            rule="unknown-price",
            message=f"{file.judge.model} has no known price, and a budget is set",
            location=file.judge.location,
            fix=f"add to agentops.yaml: models: {{{file.judge.model}: {{price: "
            "{inputPer1M: …, outputPer1M: …}}}",
        )
        for file in files
        if config.budget.limits_usd and prices.price_of(file.judge.model) is None
    ]
    if findings:
        raise InputError(findings)


def _checked(file: JudgeFile, suite: SuiteResult, trials: Trials, served: set[str]) -> Checked:
    examples = tuple(
        _judged(example, trials.of(case))
        for example, case in zip(file.examples, suite.cases, strict=True)
    )
    agreement = _agreement(examples)
    return Checked(
        file=file,
        examples=examples,
        agreement=agreement,
        problem=None if agreement is None else agreement.falls_short(file.min_kappa),
        served=tuple(sorted(served)),
        cost=suite.totals.cost + suite.totals.judge_cost,
    )


def _judged(example: JudgeExample, trials: Sequence[TrialResult]) -> Judged:
    """What came of one example; a trial that was never begun was interrupted."""
    if not trials:
        never = Fault(kind=FaultKind.INTERRUPTED, message="interrupted before it began")
        return Judged(example=example, opinion=None, reason=never.message, fault=never)
    [trial] = trials
    fault = trial.fault
    if fault is not None and fault.kind is not FaultKind.UNDECIDED:
        return Judged(example=example, opinion=None, reason=fault.message, fault=fault)
    [verdict] = trial.verdicts
    opinions: dict[bool | None, Opinion] = {True: "good", False: "bad", None: "abstained"}
    return Judged(example=example, opinion=opinions[verdict.passed], reason=verdict.reason)


def _agreement(examples: Sequence[Judged]) -> Agreement | None:
    """The agreement over all examples; None when the judge could not be asked about one."""
    counts: Counter[tuple[Label, Opinion]] = Counter()
    for each in examples:
        if each.opinion is None:
            return None
        counts[each.example.label, each.opinion] += 1
    return Agreement(counts=counts)


def _record(judge: Checked, agreement: Agreement, world: World) -> CheckRecord:
    return CheckRecord(
        digest=judge.file.digest,
        model=judge.file.judge.model,
        endpoint=endpoint_of(judge.file.judge.base_url),
        served_models=judge.served,
        min_kappa=judge.file.min_kappa,
        agreement=agreement,
        checked_on=world.now().date(),
    )


def json_of_check(result: CheckResult) -> JsonObject:
    """The result as `--format json` prints it; dollars as decimal text."""
    return {
        "schema": 1,
        "exitCode": int(result.exit_code),
        "judges": [_json_of_judge(judge) for judge in result.judges],
    }


def _json_of_judge(judge: Checked) -> JsonObject:
    agreement, least = judge.agreement, judge.file.min_kappa
    return {
        "path": judge.path,
        "model": judge.file.judge.model,
        "servedModels": [*judge.served],
        "digest": judge.file.digest,
        "agreement": None if agreement is None else figures(agreement, least),
        "problem": judge.problem,
        "costUsd": f"{judge.cost.usd:f}",
        "unpriced": judge.cost.unpriced_calls,
        "examples": [_json_of_example(each) for each in judge.examples],
    }


def _json_of_example(each: Judged) -> JsonObject:
    place, fault = each.example.location, each.fault
    return {
        "location": {"path": place.path, "line": place.line, "column": place.column},
        "label": each.example.label,
        "opinion": each.opinion,
        "reason": each.reason,
        "fault": None if fault is None else fault.kind.value,
    }
