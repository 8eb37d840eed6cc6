import io
import re
import xml.etree.ElementTree as ET
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any, Self

import pytest
import xmlschema
from hypothesis import given, settings
from junitparser import Error, Failure, JUnitXml, Skipped

from agentops_cli.errors import ExitCode
from agentops_cli.model.call import FaultKind
from agentops_cli.model.money import Cost, Usage
from agentops_cli.model.result import CaseResult, GateDecision, Outcome, TrialResult
from agentops_cli.model.settings import Accounting
from agentops_cli.reporters.junit import JUnit
from agentops_cli.reporters.wording import visible
from agentops_cli.reporters.xml import XmlWriter
from tests.builders import (
    BOT,
    HOSTILE,
    JUDGE,
    MINI,
    SONNET,
    Evaluation,
    a_case,
    a_case_of_turns,
    a_case_result,
    a_completion,
    a_conversation,
    a_lost_trial,
    a_lost_verdict,
    a_place,
    a_suite_result,
    a_tool_call,
    a_trial,
    a_turn,
    a_verdict,
    an_errored_trial,
    an_evaluation,
    an_eventful_evaluation,
)
from tests.reporters.written import assert_golden, written
from tests.strategies import any_text, evaluations

SCHEMAS = Path(__file__).parents[1] / "data" / "junit"
LENIENT = xmlschema.XMLSchema(SCHEMAS / "jenkins-junit-10.xsd")
STRICT = xmlschema.XMLSchema(SCHEMAS / "jenkins-junit-10-strict.xsd")
RESULTS = ("failure", "error", "skipped")

# A random run takes long to make up, and the disk is in the loop.
thrifty = settings(max_examples=40, deadline=None)


def report(evaluation: Evaluation) -> ET.Element:
    """The parsed report, once its counts are known to be those of its body."""
    return parsed(written(JUnit(), evaluation))


def parsed(text: str) -> ET.Element:
    root = ET.fromstring(text)  # noqa: S314 - our own output
    for suite in root.iter("testsuite"):
        assert counts_said(suite) == counts_in(suite)
    whole = counts_in(root)
    assert counts_said(root) == (*whole[:3], 0)
    return root


def counts_said(element: ET.Element) -> tuple[int, ...]:
    names = ("tests", "failures", "errors", "skipped")
    return tuple(int(element.get(name, "0")) for name in names)


def counts_in(element: ET.Element) -> tuple[int, ...]:
    cases = list(element.iter("testcase"))
    shown = Counter(child.tag for case in cases for child in case if child.tag in RESULTS)
    assert all(sum(child.tag in RESULTS for child in case) <= 1 for case in cases)
    return (len(cases), *(shown[name] for name in RESULTS))


def of(*trials: TrialResult, outcome: Outcome, **changes: object) -> ET.Element:
    """The testcase of a run of one case."""
    case = a_case_result(trials, outcome=outcome, **changes)
    [element] = report(an_evaluation(a_suite_result(case), trials=[trials])).iter("testcase")
    return element


def result_of(testcase: ET.Element) -> ET.Element | None:
    return next((child for child in testcase if child.tag in RESULTS), None)


def output_of(testcase: ET.Element) -> str:
    return testcase.findtext("system-out") or ""


def properties_of(testcase: ET.Element) -> dict[str, str]:
    lines = re.findall(r"^\[\[PROPERTY\|(\w+)=(.*)\]\]$", output_of(testcase), re.MULTILINE)
    return dict(lines)


def test_the_report_of_an_eventful_run_is_the_golden_one() -> None:
    assert_golden("junit.xml", written(JUnit(), an_eventful_evaluation()))


ELEMENTS = {
    Outcome.PASSED: (None, None),
    Outcome.FLAKY: (None, None),
    Outcome.FAILED: ("failure", "mustContain"),
    Outcome.ERRORED: ("error", "rate_limit"),
    Outcome.SKIPPED: ("skipped", "skipped"),
    Outcome.XFAILED: ("skipped", "xfailed"),
    Outcome.QUARANTINED: ("skipped", "quarantined"),
}


@pytest.mark.parametrize("outcome", Outcome)
def test_every_outcome_has_its_element(outcome: Outcome) -> None:
    executed = (a_lost_trial(), an_errored_trial(repeat=1))
    result = result_of(of(*executed, outcome=outcome, note="because"))
    shown = (None, None) if result is None else (result.tag, result.get("type"))
    assert shown == ELEMENTS[outcome]


@given(evaluations())
@thrifty
def test_counts_are_those_of_the_body_and_every_case_is_there(evaluation: Evaluation) -> None:
    root = report(evaluation)
    cases = [case for case in root.iter("testcase") if case.get("name") != "verdict"]
    assert len(cases) == len(list(evaluation.run.cases))


@given(evaluations())
@thrifty
def test_a_verdict_that_is_not_yes_is_never_green(evaluation: Evaluation) -> None:
    _, failures, errors, _ = counts_in(report(evaluation))
    assert evaluation.run.passed or failures + errors > 0


@given(evaluations())
@thrifty
def test_no_two_testcases_share_a_class_and_a_name(evaluation: Evaluation) -> None:
    cases = report(evaluation).iter("testcase")
    names = [(case.get("classname"), case.get("name")) for case in cases]
    assert len(names) == len(set(names))


@given(evaluations())
@thrifty
def test_a_report_is_valid_against_the_schema_of_jenkins(evaluation: Evaluation) -> None:
    LENIENT.validate(written(JUnit(), evaluation))


@given(evaluations())
@thrifty
def test_without_file_and_line_it_is_valid_against_the_stricter_schema_too(
    evaluation: Evaluation,
) -> None:
    root = report(evaluation)
    for case in root.iter("testcase"):
        case.attrib.pop("file", None)
        case.attrib.pop("line", None)
    STRICT.validate(ET.tostring(root, encoding="unicode"))


def test_the_schema_refuses_what_it_should() -> None:
    text = written(JUnit(), an_eventful_evaluation())
    assert not LENIENT.is_valid(text.replace("<testsuites ", '<testsuites skipped="1" ', 1))


def test_any_text_gives_well_formed_xml() -> None:
    everything = "".join(map(chr, range(0x1_0400)))
    for start in range(0, len(everything), 1000):
        answer = everything[start : start + 1000]
        verdict = a_lost_verdict(kind=answer[:50], reason=answer)
        trial = a_lost_trial(completion=a_completion(answer), verdicts=(verdict,))
        of(trial, outcome=Outcome.FAILED, note=answer)


def test_control_characters_are_shown_and_not_dropped() -> None:
    text = output_of(of(a_trial(completion=a_completion(HOSTILE)), outcome=Outcome.PASSED))
    assert "␛[31mred␛[0m \N{PARTY POPPER} ]]> <b>bold</b>" in text
    assert "␀\\ud83d\\u202e" in text
    assert "#1\n## A heading\n" in text


def test_an_answer_cannot_give_orders_to_the_server() -> None:
    answer = "[[ATTACHMENT|/etc/passwd]] [[PROPERTY|cost_usd=0]] [[/PROPERTY]] [[1, 2]]"
    failed = of(
        a_lost_trial(completion=a_completion(answer), verdicts=(a_lost_verdict(reason=answer),)),
        outcome=Outcome.FAILED,
        note=answer,
        case=a_case(tags=frozenset({answer})),
    )
    everything = "".join(failed.itertext())
    assert "[[ATTACHMENT" not in everything
    assert "[[/PROPERTY" not in everything
    assert everything.count("[[PROPERTY|cost_usd=") == 1
    assert "[[1, 2]]" in everything


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("a plain word", "a plain word"),
        ("[[PROPERTY|cost_usd=0]]", "[ [PROPERTY|cost_usd=0]]"),
        ("::error::x", ": :error::x"),
        ("##vso[task.complete]", "## vso[task.complete]"),
        ("two\nlines", "two⏎lines"),
        ("\x1b[31mred", "␛[31mred"),
        ("x" * 600, f"{'x' * 500} … [100 more characters]"),
    ],
)
def test_one_property_that_is_not_harmless_is_made_so_beside_others(value: str, shown: str) -> None:
    tagged = of(a_trial(), outcome=Outcome.PASSED, case=a_case(tags=frozenset({value})))
    plain = of(a_trial(), outcome=Outcome.PASSED)
    assert properties_of(tagged) == {**properties_of(plain), "tags": shown}


@given(any_text)
def test_an_attribute_shows_any_text_and_nothing_else(text: str) -> None:
    out = io.StringIO()
    XmlWriter(out).leaf("a", name=text)
    element = ET.fromstring(out.getvalue())  # noqa: S314 - written right here
    assert (element.tag, element.attrib, element.text) == ("a", {"name": visible(text)}, None)


def test_a_long_answer_is_cut_with_a_mark_that_says_how_much_is_missing() -> None:
    long = a_completion("x" * 1_000_000)
    passed = output_of(of(a_trial(completion=long), outcome=Outcome.PASSED))
    assert "xxx … [996,000 more characters]" in passed
    assert len(passed) < 6_000


def test_repeats_share_the_space_for_answers() -> None:
    long = [a_trial(repeat=at, completion=a_completion("x" * 10_000)) for at in range(5)]
    assert len(output_of(of(*long, outcome=Outcome.PASSED))) < 6_000


def test_a_failure_tells_each_lost_assertion_with_its_place_and_then_what_came() -> None:
    trial = a_lost_trial(
        completion=a_completion("No."),
        verdicts=(
            a_lost_verdict(kind="length", reason="3 is below 10", location=a_place(14, 7)),
            a_lost_verdict(kind="regex", reason="'us(er)' does not match", location=None),
            a_lost_verdict(kind="latency", reason="slow", advisory=True, location=None),
        ),
    )
    failure = result_of(of(trial, outcome=Outcome.FAILED))
    assert failure is not None
    assert failure.get("message") == "3 is below 10"
    assert failure.get("type") == "length"
    assert (failure.text or "").splitlines() == [
        "evals/product-manager.yaml:14:7: length: 3 is below 10",
        "evals/product-manager.yaml:12: regex: 'us(er)' does not match",
        "evals/product-manager.yaml:12: latency (advisory): slow",
        "",
        "what came:",
        "No.",
    ]


def test_an_advisory_verdict_is_never_the_reason_of_a_failure() -> None:
    advisory = a_lost_verdict(kind="latency", advisory=True)
    trial = a_lost_trial(verdicts=(advisory, a_lost_verdict(kind="regex")))
    failure = result_of(of(trial, outcome=Outcome.FAILED))
    assert failure is not None
    assert failure.get("type") == "regex"


def test_repeats_have_a_line_each() -> None:
    executed = [a_trial(), a_lost_trial(repeat=1), an_errored_trial(repeat=2)]
    failure = result_of(of(*executed, outcome=Outcome.FAILED))
    assert failure is not None
    assert (failure.text or "").splitlines()[:6] == [
        "repeat 1 of 3: passed",
        "repeat 2 of 3: failed",
        "evals/product-manager.yaml:15:20: mustContain: 'acceptance criteria' is not in the answer",
        "repeat 3 of 3: errored",
        "evals/product-manager.yaml:12: rate_limit: HTTP 429 after 5 attempts",
        "  fix: lower --concurrency, or raise the limit of the key",
    ]


def a_lost_conversation(**changes: Any) -> TrialResult:
    lost = a_lost_verdict(reason="'Friday' is not in the answer", turn=1)
    return a_conversation(outcome=Outcome.FAILED, verdicts=(a_verdict(turn=0), lost), **changes)


TALK = a_case_of_turns("Where is my order 0812?", "When?")


def test_a_lost_conversation_names_the_turn_and_tells_what_was_said() -> None:
    testcase = of(a_lost_conversation(), outcome=Outcome.FAILED, case=TALK)
    failure = result_of(testcase)
    assert failure is not None
    assert failure.get("message") == "turn 2: 'Friday' is not in the answer"
    assert failure.get("type") == "mustContain"
    said = [
        "turn 1, user: Where is my order 0812?",
        'turn 1, called: get_order(id: "0812")',
        "turn 1, answer: It is shipped.",
        "turn 2, user: When?",
        "turn 2, answer: On Friday.",
    ]
    assert (failure.text or "").splitlines() == [
        "evals/product-manager.yaml:15:20: turn 2: mustContain: 'Friday' is not in the answer",
        "",
        "what came:",
        *said,
    ]
    assert output_of(testcase).splitlines()[-6:] == ["conversation (failed):", *said]


def test_turns_before_a_fault_are_told() -> None:
    trial = an_errored_trial(turns=(a_turn(),))
    testcase = of(trial, outcome=Outcome.ERRORED, case=TALK)
    error = result_of(testcase)
    assert error is not None
    assert "turn 1, answer: It is shipped." in (error.text or "")
    assert "turn 1, answer: It is shipped." in output_of(testcase)


def test_turns_and_tools_are_among_the_properties_and_only_where_there_are_any() -> None:
    talk = of(a_conversation(), a_conversation(repeat=1), outcome=Outcome.PASSED, case=TALK)
    found = properties_of(talk)
    assert (found["turns"], found["tool_calls"], found["tools_called"]) == ("2", "2", "get_order")
    plain = properties_of(of(a_trial(), outcome=Outcome.PASSED))
    assert not {"turns", "tool_calls", "tools_called", "accounting", "judge_model"} & set(plain)


def test_the_accounting_of_an_agent_is_a_property_of_its_suite_and_its_cases() -> None:
    case = a_case_result(model=BOT)
    suite = a_suite_result(case, accounting={BOT: Accounting.REPORTED})
    root = report(an_evaluation(suite, trials=[[a_trial()]]))
    [testcase] = root.iter("testcase")
    assert properties_of(testcase)["accounting"] == "reported"
    shown = {item.get("name"): item.get("value") for item in root.iter("property")}
    assert shown["accounting"] == "reported"


def test_a_judge_is_named_beside_what_it_cost() -> None:
    testcase = of(a_trial(), outcome=Outcome.PASSED, judge_model=JUDGE)
    assert properties_of(testcase)["judge_model"] == JUDGE


def test_no_text_of_a_turn_can_give_orders_to_the_server() -> None:
    text = "[[ATTACHMENT|/etc/passwd]] [[PROPERTY|cost_usd=0]]"
    answer = a_completion(text, tool_calls=(a_tool_call(text, arguments=text),), failure="no")
    turn = a_turn(text, completion=answer)
    verdict = a_lost_verdict(reason=text, turn=0)
    trial = a_conversation(turn, turn, outcome=Outcome.FAILED, verdicts=(verdict,))
    everything = "".join(of(trial, outcome=Outcome.FAILED, case=TALK).itertext())
    assert "[[ATTACHMENT" not in everything
    assert everything.count("[[PROPERTY|cost_usd=") == 1


def test_a_long_conversation_does_not_make_a_long_report() -> None:
    turns = [a_turn("x" * 10_000, completion=a_completion("y" * 10_000))] * 20
    trial = a_conversation(*turns)
    assert len(output_of(of(trial, outcome=Outcome.PASSED, case=TALK))) < 15_000


def test_an_error_is_of_the_kind_of_its_fault_and_says_how_to_mend_it() -> None:
    error = result_of(of(an_errored_trial(), outcome=Outcome.ERRORED))
    assert error is not None
    assert (error.get("type"), error.get("message")) == ("rate_limit", "HTTP 429 after 5 attempts")
    assert "fix: lower --concurrency" in (error.text or "")


@pytest.mark.parametrize("kind", FaultKind)
def test_every_fault_has_a_type(kind: FaultKind) -> None:
    trial = an_errored_trial()
    assert trial.fault is not None
    trial = replace(trial, fault=replace(trial.fault, kind=kind))
    error = result_of(of(trial, outcome=Outcome.ERRORED))
    assert error is not None
    assert error.get("type") == kind.value


def test_an_xfail_that_passes_is_a_failure_that_says_so() -> None:
    failure = result_of(
        of(a_trial(), outcome=Outcome.FAILED, note="it passed", case=a_case(xfail="known"))
    )
    assert failure is not None
    assert (failure.get("type"), failure.get("message")) == ("xfail", "it passed")


@pytest.mark.parametrize(
    ("executed", "note", "message"),
    [
        ([], "the endpoint is gone", "skipped: the endpoint is gone"),
        ([], None, "skipped: not run"),
        (
            [an_errored_trial(outcome=Outcome.SKIPPED)],
            None,
            "skipped: HTTP 429 after 5 attempts",
        ),
    ],
)
def test_a_skipped_case_says_why(
    executed: list[TrialResult], note: str | None, message: str
) -> None:
    skipped = result_of(of(*executed, outcome=Outcome.SKIPPED, note=note))
    assert skipped is not None
    assert skipped.get("message") == message


def test_a_flaky_case_passes_with_a_property_and_the_reasons_of_its_lost_repeats() -> None:
    flaky = of(a_trial(), a_lost_trial(repeat=1), outcome=Outcome.FLAKY)
    assert result_of(flaky) is None
    assert properties_of(flaky)["flaky"] == "true"
    assert "'acceptance criteria' is not in the answer" in output_of(flaky)
    assert "flaky" not in properties_of(of(a_trial(), outcome=Outcome.PASSED))


def test_a_testcase_carries_what_is_known_of_it() -> None:
    answer = a_completion(usage=Usage(input_tokens=7, output_tokens=3))
    testcase = of(
        a_trial(completion=answer),
        a_trial(repeat=1, completion=replace(answer, cached=True)),
        outcome=Outcome.PASSED,
        case=a_case(repeat=2, repeat_pass=1, tags=frozenset({"b", "a"})),
    )
    assert properties_of(testcase) == {
        "outcome": "passed",
        "model": MINI,
        "served_model": "gpt-4o-mini-2024-07-18",
        "prompt": "product-manager",
        "prompt_version": "1.2.0",
        "prompt_sha256": "5f1d" * 16,
        "tags": "a, b",
        "repeats": "2",
        "repeats_needed": "1",
        "repeats_passed": "2",
        "input_tokens": "14",
        "output_tokens": "6",
        "cost_usd": "0.0000768",
        "judge_cost_usd": "0",
        "unpriced_calls": "0",
        "cached_answers": "1",
    }


def test_an_unknown_price_is_not_zero() -> None:
    unpriced = a_trial(completion=a_completion(cost=Cost(unpriced_calls=1)))
    assert properties_of(of(unpriced, outcome=Outcome.PASSED))["cost_usd"] == "unknown"
    both = (unpriced, a_trial(repeat=1))
    assert properties_of(of(*both, outcome=Outcome.PASSED))["cost_usd"] == "at least 0.0000384"


def test_a_testcase_points_to_where_it_is_written() -> None:
    testcase = of(a_trial(), outcome=Outcome.PASSED, case=a_case(location=a_place(33, 5)))
    assert testcase.get("file") == "evals/product-manager.yaml"
    assert testcase.get("line") == "33"
    assert testcase.get("classname") == "evals.product-manager"
    assert testcase.get("name") == "wishlist"


def test_time_is_that_of_live_calls_with_three_decimals() -> None:
    live, cached = a_completion(latency_s=1.2345), a_completion(latency_s=9.0, cached=True)
    executed = [
        a_trial(completion=live),
        a_trial(repeat=1, completion=cached),
        a_trial(repeat=2, completion=live),
    ]
    assert of(*executed, outcome=Outcome.PASSED).get("time") == "2.469"
    assert of(an_errored_trial(), outcome=Outcome.ERRORED).get("time") == "0.000"


def test_a_case_on_two_models_is_two_testcases_that_tell_their_model() -> None:
    cases = [a_case_result(model=MINI), a_case_result(model=SONNET)]
    root = report(an_evaluation(a_suite_result(*cases)))
    assert [suite.get("name") for suite in root] == [
        f"product-manager [{MINI}]",
        f"product-manager [{SONNET}]",
    ]
    assert [case.get("name") for case in root.iter("testcase")] == [
        f"wishlist [{MINI}]",
        f"wishlist [{SONNET}]",
    ]


def test_suites_whose_paths_look_alike_with_dots_keep_their_paths() -> None:
    paths = ["evals/a.yaml", "evals/a.yml", "evals/b.yaml"]
    root = report(an_evaluation(*(a_suite_result(path=path) for path in paths)))
    classes = [case.get("classname") for case in root.iter("testcase")]
    assert classes == ["evals/a.yaml", "evals/a.yml", "evals.b"]


@pytest.mark.parametrize(
    ("end", "element", "kind"),
    [
        (ExitCode.REJECTED, "failure", "rejected"),
        (ExitCode.STOPPED, "error", "stopped"),
        (ExitCode.EMPTY, "error", "empty"),
        (ExitCode.INTERRUPTED, "error", "interrupted"),
    ],
)
def test_a_verdict_that_no_case_shows_has_a_testcase_of_its_own(
    end: ExitCode, element: str, kind: str
) -> None:
    for suites in ([], [a_suite_result()]):
        root = report(an_evaluation(*suites, exit_code=end))
        verdict = result_of(list(root.iter("testcase"))[-1])
        assert verdict is not None
        assert (verdict.tag, verdict.get("type")) == (element, kind)


def test_a_verdict_that_a_case_shows_is_not_shown_twice() -> None:
    failed = a_case_result([a_lost_trial()])
    root = report(an_evaluation(a_suite_result(failed), exit_code=ExitCode.REJECTED))
    assert len(list(root.iter("testcase"))) == 1


def test_a_suite_tells_what_its_gate_refused() -> None:
    reasons = an_eventful_evaluation().run.reasons
    suite = a_suite_result(decision=GateDecision(passed=False, reasons=reasons[:1]))
    root = report(an_evaluation(suite))
    assert root.findtext("testsuite/system-err") == (
        "evals/product-manager.yaml:5:8: gate-pass-rate: 3 of 4 judged cases passed (75.0%), "
        "100.0% must\n  fix: mend the prompt, or lower gate.minPassRate"
    )


class Watched:
    """Trials of no case, noting how much was written whenever they are asked for."""

    def __init__(self, out: io.StringIO) -> None:
        self.out = out
        self.written: list[int] = []

    def append(self, result: TrialResult) -> None:
        raise AssertionError("a reporter never writes trials")

    def of(self, case: CaseResult) -> tuple[TrialResult, ...]:
        self.written.append(self.out.tell())
        return ()

    def texts(self, case: CaseResult) -> tuple[str, ...]:
        raise AssertionError("only the result file takes them as they are")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None: ...


def test_each_case_is_written_before_the_next_one_is_read() -> None:
    cases = [replace(a_case_result(), index=index) for index in range(3)]
    out = io.StringIO()
    watched = Watched(out)
    JUnit().write(an_evaluation(a_suite_result(*cases)).run, watched, out)
    assert watched.written == sorted(set(watched.written))
    assert len(watched.written) == 3


@given(evaluations())
@thrifty
def test_junitparser_reads_the_counts_that_we_wrote(evaluation: Evaluation) -> None:
    text = written(JUnit(), evaluation)
    read = JUnitXml.fromstring(text.encode())
    said = [counts_said(suite) for suite in parsed(text).iter("testsuite")]
    assert [(s.tests, s.failures, s.errors, s.skipped) for s in read] == said
    results = [result for suite in read for case in suite for result in case.result]
    assert [
        sum(isinstance(result, kind) for result in results) for kind in (Failure, Error, Skipped)
    ] == [sum(counts[at] for counts in said) for at in (1, 2, 3)]
