"""Metrics in every report."""

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from markdown_it import MarkdownIt

from agentops_cli.errors import ExitCode
from agentops_cli.metrics.classification import Classification
from agentops_cli.model.finding import Finding
from agentops_cli.model.metric import Cell, MetricGate, MetricResult
from agentops_cli.model.result import GateDecision, SuiteResult
from agentops_cli.model.suite import Gate
from agentops_cli.reporters.junit import JUnit
from agentops_cli.reporters.markdown import Markdown
from agentops_cli.reporters.metrics import measured, mistakes, observations, with_interval
from agentops_cli.reporters.run_json import RunJson
from tests.builders import (
    HOSTILE,
    MINI,
    SONNET,
    a_case_result,
    a_place,
    a_suite_result,
    a_trial,
    an_evaluation,
)
from tests.metrics.observing import LABELS, an_extraction, spec_of
from tests.metrics.observing import measured as measured_answers
from tests.reporters.test_run_json import VALIDATOR
from tests.reporters.written import written

COUNTS = {("billing", "billing"): 9, ("bug", "bug"): 6, ("bug", "other"): 3, ("other", "other"): 12}


def a_result(
    counts: Mapping[Cell, int] | None = None, *, labels: tuple[str, ...] = LABELS, **changes: Any
) -> MetricResult:
    metric = Classification(spec_of("classification", labels=list(labels)))
    counts = Counter(COUNTS if counts is None else counts)
    names = {expected for expected, _ in counts} if "slice" in changes else labels
    result = MetricResult(
        name="triage",
        kind="classification",
        model=MINI,
        location=a_place(8, 5),
        measures=metric.measure(counts, names),
        n=sum(counts.values()),
        counts=counts,
        asked=frozenset(names),
    )
    return replace(result, **changes)


def a_measured_suite(*metrics: MetricResult, **changes: Any) -> SuiteResult:
    return a_suite_result(metrics=metrics or (a_result(),), **changes)


def markdown(*suites: SuiteResult, **changes: Any) -> str:
    return written(Markdown(), an_evaluation(*suites, **changes))


def rows_of(text: str) -> list[list[str]]:
    """Every row of every table, cell by cell."""
    return [
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in text.splitlines()
        if line.startswith("|")
    ]


# The values


def test_slices_stand_with_their_metric_and_model_the_worst_first() -> None:
    bad = a_result({("bug", "other"): 2, ("other", "other"): 1}, slice="lang:de")
    good = a_result({("bug", "bug"): 2}, slice="lang:en")
    found = [*measured(a_measured_suite(a_result(), good, bad, a_result(model=SONNET)))]
    assert [one.whole.model for one in found] == [MINI, SONNET]
    assert [result.slice for result in found[0].slices] == ["lang:de", "lang:en"]
    assert found[1].slices == ()


def test_what_is_not_defined_is_a_dash() -> None:
    assert with_interval(a_result({}).figure("accuracy")) == "-"
    assert with_interval(a_result({}).figure("no such figure")) == "-"


def test_missing_verdicts_are_told_beside_the_number_of_observations() -> None:
    assert observations(a_result()) == "30"
    assert observations(a_result(unjudged=2)) == "30, 2 without a verdict"


def test_rare_mistakes_are_counted() -> None:
    counts = {("bug", "other"): 3, ("bug", "billing"): 2, ("other", "bug"): 1}
    assert [*mistakes(a_result(counts), 1)] == [
        "3 of 5 'bug' were called 'other'",
        "2 rarer kinds",
    ]


# The result as JSON


def json_of(suite: SuiteResult) -> Any:
    result = json.loads(written(RunJson(), an_evaluation(suite)))
    VALIDATOR.validate(result)
    return result["suites"][0]


def test_the_result_has_every_figure_and_the_confusion() -> None:
    [metric] = json_of(a_measured_suite())["metrics"]
    figures = {figure.pop("name"): figure for figure in metric.pop("figures")}
    assert metric == {
        "name": "triage",
        "kind": "classification",
        "model": MINI,
        "slice": None,
        "location": {"path": "evals/product-manager.yaml", "line": 8, "column": 5},
        "n": 30,
        "unjudged": 0,
        "labels": ["billing", "bug", "other"],
        "columns": ["billing", "bug", "other", "(none)"],
        "confusion": [[9, 0, 0, 0], [0, 6, 3, 0], [0, 0, 12, 0]],
        "asked": ["billing", "bug", "other"],
        "cells": [
            ["billing", "billing", 9],
            ["bug", "bug", 6],
            ["bug", "other", 3],
            ["other", "other", 12],
        ],
    }
    assert figures["recall.bug"]["value"] == pytest.approx(2 / 3)
    assert figures["recall.bug"]["n"] == 9
    assert figures["recall.bug"]["low"] < 2 / 3 < figures["recall.bug"]["high"]
    assert len(figures) == 12


def test_an_undefined_figure_is_null_and_says_why() -> None:
    [metric] = json_of(a_measured_suite(a_result({("bug", "other"): 1})))["metrics"]
    [figure] = [f for f in metric["figures"] if f["name"] == "precision.bug"]
    assert (figure["value"], figure["undefined"]) == (None, "'bug' was never given")


def test_an_extraction_has_what_became_of_each_field() -> None:
    found = measured_answers(an_extraction(), [({"invoice": "A", "total": 1}, '{"invoice": "A"}')])
    extraction = replace(a_result(), kind="extraction", measures=found)
    [metric] = json_of(a_measured_suite(extraction))["metrics"]
    assert metric["columns"] == ["right", "wrong", "missing", "unexpected"]
    assert metric["confusion"] == [[1, 0, 0, 0], [0, 0, 1, 0]]


def test_the_thresholds_are_told_with_the_gate() -> None:
    gate = Gate(metrics={"triage.macroF1": MetricGate(least=0.85, location=a_place())})
    assert json_of(a_measured_suite(gate=gate))["gate"]["metrics"] == {
        "triage.macroF1": {
            "min": 0.85,
            "inSlices": None,
            "location": {"path": "evals/product-manager.yaml", "line": 12, "column": None},
        }
    }


# Markdown


def test_markdown_has_the_averages_the_labels_and_the_confusion() -> None:
    german = a_result({("bug", "bug"): 2}, slice="lang:de")
    text = markdown(a_measured_suite(a_result(), german))
    rows = rows_of(text)
    assert f"### Metric `triage` on `{MINI}`" in text
    averages = next(row for row in rows if row[0] == "all" and row[1] == "30")
    assert averages[2] == "0.900 (0.744 to 0.965)"
    assert next(row for row in rows if row[0] == "`lang:de`")[:2] == ["`lang:de`", "2"]
    assert next(row for row in rows if row[0] == "`bug`")[2] == "0.667 (0.354 to 0.879)"
    assert ["`bug`", "0", "6", "3", "0"] in rows
    assert "Mistakes: `3 of 9 'bug' were called 'other'`." in text
    assert "<details><summary>Confusion" not in text


def test_a_large_confusion_is_folded() -> None:
    labels = tuple(f"label-{n}" for n in range(9))
    counts = {(label, label): 1 for label in labels}
    text = markdown(a_measured_suite(a_result(counts, labels=labels)))
    assert "<details><summary>Confusion of 9 labels</summary>\n\n| " in text


def test_many_slices_are_cut_off_after_the_worst() -> None:
    slices = [a_result({("bug", "bug"): n}, slice=f"lang:{n:02}") for n in range(1, 31)]
    text = markdown(a_measured_suite(a_result(), *slices))
    assert "10 better slices: see the JSON report." in text
    assert sum("`lang:" in row[0] for row in rows_of(text)) == 20


def test_hostile_labels_stay_text() -> None:
    labels = (HOSTILE, "a|b")
    hostile = a_result({(HOSTILE, "a|b"): 3}, labels=labels, slice=f"lang:{HOSTILE}")
    text = markdown(a_measured_suite(a_result({(HOSTILE, "a|b"): 3}, labels=labels), hostile))
    tokens = MarkdownIt("commonmark").enable("table").parse(text)
    inner = [part for token in tokens for part in (token, *(token.children or []))]
    assert not [token for token in inner if token.type in {"link_open", "html_inline"}]
    assert all(not token.content.startswith("A heading") for token in inner)
    for head, row in zip(rows_of(text), rows_of(text)[1:], strict=False):
        if set(row[0]) <= {":", "-"}:
            assert len(row) == len(head)


# JUnit


def junit_of(suite: SuiteResult, **changes: Any) -> ET.Element:
    return ET.fromstring(written(JUnit(), an_evaluation(suite, **changes)))  # noqa: S314 # Ours.


def properties(root: ET.Element) -> dict[str, str]:
    return {
        found.attrib["name"]: found.attrib["value"]
        for found in root.iter("property")
        if found.attrib["name"].startswith("metric.")
    }


def test_figures_are_properties_of_the_suite() -> None:
    german = a_result({("bug", "other"): 2}, slice="lang:de", unjudged=1)
    found = properties(junit_of(a_measured_suite(a_result(), german)))
    assert found["metric.accuracy"] == "0.900000"
    assert found["metric.recall.bug"] == "0.666667"
    assert found["metric.n"] == "30"
    assert found["metric.accuracy[lang:de]"] == "0.000000"
    assert found["metric.macroF1[lang:de]"] == "0.000000"
    assert found["metric.unjudged[lang:de]"] == "1"
    assert "metric.recall.bug[lang:de]" not in found


def test_an_undefined_figure_is_called_so() -> None:
    found = properties(junit_of(a_measured_suite(a_result({}))))
    assert found["metric.macroF1"] == "undefined"


def test_of_several_metrics_each_property_names_its_own() -> None:
    found = properties(junit_of(a_measured_suite(a_result(), a_result(name="tone"))))
    assert {"metric.triage.macroF1", "metric.tone.macroF1"} <= set(found)


def test_each_model_has_its_own_figures() -> None:
    cases = [a_case_result([a_trial(model=model)], model=model) for model in (MINI, SONNET)]
    better = a_result({(label, label): 3 for label in LABELS}, model=SONNET)
    suite = a_suite_result(*cases, metrics=(a_result(), better))
    first, second = junit_of(suite).iter("testsuite")
    assert properties(first)["metric.accuracy"] == "0.900000"
    assert properties(second)["metric.accuracy"] == "1.000000"


def test_a_figure_that_fails_alone_has_a_testcase() -> None:
    """Every case passed; a server that reads nothing but this file must not show green."""
    reason = Finding(
        rule="metric", message="macroF1 is 0.66", location=a_place(9, 3), fix="mend it"
    )
    suite = a_measured_suite(decision=GateDecision(passed=False, certain=True, reasons=(reason,)))
    root = junit_of(suite, exit_code=ExitCode.REJECTED, reasons=(reason,))
    [failure] = root.iter("failure")
    assert failure.attrib["message"] == "macroF1 is 0.66"
    assert "evals/product-manager.yaml:9:3: metric: macroF1 is 0.66" in (failure.text or "")
    assert root.attrib["failures"] == "1"
