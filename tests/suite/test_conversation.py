"""Turns, transcripts, windows, stubs and faults are read as they are written."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agentops_cli.model.json import Json
from agentops_cli.model.prompt import Message
from agentops_cli.model.suite import AssertionSpec, Case, Suite, Window
from agentops_cli.model.tool import ToolCall
from tests.suite.reading import mistakes, read, shown


def only(suite: Suite) -> Case:
    [case] = suite.cases
    return case


def kinds(specs: tuple[AssertionSpec, ...]) -> list[tuple[str, object]]:
    return [(spec.kind, spec.args["value"]) for spec in specs]


# Turns

LAMP = """
    prompt: p.md
    defaults: {mustNotContain: ["as an AI"], assert: [{noPii: true}, {latency: {max: 9}}]}
    cases:
      - id: lamp
        vars: {name: Ada, tone: dry}
        mustContain: [bye, "{{ input }} {{ vars.tone }}"]
        turns:
          - {input: "I am {{ vars.name }}", mustContain: "{{ input }}"}
          - {input: "So {{ vars.tone }}?", vars: {tone: warm}, assert: [{regex: "^You"}]}
"""


def test_a_turn_has_its_own_words_variables_place_and_assertions() -> None:
    case = only(read(LAMP))
    first, last = case.turns
    assert (first.input, first.vars, str(first.location)) == ("I am Ada", {}, "evals/s.yaml:8:9")
    assert (last.input, last.vars) == ("So warm?", {"tone": "warm"})
    assert case.input is None
    assert case.vars == {"name": "Ada", "tone": "dry"}


def test_what_judges_every_turn_is_in_each_of_them_and_the_rest_judges_the_last_answer() -> None:
    case = only(read(LAMP))
    every = [("mustNotContain", ["as an AI"]), ("noPii", True)]
    first, last = (kinds(turn.assertions) for turn in case.turns)
    assert first == [*every, ("mustContain", "I am Ada")]
    assert last == [*every, ("regex", "^You")]
    assert [spec.kind for spec in case.assertions] == ["latency", "mustContain", "mustContain"]
    # The scope of what judges the last answer is the last turn's.
    assert kinds(case.assertions[1:]) == [
        ("mustContain", ["bye"]),
        ("mustContain", ["So warm? warm"]),
    ]


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        ("mustNotContain", "mustNotContain: x"),
        *((kind, f"{kind}: true") for kind in ("noSecrets", "noPii", "noPromptLeak")),
        ("contains", "kind: contains, value: x, not: true"),
        ("regex", "kind: regex, value: x+, not: true"),
        ("expectedCategory", "kind: expectedCategory, value: refusal, not: true"),
        ("finishReason", "kind: finishReason, value: length, not: true"),
        ("toolCalls", "kind: toolCalls, calls: [search], not: true"),
        ("toolCalls", "toolCalls: []"),
        ("citations", "kind: citations, value: [a], max: 0"),
    ],
)
@pytest.mark.parametrize("place", ["case", "defaults"])
def test_what_must_never_be_is_judged_in_every_turn(kind: str, said: str, place: str) -> None:
    spec = f"assert: [{{{said}}}]"
    case = only(
        read(f"""
        prompt: p.md
        defaults: {{{spec if place == "defaults" else "tags: [a]"}}}
        cases: [{{id: a, turns: [{{input: b}}, {{input: c}}], {spec if place == "case" else ""}}}]
    """)
    )
    assert [[spec.kind for spec in turn.assertions] for turn in case.turns] == [[kind], [kind]]
    assert case.assertions == ()


@pytest.mark.parametrize(
    "said",
    [
        "kind: mustNotContain, value: x, not: true",
        "kind: latency, max: 9, not: true",
        "toolCalls: [search]",
        "contains: x",
    ],
)
def test_what_is_wanted_is_judged_in_the_last_turn(said: str) -> None:
    text = f"""
        prompt: p.md
        cases:
          - {{id: a, turns: [{{input: b, mustContain: y}}, {{input: c}}], assert: [{{{said}}}]}}
    """
    case = only(read(text))
    assert [len(turn.assertions) for turn in case.turns] == [1, 0]
    assert len(case.assertions) == 1


def test_a_template_in_what_must_never_be_is_filled_in_for_each_turn() -> None:
    case = only(
        read("""
        prompt: p.md
        cases:
          - id: a
            turns: [{input: b}, {input: c}]
            assert: [{kind: contains, value: "{{ input }}", not: true}]
    """)
    )
    assert [turn.assertions[0].args["value"] for turn in case.turns] == ["b", "c"]
    assert all(turn.assertions[0].negated for turn in case.turns)


def test_the_same_kinds_stay_with_a_case_without_turns() -> None:
    case = only(read("prompt: p.md\ncases: [{id: a, input: b, mustNotContain: c}]\n"))
    assert kinds(case.assertions) == [("mustNotContain", "c")]


def test_assertions_of_the_case_carry_the_last_turn_only() -> None:
    text = "prompt: p.md\ncases: [{id: a, mustContain: x, turns: [{input: b}, {input: c}]}]\n"
    [finding] = mistakes(text)
    assert (str(finding.location), finding.message) == (
        "evals/s.yaml:2:41",
        "turn 1 of case 'a' has no assertion that could fail",
    )


@pytest.mark.parametrize(
    ("turn", "expected"),
    [
        ("{input: b, expectedCategory: refusal}", []),
        ("{input: b, mustContain: x}", [("expectedCategory", "success")]),
    ],
)
def test_the_category_of_the_last_turn_beats_that_of_the_defaults(
    turn: str, expected: list[tuple[str, object]]
) -> None:
    case = only(
        read(f"""
        prompt: p.md
        defaults: {{expectedCategory: success}}
        cases: [{{id: a, turns: [{{input: a, mustContain: x}}, {turn}]}}]
    """)
    )
    assert kinds(case.assertions) == expected


def test_a_dataset_talks_its_turns_with_every_row() -> None:
    text = """
        prompt: p.md
        datasets:
          - file: r.csv
            vars: {name: name}
            turns:
              - {input: "{{ row.hello }}, I am {{ vars.name }}", mustContain: "{{ row.name }}"}
    """
    suite = read(text, {"evals/r.csv": "id,hello,name\n1,Hi,Ada\n2,Ciao,Bo\n"})
    said = [
        [(turn.input, turn.assertions[0].args["value"]) for turn in c.turns] for c in suite.cases
    ]
    assert said == [[("Hi, I am Ada", "Ada")], [("Ciao, I am Bo", "Bo")]]


def test_a_row_with_a_blank_cell_says_nothing_and_is_named() -> None:
    text = """
        prompt: p.md
        datasets: [{file: r.csv, turns: [{input: "{{ row.said }}", mustContain: x}]}]
    """
    [finding] = mistakes(text, {"evals/r.csv": 'id,said\n1,Hi\n2," "\n'})
    assert finding.message == "nothing is said here for the case at evals/r.csv:3"


def test_text_without_a_template_is_said_letter_by_letter() -> None:
    case = only(
        read("""
        prompt: p.md
        cases:
          - id: a
            turns: [{input: " {x} 100% {# no #} ", mustContain: x}]
    """)
    )
    assert [turn.input for turn in case.turns] == [" {x} 100% {# no #} "]


@pytest.mark.parametrize("text", ["", " ", "\\n"])
def test_a_turn_in_which_nothing_is_said_is_a_mistake(text: str) -> None:
    suite = f'prompt: p.md\ncases: [{{id: a, turns: [{{input: "{text}", mustContain: x}}]}}]\n'
    assert shown(mistakes(suite)) == ["2:33 bad-value"]


def test_window_and_ttl_come_from_the_case_then_from_the_defaults() -> None:
    suite = read("""
        prompt: p.md
        defaults: {window: {turns: 2}, ttlTurns: 4, mustNotContain: x}
        cases:
          - {id: a, turns: [{input: a}]}
          - {id: b, turns: [{input: a}], window: {tokens: 500}, ttlTurns: 1}
          - {id: c, input: a}
    """)
    a, b, c = suite.cases
    assert (a.window, a.ttl_turns) == (Window(turns=2), 4)
    assert (b.window, b.ttl_turns) == (Window(tokens=500), 1)
    assert c.turns == ()


# Transcripts


def test_a_transcript_is_read_with_its_calls_and_what_answers_them() -> None:
    case = only(
        read("""
        prompt: p.md
        cases:
          - id: a
            input: lamps
            vars: {tone: warm}
            mustContain: x
            messages:
              - {role: system, content: "Be {{ vars.tone }}."}
              - role: user
                content: [{type: text, text: "About {{ input }}:"}, {type: text, text: is it in?}]
              - role: assistant
                toolCalls: [{name: search, args: {query: Lämpchen}}, {name: stock}]
              - {role: tool, content: "{{ '{' }}}"}
              - {role: tool, content: ""}
    """)
    )
    assert case.messages == (
        Message(role="system", content="Be warm."),
        Message(role="user", content="About lamps:\nis it in?"),
        Message(
            role="assistant",
            content="",
            tool_calls=(
                ToolCall(id="call_1", name="search", arguments='{"query": "Lämpchen"}'),
                ToolCall(id="call_2", name="stock", arguments="{}"),
            ),
        ),
        Message(role="tool", content="{}", tool_call_id="call_1"),
        Message(role="tool", content="", tool_call_id="call_2"),
    )
    assert case.turns == ()


def test_an_input_beside_messages_must_be_said_in_one_of_them() -> None:
    def case(content: str) -> str:
        said = f"messages: [{{role: user, content: '{content}'}}]"
        return f"prompt: p.md\ncases: [{{id: a, input: b, {said}, mustContain: x}}]\n"

    assert read(case("{{ input }}")).cases
    assert read(case("{% if input %}b{% endif %}")).cases
    assert shown(mistakes(case("vars.input"))) == ["2:24 conflict"]
    assert shown(mistakes(case("{{ vars.x }} {{"))) == ["2:60 bad-template"]


# Tools


def test_stubs_of_a_case_are_merged_over_the_defaults_by_name() -> None:
    suite = read(
        """
        prompt: p.md
        defaults:
          mustNotContain: x
          stubs: {search: found, order: {json: order.json}}
        cases:
          - {id: a, input: a, stubs: {search: {file: page.txt}, cancel: null}, maxSteps: 3}
          - {id: b, input: a}
        """,
        {"evals/order.json": '{"total": 40}', "evals/page.txt": "{{ not a template }}"},
    )
    a, b = suite.cases
    order = {"total": 40}
    assert a.stubs == {"search": "{{ not a template }}", "order": order, "cancel": None}
    assert b.stubs == {"search": "found", "order": order}
    assert (a.max_steps, b.max_steps) == (3, 8)
    assert {name: str(place) for name, place in a.stub_locations.items()} == {
        "search": "evals/s.yaml:6:31",
        "order": "evals/s.yaml:4:26",
        "cancel": "evals/s.yaml:6:57",
    }


def test_without_stubs_no_tool_is_answered() -> None:
    assert only(read("prompt: p.md\ncases: [{id: a, mustContain: x}]\n")).stubs is None


def test_the_steps_of_an_agent_are_limited_without_stubs() -> None:
    text = "models: [agent/bot]\ndefaults: {maxSteps: 6}\ncases: [{id: a, mustContain: x}]\n"
    assert only(read(text)).max_steps == 6
    assert shown(mistakes(text.replace("agent/bot", "replay/a.jsonl"))) == ["2:22 no-stubs"]


def test_faults_of_a_case_are_added_to_those_of_the_defaults() -> None:
    case = only(
        read("""
        prompt: p.md
        defaults: {faults: [{tool: search, error: timeout, times: 1}]}
        cases:
          - id: a
            mustContain: x
            faults:
              - {provider: true, error: serverError, times: 2}
              - {provider: true, error: rateLimit}
              - {tool: search, error: empty}
    """)
    )
    assert [(f.target, f.error, f.times, str(f.location)) for f in case.faults] == [
        ("search", "timeout", 1, "evals/s.yaml:2:21"),
        (None, "serverError", 2, "evals/s.yaml:7:9"),
        (None, "rateLimit", None, "evals/s.yaml:8:9"),
        ("search", "empty", None, "evals/s.yaml:9:9"),
    ]


# Whatever is written

texts = st.sampled_from(
    ["Hi", "", "{{ input }}", "{{ vars.a }}", "{{ row.b", "{% if %}", "{{ 1 }}"]
)
scalars: st.SearchStrategy[Json] = texts | st.none() | st.booleans() | st.integers(-1, 3)
odd: st.SearchStrategy[Json] = (
    scalars | st.lists(scalars, max_size=2) | st.dictionaries(texts, scalars, max_size=2)
)


def mappings(**values: st.SearchStrategy[Json]) -> st.SearchStrategy[Json]:
    """Some of the keys, each with a value that fits more often than not."""
    mostly = {key: st.sampled_from([fit] * 19 + [odd]) for key, fit in values.items()}
    return st.fixed_dictionaries(
        {}, optional={key: either.flatmap(lambda one: one) for key, either in mostly.items()}
    )


calls = st.lists(mappings(name=texts, args=mappings(a=scalars)), max_size=2)
roles = st.sampled_from(["system", "user", "assistant", "tool", "human"])
said = st.lists(mappings(role=roles, content=texts, toolCalls=calls), max_size=4)
expected = {"mustContain": texts, "expectedCategory": st.just("success")}
spoken = st.lists(mappings(input=texts, vars=mappings(a=scalars), **expected), max_size=3)
errors = st.sampled_from(["timeout", "empty", "slow"])
failing = st.lists(
    mappings(tool=texts, provider=st.booleans(), error=errors, times=st.integers(0, 2)), max_size=3
)
settings_of_talk = {
    "window": mappings(turns=st.integers(0, 2), tokens=st.integers(0, 2)),
    "ttlTurns": st.integers(0, 2),
    "stubs": mappings(a=odd, b=mappings(file=texts), c=mappings(json=texts)),
    "maxSteps": st.integers(0, 101),
    "faults": failing,
}
holders = mappings(
    id=texts, input=texts, messages=said, turns=spoken, **settings_of_talk, **expected
)
rows = mappings(file=st.just("r.csv"), messages=said, turns=spoken, **settings_of_talk, **expected)
suites = mappings(
    prompt=st.just("p.md"),
    models=st.lists(st.sampled_from(["agent/a", "openai/b"]), max_size=2),
    defaults=mappings(**settings_of_talk, **expected),
    cases=st.lists(holders, max_size=2),
    datasets=st.lists(rows, max_size=1),
)


OURS = frozenset(
    {"bad-fault", "bad-template", "bad-transcript", "conflict", "no-assertion", "no-stubs"}
    | {"no-turns", "unreachable-fault"}
)


@given(suites)
@settings(deadline=None)
def test_no_suite_makes_the_reader_fail_or_be_silent_about_a_place(suite: Json) -> None:
    for finding in mistakes(json.dumps(suite), {"evals/r.csv": "id,b\n1,x\n2,\n"}):
        assert finding.location is not None
        assert finding.fix or finding.rule not in OURS
