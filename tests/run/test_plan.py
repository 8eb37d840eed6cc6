"""Cases become requests, turn by turn, for models and for agents; mistakes are in tests/invalid."""

import time
from collections.abc import Mapping
from decimal import Decimal
from textwrap import dedent
from typing import Any

import pytest

from agentops_cli import spool
from agentops_cli.errors import InputError
from agentops_cli.model.call import DEFAULT_MAX_TOKENS, AgentInput
from agentops_cli.model.finding import MOST_MISTAKES, Finding
from agentops_cli.model.json import Json
from agentops_cli.model.money import Price, Rates
from agentops_cli.model.prompt import Message
from agentops_cli.model.settings import (
    AgentSettings,
    CommandAgent,
    HttpAgent,
    Meter,
    PythonAgent,
    UsagePaths,
)
from agentops_cli.model.suite import Budget
from agentops_cli.prompt.read import read_prompt
from agentops_cli.prompt.render import Renderer
from agentops_cli.run.plan import LoadedSuite, Plan, PlanSettings, plan
from agentops_cli.suite.select import Selection
from agentops_cli.template import Templates
from tests.builders import a_place
from tests.suite.reading import read

PROMPT = """\
    ---
    version: 1.0.0
    model: openai/mini
    max_tokens: 100
    tools: [{name: search, parameters: {query: string}}]
    ---
    Sell lamps.
    """
OWN_USER = """\
    ---
    version: 1.0.0
    model: openai/mini
    output: {schema: {label: string}}
    ---
    Be {{ tone }}.

    user:
    Asked: {{ input }}
    """
CHEAP = Price(rates=Rates(input_usd=Decimal("1e-6"), output_usd=Decimal("1e-6")))


def planned(
    suite: str,
    prompt: str | None = PROMPT,
    agents: Mapping[str, AgentSettings] | None = None,
    models: tuple[str, ...] = (),
    selection: Selection | None = None,
    **changes: Any,
) -> Plan:
    settings = PlanSettings(
        **{
            "base_url_of": lambda _: "http://127.0.0.1/v1",
            "weights_of": lambda model: "b179" if model.startswith("local/") else None,
            "price_of": lambda _: CHEAP,
            "budget": Budget(),
            "timeout_s": 7.0,
            "templates": Templates(clock=time.monotonic),
            "doubt_of": lambda _: None,
            "agents": agents or {},
            **changes,
        }
    )
    renderer = None
    if prompt is not None:
        text = dedent(prompt)
        renderer = Renderer(read_prompt(text, path="p.prompt.md"), clock=time.monotonic)
        suite = f"prompt: p.prompt.md\n{dedent(suite).lstrip()}"
    loaded = LoadedSuite(suite=read(suite), renderer=renderer)
    return plan([loaded], selection or Selection(models=models), settings)


def refused(suite: str, **changes: Any) -> tuple[Finding, ...]:
    with pytest.raises(InputError) as caught:
        planned(suite, **changes)
    return caught.value.findings


def an_agent(name: str = "bot", **changes: Any) -> AgentSettings:
    return AgentSettings(
        **{"name": name, "location": a_place(), "how": PythonAgent(target="bot:answer"), **changes}
    )


def user(text: str) -> Message:
    return Message(role="user", content=text)


SYSTEM = Message(role="system", content="Sell lamps.")


# Models


def test_a_case_is_one_request_with_the_tools_of_the_prompt() -> None:
    [case] = planned("cases: [{id: a, input: Hi, mustContain: x}]").cases
    assert case.later == ()
    assert case.request.messages == (SYSTEM, user("Hi"))
    assert [tool.name for tool in case.request.tools] == ["search"]
    assert (case.request.max_tokens, case.request.timeout_s, case.request.agent) == (100, 7.0, None)
    assert (case.suite, case.model) == ("evals/s.yaml", "openai/mini")


def test_a_conversation_is_a_request_a_turn_without_its_history() -> None:
    [case] = planned("""
        cases:
          - id: a
            turns: [{input: Hi, mustContain: x}, {input: Who am I?, mustContain: x}]
    """).cases
    requests = (case.request, *case.later)
    assert [request.messages for request in requests] == [
        (SYSTEM, user("Hi")),
        (SYSTEM, user("Who am I?")),
    ]
    assert [request.turn for request in requests] == [0, 1]
    assert len({request.fingerprint() for request in requests}) == 2


def test_each_turn_renders_the_prompt_with_its_own_variables_over_the_cases() -> None:
    [case] = planned(
        """
        cases:
          - id: a
            vars: {tone: dry}
            assertOutput: false
            turns: [{input: Hi, mustContain: x}, {input: Bye, vars: {tone: warm}, mustContain: x}]
        """,
        OWN_USER,
    ).cases
    assert [request.messages for request in (case.request, *case.later)] == [
        (Message(role="system", content="Be dry."), user("Asked: Hi")),
        (Message(role="system", content="Be warm."), user("Asked: Bye")),
    ]


def test_a_transcript_stands_after_the_system_message() -> None:
    [case] = planned("""
        cases:
          - id: a
            input: Lamp
            mustContain: x
            messages:
              - {role: user, content: Hi}
              - {role: assistant, content: Yes?}
              - {role: user, content: "{{ input }}"}
    """).cases
    said = (user("Hi"), Message(role="assistant", content="Yes?"), user("Lamp"))
    assert case.request.messages == (SYSTEM, *said)


def test_without_a_prompt_a_recorded_conversation_says_its_own_words() -> None:
    cases = planned(
        """
        models: [replay/a.jsonl]
        cases:
          - {id: a, turns: [{input: Hi, mustContain: x}, {input: Bye, mustContain: x}]}
          - id: b
            mustContain: x
            messages: [{role: system, content: S}, {role: user, content: U}]
          - {id: c, mustContain: x}
        """,
        None,
    ).cases
    assert [[r.messages for r in (case.request, *case.later)] for case in cases] == [
        [(user("Hi"),), (user("Bye"),)],
        [(Message(role="system", content="S"), user("U"))],
        [()],
    ]


def test_the_output_schema_is_asserted_of_every_answer_of_a_conversation() -> None:
    once, talk, free = planned(
        """
        defaults: {mustContain: x, vars: {tone: dry}}
        cases:
          - {id: a, input: Hi}
          - {id: b, turns: [{input: Hi, mustContain: x}, {input: Bye}]}
          - {id: c, turns: [{input: Hi, mustContain: x}], assertOutput: false}
        """,
        OWN_USER,
    ).cases
    assert [spec.kind for spec in once.case.assertions] == ["mustContain", "jsonSchema"]
    assert [[s.kind for s in turn.assertions] for turn in talk.case.turns] == [
        ["mustContain", "jsonSchema"],
        ["jsonSchema"],
    ]
    assert [spec.kind for spec in talk.case.assertions] == ["mustContain"]
    assert all(spec.kind != "jsonSchema" for spec in free.case.turns[0].assertions)
    assert once.request.response_schema == talk.later[0].response_schema is not None


def test_a_variable_that_no_turn_has_is_missed_once() -> None:
    turns = "turns: [{input: a, mustContain: x}, {input: b, mustContain: x}]"
    [finding] = refused(f"cases: [{{id: a, {turns}}}]", prompt=OWN_USER)
    assert finding.message == "turn 1 of case 'a': the variable 'tone' is not given"


def test_a_skipped_case_is_planned_with_all_its_mistakes() -> None:
    [case] = planned("""
        cases:
          - id: a
            skip: not yet
            stubs: {unheard_of: 1}
            turns: [{input: Hi, vars: {no: 1}, mustContain: x}, {input: Bye, mustContain: x}]
    """).cases
    assert (case.request.messages, len(case.later)) == ((), 1)


# Agents


def test_an_agent_is_asked_with_the_cases_own_words_and_told_its_faults() -> None:
    [case] = planned(
        """
        models: [agent/bot]
        cases:
          - id: a
            input: Hi
            vars: {order: "812"}
            mustContain: x
            maxSteps: 3
            faults: [{tool: search, error: timeout, times: 1}, {provider: true, error: empty}]
        """,
        None,
        {"bot": an_agent(meter=Meter())},
    ).cases
    assert case.request.messages == (user("Hi"),)
    assert case.request.agent == AgentInput(
        input="Hi",
        conversation="",
        vars={"order": "812"},
        faults=case.case.faults,
        max_steps=3,
    )
    assert (case.request.tools, case.request.base_url, case.request.max_tokens) == (
        (), None, DEFAULT_MAX_TOKENS,
    )  # fmt: skip
    assert case.request.tags is not None
    assert (case.request.tags.case_id, case.request.tags.prompt) == ("a", None)


def test_an_agent_hears_turns_one_by_one_and_a_transcript_whole() -> None:
    talk, told = planned(
        """
        models: [agent/bot]
        defaults: {mustNotContain: x}
        cases:
          - {id: a, vars: {n: 1, m: 1}, turns: [{input: Hi}, {input: Bye, vars: {n: 2}}]}
          - {id: b, messages: [{role: assistant, content: Yes?}, {role: user, content: Lamp}]}
        """,
        None,
        {"bot": an_agent()},
    ).cases
    inputs = [request.agent for request in (talk.request, *talk.later)]
    assert [(a.input, a.vars) for a in inputs if a] == [
        ("Hi", {"n": 1, "m": 1}),
        ("Bye", {"n": 2, "m": 1}),
    ]
    assert [request.turn for request in (talk.request, *talk.later)] == [0, 1]
    assert told.request.agent is not None
    assert told.request.agent.input == "Lamp"
    assert told.request.messages == (Message(role="assistant", content="Yes?"), user("Lamp"))


MIXED = """
    models: [openai/mini, agent/bot]
    cases: [{id: a, input: Hi, mustContain: x, stubs: {search: found}}]
"""


def test_in_a_mixed_suite_prompt_and_stubs_are_for_the_models() -> None:
    model, agent = planned(MIXED, agents={"bot": an_agent()}).cases
    assert (model.request.messages, model.case.stubs) == (
        (SYSTEM, user("Hi")),
        {"search": "found"},
    )
    assert (agent.request.messages, agent.case.stubs) == ((user("Hi"),), None)
    assert [case.index for case in (model, agent)] == [0, 1]
    assert planned(MIXED, agents={"bot": an_agent()}).notes == ()


def test_a_selected_agent_needs_no_prompt_that_can_be_rendered() -> None:
    suite = MIXED.replace("input: Hi", "input: Hi, vars: {unheard_of: 1}")
    agents = {"bot": an_agent()}
    [agent] = planned(suite, agents=agents, models=("agent/*",)).cases
    assert agent.model == "agent/bot"
    [finding] = refused(suite, agents=agents)
    assert finding.rule == "unknown-variable"


def test_a_prompt_that_no_model_is_sent_is_noted() -> None:
    suite = "models: [agent/bot]\ncases: [{id: a, input: Hi, mustContain: x}]"
    [note] = planned(suite, agents={"bot": an_agent()}).notes
    assert (note.rule, str(note.location)) == ("unsent-prompt", "p.prompt.md")


FAULTS = "models: [agent/bot]\ncases: [{id: a, input: b, mustContain: x, faults: [%s]}]"
TOOL, PROVIDER = "{tool: search, error: empty}", "{provider: true, error: empty}"
SEEN = "$.calls"


def http(body: Json, **changes: Any) -> HttpAgent:
    return HttpAgent(**{"url": "http://127.0.0.1", "body": body, "tool_calls": SEEN, **changes})


@pytest.mark.parametrize(
    ("fault", "agent", "rules"),
    [
        (TOOL, an_agent(), []),
        (TOOL, an_agent(how=CommandAgent(command=("bot",), tool_calls=SEEN)), []),
        (TOOL, an_agent(how=http({"a": [{"b": "{{ faults }}"}]})), []),
        (TOOL, an_agent(how=http("{% for f in faults %}{{ f.tool }}{% endfor %}")), []),
        (TOOL, an_agent(how=http({"faults": "{{ input }}", "x": "faults"})), ["unmet-fault"]),
        (TOOL, an_agent(how=http("{{ vars.faults }}")), ["unmet-fault"]),
        (TOOL, an_agent(how=http(None)), ["unmet-fault"]),
        (TOOL, an_agent(how=http("{{ input }}"), meter=Meter()), []),
        (TOOL, an_agent(how=CommandAgent(command=("bot",))), ["hidden-calls"]),
        (TOOL, an_agent(how=CommandAgent(command=("bot",)), meter=Meter()), []),
        (TOOL, an_agent(tools=("search",)), []),
        (TOOL, an_agent(tools=("searched",)), ["unknown-tool"]),
        (TOOL, an_agent(tools=()), ["unknown-tool"]),
        (PROVIDER, an_agent(meter=Meter()), []),
        (PROVIDER, an_agent(how=http("{{ faults }}")), ["unmetered-fault"]),
    ],
)
def test_a_fault_that_could_never_be_met_is_refused(
    fault: str, agent: AgentSettings, rules: list[str]
) -> None:
    suite, agents = FAULTS % fault, {"bot": agent}
    if not rules:
        assert planned(suite, None, agents).cases
        return
    assert [finding.rule for finding in refused(suite, prompt=None, agents=agents)] == rules


@pytest.mark.parametrize("tools", [None, (), ("search",)])
def test_the_tools_of_an_agent_are_those_that_it_declares(tools: tuple[str, ...] | None) -> None:
    suite = "models: [agent/bot]\ncases: [{id: a, input: b, mustContain: x}]"
    [case] = planned(suite, None, {"bot": an_agent(tools=tools)}).cases
    assert case.agent_tools == tools


DECLARED, REPORTED = Decimal("0.01"), UsagePaths(usd="$.usd")
TOKENS = UsagePaths(input="$.in", output="$.out")
COMMAND = CommandAgent(command=("bot",), answer="$.text")


@pytest.mark.parametrize(
    ("agent", "price", "known"),
    [
        (an_agent(how=COMMAND), CHEAP, False),
        (an_agent(how=COMMAND, max_usd_per_call=Decimal(0)), None, True),
        (an_agent(how=COMMAND, meter=Meter()), None, True),
        (an_agent(how=COMMAND, usage=REPORTED), None, True),
        (an_agent(how=COMMAND, usage=TOKENS), CHEAP, True),
        (an_agent(how=COMMAND, usage=TOKENS), None, False),
        (an_agent(how=COMMAND, usage=TOKENS, max_usd_per_call=DECLARED), None, True),
        # What a function returns may hold its cost, and need not.
        (an_agent(), None, False),
        (an_agent(max_usd_per_call=DECLARED), None, True),
    ],
)
@pytest.mark.parametrize("limit", ["run", "suite", "gate", "none"])
def test_under_a_limit_something_is_known_of_an_agents_dollars(
    agent: AgentSettings, price: Price | None, known: bool, limit: str
) -> None:
    head = {"suite": "budget: {runUsd: 1}", "gate": "gate: {maxCostUsd: 1}"}.get(limit, "")
    suite = f"{head}\nmodels: [agent/bot]\ncases: [{{id: a, input: b, mustContain: x}}]"
    changes: dict[str, Any] = {
        "agents": {"bot": agent},
        "budget": Budget(run_usd=Decimal(1) if limit == "run" else None),
        "price_of": lambda _: price,
    }
    if known or limit == "none":
        assert planned(suite, None, **changes).cases
        return
    [finding] = refused(suite, prompt=None, **changes)
    assert finding.rule == "unknown-price"
    assert finding.location == agent.location
    assert "maxUsdPerCall" in (finding.fix or "")


@pytest.mark.parametrize("model", ["agent/bott", "agent/", "agent/bot/x", "Agent/bot", "AGENT/x"])
def test_an_agent_that_is_not_configured_is_refused(model: str) -> None:
    suite = f"models: [{model}]\ncases: [{{id: a, input: b, mustContain: x}}]"
    [finding] = refused(suite, agents={"bot": an_agent()})
    assert (finding.rule, str(finding.location)) == ("unknown-agent", "evals/s.yaml:2:10")


@pytest.mark.parametrize("key", ["runUsd", "caseUsd", "usdPerHour"])
@pytest.mark.parametrize("by_run", [True, False])
def test_every_limit_of_dollars_needs_the_price_of_a_model(*, key: str, by_run: bool) -> None:
    limit = {"runUsd": "run_usd", "caseUsd": "case_usd", "usdPerHour": "usd_per_hour"}[key]
    run: dict[str, Any] = {limit: Decimal(1)} if by_run else {}
    head = "" if by_run else f"budget: {{{key}: 1}}\n"
    suite = f"{head}cases: [{{id: a, input: b, mustContain: x}}]"
    [finding] = refused(suite, price_of=lambda _: None, budget=Budget(**run))
    assert (finding.rule, str(finding.location)) == ("unknown-price", "p.prompt.md:3:8")


def test_calls_and_tokens_are_limited_without_any_price() -> None:
    suite = "budget: {calls: 1, tokens: 1}\ncases: [{id: a, input: b, mustContain: x}]"
    assert planned(suite, price_of=lambda _: None).cases


@pytest.mark.parametrize(
    ("agent", "counted"),
    [
        (an_agent(how=COMMAND, meter=Meter()), True),
        (an_agent(how=COMMAND, max_usd_per_call=Decimal(0)), True),
        (an_agent(how=COMMAND, max_usd_per_call=DECLARED), False),
        (an_agent(how=COMMAND, usage=TOKENS), False),
        (an_agent(), False),
    ],
)
def test_under_a_limit_of_tokens_somebody_counts_those_of_an_agent(
    *, agent: AgentSettings, counted: bool
) -> None:
    suite = "models: [agent/bot]\ncases: [{id: a, input: b, mustContain: x}]"
    agents = {"bot": agent}
    for limited, budget in (
        (f"budget: {{tokens: 9}}\n{suite}", Budget()),
        (suite, Budget(tokens=9)),
    ):
        if counted:
            assert planned(limited, None, agents=agents, budget=budget).cases
            continue
        [finding] = refused(limited, prompt=None, agents=agents, budget=budget)
        assert (finding.rule, finding.location) == ("unknown-tokens", agent.location)
        assert "meter" in (finding.fix or "")


def test_a_request_says_for_which_case_on_which_model_it_is() -> None:
    suite = "models: [openai/a, agent/bot]\ncases: [{id: a, input: b, mustContain: x}]"
    cases = planned(suite, agents={"bot": an_agent()}).cases
    asked = [case.request.tags for case in cases]
    assert [(tags.case_id, tags.model) for tags in asked if tags] == [
        ("a", "openai/a"),
        ("a", "agent/bot"),
    ]


# What an answer that is kept cannot tell


RUBRIC = "cases: [{id: a, input: b, assert: [{rubric: Good.}]}]"


@pytest.mark.parametrize(
    ("head", "case", "live"),
    [
        ("", "input: b, mustContain: x", False),
        ("", "input: b, mustContain: x, assert: [{latency: 4}]", True),
        ("", "input: b, assert: [{cost: 1, not: true}]", True),
        ("", "input: b, mustContain: x, assert: [{cost: 1, advisory: true}]", False),
        ("", "turns: [{input: b, mustContain: x}, {input: c, assert: [{latency: 4}]}]", True),
        ("defaults: {assert: [{latency: 4}]}", "input: b", True),
        ("gate: {maxP95LatencyS: 4}", "input: b, mustContain: x", True),
        ("gate: {maxCostUsd: 4}", "input: b, mustContain: x", True),
        ("gate: {maxErrored: 4}", "input: b, mustContain: x", False),
        ("budget: {runUsd: 4}", "input: b, mustContain: x", False),
    ],
)
def test_what_is_to_be_measured_is_asked_live(head: str, case: str, live: bool) -> None:
    [found] = planned(f"{head}\ncases: [{{id: a, {case}}}]\n").cases
    assert {request.live for request in (found.request, *found.later)} == {live}


@pytest.mark.parametrize(
    ("gate", "live"), [("maxCostUsd", True), ("maxP95LatencyS", False), ("maxErrored", False)]
)
def test_a_judge_is_asked_anew_where_its_cost_counts(gate: str, live: bool) -> None:
    [case] = planned(f"judge: {{model: a/judge}}\ngate: {{{gate}: 4}}\n{RUBRIC}").cases
    assert case.judge is not None
    assert case.judge.live is live


def test_a_model_of_this_process_is_asked_with_its_weights() -> None:
    suite = """
        models: [local/small, openai/mini]
        judge: {model: local/judge}
        cases: [{id: a, input: b, assert: [{rubric: Good.}]}]
    """
    plan = planned(suite)
    assert [case.request.weights for case in plan.cases] == ["b179", None]
    assert [case.judge and case.judge.weights for case in plan.cases] == ["b179", "b179"]


SCHEMA_ALONE = """\
cases:
  - {id: a, input: b, vars: {tone: kind}}
  - {id: c, vars: {tone: kind}, turns: [{input: d}, {input: e}]}
"""


def test_the_schema_of_the_output_is_an_assertion() -> None:
    case, talk = planned(SCHEMA_ALONE, OWN_USER).cases
    assert [spec.kind for spec in case.case.assertions] == ["jsonSchema"]
    assert [len(turn.assertions) for turn in talk.case.turns] == [1, 1]


@pytest.mark.parametrize(
    ("suite", "prompt", "places"),
    [
        (SCHEMA_ALONE, PROMPT.replace("Sell", "{{ tone }}"), ["3:5", "4:41", "4:53"]),
        (f"models: [agent/bot, openai/mini]\n{SCHEMA_ALONE}", OWN_USER, ["4:5", "5:41", "5:53"]),
    ],
)
def test_an_answer_that_nothing_judges_is_refused(
    suite: str, prompt: str, places: list[str]
) -> None:
    findings = refused(suite, prompt=prompt, agents={"bot": an_agent()})
    told = [f for f in findings if f.rule == "no-assertion"]
    assert [str(finding.location) for finding in told] == [f"evals/s.yaml:{at}" for at in places]


def test_what_is_not_selected_is_held_to_it_too() -> None:
    suite = "cases: [{id: a, input: b}, {id: c, input: d, mustContain: x}]"
    [finding] = refused(suite, selection=Selection(cases=frozenset({"c"})))
    assert finding.message == "case 'a' has no assertion that could fail"


@pytest.mark.parametrize(
    ("names", "gate", "told"),
    [
        (["label"], "{}", "nothing gates the metric 'label', but a label"),
        (["label", "tone"], "{}", "nothing gates the metric 'label' and 'tone', but a label"),
        (["label"], "{metrics: {accuracy: 0.5}}", None),
        (["label", "tone"], "{metrics: {tone.accuracy: 0.5}}", None),
    ],
)
def test_metrics_that_gate_nothing_are_noted(names: list[str], gate: str, told: str | None) -> None:
    metrics = ", ".join(
        f"{{kind: classification, name: {name}, expected: '{{{{ input }}}}', labels: [a, b]}}"
        for name in names
    )
    cases = "{id: a, input: a, mustContain: x}, {id: b, input: b, mustContain: x}"
    found = planned(f"metrics: [{metrics}]\ngate: {gate}\ncases: [{cases}]\n").notes
    messages = [note.message for note in found if note.rule == "ungated-metric"]
    assert len(messages) == (told is not None)
    assert all(message.startswith(told or "") for message in messages)


# Many cases


def many(count: int, more: str = "") -> str:
    cases = ", ".join(f"{{id: c{n}, input: n{n}, mustContain: x{more}}}" for n in range(count))
    return f"cases: [{cases}]"


@pytest.mark.parametrize("kept", [1, 3])
def test_a_plan_on_disk_is_the_one_in_memory(monkeypatch: pytest.MonkeyPatch, kept: int) -> None:
    suite = f"models: [openai/mini, openai/maxi, agent/bot]\nrepeat: 2\n{many(5)}"
    in_memory = planned(suite, agents={"bot": an_agent()})
    monkeypatch.setattr(spool, "KEPT", kept)
    on_disk = planned(suite, agents={"bot": an_agent()})
    assert [*on_disk.cases] == [*in_memory.cases]
    assert [case.index for case in on_disk.cases] == [*range(15)]
    assert on_disk.outline == in_memory.outline
    assert (on_disk.outline.trials, on_disk.models) == (
        30,
        ("openai/mini", "openai/maxi", "agent/bot"),
    )


@pytest.mark.parametrize("kept", [1, 100])
def test_some_cases_of_a_plan_are_numbered_anew(monkeypatch: pytest.MonkeyPatch, kept: int) -> None:
    monkeypatch.setattr(spool, "KEPT", kept)
    part = planned(many(9)).only(lambda planned: planned.index % 2 == 1)
    assert [(case.index, case.case.id) for case in part.cases] == [
        (0, "c1"),
        (1, "c3"),
        (2, "c5"),
        (3, "c7"),
    ]
    assert part.outline.suites == {"evals/s.yaml": 4}
    assert planned(many(3)).only(lambda _: False).suites == ()


def test_what_cases_have_in_common_is_one_object() -> None:
    """Thousands of them are then no more than what is their own."""
    first, second = planned(many(2), prompt=PROMPT).cases
    assert first.request.messages[0] is second.request.messages[0]
    first, second = planned(many(2, ", vars: {tone: dry}"), prompt=OWN_USER).cases
    assert first.case.assertions[-1].kind == "jsonSchema"
    assert first.case.assertions[-1] is second.case.assertions[-1]


def test_planning_stops_where_there_are_more_mistakes_than_anybody_reads() -> None:
    findings = refused(many(MOST_MISTAKES + 50), prompt=OWN_USER)
    assert [finding.rule for finding in findings if "tone" not in finding.message] == [
        "too-many-mistakes"
    ]
    assert len(findings) == MOST_MISTAKES + 1
