import pytest

from agentops_cli.errors import InputError
from tests.assertions.conftest import Judge


@pytest.mark.parametrize("source", [".*", "a*", "(a|b)?", "(?i)x{0,3}", "a*|b", "(?s).*"])
def test_an_expression_that_matches_every_text_is_refused(judge: Judge, source: str) -> None:
    with pytest.raises(InputError, match="matches every text"):
        judge("regex", "", {"value": source})


@pytest.mark.parametrize("source", ["^(?!.*no)", "^$", r"\A\s*\Z", "a+", r"x*\b", "(?<!a)b*$"])
def test_an_expression_that_can_fail_is_taken(judge: Judge, source: str) -> None:
    assert judge("regex", "no", {"value": source}).passed is not None
