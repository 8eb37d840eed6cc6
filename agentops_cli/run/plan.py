"""Suites and prompts to the cases that will run, each with its whole request.

Everything that can be wrong without a call is found here: what a prompt lacks, what it does not
take, a model without a price under a budget.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from agentops_cli.errors import InputError
from agentops_cli.model.call import Request, Tags
from agentops_cli.model.finding import Finding, Severity, in_reading_order
from agentops_cli.model.json import Json
from agentops_cli.model.money import Price
from agentops_cli.model.place import Location
from agentops_cli.model.prompt import Message
from agentops_cli.model.result import PlannedCase
from agentops_cli.model.suite import AssertionSpec, Case, Suite
from agentops_cli.prompt.render import Renderer
from agentops_cli.suite.select import Selection

DEFAULT_MAX_TOKENS = 4096
"""The cap on output tokens of a prompt that sets none: a bound on the dollars needs one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadedSuite:
    """A suite with its prompt compiled; `renderer` is None where no prompt is needed."""

    suite: Suite
    renderer: Renderer | None

    @property
    def models(self) -> tuple[str, ...]:
        """The suite's models, or its prompt's own; empty when neither names one."""
        own = self.renderer.prompt.meta.model if self.renderer else None
        return self.suite.models or ((own,) if own else ())


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What will run, in a stable order: suite, model, case.

    `suites` are those with at least one planned case. `notes` tell what was assumed.
    """

    suites: tuple[LoadedSuite, ...]
    cases: tuple[PlannedCase, ...]
    notes: tuple[Finding, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanSettings:
    """What a plan depends on besides suites.

    `run_usd` is the strictest limit of the run. `base_url_of` tells where a model is asked for,
    None where that is nobody's choice.
    """

    base_url_of: Callable[[str], str | None]
    price_of: Callable[[str], Price | None]
    run_usd: Decimal | None
    timeout_s: float


def plan(loaded: Sequence[LoadedSuite], selection: Selection, settings: PlanSettings) -> Plan:
    """Plans the selected cases of the suites; raises `InputError` with every mistake."""
    planner = _Planner(settings)
    cases: list[PlannedCase] = []
    for item in loaded:
        cases += planner.suite(item, selection, first=len(cases))
    if planner.findings:
        raise InputError(planner.findings)
    ran = {case.suite for case in cases}
    return Plan(
        suites=tuple(item for item in loaded if item.suite.path in ran),
        cases=tuple(cases),
        notes=in_reading_order(planner.notes),
    )


class _Planner:
    def __init__(self, settings: PlanSettings) -> None:
        self.findings: list[Finding] = []
        self.notes: list[Finding] = []
        self._settings = settings

    def suite(self, loaded: LoadedSuite, selection: Selection, *, first: int) -> list[PlannedCase]:
        cases = [case for case in loaded.suite.cases if selection.has_case(case)]
        if not cases:
            return []
        models = selection.of_models(self._models(loaded))
        messages = {case.id: self._messages(case, loaded) for case in cases}
        for model in models:
            self._check_price(model, loaded)
        drafts = [
            self._planned(case, model, loaded, messages[case.id])
            for model in models
            for case in cases
        ]
        return [replace(draft, index=first + place) for place, draft in enumerate(drafts)]

    def _models(self, loaded: LoadedSuite) -> Iterator[str]:
        suite = loaded.suite
        if not loaded.models:
            fix = "add 'models: [provider/model]', or 'model:' to the prompt"
            self._add("no-model", "no model is named", suite.location, fix)
        for model in loaded.models:
            if model.startswith("agent/"):
                problem = f"{model!r} is not supported yet: agents under test"
                fix = "name a model"
                self._add("not-supported-yet", problem, suite.models_location, fix)
            else:
                yield model

    def _messages(self, case: Case, loaded: LoadedSuite) -> tuple[Message, ...]:
        """The rendered messages of a case; what keeps it from rendering is a finding."""
        renderer = loaded.renderer
        if case.skip is not None:
            return ()
        if renderer is None:
            return (Message(role="user", content=case.input),) if case.input is not None else ()
        given: dict[str, Json] = dict(case.vars)
        if renderer.prompt.takes_user_input:
            if case.input is None:
                problem = f"case {case.id!r} has no input, which is the prompt's user message"
                self._add("missing-input", problem, case.location, "add 'input:'")
        elif case.input is not None:
            if "input" in given:
                problem = f"case {case.id!r} gives 'input' twice, as input and in vars"
                self._add("bad-input", problem, case.location, "keep one of them")
            given["input"] = case.input
        wrong = renderer.check(given)
        for item in wrong:
            message = f"case {case.id!r}: {item.message}"
            self._add(item.rule, message, case.location, item.fix)
        if wrong:
            return ()
        try:
            return renderer.render(given, user_input=case.input)
        except InputError as error:
            self.findings += error.findings
            return ()

    def _planned(
        self, case: Case, model: str, loaded: LoadedSuite, messages: tuple[Message, ...]
    ) -> PlannedCase:
        suite, prompt = loaded.suite, loaded.renderer.prompt if loaded.renderer else None
        max_tokens = prompt.meta.sampling.max_tokens if prompt else None
        if prompt and max_tokens is None:
            self._note_cap(prompt.location)
        if prompt and prompt.output_schema is not None and case.assert_output:
            case = _asserting_output(case, prompt.output_schema, prompt.location)
        request = Request(
            model=model,
            messages=messages,
            max_tokens=max_tokens or DEFAULT_MAX_TOKENS,
            response_schema=prompt.output_schema if prompt else None,
            base_url=self._settings.base_url_of(model),
            timeout_s=self._settings.timeout_s,
            tags=Tags(
                suite=suite.path,
                case_id=case.id,
                prompt=prompt.name if prompt else None,
                prompt_version=prompt.meta.version if prompt else None,
            ),
        )
        if prompt:
            request = replace(request, sampling=prompt.meta.sampling)
        return PlannedCase(index=0, suite=suite.path, case=case, model=model, request=request)

    def _check_price(self, model: str, loaded: LoadedSuite) -> None:
        suite = loaded.suite
        limits = (self._settings.run_usd, suite.budget.run_usd, suite.gate.max_cost_usd)
        if all(limit is None for limit in limits) or self._settings.price_of(model):
            return
        prompt = loaded.renderer.prompt.location if loaded.renderer else suite.location
        place = suite.models_location if suite.models else prompt
        problem = f"{model} has no known price, and a budget or gate.maxCostUsd is set"
        price = "{inputPer1M: …, outputPer1M: …}"
        fix = f"add to agentops.yaml: models: {{{model}: {{price: {price}}}}}"
        self._add("unknown-price", problem, place, fix)

    def _note_cap(self, location: Location) -> None:
        self.notes.append(
            Finding(
                rule="no-max-tokens",
                message=f"no max_tokens: answers are capped at {DEFAULT_MAX_TOKENS:,} tokens",
                location=location,
                fix="set max_tokens in the prompt's frontmatter",
                severity=Severity.INFO,
            )
        )

    def _add(self, rule: str, message: str, location: Location, fix: str | None) -> None:
        self.findings.append(Finding(rule=rule, message=message, location=location, fix=fix))


def _asserting_output(case: Case, schema: dict[str, Json], location: Location) -> Case:
    spec = AssertionSpec(kind="jsonSchema", args={"value": schema}, location=location)
    return replace(case, assertions=(*case.assertions, spec))
