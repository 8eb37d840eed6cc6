import pytest

from agentops_cli.template.suggest import MAX_LENGTH, MAX_NAMES, did_you_mean


@pytest.mark.parametrize(
    ("name", "known", "hint"),
    [
        ("uper", ["lower", "upper"], "did you mean 'upper'?"),
        ("nothing", ["lower", "upper"], None),
        ("upper", [], None),
        ("x" * MAX_LENGTH, ["x" * (MAX_LENGTH - 1)], f"did you mean '{'x' * (MAX_LENGTH - 1)}'?"),
    ],
)
def test_a_near_name_is_suggested(name: str, known: list[str], hint: str | None) -> None:
    assert did_you_mean(name, known) == hint


def test_long_names_and_long_lists_are_not_compared() -> None:
    assert did_you_mean("x" * 100_000, ["x" * 99_999]) is None
    assert did_you_mean("upper", ["uper", "x" * 100_000]) == "did you mean 'uper'?"
    assert did_you_mean("upper", ["uper"] * (MAX_NAMES + 1)) is None
