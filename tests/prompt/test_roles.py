"""Role lines: found in the source where Markdown and Jinja leave them alone, and nowhere else."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentops_cli.model.prompt import Message
from agentops_cli.prompt.roles import (
    LostMarkError,
    layout_of,
    line_of_name,
    mark_roles,
    split_messages,
)


def roles(source: str) -> list[tuple[int, str]]:
    return [(found.index + 1, found.role) for found in layout_of(source).roles]


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("", []),
        ("no marker at all", []),
        ("user:", [(1, "user")]),
        ("system:\nBe brief.\nuser:\nHi", [(1, "system"), (3, "user")]),
        ("assistant:\ntool:\n", [(1, "assistant"), (2, "tool")]),
        ("User:\nSYSTEM:\naSSiStant:", [(1, "user"), (2, "system"), (3, "assistant")]),
        ("# user:\n###system:\n##  Tool:", [(1, "user"), (2, "system"), (3, "tool")]),
        ("user: \t\nsystem:\r\ntool:", [(1, "user"), (2, "system"), (3, "tool")]),
        ("user: hello", []),
        ("the user:", []),
        (" user:", []),
        ("\tuser:", []),
        ("> user:", []),
        ("- user:", []),
        ("**user:**", []),
        ("user :", []),
        ("user:\u00a0", []),
        ("developer:\nmodel:\nhuman:", []),
    ],
)
def test_a_role_line_stands_alone_on_its_line(source: str, expected: list[object]) -> None:
    assert roles(source) == expected


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("```\nuser:\n```\ntool:", [(4, "tool")]),
        ("```text user:\nuser:\n```\ntool:", [(4, "tool")]),
        ("~~~\nuser:\n~~~\ntool:", [(4, "tool")]),
        ("`````\n```\nuser:\n`````\ntool:", [(5, "tool")]),
        ("```\nuser:\n`````\ntool:", [(4, "tool")]),
        ("```\n~~~\nuser:\n```\ntool:", [(5, "tool")]),
        ("~~~ `\nuser:\n~~~\ntool:", [(4, "tool")]),
        ("   ```\nuser:\n  ```\ntool:", [(4, "tool")]),
        ("```\n    ```\nuser:\n```\ntool:", [(5, "tool")]),
        ("```\n``` more\nuser:\n```\ntool:", [(5, "tool")]),
        ("```{{ language }}\nuser:\n```\ntool:", [(4, "tool")]),
        # None of these opens a fence.
        ("    ```\nuser:", [(2, "user")]),
        ("``\nuser:", [(2, "user")]),
        ("``` a ` b\nuser:", [(2, "user")]),
        ("text ```\nuser:", [(2, "user")]),
        ("``~\nuser:", [(2, "user")]),
    ],
)
def test_a_code_fence_holds_no_role_lines(source: str, expected: list[object]) -> None:
    assert roles(source) == expected


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("{#\nuser:\n#}\ntool:", [(4, "tool")]),
        ("{# don't #}\nuser:", [(2, "user")]),
        ("{% raw %}\nuser:\n{% endraw %}\ntool:", [(4, "tool")]),
        ("{%- raw -%}\n{{ {# \nuser:\n{%- endraw -%}\ntool:", [(5, "tool")]),
        ("{{ a(\nuser:\n) }}\ntool:", [(4, "tool")]),
        ("{% set a = \nuser:\n%}\ntool:", [(4, "tool")]),
        ('{{ "}}\nuser:\n" }}\ntool:', [(4, "tool")]),
        ("{{ '%}}}' }}\nuser:", [(2, "user")]),
        ('{{ "\\"}}\nuser:\n" }}\ntool:', [(4, "tool")]),
        ("{% if a %}\nuser:\n{% endif %}\ntool:", [(2, "user"), (4, "tool")]),
        ("{% if a %}user:{% endif %}\ntool:", [(2, "tool")]),
        ("{{ a }}\nuser:", [(2, "user")]),
        ("user: {# who #}", []),
        ("{{ role }}:\ntool:", [(2, "tool")]),
        ("{# never closed\nuser:", []),
        ("{{ never closed\nuser:", []),
        ("{% raw %}\nuser:", []),
    ],
)
def test_a_comment_a_raw_block_and_a_tag_hold_no_role_lines(
    source: str, expected: list[object]
) -> None:
    assert roles(source) == expected


@pytest.mark.parametrize(
    ("source", "line"),
    [
        ("```\nuser:", 1),
        ("a\n~~~\n\nuser:\ntext", 2),
        ("```\n```\n```\nuser:", 3),
        ("```\nno role in it", None),
        ("user:\n```\ncode", None),
        ("```\nuser:\n```\ntext", None),
        ("```\nuser:\n```\n```\ntext", None),
    ],
)
def test_an_unclosed_fence_is_told_only_when_it_hides_a_role_line(
    source: str, line: int | None
) -> None:
    found = layout_of(source).unclosed_fence
    assert (None if found is None else found + 1) == line


@pytest.mark.parametrize(
    "source",
    [
        "{{" * 100_000,
        "{% raw %}" * 30_000,
        "{#" * 100_000,
        '{{ "' + '\\"' * 100_000,
        "{{ it's " * 30_000,
        "{%" + " " * 200_000,
        "`" * 200_000,
        "```\n" * 50_000,
        "#" * 200_000,
        " " * 200_000 + "\n",
    ],
    ids=lambda source: source[:12],
)
def test_hostile_sources_are_read_in_linear_time(source: str) -> None:
    started = time.process_time()
    layout_of(source)
    assert time.process_time() - started < 2


MARK = "[42]"


def messages(rendered: str) -> list[tuple[str, str]]:
    return [(m.role, m.content) for m in split_messages(rendered, mark=MARK)]


def test_marking_keeps_every_line_where_it_is() -> None:
    source = "a\nuser:\n```\nuser:\n```\n# Assistant:\nb"
    marked = mark_roles(source).split("\n")
    assert len(marked) == 7
    assert [line for line in marked if "_role_mark" not in line] == [
        "a",
        "```",
        "user:",
        "```",
        "b",
    ]


@pytest.mark.parametrize(
    ("rendered", "expected"),
    [
        ("Be brief.", [("system", "Be brief.")]),
        ("Be brief.\n[42]1\nHi\n", [("system", "Be brief."), ("user", "Hi")]),
        ("[42]0\nA\n[42]0\nB", [("system", "A"), ("system", "B")]),
        ("[42]2\nA\n[42]3\nB", [("assistant", "A"), ("tool", "B")]),
        # White space control pulled the marks out of their lines.
        ("Be brief.[42]1Hi", [("system", "Be brief."), ("user", "Hi")]),
        ("", []),
        (" \n\t\n", []),
        ("\n[42]1\n \n[42]2\nA", [("assistant", "A")]),
    ],
)
def test_marks_open_messages_and_empty_ones_are_left_out(
    rendered: str, expected: list[object]
) -> None:
    assert messages(rendered) == expected


@pytest.mark.parametrize(
    ("text", "content"),
    [
        ("\n\n  indented\nsecond\n\n", "  indented\nsecond"),
        ("\r\n \t\r\nfirst\r\n", "first"),
        ("a\n\n\nb", "a\n\n\nb"),
        ("trailing  \t\n \n", "trailing"),
        ("\u00a0\n", "\u00a0"),
    ],
)
def test_only_blank_lines_before_and_white_space_after_are_trimmed(text: str, content: str) -> None:
    assert split_messages(text, mark=MARK) == (Message(role="system", content=content),)


@pytest.mark.parametrize("rendered", ["a [42]", "[42]9\nb", "[42]\nuser"])
def test_a_mark_that_lost_its_role_is_an_error(rendered: str) -> None:
    with pytest.raises(LostMarkError):
        split_messages(rendered, mark=MARK)


@pytest.mark.parametrize(
    ("source", "line"),
    [
        ("name {{ name }}", 1),
        ("name\n{# name #}\n{{ other.name }}\n{{ a |\nf(name) }}", 5),
        ("{% if names %}\n{{ name }}", 2),
        ("{{ other }}", None),
    ],
)
def test_the_line_of_a_name_is_that_of_the_first_tag_that_reads_it(
    source: str, line: int | None
) -> None:
    assert line_of_name(source, "name") == line


pieces = st.sampled_from(
    ["user:", "# System:", "```", "~~~~", "{# ", " #}", "{% raw %}", "{% endraw %}", "{{ a }}", "x"]
)


@given(st.lists(pieces | st.text(max_size=5), max_size=20).map("\n".join))
def test_any_source_is_read_and_a_role_line_is_always_a_whole_line(source: str) -> None:
    lines = source.split("\n")
    for found in layout_of(source).roles:
        assert lines[found.index].strip("# \t\r").lower() == f"{found.role}:"
