import pytest

from agentops_cli.prompt.formats import read_file
from agentops_cli.rules.comments import MOST_COMMENTS, Comment, comments_in

HEAD = "---\nversion: 1.0.0\nmodel: openai/gpt-4o\n---\n"  # The body begins on line 5.


def _in(text: str, path: str = "prompts/a.prompt.md") -> tuple[Comment, ...]:
    return comments_in(read_file(text, path=path, is_declared=True))


def _lines(text: str, path: str = "prompts/a.prompt.md") -> list[tuple[int, int] | None]:
    return [comment.lines for comment in _in(text, path)]


@pytest.mark.parametrize(
    ("body", "lines"),
    [
        ("Say {# agentops: ignore[PS001] #}hello.\n", (5, 5)),
        ("{# agentops: ignore[PS001] #}\nSay hello.\n", (6, 6)),
        ("  {#- agentops: ignore[PS001] -#}\n\n\nSay hello.\n", (8, 8)),
        ("<!-- agentops: ignore[PS001] -->\nSay hello.\n", (6, 6)),
        ("{# agentops: ignore[PS001]\nfor it is so #}\nSay hello.\n", (7, 7)),
        ("Say {# agentops: ignore[PS001]\nfor it is so #} hello.\n", (5, 6)),
        ("{# agentops: ignore[PS001] #}{# agentops: ignore[PS002] #}\nSay.\n", (5, 5)),
        ("{# agentops: ignore-file[PS001] #}\nSay.\n", None),
        ("Say.\n{# agentops: ignore[PS001] #}", (6, 6)),
    ],
)
def test_a_comment_is_about_its_own_line_or_the_next(
    body: str, lines: tuple[int, int] | None
) -> None:
    assert _lines(HEAD + body)[0] == lines


def test_comments_one_below_the_other_are_about_the_same_line() -> None:
    body = "{# agentops: ignore[PS001] #}\n<!-- agentops: ignore[PS002] -->\n\nSay hello.\n"
    assert _lines(HEAD + body) == [(8, 8), (8, 8)]


def test_names_and_the_reason_are_read() -> None:
    [comment] = _in(HEAD + "{# agentops:ignore[ PS001,PS , a-name ]  the caller escapes it #}\n")
    assert [name for name, _ in comment.selectors] == ["PS001", "PS", "a-name"]
    assert comment.reason == "the caller escapes it"
    assert not _in(HEAD + "{# agentops: ignore #}\n")[0].selectors
    assert not _in(HEAD + "{# agentops: ignore[] #}\n")[0].selectors


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("---\nversion: 1.0.0 # agentops: ignore[PF001]\n---\nSay.\n", (2, 2)),
        ("---\n# agentops: ignore[PF001] why\nversion: 1.0.0\n---\nSay.\n", (3, 3)),
        ("# agentops: ignore-file[PF001]\n---\nversion: 1.0.0\n---\nSay.\n", None),
    ],
)
def test_the_frontmatter_has_comments_of_yaml(text: str, lines: tuple[int, int] | None) -> None:
    assert _lines(text) == [lines]


@pytest.mark.parametrize(
    "text",
    [
        HEAD + "# agentops: ignore[PF001]\n",
        HEAD + "Say {{ '{# agentops: ignore[PF001] #}' }}\n",
        HEAD + "{% raw %}{# agentops: ignore[PF001] #}{% endraw %}\n",
        HEAD + "{# agentops: ignore[PF001]",
        HEAD + "<!-- agentops: ignore[PF001]",
        HEAD + "{# agentops: ignore-line[PF001] #}",
        HEAD + "{# agentops: ignored[PF001] #}",
        HEAD + "{{! agentops: ignore[PF001] }}",
        '---\ndescription: "see # agentops: ignore[PF001]"\n---\nSay.\n',
        "---\ndescription: |\n  # agentops: ignore[PF001]\n---\nSay.\n",
        "---\ndescription: see#agentops: ignore[PF001]\n---\nSay.\n",
        "---\n{# agentops: ignore[PF001] #}: 1\n---\nSay.\n",
    ],
)
def test_what_only_looks_like_a_comment_is_none(text: str) -> None:
    assert _in(text) == ()


def test_a_format_without_templates_has_those_of_markdown_only() -> None:
    text = "{# agentops: ignore[PS001] #}\n<!-- agentops: ignore[PS002] -->\nSay.\n"
    [comment] = _in(text, "AGENTS.md")
    assert comment.form == "html"


def test_the_settings_of_the_file_name_rules_with_or_without_a_reason() -> None:
    [one] = _in("---\nlint: {ignore: [PS001]}\n---\nSay.\n")
    [other] = _in("---\nlint:\n  ignore:\n    PS001: the caller escapes it\n---\nSay.\n")
    assert (one.lines, one.reason) == (None, "")
    assert (other.lines, other.reason) == (None, "the caller escapes it")
    assert other.selectors[0][1].start == len("---\nlint:\n  ignore:\n    ")


@pytest.mark.parametrize("settings", ["7", "[]", "{ignore: 7}", "{ignore: PS001}", "{}", "null"])
def test_settings_that_are_none_do_no_harm(settings: str) -> None:
    assert _in(f"---\nlint: {settings}\n---\nSay.\n") == ()


@pytest.mark.parametrize(
    "text",
    [
        HEAD + "<!-- agentops: ignore[" * 20_000,
        HEAD + "{# agentops: ignore[PF001] #}\n" * 20_000,
        HEAD + "{# agentops: ignore[PF001] #}" * 20_000,
        "---\n" + "# agentops: ignore[PF001]\n" * 20_000 + "---\nSay.\n",
    ],
)
@pytest.mark.timeout(10)
def test_a_file_of_nothing_but_comments_takes_no_time(text: str) -> None:
    assert len(_in(text)) <= MOST_COMMENTS
