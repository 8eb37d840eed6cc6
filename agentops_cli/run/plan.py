"""Suites and prompts to the cases that will run, each with its whole request.

Everything that can be wrong without a call is found here: what a prompt lacks, what it does not
take, a model without a price under a budget.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from itertools import chain

from agentops_cli.assertions.judged import may_ask_judge, unlike_examples
from agentops_cli.errors import InputError
from agentops_cli.model.call import Request, Tags
from agentops_cli.model.embedding import EMBEDDING_MODEL
from agentops_cli.model.finding import Finding, Severity, in_reading_order
from agentops_cli.model.json import Json
from agentops_cli.model.judge import Judge
from agentops_cli.model.metric import MetricSpec
from agentops_cli.model.money import FREE, ZERO, Price
from agentops_cli.model.place import Location
from agentops_cli.model.prompt import Message, Prompt, Sampling
from agentops_cli.model.result import PlannedCase
from agentops_cli.model.settings import AgentSettings, agent_of
from agentops_cli.model.suite import AssertionSpec, Case, Suite
from agentops_cli.prompt.render import Renderer
from agentops_cli.run.agents import agent_mistakes, agent_requests, unknown_dollars
from agentops_cli.run.answers import answers_of
from agentops_cli.run.messages import messages_of
from agentops_cli.run.tool_names import mistakes_with_agent, mistakes_with_model, unused_stubs
from agentops_cli.suite.select import Selection
from agentops_cli.template import Templates
from agentops_cli.template.suggest import did_you_mean

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

    def only(self, wanted: Callable[[PlannedCase], bool]) -> "Plan":
        """The plan of some of its cases, numbered anew."""
        cases = [case for case in self.cases if wanted(case)]
        ran = {case.suite for case in cases}
        return replace(
            self,
            suites=tuple(item for item in self.suites if item.suite.path in ran),
            cases=tuple(replace(case, index=index) for index, case in enumerate(cases)),
        )

    @property
    def models(self) -> tuple[str, ...]:
        """Every model that may be asked: subjects, judges, and the one that `similar` compares by.

        Each once, in the order of the plan.
        """
        subjects = [case.model for case in self.cases]
        judges = [case.judge.model for case in self.cases if case.judge]
        embedding = [EMBEDDING_MODEL] if self.comparisons else []
        return tuple(dict.fromkeys([*subjects, *judges, *embedding]))

    @property
    def comparisons(self) -> tuple[AssertionSpec, ...]:
        """The `similar` assertions of the cases that are not skipped."""
        cases = [planned.case for planned in self.cases if planned.case.skip is None]
        judged = chain.from_iterable(map(answers_of, cases))
        return tuple(spec for spec in chain.from_iterable(judged) if spec.kind == "similar")


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanSettings:
    """What a plan depends on besides suites.

    `run_usd` is the strictest limit of the run. `base_url_of` tells where a model is asked for,
    None where that is nobody's choice. `doubt_of` tells what is to be said of a judge before it is
    asked: an error where it may not judge. `agents` are the configured ones by name, and
    `templates` compiles the bodies that they are sent.
    """

    base_url_of: Callable[[str], str | None]
    price_of: Callable[[str], Price | None]
    run_usd: Decimal | None
    timeout_s: float
    templates: Templates
    doubt_of: Callable[[Judge], Finding | None]
    agents: Mapping[str, AgentSettings] = field(default_factory=dict)


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
        self.findings += _unasserted(loaded)
        cases = [case for case in loaded.suite.cases if selection.has_case(case)]
        if not cases:
            return []
        models = selection.of_models(self._models(loaded))
        if loaded.renderer and all(map(agent_of, loaded.models)):
            self._note_unsent(loaded.renderer.prompt)
        if loaded.suite.metrics and not loaded.suite.gate.metrics:
            self._note_ungated(loaded.suite.metrics)
        said = {
            case.id: messages_of(case, loaded.renderer, self.findings.append)
            for case in cases
            if not all(map(agent_of, models))
        }
        drafts: list[PlannedCase] = []
        for model in models:
            agent = self._settings.agents.get(agent_of(model) or "")
            self._check_dollars(model, loaded, agent)
            drafts += (
                self._planned_with_agent(case, agent, loaded)
                if agent
                else self._planned(case, model, loaded, said[case.id])
                for case in cases
            )
        judge = self._judge(loaded, [draft.case for draft in drafts])
        free = frozenset(filter(self._is_free, (*models, *([judge.model] if judge else ()))))
        return [
            replace(
                draft,
                index=first + place,
                judge=judge if _may_ask(draft.case) else None,
                free=free,
            )
            for place, draft in enumerate(drafts)
        ]

    def _is_free(self, model: str) -> bool:
        agent = self._settings.agents.get(agent_of(model) or "")
        if agent:
            return agent.meter is None and agent.max_usd_per_call == ZERO
        return self._settings.price_of(model) == FREE

    def _models(self, loaded: LoadedSuite) -> Iterator[str]:
        suite = loaded.suite
        if not loaded.models:
            fix = "add 'models: [provider/model]', or 'model:' to the prompt"
            self._add("no-model", "no model is named", suite.location, fix)
        known = self._settings.agents
        for model in loaded.models:
            name = agent_of(model)
            kind, slash, rest = model.partition("/")
            if name is None and slash and kind.lower() == "agent":
                problem = f"no provider is called {kind!r}"
                fix = f"did you mean 'agent/{rest}'?"
            elif name is None or name in known:
                yield model
                continue
            else:
                problem = f"no agent is called {name!r}"
                fix = did_you_mean(name, known) or f"add to agentops.yaml: agents: {{{name}: …}}"
            self._add("unknown-agent", problem, _place_of_models(loaded), fix)

    def _planned(
        self,
        case: Case,
        model: str,
        loaded: LoadedSuite,
        messages: tuple[tuple[Message, ...], ...],
    ) -> PlannedCase:
        """One case on one model; `messages` are those of each turn."""
        prompt = loaded.renderer.prompt if loaded.renderer else None
        max_tokens = prompt.meta.sampling.max_tokens if prompt else None
        if prompt and max_tokens is None:
            self._note_cap(prompt.location)
        if prompt and prompt.output_schema is not None and case.assert_output:
            case = _asserting_output(case, prompt.output_schema, prompt.location)
        self._note_similarity(case)
        if case.skip is None:
            self.findings += mistakes_with_model(case, prompt)
        base = Request(
            model=model,
            messages=(),
            max_tokens=max_tokens or DEFAULT_MAX_TOKENS,
            sampling=prompt.meta.sampling if prompt else Sampling(),
            tools=prompt.tools if prompt else (),
            response_schema=prompt.output_schema if prompt else None,
            base_url=self._settings.base_url_of(model),
            timeout_s=self._settings.timeout_s,
            tags=Tags(
                suite=loaded.suite.path,
                case_id=case.id,
                prompt=prompt.name if prompt else None,
                prompt_version=prompt.meta.version if prompt else None,
            ),
        )
        requests = [replace(base, messages=said, turn=at) for at, said in enumerate(messages)]
        return _ready(case, requests, loaded.suite.path)

    def _planned_with_agent(
        self, case: Case, agent: AgentSettings, loaded: LoadedSuite
    ) -> PlannedCase:
        """One case on one agent, which calls its own tools: stubs are for the models beside it."""
        self._note_similarity(case)
        if case.skip is None:
            self.findings += agent_mistakes(case, agent, self._settings.templates)
            self.findings += mistakes_with_agent(case, agent)
            if all(map(agent_of, loaded.models)):
                self.findings += unused_stubs(case)
        base = Request(
            model=agent.model,
            messages=(),
            max_tokens=DEFAULT_MAX_TOKENS,
            timeout_s=self._settings.timeout_s,
            tags=Tags(suite=loaded.suite.path, case_id=case.id),
        )
        case = replace(case, stubs=None)
        planned = _ready(case, agent_requests(case, base), loaded.suite.path)
        return replace(planned, agent_tools=agent.tools)

    def _judge(self, loaded: LoadedSuite, cases: Sequence[Case]) -> Judge | None:
        """The judge of a suite, once nothing speaks against asking it; None if nobody would."""
        judge = loaded.suite.judge
        if judge is None or not any(map(_may_ask, cases)):
            return None
        self._check_price(judge.model, loaded, judge.location)
        judge = replace(judge, base_url=self._settings.base_url_of(judge.model))
        doubt = self._settings.doubt_of(judge)
        if doubt is not None:
            serious = doubt.severity is Severity.ERROR
            (self.findings if serious else self.notes).append(doubt)
        elif judge.path and (note := unlike_examples(judge, _specs_of(cases))):
            self.notes.append(note)
        return judge

    def _note_similarity(self, case: Case) -> None:
        """Warns where similarity is all that stands between an answer and a pass."""
        for judged in answers_of(case) if case.skip is None else ():
            able = [spec for spec in judged if spec.effective]
            if able and all(spec.kind == "similar" for spec in able):
                self.notes.append(
                    Finding(
                        rule="similarity-alone",
                        message="nothing but similarity judges this answer, and it sees neither "
                        "negation nor numbers: 'approved' and 'not approved' score 0.84",
                        location=able[0].location,
                        fix="add what must be in it and what must not: mustContain, mustNotContain",
                        severity=Severity.WARNING,
                    )
                )

    def _check_price(self, model: str, loaded: LoadedSuite, place: Location | None = None) -> None:
        if not self._is_limited(loaded.suite) or self._settings.price_of(model):
            return
        place = place or _place_of_models(loaded)
        problem = f"{model} has no known price, and a budget or gate.maxCostUsd is set"
        price = "{inputPer1M: …, outputPer1M: …}"
        fix = f"add to agentops.yaml: models: {{{model}: {{price: {price}}}}}"
        self._add("unknown-price", problem, place, fix)

    def _check_dollars(self, model: str, loaded: LoadedSuite, agent: AgentSettings | None) -> None:
        """Reports a model or an agent whose dollars nobody would know under a limit."""
        if agent is None:
            self._check_price(model, loaded)
        elif self._is_limited(loaded.suite):
            self.findings += unknown_dollars(agent, self._settings.price_of)

    def _is_limited(self, suite: Suite) -> bool:
        limits = (self._settings.run_usd, suite.budget.run_usd, suite.gate.max_cost_usd)
        return any(limit is not None for limit in limits)

    def _note_cap(self, location: Location) -> None:
        message = f"no max_tokens: answers are capped at {DEFAULT_MAX_TOKENS:,} tokens"
        self._note("no-max-tokens", message, location, "set max_tokens in the prompt's frontmatter")

    def _note_unsent(self, prompt: Prompt) -> None:
        message = "agents are asked with the case's own words: this prompt is not sent to any"
        self._note("unsent-prompt", message, prompt.location, "name a model too, or no prompt")

    def _note_ungated(self, metrics: Sequence[MetricSpec]) -> None:
        names = " and ".join(repr(spec.name) for spec in metrics)
        message = f"nothing gates the metric {names}, but a label or field that is never right"
        fix = "add thresholds to the suite: gate: {metrics: …}"
        self._note("ungated-metric", message, metrics[0].location, fix)

    def _note(self, rule: str, message: str, location: Location, fix: str) -> None:
        info = Severity.INFO
        self.notes.append(
            Finding(rule=rule, message=message, location=location, fix=fix, severity=info)
        )

    def _add(self, rule: str, message: str, location: Location, fix: str | None) -> None:
        self.findings.append(Finding(rule=rule, message=message, location=location, fix=fix))


def _ready(case: Case, requests: Sequence[Request], suite: str) -> PlannedCase:
    """A case with the requests of its turns; its place in the plan is not known yet."""
    first, *later = requests
    return PlannedCase(
        index=0,
        suite=suite,
        case=case,
        model=first.model,
        request=first,
        later=tuple(later),
    )


def _unasserted(loaded: LoadedSuite) -> tuple[Finding, ...]:
    """The answers that nothing would judge: neither a case nor the schema of the prompt's output.

    Agents are not held to the schema.
    """
    prompt = loaded.renderer.prompt if loaded.renderer else None
    has_schema = prompt is not None and prompt.output_schema is not None
    is_held = has_schema and not any(map(agent_of, loaded.models))
    return () if is_held else loaded.suite.unasserted


def _place_of_models(loaded: LoadedSuite) -> Location:
    """Where a suite's models are named: there, or in its prompt."""
    suite = loaded.suite
    if suite.models or loaded.renderer is None:
        return suite.models_location
    return loaded.renderer.prompt.location


def _may_ask(case: Case) -> bool:
    """True when an assertion of a case that is run may ask a judge."""
    return any(map(may_ask_judge, _specs_of([case])))


def _specs_of(cases: Iterable[Case]) -> Iterator[AssertionSpec]:
    """Every assertion of the cases that are run."""
    run = (case for case in cases if case.skip is None)
    return chain.from_iterable(chain.from_iterable(map(answers_of, run)))


def _asserting_output(case: Case, schema: dict[str, Json], location: Location) -> Case:
    """The case with the prompt's output schema asserted of each answer."""
    spec = AssertionSpec(kind="jsonSchema", args={"value": schema}, location=location)
    if not case.turns:
        return replace(case, assertions=(*case.assertions, spec))
    turns = (replace(turn, assertions=(*turn.assertions, spec)) for turn in case.turns)
    return replace(case, turns=tuple(turns))
