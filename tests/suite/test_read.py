import gc
import time
from datetime import date
from decimal import Decimal

import pytest

from agentops_cli.errors import InputError
from agentops_cli.model.suite import Budget, Gate, Quarantine
from tests.suite.reading import mistakes, read, shown

WISHLIST = """
    prompt: ../prompts/product-manager.prompt.md
    models: [openai/gpt-4o-mini]
    cases:
      - id: wishlist
        input: "Add a wishlist feature for logged-in users"
        expectedCategory: success
        mustContain: ["user story", "acceptance criteria"]
        mustNotContain: ["implementation details", {text: code, word: true}]
        tags: [smoke]
"""


def test_the_first_example_reads_as_it_is_written() -> None:
    suite = read(WISHLIST)
    assert (suite.name, suite.prompt) == ("s", "../prompts/product-manager.prompt.md")
    assert suite.models == ("openai/gpt-4o-mini",)
    [case] = suite.cases
    assert case.input == "Add a wishlist feature for logged-in users"
    assert case.tags == {"smoke"}
    assert [(spec.kind, spec.args["value"], str(spec.location)) for spec in case.assertions] == [
        ("expectedCategory", "success", "evals/s.yaml:6:23"),
        ("mustContain", ["user story"], "evals/s.yaml:7:19"),
        ("mustContain", ["acceptance criteria"], "evals/s.yaml:7:33"),
        ("mustNotContain", ["implementation details"], "evals/s.yaml:8:22"),
        ("mustNotContain", [{"text": "code", "word": True}], "evals/s.yaml:8:48"),
    ]


def test_case_keys_beat_defaults_and_lists_are_added_to() -> None:
    suite = read("""
        prompt: p.md
        defaults:
          tags: [all]
          vars: {tone: dry, lang: en}
          expectedCategory: success
          mustNotContain: ["as an AI"]
        cases:
          - {id: a, mustContain: [x], vars: {tone: warm}, tags: [one]}
          - {id: b, expectedCategory: refusal}
    """)
    a, b = suite.cases
    assert a.tags == {"all", "one"}
    assert b.tags == {"all"}
    assert (a.vars, b.vars) == ({"tone": "warm", "lang": "en"}, {"tone": "dry", "lang": "en"})
    assert [spec.kind for spec in a.assertions] == [
        "expectedCategory", "mustNotContain", "mustContain",
    ]  # fmt: skip
    assert [(s.kind, s.args["value"]) for s in b.assertions if s.kind == "expectedCategory"] == [
        ("expectedCategory", "refusal")
    ]


@pytest.mark.parametrize(
    ("keys", "flag", "expected"),
    [
        ("", None, (1, 1)),
        ("repeat: 5", None, (5, 5)),
        ("repeat: 5\n        repeatPass: 4/5", None, (5, 4)),
        ("repeat: 5\n        repeatPass: 4/5", 10, (10, 8)),
        ("repeat: 5\n        repeatPass: 4/5", 3, (3, 3)),  # 2.4 is rounded up, never down.
        ("", 4, (4, 4)),
    ],
)
def test_repeats_come_from_the_flag_then_the_file(
    keys: str, flag: int | None, expected: tuple[int, int]
) -> None:
    text = f"""
        prompt: p.md
        {keys}
        cases: [{{id: a, mustContain: x}}]
    """
    [case] = read(text, repeat=flag).cases
    assert (case.repeat, case.repeat_pass) == expected


@pytest.mark.parametrize(
    ("suite", "case", "expected"),
    [
        ("", "", (5, 3)),
        ("repeat: 1", "", (1, 1)),
        ("repeat: 4", "", (4, 4)),
        ("repeat: 5\n        repeatPass: 4/5", "", (5, 4)),
        ("", ", repeat: 2", (2, 2)),
        ("defaults: {repeat: 3, repeatPass: 2/3}", "", (3, 2)),
    ],
)
def test_auto_repeats_as_the_suite_says_else_a_majority_of_five(
    suite: str, case: str, expected: tuple[int, int]
) -> None:
    text = f"""
        models: [replay/x.jsonl]
        {suite}
        cases:
          - {{id: a, mustContain: x{case}}}
        """
    [found] = read(text, repeat_auto=True).cases
    assert (found.repeat, found.repeat_pass, found.repeat_auto) == (*expected, True)
    [usual] = read(text).cases
    assert not usual.repeat_auto


def test_a_case_has_its_own_repeat() -> None:
    suite = read("""
        prompt: p.md
        repeat: 3
        cases:
          - {id: a, mustContain: x, repeat: 10, repeatPass: 9/10}
          - {id: b, mustContain: x}
    """)
    assert [(case.repeat, case.repeat_pass) for case in suite.cases] == [(10, 9), (3, 3)]


def test_every_limit_of_a_budget_is_read() -> None:
    suite = read("""
        prompt: p.md
        budget: {runUsd: 1, caseUsd: 0.010, calls: 50.0, tokens: 200000, usdPerHour: "20"}
        cases: [{id: a, mustContain: x}]
    """)
    assert suite.budget == Budget(
        run_usd=Decimal(1),
        case_usd=Decimal("0.010"),
        calls=50,
        tokens=200_000,
        usd_per_hour=Decimal(20),
    )


def test_gate_and_budget_are_exact() -> None:
    suite = read("""
        prompt: p.md
        budget: {runUsd: 0.10}
        gate: {minPassRate: 0.95, maxErrored: 2, maxCostUsd: "0.40", maxP95LatencyS: 4}
        cases: [{id: a, mustContain: x}]
    """)
    assert suite.budget.run_usd == Decimal("0.10")
    assert str(suite.budget.run_usd) == "0.10"
    assert suite.gate == Gate(
        min_pass_rate=0.95, max_errored=2, max_cost_usd=Decimal("0.40"), max_p95_latency_s=4.0
    )


def test_skip_xfail_and_quarantine_keep_their_reasons() -> None:
    suite = read("""
        prompt: p.md
        cases:
          - {id: a, mustContain: x, skip: "needs a tool"}
          - {id: b, mustContain: x, xfail: "a small model cannot"}
          - id: c
            mustContain: x
            quarantine: {reason: flaky, owner: "@platform", until: 2026-12-31}
    """)
    a, b, c = suite.cases
    assert (a.skip, b.xfail) == ("needs a tool", "a small model cannot")
    assert c.quarantine == Quarantine(reason="flaky", owner="@platform", until=date(2026, 12, 31))


def test_variables_may_be_the_text_or_the_json_of_a_file() -> None:
    suite = read(
        """
        prompt: p.md
        cases:
          - {id: a, mustContain: x, vars: {doc: {file: doc.txt}, order: {json: order.json}}}
        """,
        {
            "evals/doc.txt": "{{ not a template }}\n",
            "evals/order.json": '{"total": 40}',
        },
    )
    assert suite.cases[0].vars == {"doc": "{{ not a template }}\n", "order": {"total": 40}}


def test_templates_in_assertions_are_rendered_over_the_case_alone() -> None:
    suite = read("""
        prompt: p.md
        cases:
          - {id: a, input: "42", vars: {unit: km}, mustContain: ["{{ input }} {{ vars.unit }}"]}
          - {id: b, input: "{{ 7 * 7 }}", assert: [{oneOf: ["{{ input }}", plain]}]}
    """)
    a, b = suite.cases
    assert a.assertions[0].args == {"value": ["42 km"]}
    # What a case says is data: it is never a template itself.
    assert b.assertions[0].args == {"value": ["{{ 7 * 7 }}", "plain"]}


@pytest.mark.parametrize(
    ("written", "kind", "args"),
    [
        ("{kind: length, max: 80}", "length", {"max": 80}),
        ("{length: {max: 80}}", "length", {"max": 80}),
        ("{finishReason: stop}", "finishReason", {"value": "stop"}),
        ("{jsonSchema: {type: object}}", "jsonSchema", {"value": {"type": "object"}}),
        ("{kind: jsonPath, path: $.a, equals: 1}", "jsonPath", {"path": "$.a", "equals": 1}),
    ],
)
def test_an_assertion_is_written_long_or_short(
    written: str, kind: str, args: dict[str, object]
) -> None:
    [case] = read(f"""
        prompt: p.md
        cases: [{{id: a, assert: [{written}]}}]
    """).cases
    assert (case.assertions[0].kind, case.assertions[0].args) == (kind, args)


def test_not_and_advisory_belong_to_any_assertion() -> None:
    [case] = read("""
        prompt: p.md
        cases:
          - id: a
            assert: [{regex: x, not: true}, {regex: y, advisory: true}]
    """).cases
    first, second = case.assertions
    assert (first.negated, first.advisory) == (True, False)
    assert (second.negated, second.advisory, second.effective) == (False, True, False)


@pytest.mark.parametrize(
    ("case", "expected"),
    [
        ("{id: a, mustContian: x}", ["2:17 unknown-key"]),
        ('{id: a, mustContain: ""}', ["2:30 bad-value"]),
        ("{id: a, mustContain: []}", ["2:30 bad-value"]),
        ("{id: a, assert: [{rgex: x}]}", ["2:26 unknown-assertion"]),
        ("{id: a, assert: [{regex: '('}]}", ["2:26 bad-argument"]),
        ("{id: a, assert: [{rubric: good}]}", ["2:26 no-judge"]),
        ("{id: a, assert: [{regex: x, weight: 2}]}", ["2:45 not-supported-yet"]),
        ("{id: a}", ["2:9 no-assertion"]),
        ("{id: a, assert: [{regex: x, advisory: true}]}", ["2:9 no-assertion"]),
        ("{id: a, expectedCategory: sucess}", ["2:35 bad-argument"]),
        ("{id: a, mustContain: x, repeatPass: 2/3}", ["2:45 bad-value"]),
        ("{id: a, mustContain: x, vars: {d: {file: no.txt}}}", ["2:43 missing-file"]),
        ('{id: a, mustContain: "{{ vars.tone }}"}', ["2:30 bad-template"]),
        ("{mustContain: x}", ["2:9 missing-key"]),
        ("{id: ' ', mustContain: x}", ["2:14 bad-value"]),
        ("{id: a, mustContain: x, skip: ' '}", ["2:39 bad-value"]),
        ('{id: a, mustContain: x, xfail: "\\t"}', ["2:40 bad-value"]),
        (
            "{id: a, mustContain: x, quarantine: {reason: ' ', owner: ' ', until: 2026-12-31}}",
            ["2:54 bad-value", "2:66 bad-value"],
        ),
        ("{id: a, mustContain: x, vars: {n: [.nan]}}", ["2:44 bad-value"]),
        ("{id: 7, mustContain: x}", ["2:14 wrong-type"]),
        (
            "{id: a, mustContain: x, quarantine: {reason: r, owner: o, until: 2026-13-01}}",
            ["2:74 bad-value"],
        ),
    ],
)
def test_a_mistake_is_placed_where_it_is_written(case: str, expected: list[str]) -> None:
    assert shown(mistakes(f"prompt: p.md\ncases: [{case}]\n")) == expected


def test_all_mistakes_of_a_suite_are_found_at_once() -> None:
    findings = mistakes("""
        prompt: p.md
        modles: [x]
        gate: {minPassRate: 95, noRegression: true}
        budget: {calls: -5}
        cases:
          - {id: a, mustContain: ""}
          - {id: a, mustContain: x}
          - {id: b, assertOutput: false}
    """)
    assert shown(findings) == [
        "2:1 unknown-key",
        "3:21 bad-value",
        "3:25 not-supported-yet",
        "4:17 bad-value",
        "6:26 bad-value",
        "7:5 duplicate-id",
        "8:5 no-assertion",
    ]
    assert all(finding.fix for finding in findings)


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("prompt: p.md\ncases: [{id: a}]\n", True),
        ("prompt: p.md\ncases: [{id: a, assertOutput: false}]\n", False),
        ("prompt: p.md\ndefaults: {assertOutput: false}\ncases: [{id: a}]\n", False),
        ("models: [replay/a]\ncases: [{id: a, input: b}]\n", False),
    ],
)
def test_whether_an_answer_is_judged_by_the_prompts_output_is_left_open(
    text: str, *, left: bool
) -> None:
    if left:
        assert [finding.rule for finding in read(text).unasserted] == ["no-assertion"]
    else:
        with pytest.raises(InputError, match="has no assertion that could fail"):
            read(text)


def test_each_answer_that_is_judged_by_nothing_is_told() -> None:
    suite = read("""
        prompt: p.md
        cases: [{id: a, turns: [{input: b}, {input: c, mustContain: x}, {input: d}]}]
    """)
    assert [finding.message.split(" of ")[0] for finding in suite.unasserted] == [
        "turn 1",
        "turn 3",
    ]


@pytest.mark.parametrize(
    "usual",
    [
        "{expectedCategory: success}",
        "{assert: [{expectedCategory: success}]}",
        "{assert: [{kind: expectedCategory, value: success}]}",
        """{expectedCategory: "{{ 'success' }}"}""",
        """{assert: [{expectedCategory: "{{ 'succ' }}ess"}]}""",
    ],
)
def test_success_that_comes_only_from_defaults_is_no_assertion_of_a_case(usual: str) -> None:
    text = f"""
        prompt: p.md
        defaults: {usual}
        cases:
          - {{id: a}}
          - {{id: b, mustContain: x}}
          - {{id: c, assert: [{{expectedCategory: success}}]}}
    """
    assert shown(mistakes(text)) == ["4:5 no-assertion"]


@pytest.mark.parametrize(
    "usual", ["{expectedCategory: refusal}", "{assert: [{expectedCategory: success, not: true}]}"]
)
def test_any_other_default_carries_a_case(usual: str) -> None:
    assert read(f"prompt: p.md\ndefaults: {usual}\ncases: [{{id: a}}]\n").cases


def test_a_row_whose_template_leaves_only_the_default_success_is_named() -> None:
    text = """
        prompt: p.md
        defaults: {expectedCategory: "{{ row.kind }}"}
        datasets: [{file: r.csv}]
    """
    [finding] = mistakes(text, {"evals/r.csv": "kind\nrefusal\nsuccess\n"})
    assert finding.rule == "no-assertion"
    assert finding.message == "the case at evals/r.csv:3 has no assertion that could fail"


@pytest.mark.parametrize("number", [".nan", ".inf", "-.inf", "1e999", "9" * 400])
@pytest.mark.parametrize(
    "key",
    ["budget: {runUsd: ", "gate: {maxCostUsd: ", "gate: {minPassRate: ", "gate: {maxP95LatencyS: "],
)
def test_a_limit_that_is_not_finite_is_refused_where_it_is_written(key: str, number: str) -> None:
    text = f"prompt: p.md\n{key}{number}}}\ncases: [{{id: a, mustContain: x}}]\n"
    assert shown(mistakes(text)) == [f"2:{key.index('{') + 2} bad-value"]


def test_the_json_of_a_file_is_held_to_the_rules_of_a_suite() -> None:
    text = "prompt: p.md\ncases: [{id: a, mustContain: x, vars: {d: {json: d.json}}}]\n"
    for bad in ("[" * 100_000, "[NaN]", "[1e999]", '{"a": 1, "a": 2}', "[1] 2", ""):
        assert shown(mistakes(text, {"evals/d.json": bad})) == ["2:43 bad-json"], bad[:20]


def test_a_suite_with_very_many_mistakes_tells_the_first_of_them_and_stops() -> None:
    unknown = "".join(f"k{n}: 1\n" for n in range(4_000))
    findings = mistakes(f"{unknown}cases: [{{id: a}}]\n")
    assert {finding.rule for finding in findings} == {"unknown-key", "too-many-mistakes"}
    assert len(findings) == 201


def test_reading_very_many_wrong_keys_takes_time_in_proportion() -> None:
    def took(count: int) -> float:
        text = "".join(f"k{n}: 1\n" for n in range(count))
        gc.collect()
        began = time.process_time()
        assert mistakes(text)
        return time.process_time() - began

    took(100)  # The first invalid document pays for imports.
    # Sixteen times as many keys: 16 in proportion, 256 if each key looked at every other.
    few, many = (min(took(count) for _ in range(3)) for count in (4_000, 64_000))
    assert many / few < 100


def test_a_suite_needs_cases() -> None:
    assert shown(mistakes("prompt: p.md\n")) == ["1:1 no-cases"]
    assert shown(mistakes("prompt: p.md\ncases: []\n")) == ["2:8 bad-value"]


def test_only_a_suite_of_agents_and_recorded_answers_needs_no_prompt() -> None:
    cases = "cases: [{id: a, mustContain: x}]\n"
    assert shown(mistakes(cases)) == ["1:1 missing-prompt"]
    assert shown(mistakes(f"models: [agent/bot, openai/x]\n{cases}")) == ["1:1 missing-prompt"]
    assert read(f"models: [agent/bot, replay/a.jsonl]\n{cases}").prompt is None
    assert shown(mistakes(f"models: [replay/a.jsonl, openai/x]\n{cases}")) == ["1:1 missing-prompt"]
    assert read(f"models: [replay/a.jsonl]\n{cases}").prompt is None


def test_a_dataset_that_a_pattern_takes_for_a_suite_is_told_as_such() -> None:
    [finding] = mistakes("- {id: 1, body: Hello}\n- {id: 2, body: Bye}\n")
    assert finding.message == "the document must be a mapping, not a list"
    assert finding.fix == (
        "is this a dataset? name it under 'datasets:', and keep it out of 'suites:'"
    )
