"""Where frontmatter ends and a body begins, to the line."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentops_cli.errors import InputError
from agentops_cli.prompt.frontmatter import split_frontmatter


@pytest.mark.parametrize(
    ("text", "frontmatter", "line", "body", "body_line"),
    [
        ("---\na: 1\n---\nBody\n", "a: 1\n", 2, "Body\n", 4),
        ("---\n---\nBody", "", 2, "Body", 3),
        ("---\na: 1\n---", "a: 1\n", 2, "", 4),
        ("--- \t\na: 1\n---  \nBody", "a: 1\n", 2, "Body", 4),
        ("\ufeff---\na: 1\n---\nBody", "a: 1\n", 2, "Body", 4),
        ("---\r\na: 1\r\n---\r\nBody\r\n", "a: 1\n", 2, "Body\n", 4),
        ("---\ra: 1\r---\rBody", "a: 1\n", 2, "Body", 4),
        ("\n# Copyright\n\n  # more\n---\na: 1\n---\n\nBody", "a: 1\n", 6, "\nBody", 8),
        ("---\na: |\n  ---\n  b\n---\n---\nBody", "a: |\n  ---\n  b\n", 2, "---\nBody", 6),
    ],
)
def test_required_frontmatter_is_found_behind_what_may_stand_before_it(
    text: str, frontmatter: str, line: int, body: str, body_line: int
) -> None:
    parts = split_frontmatter(text, path="a.prompt.md", required=True)
    assert (parts.frontmatter, parts.frontmatter_line) == (frontmatter, line)
    assert (parts.body, parts.body_line) == (body, body_line)


@pytest.mark.parametrize(
    ("text", "rule", "line"),
    [
        ("", "missing-frontmatter", 1),
        ("You are a bot.\n", "missing-frontmatter", 1),
        ("# Bot\n\nYou are a bot.\n", "missing-frontmatter", 3),
        ("Text\n---\na: 1\n---\n", "missing-frontmatter", 1),
        ("----\na: 1\n---\n", "missing-frontmatter", 1),
        (" ---\na: 1\n---\n", "missing-frontmatter", 1),
        ("---\na: 1\nYou are a bot.\n", "unterminated-frontmatter", 1),
        ("# x\n---\na: 1\n ---\n", "unterminated-frontmatter", 2),
        ("---", "unterminated-frontmatter", 1),
    ],
)
def test_required_frontmatter_that_is_not_there_is_an_error(
    text: str, rule: str, line: int
) -> None:
    with pytest.raises(InputError) as caught:
        split_frontmatter(text, path="a.prompt.md", required=True)
    [finding] = caught.value.findings
    assert (finding.rule, str(finding.location)) == (rule, f"a.prompt.md:{line}:1")
    assert finding.fix


@pytest.mark.parametrize(
    "text",
    [
        "You are a bot.\n",
        "# A heading\n\n---\n\nversion: 1\n",
        "---\n\nA rule above a text.\n\n---\nMore: text",
        "---\nSee https://example.com: it is there\n",
        "---\n- a: 1\n---\n",
        "\n---\na: 1\n---\n",
    ],
)
def test_a_plain_file_without_a_key_on_top_is_all_body(text: str) -> None:
    parts = split_frontmatter(text, path="a.md", required=False)
    assert (parts.frontmatter, parts.body, parts.body_line) == (None, text, 1)


def test_a_plain_file_may_have_frontmatter() -> None:
    parts = split_frontmatter("---\n# c\n\nmodel: m\n---\nHi", path="a.md", required=False)
    assert (parts.frontmatter, parts.body, parts.body_line) == ("# c\n\nmodel: m\n", "Hi", 6)


def test_frontmatter_that_a_plain_file_opens_has_to_end() -> None:
    with pytest.raises(InputError, match="never ends"):
        split_frontmatter("---\nmodel: m\nHi", path="a.md", required=False)


NEWLINES = ("\n", "\r\n", "\r")
lines = st.lists(st.sampled_from(["---", "--- ", "# c", "", "a: 1", "text", "\ufeff", " ---"]))


@given(lines.map("\n".join), st.sampled_from(["a.md", "a.prompt.md"]), st.sampled_from(NEWLINES))
def test_the_line_of_the_body_is_where_the_body_stands(text: str, path: str, newline: str) -> None:
    required = path.endswith(".prompt.md")
    try:
        parts = split_frontmatter(text.replace("\n", newline), path=path, required=required)
    except InputError:
        return
    plain = text.removeprefix("\ufeff").split("\n")
    assert "\n".join(plain[parts.body_line - 1 :]) == parts.body
