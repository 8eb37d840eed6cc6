from collections import Counter
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentops_cli.errors import InputError
from agentops_cli.metrics.classification import NONE
from agentops_cli.model.json import Json
from tests.metrics.observing import LABELS, a_classification, cells_of, measured, value

JSON_LABEL: Json = {"jsonPath": "$.label"}


@pytest.mark.parametrize(
    ("answer", "given_label"),
    [
        ("bug", "bug"),
        ("  bug\n", "bug"),
        ("Bug", NONE),
        ("bug.", NONE),
        ("", NONE),
        ("It is a bug", NONE),
        ("(none)", NONE),
    ],
)
def test_a_whole_answer_is_a_label_or_none(answer: str, given_label: str) -> None:
    assert cells_of(a_classification(), "other", answer) == [("other", given_label)]


@pytest.mark.parametrize(
    ("answer", "given_label"),
    [
        ('{"label": "bug"}', "bug"),
        ('{"label": " bug "}', "bug"),
        ('{"label": "feature"}', NONE),
        ('{"label": ""}', NONE),
        ('{"label": null}', NONE),
        ('{"label": ["bug"]}', NONE),
        ('{"kind": "bug"}', NONE),
        ('{"label": "bug"', NONE),
        ('```json\n{"label": "bug"}\n```', NONE),
    ],
)
def test_what_is_not_at_the_path_is_none(answer: str, given_label: str) -> None:
    metric = a_classification(actual=JSON_LABEL)
    assert cells_of(metric, "other", answer) == [("other", given_label)]


def test_a_fence_is_opened_where_that_is_allowed() -> None:
    metric = a_classification(actual={"jsonPath": "$.label", "fence": True})
    assert cells_of(metric, "bug", '```json\n{"label": "bug"}\n```') == [("bug", "bug")]


@pytest.mark.parametrize(
    ("answer", "given_label"),
    [
        ("Label: bug", "bug"),
        ("Label: bug\nreally, Label: bug", "bug"),
        ("Label: bug, or rather Label: other", NONE),
        ("Label: feature, or rather Label: bug", NONE),
        ("bug", NONE),
    ],
)
def test_an_expression_must_find_one_label(answer: str, given_label: str) -> None:
    metric = a_classification(actual={"regex": r"Label: (\w+)"})
    assert cells_of(metric, "billing", answer) == [("billing", given_label)]


def test_an_expression_without_a_group_is_the_label_itself() -> None:
    metric = a_classification(actual={"regex": "billing|bug|other"})
    assert cells_of(metric, "bug", "I say bug.") == [("bug", "bug")]


def test_a_group_that_takes_no_part_finds_nothing() -> None:
    metric = a_classification(actual={"regex": "(bug)|nothing"})
    assert cells_of(metric, "bug", "nothing") == [("bug", NONE)]
    assert cells_of(metric, "bug", "nothing, bug") == [("bug", "bug")]


def test_an_expression_that_never_ends_finds_nothing() -> None:
    metric = a_classification(actual={"regex": "(a|aa)+$"})
    assert cells_of(metric, "bug", "a" * 70 + "!") == [("bug", NONE)]


def test_case_is_folded_only_on_demand() -> None:
    metric = a_classification(ignoreCase=True)
    assert cells_of(metric, "BUG", "Bug") == [("bug", "bug")]


def test_numbers_and_truth_are_labels_as_json_writes_them() -> None:
    metric = a_classification(labels=["1", "2.5", "true"], actual={"jsonPath": "$"})
    assert cells_of(metric, 1, "1.0") == [("1", "1")]
    assert cells_of(metric, 2.5, "2.5") == [("2.5", "2.5")]
    assert cells_of(metric, True, "true") == [("true", "true")]


@pytest.mark.parametrize(
    ("expected", "problem"),
    [
        ("bugs", "'bugs' is none of the labels; did you mean 'bug'?"),
        ("zzz", "'zzz' is none of the labels; they are billing, bug, other"),
        ("Bug", "'Bug' is none of the labels; did you mean 'bug'?"),
        (["bug"], "a label must be text, not array"),
    ],
)
def test_an_expected_value_must_be_a_label(expected: Json, problem: str) -> None:
    with pytest.raises(ValueError, match="label") as caught:
        a_classification().reference(expected)
    assert str(caught.value) == problem


@pytest.mark.parametrize(
    ("args", "problem"),
    [
        ({"labels": ["bug", "bug "]}, "mean the same"),
        ({"labels": ["Bug", "bug"], "ignoreCase": True}, "mean the same"),
        ({"labels": ["bug", "(none)"]}, "without a label"),
        ({"actual": {"jsonPath": "label"}}, "does not start with"),
        ({"actual": {"regex": "(bug"}}, "does not compile"),
    ],
)
def test_arguments_that_only_code_can_refuse(args: dict[str, Json], problem: str) -> None:
    with pytest.raises(InputError, match=problem) as caught:
        a_classification(**args)
    [finding] = caught.value.findings
    assert finding.fix
    assert finding.location


# The arithmetic

TEN = [
    *[("billing", "billing")] * 4,
    ("billing", "other"),
    *[("bug", "bug")] * 2,
    ("bug", "other"),
    ("bug", "?"),
    ("other", "other"),
]


def test_figures_by_hand() -> None:
    measures = measured(a_classification(), TEN)
    assert value(measures, "accuracy") == 0.7
    assert value(measures, "precision.billing") == 1.0
    assert value(measures, "recall.billing") == 0.8
    assert value(measures, "f1.billing") == pytest.approx(8 / 9)
    assert value(measures, "recall.bug") == 0.5
    assert value(measures, "f1.bug") == pytest.approx(2 / 3)
    assert value(measures, "precision.other") == pytest.approx(1 / 3)
    assert value(measures, "f1.other") == 0.5
    assert value(measures, "macroF1") == pytest.approx((8 / 9 + 2 / 3 + 0.5) / 3)
    assert value(measures, "weightedF1") == pytest.approx((5 * 8 / 9 + 4 * 2 / 3 + 0.5) / 10)


def test_each_figure_says_of_how_many_it_is() -> None:
    measures = measured(a_classification(), TEN)
    sizes = {figure.name: figure.n for figure in measures.figures}
    assert sizes["accuracy"] == sizes["macroF1"] == 10
    assert sizes["precision.other"] == 3
    assert sizes["recall.other"] == 1
    assert sizes["f1.other"] == 3


def test_the_confusion_has_a_column_for_no_label() -> None:
    measures = measured(a_classification(), TEN)
    assert measures.columns == (*LABELS, NONE)
    assert measures.confusion == ((4, 0, 1, 0), (0, 2, 1, 1), (0, 0, 1, 0))


def test_mistakes_come_with_their_sentence_the_most_frequent_first() -> None:
    measures = measured(a_classification(), [*TEN, ("bug", "other")])
    assert [mistake.text for mistake in measures.mistakes] == [
        "2 of 5 'bug' were called 'other'",
        "1 of 5 'billing' was called 'other'",
        "1 of 5 'bug' got none of the labels",
    ]
    assert [(m.expected, m.given) for m in measures.mistakes][2] == ("bug", None)


def test_answers_of_no_label_are_wrong_and_not_dropped() -> None:
    measures = measured(a_classification(labels=["a", "b"]), [("a", "a"), ("b", "b"), ("b", "c")])
    assert value(measures, "accuracy") == pytest.approx(2 / 3)
    assert value(measures, "recall.b") == 0.5
    assert value(measures, "precision.b") == 1.0


def test_a_label_that_is_never_given_has_no_precision_and_an_f1_of_0() -> None:
    measures = measured(
        a_classification(), [("bug", "other"), ("other", "other"), ("billing", "billing")]
    )
    figures = {figure.name: figure for figure in measures.figures}
    assert figures["precision.bug"].value is None
    assert figures["precision.bug"].undefined == "'bug' was never given"
    assert figures["f1.bug"].value == 0
    assert figures["macroF1"].value == pytest.approx((1 + 0 + 2 / 3) / 3)


def test_a_mean_is_undefined_without_an_answer_for_each_label() -> None:
    measures = measured(a_classification(), [("bug", "bug"), ("other", "other")])
    [macro] = [figure for figure in measures.figures if figure.name == "macroF1"]
    assert macro.value is None
    assert macro.undefined == "no judged answer was to be 'billing'"


def test_a_slice_is_measured_on_the_labels_that_occur_in_it() -> None:
    metric = a_classification()
    counts = Counter({("bug", "bug"): 3, ("bug", "other"): 1})
    measures = metric.measure(counts, {"bug"})
    assert value(measures, "macroF1") == pytest.approx((6 / 7 + 0) / 2)
    names = [figure.name for figure in measures.figures]
    assert "recall.other" not in names
    assert value(measures, "precision.other") == 0
    assert "precision.billing" not in names


def test_nothing_counted_is_nothing_defined() -> None:
    measures = a_classification().measure({}, LABELS)
    assert all(figure.value is None and figure.undefined for figure in measures.figures)
    assert measures.mistakes == ()


def test_every_figure_has_a_name_that_a_gate_can_use() -> None:
    metric = a_classification()
    measures = measured(metric, TEN)
    assert tuple(figure.name for figure in measures.figures) == metric.figures


LABEL = st.sampled_from(LABELS)
pairs = st.lists(st.tuples(LABEL, st.sampled_from([*LABELS, "?"])), max_size=60)
# Every label expected once, so that all figures are defined.
whole = pairs.map(lambda some: [*some, *((label, label) for label in LABELS)])


def by_brute_force(data: list[tuple[str, str]]) -> dict[str, Fraction | None]:
    """The figures by their definitions, exactly."""
    found: dict[str, Fraction | None] = {}
    scores: dict[str, Fraction] = {}

    def over(part: int, all_of: int) -> Fraction | None:
        return Fraction(part, all_of) if all_of else None

    for label in LABELS:
        hits = sum(e == g == label for e, g in data)
        precision = over(hits, sum(g == label for _, g in data))
        recall = over(hits, sum(e == label for e, _ in data))
        both = (precision or 0) + (recall or 0)
        scores[label] = (
            Fraction(2 * (precision or 0) * (recall or 0) / both) if both else Fraction(0)
        )
        found |= {f"precision.{label}": precision, f"recall.{label}": recall}
        found[f"f1.{label}"] = scores[label]
    found["accuracy"] = over(sum(e == g for e, g in data), len(data))
    found["macroF1"] = sum(scores.values(), Fraction(0)) / len(LABELS)
    found["weightedF1"] = sum((scores[e] for e, _ in data), Fraction(0)) / len(data)
    return found


@given(whole)
def test_figures_agree_with_their_definitions(data: list[tuple[str, str]]) -> None:
    exact = by_brute_force(data)
    for figure in measured(a_classification(), data).figures:
        wanted = exact[figure.name]
        assert figure.value == (None if wanted is None else pytest.approx(float(wanted)))


@given(whole, st.randoms(use_true_random=False))
def test_the_order_of_answers_changes_nothing(data: list[tuple[str, str]], chance: object) -> None:
    shuffled = [*data]
    chance.shuffle(shuffled)  # type: ignore[attr-defined] # hypothesis types it as object here
    assert measured(a_classification(), shuffled) == measured(a_classification(), data)


@given(pairs)
def test_the_confusion_sums_up_to_the_answers(data: list[tuple[str, str]]) -> None:
    measures = measured(a_classification(), data)
    assert sum(map(sum, measures.confusion)) == len(data)
    assert sum(mistake.count for mistake in measures.mistakes) == sum(e != g for e, g in data)
    for label, row in zip(LABELS, measures.confusion, strict=True):
        assert sum(row) == sum(e == label for e, _ in data)


@given(pairs)
def test_f1_lies_between_precision_and_recall(data: list[tuple[str, str]]) -> None:
    measures = measured(a_classification(), data)
    for label in LABELS:
        precision, recall, f1 = (
            value(measures, f"{what}.{label}") for what in ("precision", "recall", "f1")
        )
        if precision is not None and recall is not None and f1 is not None:
            assert min(precision, recall) - 1e-12 <= f1 <= max(precision, recall) + 1e-12


@given(pairs)
def test_an_interval_holds_its_figure_and_stays_within_0_and_1(data: list[tuple[str, str]]) -> None:
    for figure in measured(a_classification(), data).figures:
        if figure.value is None:
            assert figure.low is None
            assert figure.high is None
            assert figure.undefined
        else:
            assert figure.low is not None
            assert figure.high is not None
            assert 0 <= figure.low <= figure.value <= figure.high <= 1
            assert figure.low < figure.high, "nothing is known for certain"
