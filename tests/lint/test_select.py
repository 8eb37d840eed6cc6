import pytest

from agentops_cli.lint.select import Wish, chosen, unknown
from agentops_cli.rules.rule import Profile, Rule
from agentops_cli.rules.selectors import suggestion


def _rule(code: str, name: str, profile: Profile = "default") -> Rule:
    return Rule(code=code, name=name, summary="it is wrong", profile=profile)


RULES = (
    _rule("PF001", "missing-frontmatter"),
    _rule("PF017", "bom-or-crlf", "strict"),
    _rule("PS001", "untrusted-in-system"),
    _rule("PS004", "forgeable-delimiter", "strict"),
    _rule("PQ008", "vague-directive", "all"),
)


@pytest.mark.parametrize(
    ("profile", "wishes", "codes"),
    [
        ("default", [], "PF001 PS001"),
        ("strict", [], "PF001 PF017 PS001 PS004"),
        ("all", [], "PF001 PF017 PS001 PS004 PQ008"),
        ("default", [Wish(select=("PS",))], "PS001 PS004"),
        ("default", [Wish(select=("P",))], "PF001 PF017 PS001 PS004 PQ008"),
        ("default", [Wish(select=("vague-directive",))], "PQ008"),
        ("default", [Wish(extend_select=("PQ008",))], "PF001 PS001 PQ008"),
        ("default", [Wish(ignore=("PS",))], "PF001"),
        ("default", [Wish(ignore=("untrusted-in-system",))], "PF001"),
        # The more exact selector decides, between equals the rule is left out.
        ("strict", [Wish(select=("PS",), ignore=("PS001",))], "PS004"),
        ("default", [Wish(select=("PS001",), ignore=("PS",))], "PS001"),
        ("default", [Wish(select=("PS001",), ignore=("untrusted-in-system",))], ""),
        ("default", [Wish(select=("PS",), ignore=("PS",))], ""),
        # What is typed comes after what is configured.
        ("default", [Wish(ignore=("PS001",)), Wish(select=("PS001",))], "PS001"),
        ("default", [Wish(select=("PF",)), Wish(select=("PS",))], "PS001 PS004"),
        ("default", [Wish(select=("PF",)), Wish(extend_select=("PS001",))], "PF001 PF017 PS001"),
        ("default", [Wish(select=("PF",)), Wish(ignore=("PF017",))], "PF001"),
    ],
)
def test_the_rules_are_those_of_the_profile_as_the_wishes_change_it(
    profile: Profile, wishes: list[Wish], codes: str
) -> None:
    assert [rule.code for rule in chosen(RULES, profile, wishes)] == codes.split()


def test_a_selector_that_means_no_rule_is_told_apart() -> None:
    given = ["PS001", "PX", "missing-frontmater", "ps", "PS0011", ""]
    assert list(unknown(given, RULES)) == ["PX", "missing-frontmater", "ps", "PS0011", ""]


@pytest.mark.parametrize(
    ("selector", "meant"),
    [
        ("ps001", "did you mean 'PS001'?"),
        ("missing-frontmater", "did you mean 'missing-frontmatter'?"),
        ("untrusted_in_system", "did you mean 'untrusted-in-system'?"),
        ("PS0001", "did you mean 'PS001'?"),
        ("nothing like it", "write a code, the name of a rule, or one of PF, PS, PQ"),
    ],
)
def test_what_was_meant_is_said(selector: str, meant: str) -> None:
    assert suggestion(selector, RULES) == meant
