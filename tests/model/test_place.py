"""Places print in the one form that editors and CI logs link."""

import pytest

from agentops_cli.model.place import Location


@pytest.mark.parametrize(
    ("line", "column", "printed"),
    [
        (14, 7, "evals/pm.yaml:14:7"),
        (14, None, "evals/pm.yaml:14"),
        (None, None, "evals/pm.yaml"),
        (None, 7, "evals/pm.yaml"),
    ],
)
def test_a_place_prints_as_far_as_it_is_known(
    line: int | None, column: int | None, printed: str
) -> None:
    assert str(Location(path="evals/pm.yaml", line=line, column=column)) == printed
