from textwrap import dedent

import pytest

from agentops_cli.model.metric import MetricGate
from agentops_cli.model.place import Location
from agentops_cli.model.suite import Suite
from tests.suite.reading import mistakes, read, shown

ROWS = """\
lang,label,note,body
en,bug,x,It crashes
de,other,,Guten Tag
en,other,y,Hello
"""
CLASSES = "kind: classification, expected: '{{ row.label }}', labels: [bug, other]"


def suite(
    metrics: str, *, gate: str = "", rows: str = ROWS, more: str = ""
) -> tuple[str, dict[str, str]]:
    """A suite over three rows, with these metrics in its second line."""
    text = dedent("""\
        prompt: p.prompt.md
        metrics: [{metrics}]
        gate: {gate}
        datasets:
          - {{file: t.csv, input: body, assert: [{{json: true}}]{more}}}
        """)
    text = text.format(metrics=metrics, gate=gate or "{}", more=more)
    return text, {"evals/t.csv": rows}


def well_read(*args: str, **options: str) -> Suite:
    text, files = suite(*args, **options)
    return read(text, files)


def wrong(*args: str, **options: str) -> list[str]:
    """`place rule: message` of every mistake."""
    text, files = suite(*args, **options)
    return [f"{f.location} {f.rule}: {f.message}" for f in mistakes(text, files)]


def fix(*args: str, **options: str) -> str | None:
    text, files = suite(*args, **options)
    [finding] = mistakes(text, files)
    return finding.fix


def references(read_suite: Suite, name: str = "classification") -> list[object]:
    return [case.references.get(name) for case in read_suite.cases]


def test_a_metric_is_read_with_what_each_case_expects() -> None:
    found = well_read(f"{{{CLASSES}, by: lang}}")
    [spec] = found.metrics
    assert (spec.kind, spec.name, spec.by) == ("classification", "classification", "lang")
    assert spec.args == {"labels": ["bug", "other"]}
    assert spec.location == Location(path="evals/s.yaml", line=2, column=11)
    assert references(found) == ["bug", "other", "other"]


def test_the_expected_value_may_come_from_input_and_vars_too() -> None:
    expected = "{{ 'bug' if 'crash' in input else vars.usual }}"
    text = f"""\
        prompt: p.prompt.md
        metrics: [{{kind: classification, expected: "{expected}", labels: [bug, other]}}]
        defaults: {{vars: {{usual: other}}, mustContain: x}}
        cases:
          - {{id: a, input: It crashes}}
          - {{id: b, input: Hello}}
        """
    assert references(read(text)) == ["bug", "other"]


def test_a_text_that_only_names_a_value_keeps_its_type() -> None:
    rows = 'fields\n"{""total"": 1, ""paid"": true}"\n'
    metric = "{kind: extraction, expected: '{{ row.fields }}', fields: [total, paid]}"
    more = ", types: {fields: json}"
    rows = f"body,{rows}".replace('\n"', '\nx,"')
    found = well_read(metric, rows=rows, more=more)
    assert references(found, "extraction") == [{"total": 1, "paid": True}]


def test_a_record_may_be_written_field_by_field_or_as_json() -> None:
    by_field = well_read(
        "{kind: extraction, expected: {label: '{{ row.label }}'}, fields: [label]}"
    )
    assert references(by_field, "extraction")[0] == {"label": "bug"}
    rows = 'record,body\n"{""total"": 1}",x\n'
    as_json = well_read(
        "{kind: extraction, expected: '{{ row.record }}', fields: [total]}", rows=rows
    )
    assert references(as_json, "extraction") == [{"total": 1}]


def test_skipped_cases_expect_nothing() -> None:
    rows = "label,skip,body\nbug,,a\nother,,b\n???,not yet,c\n"
    found = well_read(f"{{{CLASSES}}}", rows=rows, more=", skip: skip")
    assert references(found) == ["bug", "other", None]


def test_optional_leaves_out_what_is_empty_or_missing() -> None:
    rows = "label,body\nbug,a\n,b\nother,c\n"
    assert references(well_read(f"{{{CLASSES}, optional: true}}", rows=rows)) == [
        "bug",
        None,
        "other",
    ]
    text, files = suite(f"{{{CLASSES}, optional: true}}")
    text += "cases: [{id: written, input: x, mustContain: x}]\n"
    assert references(read(text, files)) == [None, "bug", "other", "other"]


@pytest.mark.parametrize(
    ("metric", "expected"),
    [
        ("{kind: classifcation}", "2:18 unknown-metric: unknown metric 'classifcation'"),
        ("{labels: [a, b]}", "2:11 missing-key: missing key 'kind'"),
        (
            "{kind: classification, labels: [bug, other]}",
            "2:11 missing-key: missing key 'expected'",
        ),
        (f"{{{CLASSES}, label: x}}", "2:85 unknown-key: unknown key 'label'"),
        (f"{{{CLASSES}, name: a.b}}", "2:91 bad-value: 'name' has not the right form: \"a.b\""),
        (
            f"{{{CLASSES}, actual: json}}",
            "2:93 bad-value: 'actual' must be one of text, not \"json\"",
        ),
        (
            f"{{{CLASSES}, actual: {{regexp: x}}}}",
            "2:94 unknown-key: unknown key 'regexp'",
        ),
        (
            f"{{{CLASSES}, actual: {{jsonPath: label}}}}",
            '2:11 bad-argument: classification: the path "label" does not start with $',
        ),
        (
            "{kind: classification, expected: '{{ row.label }}', labels: [bug]}",
            "2:71 bad-value: 'labels' needs at least 2 items",
        ),
    ],
)
def test_a_metric_that_is_wrong_is_placed(metric: str, expected: str) -> None:
    assert wrong(metric) == [f"evals/s.yaml:{expected}"]


def test_an_unknown_kind_has_its_nearest_name() -> None:
    assert fix("{kind: classifcation}") == (
        "did you mean 'classification'? known: classification, extraction"
    )


def test_an_unknown_way_to_look_has_all_that_there_are() -> None:
    assert fix(f"{{{CLASSES}, actual: {{regexp: x}}}}") == "did you mean 'regex'?"
    known = "known keys: fence, jsonPath, regex"
    assert fix(f"{{{CLASSES}, actual: {{where: x}}}}") == known


def test_two_ways_to_look_are_one_too_many() -> None:
    [only] = wrong(f"{{{CLASSES}, actual: {{jsonPath: $, regex: x}}}}")
    assert "unknown key 'regex'" in only


def test_two_metrics_of_one_name_are_refused() -> None:
    [only] = wrong(f"{{{CLASSES}}}, {{{CLASSES}}}")
    assert only == (
        "evals/s.yaml:2:86 duplicate-metric: metric 'classification' is already there at "
        "evals/s.yaml:2:11"
    )


def test_an_unknown_label_is_placed_at_its_row() -> None:
    rows = ROWS.replace("de,other", "de,bugs")
    text, files = suite(f"{{{CLASSES}}}", rows=rows)
    [finding] = mistakes(text, files)
    assert str(finding.location) == "evals/t.csv:3"
    assert finding.message == (
        "metric 'classification', case '2': its expected value is wrong: "
        "'bugs' is none of the labels; did you mean 'bug'?"
    )
    assert finding.fix == "mend the case, or the metric"


def test_an_expected_value_that_is_empty_is_placed_at_its_row() -> None:
    rows = ROWS.replace("de,other", "de,")
    [only] = wrong(f"{{{CLASSES}}}", rows=rows)
    assert only == (
        "evals/t.csv:3 bad-reference: metric 'classification', case '2': "
        "its expected value is empty"
    )
    assert fix(f"{{{CLASSES}}}", rows=rows) == (
        "fill it, or write optional: true to leave such cases out"
    )


def test_a_case_written_in_the_suite_has_no_column() -> None:
    text, files = suite(f"{{{CLASSES}}}")
    [finding] = mistakes(f"{text}cases: [{{id: written, input: x, mustContain: x}}]\n", files)
    assert finding.location == Location(path="evals/s.yaml", line=6, column=9)
    assert "case 'written': the mapping has no key 'label'" in finding.message


@pytest.mark.parametrize("optional", ["", ", optional: true"])
def test_a_column_that_is_not_there_is_a_mistake_even_where_values_are_optional(
    optional: str,
) -> None:
    metric = f"{{{CLASSES.replace('row.label', 'row.lable')}{optional}}}"
    assert wrong(metric) == [
        "evals/s.yaml:2:44 bad-template: metric 'classification': the mapping has no key 'lable'"
    ]
    assert fix(metric) == "did you mean 'label'?"


@pytest.mark.parametrize(
    ("template", "message"),
    [
        ("{{ row.label }", "unexpected '}'"),
        ("{{ row.label | nope }}", "unknown filter 'nope'"),
        ("{{ rows.label }}", "the variable 'rows' is not given"),
    ],
)
def test_a_template_that_is_wrong_itself_is_placed_in_the_suite(
    template: str, message: str
) -> None:
    [only] = wrong(f"{{{CLASSES.replace('{{ row.label }}', template)}}}")
    assert only.startswith("evals/s.yaml:2:44 bad-template: metric 'classification': ")
    assert message in only


def test_the_same_mistake_in_many_rows_is_told_once() -> None:
    rows = "label,body\n" + "bug,a\nother,b\n" + "?,c\n" * 40
    [only] = wrong(f"{{{CLASSES}}}", rows=rows)
    assert only.startswith("evals/t.csv:4 bad-reference")
    assert only.endswith("(so have 39 more cases)")


def test_a_label_that_no_case_expects_is_placed_in_the_list() -> None:
    metric = "{kind: classification, expected: '{{ row.label }}', labels: [bug, other, billing]}"
    [only] = wrong(metric)
    assert only == (
        "evals/s.yaml:2:84 never-expected: metric 'classification': "
        "no case expects 'billing', so its recall is not defined"
    )
    assert fix(metric) == "add cases that do, or remove it from the metric"


def test_a_label_that_only_a_skipped_case_expects_is_not_expected() -> None:
    rows = "label,skip,body\nbug,,a\nother,not yet,c\n"
    [only] = wrong(f"{{{CLASSES}}}", rows=rows, more=", skip: skip")
    assert "no case expects 'other'" in only


def test_a_field_that_no_case_expects_is_placed_in_the_list() -> None:
    metric = "{kind: extraction, expected: {label: ''}, fields: [label, body]}"
    [first, _] = wrong(metric)
    assert first.startswith("evals/s.yaml:2:62 never-expected")


def test_a_field_that_is_expected_and_not_compared_is_a_mistake() -> None:
    fields = "{label: '{{ row.label }}', note: 1}"
    metric = f"{{kind: extraction, expected: {fields}, fields: [label]}}"
    assert wrong(metric) == [
        "evals/s.yaml:2:67 not-compared: metric 'extraction': 'note' is expected and not compared"
    ]
    assert fix(metric) == "add it, or remove it: what is compared is label"


def test_a_record_of_the_data_may_have_more_fields_than_are_compared() -> None:
    rows = 'record,body\n"{""total"": 1, ""note"": 2}",x\n'
    well_read("{kind: extraction, expected: '{{ row.record }}', fields: [total]}", rows=rows)


@pytest.mark.parametrize(
    "broken",
    ["{kind: extraction}", f"{{{CLASSES}, name: a.b}}", "{kind: nothing}", "just text", "7"],
)
def test_a_metric_that_is_wrong_hides_no_mistake_of_another(broken: str) -> None:
    metric = "{kind: classification, name: z, expected: '{{ row.label }}', labels: [bug, x], by: q}"
    found = wrong(f"{broken}, {metric}", rows="label,body\nbug,a\nbug,b\n")
    rules = [line.split()[1] for line in found]
    assert {"never-expected:", "unknown-slice:"} < set(rules), found
    column = f"evals/s.yaml:2:{len(broken) + 2 + 11 + metric.index('x]')} never-expected: "
    assert any(line.startswith(column) for line in found), found


def test_nothing_is_said_of_labels_while_rows_are_unread() -> None:
    found = wrong(f"{{{CLASSES}}}", rows="label,body\nbug\n")
    assert [line.split()[1] for line in found] == ["bad-row:"]


def test_by_must_be_a_tag_prefix_or_a_column() -> None:
    assert wrong(f"{{{CLASSES}, by: lnag}}") == [
        "evals/s.yaml:2:89 unknown-slice: 'lnag' is neither a tag prefix nor a column of any case"
    ]
    assert fix(f"{{{CLASSES}, by: lnag}}") == "did you mean 'lang'?"
    well_read(
        f"{{{CLASSES}, by: tongue}}", more=", tags: [tongue]", rows=ROWS.replace("lang", "tongue")
    )


def test_by_must_not_be_an_id() -> None:
    rows = "n,label,body\n" + "".join(f"{n},{'bug' if n % 2 else 'other'},x\n" for n in range(101))
    [only] = wrong(f"{{{CLASSES}, by: n}}", rows=rows)
    assert only.endswith("too-many-slices: 'n' makes 101 slices of 101 cases")


# Thresholds


def gates(gate: str, metrics: str = f"{{{CLASSES}}}") -> dict[str, MetricGate]:
    return dict(well_read(metrics, gate=f"{{metrics: {gate}}}").gate.metrics)


def test_a_number_gates_all_cases_and_without_slices_nothing_else() -> None:
    place = Location(path="evals/s.yaml", line=3, column=18)
    assert gates("{macroF1: 0.85}") == {
        "classification.macroF1": MetricGate(least=0.85, location=place)
    }


def test_a_number_gates_every_slice_where_there_are_some() -> None:
    [gate] = gates("{macroF1: 0.85}", f"{{{CLASSES}, by: lang}}").values()
    assert (gate.least, gate.in_slices) == (0.85, 0.85)


@pytest.mark.parametrize(
    ("limits", "in_slices"),
    [("inSlices: 0.5", 0.5), ("inSlices: 0", None), ("inSlices: 0.95", 0.95)],
)
def test_slices_may_have_another_threshold_or_none(limits: str, in_slices: float | None) -> None:
    [gate] = gates(f"{{recall.bug: {{min: 0.9, {limits}}}}}", f"{{{CLASSES}, by: lang}}").values()
    assert (gate.least, gate.in_slices) == (0.9, in_slices)


def test_a_figure_may_be_named_with_its_metric() -> None:
    assert list(gates("{classification.recall.bug: 0.9}")) == ["classification.recall.bug"]


def test_of_several_metrics_each_figure_is_named_with_its_own() -> None:
    two = f"{{{CLASSES}, name: a}}, {{{CLASSES}, name: b}}"
    assert list(gates("{a.macroF1: 0.9, b.recall.bug: 0.8}", two)) == ["a.macroF1", "b.recall.bug"]
    text, files = suite(two, gate="{metrics: {macroF1: 0.9}}")
    [finding] = mistakes(text, files)
    assert finding.message == "there is no figure 'macroF1'"
    assert finding.fix == "say of which metric: a.macroF1 or b.macroF1"


@pytest.mark.parametrize(
    ("gate", "expected"),
    [
        ("{macrof1: 0.9}", "3:18 unknown-figure: there is no figure 'macrof1'"),
        ("{recall.bugs: 0.9}", "3:18 unknown-figure: there is no figure 'recall.bugs'"),
        ("{macroF1: 85}", "3:27 bad-value: 'macroF1' must be at most 1, not 85"),
        ("{macroF1: 0}", "3:27 bad-value: 'macroF1' must be more than 0, not 0"),
        ("{macroF1: {}}", "3:27 missing-key: missing key 'min'"),
        ("{macroF1: {min: 0.5, slices: 0.5}}", "3:38 unknown-key: unknown key 'slices'"),
        (
            "{macroF1: {min: 0.5, inSlices: 0.5}}",
            "3:38 no-slices: metric 'classification' has no slices",
        ),
        (
            "{recall.bug: 0.5, classification.recall.bug: 0.9}",
            "3:35 duplicate-figure: 'classification.recall.bug' is the same as an entry before it",
        ),
    ],
)
def test_a_threshold_that_is_wrong_is_placed(gate: str, expected: str) -> None:
    assert wrong(f"{{{CLASSES}}}", gate=f"{{metrics: {gate}}}") == [f"evals/s.yaml:{expected}"]


def test_an_unknown_figure_has_its_nearest_names() -> None:
    found = fix(f"{{{CLASSES}}}", gate="{metrics: {recall.bugs: 0.9}}")
    assert found == "did you mean 'recall.bug' or 'recall.other' or 'precision.bug'?"


def test_thresholds_without_metrics_are_refused() -> None:
    text = """\
        prompt: p.prompt.md
        gate: {metrics: {macroF1: 0.9}}
        cases: [{id: a, input: x, mustContain: x}]
        """
    [finding] = mistakes(text)
    assert finding.fix == "add 'metrics:', or remove it"


def test_a_broken_metric_does_not_make_its_thresholds_wrong_too() -> None:
    found = wrong(f"{{{CLASSES}, labels2: x}}", gate="{metrics: {macroF1: 0.9}}")
    assert [line.split()[1] for line in found] == ["unknown-key:"]


def test_all_mistakes_are_told_at_once() -> None:
    text, files = suite(
        f"{{{CLASSES}, by: lnag}}",
        gate="{metrics: {f9: 0.9}}",
        rows=ROWS.replace("de,other", "de,?"),
    )
    assert shown(mistakes(text, files)) == ["3:18 unknown-figure", "3:None bad-reference"]


def test_a_suite_without_metrics_is_as_it_was() -> None:
    found = read("prompt: p\ncases: [{id: a, input: x, mustContain: x}]\n")
    assert found.metrics == ()
    assert found.gate.metrics == {}
    assert found.cases[0].references == {}
