import pytest

from agentops_cli.suite.select import Selection
from tests.builders import a_case

CASE = a_case(id="Wishlist-empty", tags=frozenset({"smoke", "lang:en"}))


@pytest.mark.parametrize(
    ("selection", "wanted"),
    [
        (Selection(), True),
        (Selection(text="wish"), True),
        (Selection(text="cart"), False),
        (Selection(tags=frozenset({"slow", "smoke"})), True),
        (Selection(tags=frozenset({"slow"})), False),
        (Selection(cases=frozenset({"Wishlist-empty"})), True),
        (Selection(cases=frozenset({"wishlist-empty"})), False),
        (Selection(text="wish", tags=frozenset({"slow"})), False),
    ],
)
def test_a_case_must_fit_all_that_was_typed(selection: Selection, wanted: bool) -> None:
    assert selection.has_case(CASE) is wanted


def test_models_are_selected_by_id_or_pattern_in_the_order_of_the_suite() -> None:
    models = ("openai/gpt-4o", "anthropic/claude-sonnet-4-5", "openai/gpt-4o-mini")
    assert Selection().of_models(models) == models
    assert Selection(models=("openai/*",)).of_models(models) == (models[0], models[2])
    assert Selection(models=("openai/gpt-4o",)).of_models(models) == (models[0],)


@pytest.mark.parametrize(
    ("pattern", "wanted"),
    [
        ("openai/mini>openai/gpt-4o", True),
        ("openai/mini", True),
        ("openai/gpt-4o", True),
        ("*/gpt-4o", True),
        ("openai/mini>*", True),
        ("openai/m", False),
        ("azure/*", False),
    ],
)
def test_a_cascade_is_meant_by_its_label_or_by_either_model(pattern: str, wanted: bool) -> None:
    label, selection = "openai/mini>openai/gpt-4o", Selection(models=(pattern,))
    assert selection.of_models([label, "local/x"]) == ((label,) if wanted else ())
    assert list(selection.unmatched([], [label])) == ([] if wanted else [f"model {pattern!r}"])


def test_what_fits_nothing_is_a_typo_whatever_else_matched() -> None:
    selection = Selection(
        cases=frozenset({CASE.id, "z"}),
        tags=frozenset({"smoke", "smke"}),
        models=("openai/*", "opnai/x"),
    )
    assert list(selection.unmatched([CASE], ["openai/x"])) == [
        "case 'z'",
        "tag 'smke'",
        "model 'opnai/x'",
    ]
