"""How the cases of a suite are talked through: messages, turns, tools that answer, faults."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import cast

from agentops_cli.assertions.forbidding import forbids
from agentops_cli.locate import Document, Route
from agentops_cli.model.finding import Finding
from agentops_cli.model.ids import agent_of
from agentops_cli.model.json import Json, JsonObject
from agentops_cli.model.place import Location
from agentops_cli.model.prompt import Message
from agentops_cli.model.suite import DEFAULT_MAX_STEPS, FaultError, InjectedFault, Turn, Window
from agentops_cli.suite.messages import RawMessage, read_messages
from agentops_cli.suite.specs import RawSpec, SpecReader
from agentops_cli.suite.texts import Texts, is_template
from agentops_cli.suite.values import Report, Values, as_list, as_mapping, as_text
from agentops_cli.template import TemplateError

_DEFAULTS: Route = ("defaults",)

_KEYS = frozenset({
    *("faults", "maxSteps", "messages", "stubs", "ttlTurns", "turns", "window"),
})  # fmt: skip
"""A holder that has none of these keys is talked through as the defaults say."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RawTurn:
    """A turn whose input and assertions may be templates still."""

    input: str
    route: Route
    vars: JsonObject
    specs: tuple[RawSpec, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Talk:
    """How the cases of one holder are talked through, before the values of a case are known."""

    messages: tuple[RawMessage, ...]
    turns: tuple[RawTurn, ...]
    window: Window
    ttl_turns: int | None
    stubs: JsonObject | None
    stub_locations: Mapping[str, Location]
    max_steps: int
    faults: tuple[InjectedFault, ...]

    def answers(self, specs: tuple[RawSpec, ...]) -> tuple[tuple[RawSpec, ...], ...]:
        """What judges each answer, in order; `specs` judge the last one, beside its turn's own."""
        if not self.turns:
            return (specs,)
        return (*(turn.specs for turn in self.turns[:-1]), self.turns[-1].specs + specs)


class TalkReader:
    """Reads what cases, datasets and defaults of one suite say of conversations.

    `data` is the part of the document that its schema accepts. An agent takes steps of its own, so
    that `maxSteps` has a meaning without stubs where the suite names one.
    Rendering is per case: `messages` and `turns` are given its `input`, `vars` and `row`.
    """

    def __init__(
        self,
        document: Document,
        *,
        data: JsonObject,
        values: Values,
        specs: SpecReader,
        texts: Texts,
        report: Report,
    ) -> None:
        self._document = document
        self._defaults = as_mapping(data.get("defaults"))
        self._has_agents = any(agent_of(str(model)) for model in as_list(data.get("models")))
        self._values = values
        self._specs = specs
        self._texts = texts
        self._report = report
        self._stubs = values.named(self._defaults, "stubs", _DEFAULTS)
        self._faults = self._with((), self._injected(self._defaults, _DEFAULTS))
        self._has_turns = self._has_stubs = False
        self._usual, _ = self._talk({}, _DEFAULTS, ())

    def read(
        self, holder: JsonObject, route: Route, specs: tuple[RawSpec, ...]
    ) -> tuple[Talk, tuple[RawSpec, ...]]:
        """The talk of a case or a dataset, and those of its assertions that judge the last answer.

        `specs` are all of them, inherited ones too.
        """
        if self._written(route).keys().isdisjoint(_KEYS):
            talk, last = self._usual, specs
        else:
            self._check_keys(holder, route)
            talk, last = self._talk(holder, route, specs)
        self._has_turns |= bool(talk.turns)
        self._has_stubs |= bool(talk.stubs)
        return talk, last

    def _talk(
        self, holder: JsonObject, route: Route, specs: tuple[RawSpec, ...]
    ) -> tuple[Talk, tuple[RawSpec, ...]]:
        written = [as_mapping(turn) for turn in as_list(holder.get("turns"))]
        every, last = _shared(specs, written)
        turns = tuple(
            self._turn(turn, (*route, "turns", index), every) for index, turn in enumerate(written)
        )
        stubs = {**self._stubs, **self._values.named(holder, "stubs", route)}
        talk = Talk(
            messages=read_messages(
                self._document,
                as_list(holder.get("messages")),
                (*route, "messages"),
                self._report,
            ),
            turns=turns,
            window=_window(self._setting(holder, "window")),
            ttl_turns=_whole(self._setting(holder, "ttlTurns")),
            stubs=stubs or None,
            stub_locations={name: self._stub_place(holder, route, name) for name in stubs},
            max_steps=_whole(self._setting(holder, "maxSteps")) or DEFAULT_MAX_STEPS,
            faults=self._with(self._faults, self._injected(holder, route)),
        )
        return talk, last

    def check_defaults(self) -> None:
        """Reports defaults that no case of the suite can make use of; called after the last."""
        if not self._has_turns:
            self._check_turn_settings(self._defaults, _DEFAULTS, "no case has 'turns'")
        if "maxSteps" in self._defaults and not self._has_stubs and not self._has_agents:
            self._no_stubs("no case has 'stubs'", (*_DEFAULTS, "maxSteps"))

    def messages(self, talk: Talk, scope: JsonObject, place: Location) -> tuple[Message, ...]:
        """The transcript of the case at a place."""
        return tuple(
            replace(
                raw.message,
                content=self._rendered(raw.message.content, (*raw.route, "content"), scope, place),
            )
            for raw in talk.messages
        )

    def turns(self, talk: Talk, scope: JsonObject, place: Location) -> tuple[Turn, ...]:
        """The turns of the case at a place, each with all that judges its answer alone."""
        return tuple(self._completed(raw, scope, place) for raw in talk.turns)

    # A holder's keys

    def _check_keys(self, holder: JsonObject, route: Route) -> None:
        """What a schema cannot say of the keys beside each other."""
        keys, usual = self._written(route).keys(), self._written(_DEFAULTS).keys()
        if "turns" in keys:
            for key in keys & {"input", "messages"}:
                message = f"{key!r} beside 'turns': a conversation says it turn by turn"
                self._add("conflict", (*route, key), message, "keep one of the two")
        else:
            self._check_turn_settings(holder, route, "there are no 'turns'")
            if {"input", "messages"} <= keys and not self._reads_input(holder):
                message = "'input' is not used: 'messages' are all that is said"
                fix = "write {{ input }} in a message, or remove it"
                self._add("conflict", (*route, "input"), message, fix)
        if "maxSteps" in holder and "stubs" not in keys | usual and not self._has_agents:
            self._no_stubs("there are no 'stubs'", (*route, "maxSteps"))

    def _written(self, route: Route) -> JsonObject:
        """What is in the document, right or wrong: a key that was refused is there all the same."""
        value = self._document.data
        for step in route:
            if isinstance(value, dict):
                value = value.get(str(step))
            elif isinstance(value, list) and isinstance(step, int):
                value = value[step]
        return as_mapping(value)

    def _check_turn_settings(self, holder: JsonObject, route: Route, why: str) -> None:
        for key in ("window", "ttlTurns"):
            if key in holder:
                fix = "add 'turns: [{input: …}]', or remove it"
                self._add("no-turns", (*route, key), f"{key!r} has no effect: {why}", fix)

    def _no_stubs(self, why: str, route: Route) -> None:
        message = f"'maxSteps' has no effect: {why}, so the first answer is judged"
        self._add("no-stubs", route, message, "add 'stubs: {tool: …}', or remove it")

    def _reads_input(self, holder: JsonObject) -> bool:
        """True when a message uses the case's input, or cannot be told, which rendering reports."""
        messages = read_messages(
            self._document, as_list(holder.get("messages")), (), lambda _: None
        )
        try:
            return any("input" in self._texts.reads(raw.message.content) for raw in messages)
        except TemplateError:
            return True

    def _setting(self, holder: JsonObject, key: str) -> Json:
        return holder.get(key, self._defaults.get(key))

    def _stub_place(self, holder: JsonObject, route: Route, name: str) -> Location:
        own = name in as_mapping(holder.get("stubs"))
        return self._document.key_at((*(route if own else _DEFAULTS), "stubs", name))

    # Faults

    def _with(
        self, usual: tuple[InjectedFault, ...], own: Iterator[InjectedFault]
    ) -> tuple[InjectedFault, ...]:
        """The usual faults and then its own, each of which can be met."""
        faults = list(usual)
        always = {fault.target: fault.location for fault in usual if fault.times is None}
        for fault in own:
            if place := always.get(fault.target):
                what = "the provider" if fault.target is None else repr(fault.target)
                self._report(
                    Finding(
                        rule="unreachable-fault",
                        message=f"every call of {what} fails as {place} says already",
                        location=fault.location,
                        fix="give the first of them 'times', or keep one of the two",
                    )
                )
            elif fault.times is None:
                always[fault.target] = fault.location
            faults.append(fault)
        return tuple(faults)

    def _injected(self, holder: JsonObject, route: Route) -> Iterator[InjectedFault]:
        for index, item in enumerate(map(as_mapping, as_list(holder.get("faults")))):
            here = (*route, "faults", index)
            if "error" not in item:
                continue  # Reported by the schema.
            tool, provider = as_text(item.get("tool")), item.get("provider") is True
            if (tool is not None) == provider:
                fix = "write {tool: get_order, error: timeout} or {provider: true, error: timeout}"
                self._add("bad-fault", here, "a fault is either a tool's or the provider's", fix)
                continue
            yield InjectedFault(
                target=tool,
                error=cast("FaultError", item["error"]),
                location=self._document.at(here),
                times=_whole(item.get("times")),
            )

    # Turns

    def _turn(self, holder: JsonObject, route: Route, every: tuple[RawSpec, ...]) -> RawTurn:
        return RawTurn(
            input=as_text(holder.get("input")) or "",
            route=route,
            vars=self._values.named(holder, "vars", route),
            specs=every + self._specs.read(holder, route),
        )

    def _completed(self, raw: RawTurn, scope: JsonObject, place: Location) -> Turn:
        given = {**as_mapping(scope["vars"]), **raw.vars}
        route = (*raw.route, "input")
        text = self._rendered(raw.input, route, {**scope, "vars": given}, place)
        own: JsonObject = {**scope, "input": text, "vars": given}
        return Turn(
            input=text,
            location=self._document.at(raw.route),
            vars=raw.vars,
            assertions=tuple(self._specs.complete(spec, own, place) for spec in raw.specs),
        )

    def _rendered(self, source: str, route: Route, scope: JsonObject, place: Location) -> str:
        """A text for the case at a place; one that renders to nothing is a mistake."""
        known = {name: value for name, value in scope.items() if value is not None}
        try:
            text = self._texts.text(source, known)
        except TemplateError as error:
            message = f"{error.message} (for the case at {place})"
            fix = error.fix or "give it, or mend the template"
            self._add("bad-template", route, message, fix)
            return source
        if is_template(source) and not text.strip():
            message = f"nothing is said here for the case at {place}"
            self._add("bad-template", route, message, "fill what the template uses")
        return text

    def _add(self, rule: str, route: Route, message: str, fix: str | None) -> None:
        place = self._document.at(route)
        self._report(Finding(rule=rule, message=message, location=place, fix=fix))


def _shared(
    specs: tuple[RawSpec, ...], turns: list[JsonObject]
) -> tuple[tuple[RawSpec, ...], tuple[RawSpec, ...]]:
    """The specs of a holder that judge every turn, and those that judge the last answer.

    What must never be must not be in any turn. What the last turn expects beats what the defaults
    do, as a case's own category would.
    """
    if not turns:
        return (), specs
    every = tuple(raw for raw in specs if forbids(raw.spec))
    beaten = (*_DEFAULTS, "expectedCategory") if "expectedCategory" in turns[-1] else None
    last = (raw for raw in specs if not forbids(raw.spec) and raw.route != beaten)
    return every, tuple(last)


def _window(value: Json) -> Window:
    given = as_mapping(value)
    return Window(turns=_whole(given.get("turns")), tokens=_whole(given.get("tokens")))


def _whole(value: Json) -> int | None:
    return int(value) if isinstance(value, int | float) else None
