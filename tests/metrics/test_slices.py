import pytest

from agentops_cli.metrics.slices import slices_of
from agentops_cli.model.json import Json
from tests.builders import a_case


@pytest.mark.parametrize(
    ("tags", "row", "slices"),
    [
        ({"lang:de"}, {}, ("lang:de",)),
        ({"lang:de", "smoke", "language:x"}, {"lang": "en"}, ("lang:de",)),
        ({"lang:de", "lang:at"}, {}, ("lang:at", "lang:de")),
        (set(), {"lang": "en"}, ("lang:en",)),
        (set(), {"lang": 3}, ("lang:3",)),
        (set(), {"lang": True}, ("lang:true",)),
        (set(), {"lang": " "}, ("lang:(none)",)),
        ({"lang:"}, {}, ("lang:(none)",)),
        ({"smoke"}, {"x": "y"}, ("lang:(none)",)),
    ],
)
def test_a_case_is_in_the_slices_of_its_tags_else_of_its_column(
    tags: set[str], row: dict[str, Json], slices: tuple[str, ...]
) -> None:
    assert slices_of(a_case(tags=frozenset(tags), row=row), "lang") == slices
