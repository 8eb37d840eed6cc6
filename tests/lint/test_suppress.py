import pytest

from agentops_cli.lint.suppress import Ignores, suppressed, unused
from agentops_cli.prompt.source import Span
from agentops_cli.rules.comments import Comment
from tests.lint.parts import a_finding, a_rule

RULES = [a_rule("PF001", "name-of-pf001"), a_rule("PF002", "name-of-pf002"), a_rule("PX001", "x")]


def _comment(*names: str, lines: tuple[int, int] | None = (3, 3), reason: str = "why") -> Comment:
    span = Span(start=0, end=1)
    selectors = tuple((name, span) for name in names)
    return Comment(
        form="jinja", selectors=selectors, span=span, list=span, reason=reason, lines=lines
    )


def _reasons(
    *comments: Comment, line: int | None = 3, ignores: list[Ignores] | None = None
) -> str | None:
    [found] = suppressed([a_finding("PF001", line=line)], comments, ignores or [])
    return found.suppressed


def test_a_comment_leaves_the_rules_that_it_names_alone_on_its_lines() -> None:
    assert _reasons(_comment("PF001")) == "why"
    assert _reasons(_comment("PF")) == "why"
    assert _reasons(_comment("name-of-pf001")) == "why"
    assert _reasons(_comment("PF002", "PF001", reason="")) == ""
    assert _reasons(_comment("PF002")) is None
    assert _reasons(_comment()) is None
    assert _reasons(_comment("PF001", lines=(2, 2))) is None
    assert _reasons(_comment("PF001", lines=(2, 4))) == "why"


def test_only_a_comment_about_the_file_is_about_what_has_no_line() -> None:
    assert _reasons(_comment("PF001"), line=None) is None
    assert _reasons(_comment("PF001", lines=None), line=None) == "why"


def test_the_configuration_comes_after_the_comments() -> None:
    ignores = [Ignores(selectors=("PF",), reason="as configured")]
    assert _reasons(ignores=ignores) == "as configured"
    assert _reasons(_comment("PF001"), ignores=ignores) == "why"


@pytest.mark.parametrize("code", ["PX002", "PX004"])
def test_a_comment_without_a_reason_silences_no_rule_about_comments(code: str) -> None:
    found = [a_finding(code, line=3)]
    ignores = [Ignores(selectors=("PX",), reason="as configured")]
    silent = _comment("PX", reason="")
    assert [each.suppressed for each in suppressed(found, [silent])] == [None]
    assert [each.suppressed for each in suppressed(found, [silent], ignores)] == ["as configured"]
    assert [each.suppressed for each in suppressed(found, [_comment("PX")])] == ["why"]


def _idle(comment: Comment, *, ran: set[str], line: int = 3) -> list[tuple[str, ...]]:
    found = [a_finding("PF001", line=line)]
    return [each.selectors for each in unused(found, [comment], rules=RULES, ran=ran)]


def test_a_comment_that_left_nothing_alone_is_unused() -> None:
    ran = {"PF001", "PF002"}
    assert _idle(_comment("PF001"), ran=ran) == []
    assert _idle(_comment("PF001"), ran=ran, line=4) == [("PF001",)]
    assert _idle(_comment("PF001", "PF002"), ran=ran) == [("PF002",)]
    assert _idle(_comment("PF"), ran=ran) == []
    assert _idle(_comment("PF"), ran=ran, line=4) == [("PF",)]


def test_nobody_can_tell_of_a_rule_that_did_not_run() -> None:
    assert _idle(_comment("PF002"), ran={"PF001"}) == []
    assert _idle(_comment("PF"), ran={"PF001"}, line=4) == []
    assert _idle(_comment("PF999"), ran={"PF001"}) == []
    assert _idle(_comment("PX001"), ran={"PX001"}) == []
