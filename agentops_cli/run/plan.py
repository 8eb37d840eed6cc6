"""Suites and prompts to the cases that will run, each with its whole request.

Everything that can be wrong without a call is found here: what a prompt lacks, what it does not
take, a model without a price under a budget.
"""

import posixpath
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from itertools import chain, count, repeat

from agentops_cli.assertions.judged import may_ask_judge, unlike_examples
from agentops_cli.errors import InputError
from agentops_cli.model.call import DEFAULT_MAX_TOKENS, Request, StandIn, Tags
from agentops_cli.model.embedding import EMBEDDING_MODEL
from agentops_cli.model.finding import (
    MOST_MISTAKES,
    Finding,
    Severity,
    in_reading_order,
    stopped_at,
)
from agentops_cli.model.ids import Kind, agent_of, cassette_of, kind_of, may_stand_in, models_in
from agentops_cli.model.judge import Judge
from agentops_cli.model.metric import MetricSpec
from agentops_cli.model.money import ZERO, Price
from agentops_cli.model.place import Location
from agentops_cli.model.prompt import Message, Prompt, Sampling
from agentops_cli.model.result import Escalation, PlannedCase
from agentops_cli.model.settings import AgentSettings, ModelSettings
from agentops_cli.model.suite import AssertionSpec, Budget, Case, Gate, Suite, Tiers
from agentops_cli.prompt.render import Renderer
from agentops_cli.run.agents import (
    agent_mistakes,
    agent_requests,
    unknown_dollars,
    unknown_tokens,
)
from agentops_cli.run.answers import answers_of, counts_on_tools
from agentops_cli.run.messages import messages_of
from agentops_cli.run.outline import Outline, PlannedCases, outline_of
from agentops_cli.spool import spooled
from agentops_cli.suite.select import Selection
from agentops_cli.template import Templates
from agentops_cli.template.suggest import did_you_mean


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadedSuite:
    """A suite with its prompt compiled; `renderer` is None where no prompt is needed.

    `prompt_commit` is where the prompt is from; None for the files at hand.
    """

    suite: Suite
    renderer: Renderer | None
    prompt_commit: str | None = None

    @property
    def models(self) -> tuple[str, ...]:
        """The suite's models, or its prompt's own; empty when neither names one."""
        own = self.renderer.prompt.meta.model if self.renderer else None
        return self.suite.models or ((own,) if own else ())

    @property
    def models_location(self) -> Location:
        """Where its models are named: in the suite, or in its prompt."""
        if self.suite.models or self.renderer is None:
            return self.suite.models_location
        prompt = self.renderer.prompt
        return prompt.models_location or prompt.location

    def place_of(self, model: str) -> Location:
        """Where one of its models is named, alone or in a cascade."""
        return self.suite.model_places.get(model, self.models_location)

    @property
    def cassette_files(self) -> Mapping[str, str]:
        """The file of each `replay/…` model, also in a cascade; named as seen from the suite."""
        folder = posixpath.dirname(self.suite.path)
        return {
            model: posixpath.normpath(posixpath.join(folder, name))
            for label in self.models
            for model in models_in(label)
            if (name := cassette_of(model)) is not None
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What will run, in a stable order: suite, model, case.

    `suites` are those with at least one planned case. `cases` may be on disk: whoever needs them
    goes over them once and keeps none; what holds for all of them is in the `outline`. `notes` tell
    what was assumed. `stand_ins` are those of a model in a suite, by its path and the model.
    """

    suites: tuple[LoadedSuite, ...]
    cases: Sequence[PlannedCase]
    notes: tuple[Finding, ...]
    stand_ins: Mapping[tuple[str, str], tuple[StandIn, ...]] = field(default_factory=dict)

    def only(self, wanted: Callable[[PlannedCase], bool]) -> "Plan":
        """The plan of some of its cases, numbered anew."""
        numbered = enumerate(filter(wanted, self.cases))
        cases = PlannedCases(replace(case, index=index) for index, case in numbered)
        ran = cases.outline.suites
        suites = tuple(item for item in self.suites if item.suite.path in ran)
        stand_ins = {asked: these for asked, these in self.stand_ins.items() if asked[0] in ran}
        return replace(self, suites=suites, cases=cases, stand_ins=stand_ins)

    @property
    def outline(self) -> Outline:
        """What holds for all of its cases together."""
        return outline_of(self.cases)

    @property
    def models(self) -> tuple[str, ...]:
        """Every model that may be asked: subjects, stand-ins, judges, and that of `similar`.

        Each once, in the order of the plan.
        """
        outline = self.outline
        subjects = [model for label in outline.labels for model in models_in(label)]
        stand_ins = [one.model for several in self.stand_ins.values() for one in several]
        judges = [judge.model for judge in outline.judges.values()]
        embedding = [EMBEDDING_MODEL] if outline.compares else []
        return tuple(dict.fromkeys([*subjects, *stand_ins, *judges, *embedding]))

    def run_usd(self, budget: Budget) -> Decimal | None:
        """The limit in dollars for all suites together; None when one of them has none.

        `budget` is that of the run.
        """
        suites = [item.suite.budget.run_usd for item in self.suites]
        known = [limit for limit in suites if limit is not None]
        if len(known) < len(suites) or not suites:
            return budget.run_usd
        together = sum(known, ZERO)
        return together if budget.run_usd is None else min(budget.run_usd, together)

    @property
    def comparisons(self) -> Iterator[AssertionSpec]:
        """The `similar` assertions of the cases that are not skipped."""
        cases = (planned.case for planned in self.cases) if self.outline.compares else iter(())
        return (spec for spec in _specs_of(cases) if spec.kind == "similar")


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanSettings:
    """What a plan depends on besides suites.

    `budget` has the strictest limits of the run. `base_url_of` tells where a model is asked for,
    None where that is nobody's choice. `weights_of` gives the sha256 of those of a model that runs
    in this process, None for any other. `doubt_of` tells what is to be said of a judge before it is
    asked: an error where it may not judge; `doubt_of_stand_in` does so of a model that is named at
    a place to stand in for another one. `model_settings` has what is set for models, `agents` are
    the configured ones by name, and `templates` compiles the bodies that they are sent.
    """

    base_url_of: Callable[[str], str | None]
    weights_of: Callable[[str], str | None]
    price_of: Callable[[str], Price | None]
    budget: Budget
    timeout_s: float
    templates: Templates
    doubt_of: Callable[[Judge], Finding | None]
    agents: Mapping[str, AgentSettings] = field(default_factory=dict)
    model_settings: Mapping[str, ModelSettings] = field(default_factory=dict)
    doubt_of_stand_in: Callable[[str, Location], Finding | None] = lambda _model, _place: None


def plan(loaded: Sequence[LoadedSuite], selection: Selection, settings: PlanSettings) -> Plan:
    """Plans the selected cases of the suites; raises `InputError` with every mistake."""
    planner = _Planner(settings)
    cases = PlannedCases(chain.from_iterable(planner.suite(item, selection) for item in loaded))
    if planner.findings:
        raise InputError(planner.findings)
    return Plan(
        suites=tuple(item for item in loaded if item.suite.path in cases.outline.suites),
        cases=cases,
        notes=in_reading_order(planner.notes),
        stand_ins=planner.stand_ins,
    )


class _Selected:
    """The selected cases of a suite, to be gone over again and again."""

    def __init__(self, cases: Sequence[Case], selection: Selection) -> None:
        self._cases = cases
        self._selection = selection

    def __iter__(self) -> Iterator[Case]:
        return filter(self._selection.has_case, self._cases)

    def __bool__(self) -> bool:
        return next(iter(self), None) is not None


class _Planner:
    def __init__(self, settings: PlanSettings) -> None:
        self.findings: list[Finding] = []
        # Each once, in the order in which they came: many cases may ask for the same.
        self.notes: dict[Finding, None] = {}
        self.stand_ins: dict[tuple[str, str], tuple[StandIn, ...]] = {}
        self._settings = settings
        self._output: AssertionSpec | None = None
        self._indices = count()

    def suite(self, loaded: LoadedSuite, selection: Selection) -> Iterator[PlannedCase]:
        """The cases of a suite, numbered on; what is wrong with them is in `findings`."""
        self.findings += _unasserted(loaded)
        cases = _Selected(loaded.suite.cases, selection)
        if not cases:
            return
        models = selection.of_models(self._models(loaded))
        if loaded.renderer and all(map(agent_of, loaded.models)):
            self._note_unsent(loaded.renderer.prompt)
        if loaded.suite.metrics and not loaded.suite.gate.metrics:
            self._note_ungated(loaded.suite.metrics)
        self._output = _output_spec(loaded)
        for model in dict.fromkeys(chain.from_iterable(map(models_in, models))):
            self._find_stand_ins(model, loaded)
        judge = self._placed(loaded.suite)
        asked = False
        for draft in self._drafts(loaded, cases, models):
            asks = judge if judge is not None and _may_ask(draft.case) else None
            asked = asked or asks is not None
            yield replace(draft, judge=asks) if asks else draft
            self._stop_at_many(draft.case)
        if judge is not None and asked:
            self._check_judge(judge, loaded, cases)

    def _drafts(
        self, loaded: LoadedSuite, cases: "_Selected", models: Sequence[str]
    ) -> Iterator[PlannedCase]:
        """Each case on each model, before it is known who judges it."""
        said: Iterable[tuple[tuple[Message, ...], ...]] = self._said(loaded, cases)
        if sum(not agent_of(model) for model in models) > 1:
            said = spooled(said)  # So that nothing is rendered, or found wrong, once more.
        for model in models:
            agent = self._settings.agents.get(agent_of(model) or "")
            self._check_spending(model, loaded, agent)
            if agent:
                yield from (self._planned_with_agent(case, agent, loaded) for case in cases)
                continue
            for case, messages in zip(cases, said, strict=True):
                yield self._planned(case, model, loaded, messages)

    def _said(
        self, loaded: LoadedSuite, cases: "_Selected"
    ) -> Iterator[tuple[tuple[Message, ...], ...]]:
        """The messages of each turn of each case; what is the same as before is the same object."""
        before: tuple[tuple[Message, ...], ...] = ()
        for case in cases:
            said = messages_of(case, loaded.renderer, self.findings.append)
            before = tuple(map(_as_before, said, chain(before, repeat(()))))
            yield before

    def _stop_at_many(self, case: Case) -> None:
        """Raises `InputError` once there are more mistakes than anybody reads."""
        if len(self.findings) >= MOST_MISTAKES:
            raise InputError([*self.findings, stopped_at(case.location)])

    def _models(self, loaded: LoadedSuite) -> Iterator[str]:
        suite = loaded.suite
        if not loaded.models:
            fix = "add 'models: [provider/model]', or 'model:' to the prompt"
            self._add("no-model", "no model is named", suite.location, fix)
        known = self._settings.agents
        for model in loaded.models:
            name = agent_of(model)
            if name is None and kind_of(model.lower()) is Kind.AGENT:
                kind, _, rest = model.partition("/")
                problem = f"no provider is called {kind!r}"
                fix = f"did you mean 'agent/{rest}'?"
            elif name is None or name in known:
                yield model
                continue
            else:
                problem = f"no agent is called {name!r}"
                fix = did_you_mean(name, known) or f"add to agentops.yaml: agents: {{{name}: …}}"
            self._add("unknown-agent", problem, loaded.place_of(model), fix)

    def _planned(
        self,
        case: Case,
        model: str,
        loaded: LoadedSuite,
        messages: tuple[tuple[Message, ...], ...],
    ) -> PlannedCase:
        """One case on one model or cascade; `messages` are those of each turn."""
        asked, *larger = models_in(model)
        prompt = loaded.renderer.prompt if loaded.renderer else None
        max_tokens = prompt.meta.sampling.max_tokens if prompt else None
        if prompt and max_tokens is None:
            self._note_cap(prompt.location)
        if self._output and case.assert_output:
            case = _asserting_output(case, self._output)
        self._note_similarity(case)
        if case.skip is None and counts_on_tools(case):
            from agentops_cli.run.tool_names import mistakes_with_model  # As late as few need it.

            self.findings += mistakes_with_model(case, prompt)
        base_url, weights = self._settings.base_url_of(asked), self._settings.weights_of(asked)
        live = _is_measured(case, loaded.suite.gate)
        tags = Tags(
            suite=loaded.suite.path,
            case_id=case.id,
            model=model,
            prompt=prompt.name if prompt else None,
            prompt_version=prompt.meta.version if prompt else None,
        )
        requests = [
            Request(
                model=asked,
                messages=said,
                max_tokens=max_tokens or DEFAULT_MAX_TOKENS,
                sampling=prompt.meta.sampling if prompt else Sampling(),
                tools=prompt.tools if prompt else (),
                response_schema=prompt.output_schema if prompt else None,
                base_url=base_url,
                weights=weights,
                turn=turn,
                live=live,
                timeout_s=self._settings.timeout_s,
                tags=tags,
            )
            for turn, said in enumerate(messages)
        ]
        planned = self._ready(case, requests, loaded.suite.path)
        if not larger:
            return planned
        escalation = self._escalation(larger[0], requests, loaded.suite.tiers[model])
        return replace(planned, model=model, escalation=escalation)

    def _escalation(self, model: str, requests: Sequence[Request], tiers: Tiers) -> Escalation:
        """What the large model of a cascade is asked: what the small one is."""
        base_url = self._settings.base_url_of(model)
        weights = self._settings.weights_of(model)
        first, *later = (
            replace(request, model=model, base_url=base_url, weights=weights)
            for request in requests
        )
        price = self._settings.price_of(model)
        return Escalation(request=first, later=tuple(later), when=tiers.when, price=price)

    def _planned_with_agent(
        self, case: Case, agent: AgentSettings, loaded: LoadedSuite
    ) -> PlannedCase:
        """One case on one agent, which calls its own tools: stubs are for the models beside it."""
        self._note_similarity(case)
        if case.skip is None:
            self.findings += agent_mistakes(case, agent, self._settings.templates)
        if case.skip is None and counts_on_tools(case):
            from agentops_cli.run.tool_names import mistakes_with_agent, unused_stubs  # As above.

            self.findings += mistakes_with_agent(case, agent)
            if all(map(agent_of, loaded.models)):
                self.findings += unused_stubs(case)
        base = Request(
            model=agent.model,
            messages=(),
            max_tokens=DEFAULT_MAX_TOKENS,
            timeout_s=self._settings.timeout_s,
            tags=Tags(suite=loaded.suite.path, case_id=case.id, model=agent.model),
        )
        case = replace(case, stubs=None)
        planned = self._ready(case, agent_requests(case, base), loaded.suite.path)
        return replace(planned, agent_tools=agent.tools)

    def _ready(self, case: Case, requests: Sequence[Request], suite: str) -> PlannedCase:
        """A case with the requests of its turns, at the next place in the plan."""
        first, *later = requests
        return PlannedCase(
            index=next(self._indices),
            suite=suite,
            case=case,
            model=first.model,
            request=first,
            later=tuple(later),
        )

    def _placed(self, suite: Suite) -> Judge | None:
        """The judge of a suite, with where it is asked."""
        judge = suite.judge
        if judge is None:
            return None
        return replace(
            judge,
            base_url=self._settings.base_url_of(judge.model),
            weights=self._settings.weights_of(judge.model),
            live=suite.gate.max_cost_usd is not None,
        )

    def _check_judge(self, judge: Judge, loaded: LoadedSuite, cases: Iterable[Case]) -> None:
        """Reports what speaks against asking the judge of a suite, some case of which may."""
        self._check_price(judge.model, loaded, judge.location)
        doubt = self._settings.doubt_of(judge)
        if doubt is not None and doubt.severity is Severity.ERROR:
            self.findings.append(doubt)
        elif doubt is not None:
            self.notes[doubt] = None
        elif judge.path and (note := unlike_examples(judge, _specs_of(cases))):
            self.notes[note] = None

    def _note_similarity(self, case: Case) -> None:
        """Warns where similarity is all that stands between an answer and a pass."""
        for judged in answers_of(case) if case.skip is None else ():
            able = [spec for spec in judged if spec.effective]
            if able and all(spec.kind == "similar" for spec in able):
                note = Finding(
                    rule="similarity-alone",
                    message="nothing but similarity judges this answer, and it sees neither "
                    "negation nor numbers: 'approved' and 'not approved' score 0.84",
                    location=able[0].location,
                    fix="add what must be in it and what must not: mustContain, mustNotContain",
                    severity=Severity.WARNING,
                )
                self.notes[note] = None

    def _check_price(self, model: str, loaded: LoadedSuite, place: Location | None = None) -> None:
        if not self._is_limited(loaded.suite) or self._settings.price_of(model):
            return
        place = place or loaded.place_of(model)
        problem = f"{model} has no known price, and a budget or gate.maxCostUsd is set"
        price = "{inputPer1M: …, outputPer1M: …}"
        fix = f"add to agentops.yaml: models: {{{model}: {{price: {price}}}}}"
        self._add("unknown-price", problem, place, fix)

    def _check_spending(self, model: str, loaded: LoadedSuite, agent: AgentSettings | None) -> None:
        """Reports a model or an agent of which nobody would know what a limit is about."""
        if agent is None:
            for asked in models_in(model):
                self._check_price(asked, loaded)
            return
        if self._is_limited(loaded.suite):
            self.findings += unknown_dollars(agent, self._settings.price_of)
        tokens = (self._settings.budget.tokens, loaded.suite.budget.tokens)
        if any(limit is not None for limit in tokens):
            self.findings += unknown_tokens(agent)

    def _find_stand_ins(self, model: str, loaded: LoadedSuite) -> None:
        """Keeps who is asked where a model of a suite gives nothing, once they are not doubted."""
        settings, found = self._settings, list[StandIn]()
        names, place = self._fallbacks(model, loaded)
        if names and not may_stand_in(model):
            problem = f"nothing can stand in for {model}"
            self._add("bad-fallback", problem, place, "name it alone")
            return
        for name in names:
            self._check_price(name, loaded, place)
            if doubt := settings.doubt_of_stand_in(name, place):
                if doubt.severity is not Severity.ERROR:
                    self.notes[doubt] = None
                elif doubt not in self.findings:
                    self.findings.append(doubt)
            base_url, weights = settings.base_url_of(name), settings.weights_of(name)
            found.append(StandIn(model=name, base_url=base_url, weights=weights, location=place))
        if found:
            self.stand_ins[loaded.suite.path, model] = tuple(found)

    def _fallbacks(self, model: str, loaded: LoadedSuite) -> tuple[Sequence[str], Location]:
        """The stand-ins of a model and where they are named.

        A prompt that lists its models means an order of fallback. It is nearer than what the
        configuration has for the model, and holds where the suite names no models.
        """
        prompt = loaded.renderer.prompt if loaded.renderer else None
        if prompt and not loaded.suite.models and len(prompt.meta.models) > 1:
            return prompt.meta.models[1:], loaded.models_location
        own = self._settings.model_settings.get(model, ModelSettings())
        return own.fallbacks, own.fallbacks_at or loaded.place_of(model)

    def _is_limited(self, suite: Suite) -> bool:
        """True when dollars are, so that a price that nobody knows is a mistake."""
        budgeted = self._settings.budget.limits_usd or suite.budget.limits_usd
        return budgeted or suite.gate.max_cost_usd is not None

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
        note = Finding(rule=rule, message=message, location=location, fix=fix, severity=info)
        self.notes[note] = None

    def _add(self, rule: str, message: str, location: Location, fix: str | None) -> None:
        self.findings.append(Finding(rule=rule, message=message, location=location, fix=fix))


def _unasserted(loaded: LoadedSuite) -> tuple[Finding, ...]:
    """The answers that nothing would judge: neither a case nor the schema of the prompt's output.

    Agents are not held to the schema.
    """
    prompt = loaded.renderer.prompt if loaded.renderer else None
    has_schema = prompt is not None and prompt.output_schema is not None
    is_held = has_schema and not any(map(agent_of, loaded.models))
    return () if is_held else loaded.suite.unasserted


def _is_measured(case: Case, gate: Gate) -> bool:
    """True when the cost or the time of an answer is judged: one that is kept tells nothing of it.

    Else a suite that was too dear or too slow would pass when it is run once more.
    """
    is_gated = gate.max_cost_usd is not None or gate.max_p95_latency_s is not None
    return is_gated or any(
        spec.kind in {"cost", "latency"} and not spec.advisory for spec in _specs_of([case])
    )


def _may_ask(case: Case) -> bool:
    """True when an assertion of a case that is run may ask a judge."""
    return any(map(may_ask_judge, _specs_of([case])))


def _specs_of(cases: Iterable[Case]) -> Iterator[AssertionSpec]:
    """Every assertion of the cases that are run."""
    run = (case for case in cases if case.skip is None)
    return chain.from_iterable(chain.from_iterable(map(answers_of, run)))


def _output_spec(loaded: LoadedSuite) -> AssertionSpec | None:
    """The assertion that answers fit the output schema of the prompt; None where it has none."""
    prompt = loaded.renderer.prompt if loaded.renderer else None
    if prompt is None or prompt.output_schema is None:
        return None
    value = prompt.output_schema
    return AssertionSpec(kind="jsonSchema", args={"value": value}, location=prompt.location)


def _as_before(said: tuple[Message, ...], before: tuple[Message, ...]) -> tuple[Message, ...]:
    """The messages, of which those are the ones before that are equal to them."""
    olds = chain(before, repeat(None))
    return tuple(old if old == one else one for one, old in zip(said, olds, strict=False))


def _asserting_output(case: Case, spec: AssertionSpec) -> Case:
    """The case with the prompt's output schema asserted of each answer."""
    if not case.turns:
        return replace(case, assertions=(*case.assertions, spec))
    turns = (replace(turn, assertions=(*turn.assertions, spec)) for turn in case.turns)
    return replace(case, turns=tuple(turns))
