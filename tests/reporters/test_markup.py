import pytest
from hypothesis import given
from markdown_it import MarkdownIt

from agentops_cli.reporters.markup import cell, code, table
from agentops_cli.reporters.wording import one_line
from tests.strategies import any_text

markdown = MarkdownIt("commonmark").enable(["table", "strikethrough"])


@pytest.mark.parametrize(
    ("text", "span"),
    [
        ("plain", "`plain`"),
        ("a `b` c", "``a `b` c``"),
        ("`", "`` ` ``"),
        ("a``", "``` a`` ```"),
        (" a ", "`  a  `"),
        ("two\nlines\ttab", "`two⏎lines tab`"),
        ("", "(blank)"),
        ("   ", "(blank)"),
        ("x" * 301, f"`{'x' * 300} … [1 more character]`"),
    ],
)
def test_a_code_span_holds_any_text(text: str, span: str) -> None:
    assert code(text) == span


@given(any_text)
def test_a_markdown_reader_gives_back_the_text_and_nothing_else(text: str) -> None:
    shown = one_line(text, 300)
    [paragraph] = markdown.parseInline(f"before {code(text)} after")
    children = paragraph.children or []
    if not shown.strip():
        assert [child.content for child in children] == ["before (blank) after"]
        return
    assert [child.type for child in children] == ["text", "code_inline", "text"]
    assert children[1].content == shown


@given(any_text, any_text)
def test_a_cell_never_ends_before_its_text_does(one: str, other: str) -> None:
    tokens = markdown.parse("".join(table(("first", "second"), [(cell(one), cell(other))])))
    cells = [token.content for token in tokens if token.type == "inline"][2:]
    # The reader takes the blanks of a cell away, those of a code span it keeps.
    assert [markdown.renderInline(text) for text in cells] == [
        markdown.renderInline(cell(text)) for text in (one, other)
    ]


@pytest.mark.parametrize("text", ["a|b", "a\\|b", "|", "\\", "`|`", "||"])
def test_a_cell_shows_a_look_alike_of_a_bar(text: str) -> None:
    tokens = markdown.parse("".join(table(("first", "second"), [(cell(text), "x")])))
    assert tokens[-1].type == "table_close"
    shown = [child.content for token in tokens for child in token.children or []]
    assert shown == ["first", "second", text.replace("|", "│"), "x"]


def test_a_table_has_words_to_the_left_and_figures_to_the_right() -> None:
    lines = list(table(("case", "model", "cost"), [("a", "b", "c")], words=2))
    assert lines == ["| case | model | cost |\n", "| :--- | :--- | ---: |\n", "| a | b | c |\n"]
