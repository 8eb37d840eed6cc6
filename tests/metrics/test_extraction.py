import json
from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentops_cli.errors import InputError
from agentops_cli.model.json import Json
from tests.metrics.observing import an_extraction, cells_of, measured, value

NO: Json = None


@pytest.mark.parametrize(
    ("expected", "given_value", "end"),
    [
        ("A-7", "A-7", "right"),
        ("A-7", " A-7\n", "right"),
        ("A-7", "A\u00a0-7", "wrong"),
        ("New York", "New\u00a0 York", "right"),
        ("A-7", "a-7", "wrong"),
        ("A-7", "A-8", "wrong"),
        ("A-7", NO, "missing"),
        ("A-7", "  ", "missing"),
        ("A-7", [], "missing"),
        (NO, "A-7", "unexpected"),
        ("", "A-7", "unexpected"),
        ("", NO, None),
        ({}, [], None),
        (12.5, 12.5, "right"),
        (12, 12.0, "right"),
        (12.5, "12.50", "right"),
        ("12.50", 12.5, "right"),
        ("12.50", "12.5", "wrong"),
        ("007", 7, "wrong"),
        (0, 0, "right"),
        (0, NO, "missing"),
        (NO, 0, "unexpected"),
        (False, False, "right"),
        (False, 0, "wrong"),
        (1, True, "wrong"),
        ("true", True, "right"),
        (["a", "b"], ["a", " b"], "right"),
        (["a", "b"], ["b", "a"], "wrong"),
        (["a", "b"], ["a"], "wrong"),
        ({"a": 1}, {"a": "1"}, "right"),
        ({"a": 1}, {"a": 1, "b": 2}, "wrong"),
        ("a", {"a": 1}, "wrong"),
    ],
)
def test_what_becomes_of_a_field(expected: Json, given_value: Json, end: str | None) -> None:
    metric = an_extraction(fields=["total"])
    cells = cells_of(metric, {"total": expected}, json.dumps({"total": given_value}))
    assert cells == ([("total", end)] if end else [])


def test_case_is_folded_on_demand() -> None:
    metric = an_extraction(fields=["total"], ignoreCase=True)
    assert cells_of(metric, {"total": "ACME"}, '{"total": "Acme"}') == [("total", "right")]


@pytest.mark.parametrize(
    "answer", ["", "I cannot", "[]", '{"invoice": "A"', '[{"invoice": "A", "total": 1}]', "null"]
)
def test_an_answer_that_is_no_object_misses_every_field(answer: str) -> None:
    cells = cells_of(an_extraction(), {"invoice": "A", "total": 1}, answer)
    assert cells == [("invoice", "missing"), ("total", "missing")]


def test_the_object_may_be_inside() -> None:
    metric = an_extraction(actual={"jsonPath": "$.items[0]"})
    cells = cells_of(metric, {"invoice": "A"}, '{"items": [{"invoice": "A"}]}')
    assert cells == [("invoice", "right")]


def test_of_several_objects_none_counts() -> None:
    metric = an_extraction(actual={"jsonPath": "$[*]"})
    cells = cells_of(metric, {"invoice": "A"}, '[{"invoice": "A"}, {"invoice": "B"}]')
    assert cells == [("invoice", "missing")]


def test_keys_that_are_no_fields_are_not_looked_at() -> None:
    cells = cells_of(an_extraction(), {"invoice": "A", "x": 1}, '{"invoice": "A", "y": 2}')
    assert cells == [("invoice", "right")]


def test_a_text_spells_a_record() -> None:
    assert an_extraction().reference('{"invoice": "A"}') == {"invoice": "A"}


@pytest.mark.parametrize(
    ("expected", "problem"),
    [
        ("A-7", "it is not JSON: "),
        ("[1]", "a record must be an object, not array"),
        ('{"total": NaN}', "NaN is not a JSON number"),
        (7, "a record must be an object, not integer"),
    ],
)
def test_an_expected_value_must_be_a_record(expected: Json, problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        an_extraction().reference(expected)


def test_a_bad_path_is_refused() -> None:
    with pytest.raises(InputError, match="does not start with"):
        an_extraction(actual={"jsonPath": "items"})


ANSWERS: list[tuple[Json, str]] = [
    ({"invoice": "A", "total": 1}, '{"invoice": "A", "total": 1}'),
    ({"invoice": "B", "total": 2}, '{"invoice": "B", "total": 3}'),
    ({"invoice": "C", "total": 3}, '{"invoice": "C"}'),
    ({"invoice": "D"}, '{"invoice": "D", "total": 4}'),
]


def test_figures_by_hand() -> None:
    """Of the totals one is right, one wrong, one missing, one not expected; all invoices right."""
    measures = measured(an_extraction(), ANSWERS)
    assert value(measures, "precision.total") == pytest.approx(1 / 3)
    assert value(measures, "recall.total") == pytest.approx(1 / 3)
    assert value(measures, "f1.total") == pytest.approx(1 / 3)
    assert value(measures, "recall.invoice") == 1.0
    assert value(measures, "precision") == pytest.approx(5 / 7)
    assert value(measures, "recall") == pytest.approx(5 / 7)
    assert value(measures, "f1") == pytest.approx(5 / 7)
    assert measures.columns == ("right", "wrong", "missing", "unexpected")
    assert measures.confusion == ((4, 0, 0, 0), (1, 1, 1, 1))


def test_mistakes_come_with_their_sentence() -> None:
    measures = measured(an_extraction(), [*ANSWERS, ANSWERS[2]])
    assert [mistake.text for mistake in measures.mistakes] == [
        "2 of 4 'total' were missing",
        "1 of 4 'total' was wrong",
        "1 of 3 'total' was unexpected",
    ]


def test_figures_over_all_fields_need_an_answer_for_each() -> None:
    measures = measured(an_extraction(), [({"invoice": "A"}, '{"invoice": "A"}')])
    assert value(measures, "f1") is None
    assert value(measures, "precision") is None
    assert value(measures, "f1.invoice") == 1.0


def test_nothing_counted_is_nothing_defined() -> None:
    metric = an_extraction()
    measures = metric.measure({}, metric.names)
    assert all(figure.value is None and figure.undefined for figure in measures.figures)


def test_every_figure_has_a_name_that_a_gate_can_use() -> None:
    metric = an_extraction()
    assert tuple(figure.name for figure in measured(metric, ANSWERS).figures) == metric.figures


values = st.sampled_from([None, "A", "B", 1, 2])
records = st.fixed_dictionaries({"invoice": values, "total": values})
ALL: dict[str, Json] = {"invoice": "A", "total": 1}


@given(st.lists(st.tuples(records, records), max_size=30))
def test_figures_agree_with_their_definitions(
    pairs: list[tuple[Mapping[str, Json], Mapping[str, Json]]],
) -> None:
    pairs = [*pairs, (ALL, ALL)]
    measures = measured(
        an_extraction(), [(dict(expected), json.dumps(found)) for expected, found in pairs]
    )
    fields = [
        (name, expected[name], found[name])
        for expected, found in pairs
        for name in ("invoice", "total")
    ]
    for stem, part in (("", fields), *((f".{n}", [f for f in fields if f[0] == n]) for n in ALL)):
        right = sum(e is not None and e == g for _, e, g in part)
        expected_n = sum(e is not None for _, e, _ in part)
        given_n = sum(g is not None for _, _, g in part)
        precision, recall = right / given_n, right / expected_n
        assert value(measures, f"precision{stem}") == pytest.approx(precision)
        assert value(measures, f"recall{stem}") == pytest.approx(recall)
        f1 = 2 * precision * recall / (precision + recall)
        assert value(measures, f"f1{stem}") == pytest.approx(f1)
    for figure in measures.figures:
        assert figure.value is not None
        assert figure.low is not None
        assert figure.high is not None
        assert 0 <= figure.low <= figure.value <= figure.high <= 1
