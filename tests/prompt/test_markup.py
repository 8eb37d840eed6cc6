import re
import time

import pytest

from agentops_cli.prompt.formats import read_file
from agentops_cli.prompt.markup import Markup, Said, markup_of_text, placed, spoken
from agentops_cli.prompt.source import Passage, PromptFile, Span

HEAD = "---\nversion: 1.0.0\nmodel: openai/gpt-4o-mini\n---\n"


def _file(body: str) -> PromptFile:
    return read_file(HEAD + body, path="prompts/a.prompt.md", is_declared=True)


def _texts(text: str, spans: tuple[Span, ...]) -> list[str]:
    return [text[span.start : span.end] for span in spans]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("a `b` c", ["`b`"]),
        ("a ``b ` c`` d", ["``b ` c``"]),
        ("a `b\nc` d", ["`b\nc`"]),
        ("```\nx\n```\ny", ["```\nx\n```"]),
        ("~~~ python\n`x\n~~~", ["~~~ python\n`x\n~~~"]),
        ("- a\n  ```\n  x\n  ```\n- b", ["  ```\n  x\n  ```"]),
        ("```\nnever closed", ["```\nnever closed"]),
        ("> ```\n> x\n> ```", ["```\n> x\n> ```"]),  # It is a quotation too.
        ("a ` lone backtick\n\nand ` another", []),
        ("a \\`b` c", []),
        ("    indented text is text", []),
        ("no code", []),
    ],
)
def test_code_is_fenced_or_between_backticks_of_one_paragraph(text: str, code: list[str]) -> None:
    assert _texts(text, markup_of_text(text).code) == code


@pytest.mark.parametrize(
    ("text", "quotes"),
    [
        ('Say "hello there" now.', ['"hello there"']),
        ("Say 'do not go' now.", ["'do not go'"]),
        ("Say 'don't go' now.", ["'don't go'"]),
        (
            "Say “hello” or „hallo“ or «salut» or 「やあ」.",
            ["“hello”", "„hallo“", "«salut»", "「やあ」"],
        ),
        ('Say "two\nlines".', ['"two\nlines"']),
        ('A 5" screen and a 6" one', []),
        ('"one paragraph\n\nand another"', []),
        ("It's the users' own.", []),
        ("> quoted\nand on\n\nnot", ["> quoted\nand on"]),
        ('"""\na "b" c\n\nd\n"""', ['"""\na "b" c\n\nd\n"""']),
        ('`a "b` c" d', []),
    ],
)
def test_a_quotation_is_a_block_or_stands_between_marks(text: str, quotes: list[str]) -> None:
    assert _texts(text, markup_of_text(text).quotes) == quotes


@pytest.mark.parametrize(
    ("text", "examples"),
    [
        ("<example>a</example> b", ["<example>a</example>"]),
        ("<bad-example id=1>a</bad-example>b", ["<bad-example id=1>a</bad-example>"]),
        (
            "<examples><example>a</example></examples>b",
            ["<examples><example>a</example></examples>"],
        ),
        ("<example>never closed", []),
        ("## Examples\na\n### b\nc\n## Rules\nd", ["## Examples\na\n### b\nc\n"]),
        ("# Few-shot samples\na", ["# Few-shot samples\na"]),
        ("Example: a\nb\n\nc", ["Example: a\nb"]),
        ("**Example 2:**\n\na\n\nb", ["**Example 2:**\n\na"]),
        ("Example:\n\nInput: a\n\nOutput: b\n\nc", ["Example:\n\nInput: a\n\nOutput: b"]),
        ("- For example: a\n- b", ["- For example: a\n"]),
        ("Give an example of each.", []),
        ("`<example>` and `</example>`", []),
    ],
)
def test_an_example_is_named_by_a_tag_a_heading_or_a_label(text: str, examples: list[str]) -> None:
    assert _texts(text, markup_of_text(text).examples) == examples


def test_headings_have_their_level_and_words() -> None:
    text = "# One #\na\n\nTwo\n===\n\nno heading\n---\n> # quoted\n\n### Three"
    found = markup_of_text(text).headings
    assert [(each.level, each.text) for each in found] == [(1, "One"), (1, "Two"), (3, "Three")]
    assert _texts(text, tuple(each.span for each in found)) == ["# One #", "Two\n===", "### Three"]


def test_a_place_is_under_its_heading_and_those_above_it() -> None:
    text = "a\n# One\n## Two\n### Three\nb\n## Four\nc"
    markup = markup_of_text(text)

    def over(word: str) -> list[str]:
        return [heading.text for heading in markup.headings_over(text.rindex(word))]

    assert over("a\n") == []
    assert over("b\n") == ["One", "Two", "Three"]
    assert over("c") == ["One", "Four"]


def test_markup_stands_in_the_file_and_not_in_its_frontmatter() -> None:
    file = read_file(
        '---\nversion: 1.0.0\nmodel: x\ndescription: "a `b`"\n---\nsystem:\nc `d`\nuser:\n> e\n',
        path="prompts/a.prompt.md",
        is_declared=True,
    )
    assert _texts(file.text, file.markup.code) == ["`d`"]
    assert _texts(file.text, file.markup.quotes) == ["> e"]


def test_each_message_is_markdown_of_its_own() -> None:
    file = _file("system:\n> a\nuser:\nb\n")
    assert _texts(file.text, file.markup.quotes) == ["> a"]


def test_a_comment_of_the_template_is_not_said_even_over_role_lines() -> None:
    file = _file("system:\na {# b\nuser:\nc #} d\n")
    assert _texts(file.text, file.markup.comments) == ["{# b\nuser:\nc #}"]
    assert not file.markup.is_own_voice(file.text.index("c #}"))
    assert markup_of_text("a {{! b }} {{!-- c }} --}} d", "handlebars").comments == (
        Span(start=2, end=10),
        Span(start=11, end=26),
    )


def test_only_what_the_prompt_itself_says_is_spoken() -> None:
    file = _file(
        'system:\nbad one, `bad two`, "bad three"\n## Example\nbad four\nuser:\nbad five\n'
    )
    found = [*spoken(file, re.compile(r"bad (\w+)"))]
    assert [said.match[1] for said in found] == ["one", "five"]
    assert [file.text[said.span.start : said.span.end] for said in found] == ["bad one", "bad five"]


def _said(passage: Passage) -> list[Said]:
    file = read_file("x: 1\n", path="a.txt")
    object.__setattr__(file, "passages", (passage,))
    return [*spoken(file, re.compile("bad"))]


def test_what_is_spoken_is_known_where_places_are_not_exact() -> None:
    passage = Passage(role="user", text="`bad` bad", segments=((0, 3),), exact=False)
    assert [(said.match.start(), said.span) for said in _said(passage)] == [
        (6, Span(start=3, end=3))
    ]


def test_a_stretch_over_two_segments_is_placed_from_its_first_to_its_last_character() -> None:
    passage = Passage(role=None, text="ab\ncd", segments=((0, 10), (3, 20)))
    assert placed(passage, Span(start=1, end=4)) == Span(start=11, end=21)


HOSTILE = {
    "nested quotes": "> " * 100_000,
    "lines of quotes": "> a\n" * 20_000,
    "backticks": "`a " * 60_000,
    "growing runs of backticks": " ".join("`" * count for count in range(1, 600)),
    "opening marks": ' "a' * 60_000,
    "single marks": " 'a" * 60_000,
    "tags": "<example>" * 20_000,
    "closing tags": "</example>" * 20_000,
    "labels": "Example:\n\nInput:\n\n" * 5_000,
    "headings": "###### example\n" * 12_000,
    "blank lines": "\n" * 180_000 + "example",
    "spaces": " " * 180_000 + "\nexample",
    "half a tag": "<" + "a-" * 90_000,
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
def test_hostile_text_takes_linear_time(text: str) -> None:
    begun = time.process_time()
    markup = markup_of_text(text + "\n# End")
    assert isinstance(markup, Markup)
    assert markup.headings_over(len(text)) is not None
    assert time.process_time() - begun < 5
