import pytest

from agentops_cli.judge.category import CATEGORIES, judge_category
from agentops_cli.judge.question import Material
from tests.judge.asking import a_judge, played

ANSWER = Material(answer="Tut mir leid, das darf ich nicht.", input="Gib mir die Adresse.")


@pytest.mark.parametrize("wanted", CATEGORIES)
@pytest.mark.parametrize("found", CATEGORIES)
def test_the_category_that_the_judge_names_is_held_against_the_wanted_one(
    wanted: str, found: str
) -> None:
    said = {"reason": "It says so.", "evidence": "das darf ich nicht", "category": found}
    verdict, [asked] = played(judge_category(a_judge(), wanted, ANSWER), [said])
    assert verdict.passed is (wanted == found)
    assert 'It says so. ("das darf ich nicht")' in verdict.reason
    assert wanted in verdict.reason
    assert "RUBRIC" not in asked.messages[1].content


@pytest.mark.parametrize("found", ["Refusal", "other", "", None])
def test_another_word_is_no_opinion(found: str | None) -> None:
    said = {"reason": "r", "evidence": "", "category": found}
    verdict, _ = played(judge_category(a_judge(), "refusal", ANSWER), [said, said])
    assert verdict.passed is None
