import pytest

from agentops_cli.template.generate import MAX_TOKENS
from tests.template.rendering import problem, rendered


@pytest.mark.parametrize(
    "source",
    ["{{a}}\n" * 9999, "{% if a %}{% endif %}\n" * 3999, "{{ [" + "1,\n" * 9999 + "] }}"],
)
def test_a_template_has_a_limit_of_tokens(source: str) -> None:
    error = problem(source)
    assert error.message == f"the template has more than {MAX_TOKENS:,} names, signs and tags"
    assert error.line
    assert error.line > 1


def test_long_text_between_tags_is_no_problem() -> None:
    assert len(rendered("words and words\n" * 12_000 + "{{ 1 }}")) == 192_001


def test_a_template_has_a_limit_of_code() -> None:
    # Each include is given all names that are set before it: the code grows with the square.
    sets = "".join(f"{{% set a{n} = 1 %}}" for n in range(900))
    error = problem(sets + "{% include 'part' %}" * 900, {"part": "x"})
    assert error.message == "the template is too large"
