import re

import pytest
from markdown_it import MarkdownIt

from agentops_cli.errors import ExitCode
from agentops_cli.prompt.change_kinds import Bump
from agentops_cli.reporters.diff.markdown import MARKER
from tests.reporters.diff.made import (
    HOSTILE,
    a_change,
    a_full_prompt,
    a_hostile_page,
    a_line,
    a_message,
    a_page,
    a_problem,
    a_prompt,
    many,
    written,
)

GFM = MarkdownIt("commonmark", {"html": True}).enable("table")
OURS = re.compile(rf"{re.escape(MARKER)}|</?(details|summary)>|<code>([^<>]*)</code>", re.ASCII)


def _tokens(text: str) -> list[tuple[str, str]]:
    """Everything that a renderer makes of the text, in one list."""
    found = []
    for token in GFM.parse(text):
        found.append((token.type, token.content))
        found += ((child.type, child.content) for child in token.children or ())
    return found


def _escaped(text: str) -> None:
    """Fails when anything of an author is more than text in what a renderer makes of it."""
    tokens = _tokens(text)
    html = "".join(content for kind, content in tokens if kind.startswith("html"))
    rest = OURS.sub("", html)
    assert "<" not in rest
    assert "@" not in rest
    assert html.count("<details>") == html.count("</details>") == text.count("\n</details>\n")
    plain = " ".join(content for kind, content in tokens if kind == "text")
    assert "@" not in plain
    assert not re.search(r"#\d|:tada:|\$|https?:", plain)
    assert not {"link_open", "image", "em_open"} & {kind for kind, _ in tokens}
    assert [kind for kind, _ in tokens].count("heading_open") == 1


@pytest.mark.parametrize(
    "hostile",
    [
        HOSTILE,
        "</details><script>x</script>",
        "```\n</details>\n# x",
        "````````",
        "~~~~~~~~",
        "@team #1 https://x.example ![](x)",
        "`",
        "\\`@team\\`",
        "|---|\n| a |",
        "<!-- @team",
        "--> <img src=x onerror=y> &lt;b&gt;",
        "    indented\n\n# x",
        "$$x$$ :tada: [[ATTACHMENT|/x]] <@U1>",
    ],
)
def test_what_others_wrote_stays_text(hostile: str) -> None:
    _escaped(written("markdown", a_page(a_full_prompt(hostile, name=hostile), a_prompt())))
    _escaped(written("markdown", a_page(problems=(a_problem(hostile),), notes=(hostile,))))


def test_a_page_full_of_hostile_text_stays_text() -> None:
    _escaped(written("markdown", a_hostile_page()))


def test_whoever_must_approve_is_named_and_not_called() -> None:
    text = written("markdown", a_page(a_prompt(owners=("@org/team", "@me"))))
    assert "`@org/team`" in text
    _escaped(text)


def test_two_hundred_changed_prompts_fit_into_a_comment_the_gravest_first() -> None:
    grave, light = many(100), [a_prompt(name=f"light-{at}") for at in range(100)]
    text = written("markdown", a_page(*grave, *light, looked_at=400))
    assert len(text.encode("utf-16-le")) // 2 < 65_536
    assert len(text) > 40_000  # What there is room for is used.
    assert text.index("`prompt-0`") < text.index("`prompt-99`") < text.index("light-0")
    folded = re.findall(r"<summary>. <code>(.*?)</code>", text)
    assert folded == [f"prompt-{at}" for at in range(len(folded))]
    assert len(folded) >= 10
    assert f"No room for the details of {200 - len(folded)} prompts" in text
    _escaped(text)


@pytest.mark.parametrize(
    "text", ["`" * 300, "\U0001f600" * 300, "|" * 300, "<" * 300, "&" * 300, "x" * 5_000]
)
def test_a_comment_holds_it_whatever_the_prompts_say(text: str) -> None:
    page = a_page(
        *[a_full_prompt(text, name=text[:200], lines=40)] * 200,
        problems=(a_problem(text),) * 100,
        notes=(text,) * 100,
    )
    shown = written("markdown", page)
    assert len(shown.encode("utf-16-le")) // 2 < 65_536
    _escaped(shown)


def test_the_text_of_one_long_prompt_is_cut_and_what_is_missing_is_counted() -> None:
    lines = (a_line("added", f"line {at} {'x' * 100}", after=at) for at in range(2_000))
    text = written("markdown", a_page(a_prompt(messages=(a_message(*lines),))))
    shown = text.count("\n+ line ")
    assert 200 < shown < 2_000
    assert f"and {2_000 - shown:,} more lines" in text


def test_of_many_changes_the_first_are_shown_and_the_others_counted() -> None:
    changes = (a_change("text", f"change {at}") for at in range(25))
    text = written("markdown", a_page(a_prompt(*changes)))
    assert "`change 19`" in text
    assert "`change 20`" not in text
    assert "and 5 more changes" in text


def test_the_head_says_what_it_comes_to() -> None:
    def head(**more: object) -> str:
        return written("markdown", a_page(**more)).splitlines()[1]  # type: ignore[arg-type] # As is.

    assert head() == "## Prompt diff: ✅ no prompt has changed"
    assert "⚠️ no verdict" in head(problems=(a_problem(),), code=ExitCode.INPUT)
    page = a_page(a_prompt(a_change("file-deleted")), a_prompt(required=Bump.MAJOR))
    assert written("markdown", page).splitlines()[1] == (
        "## Prompt diff: 🔴 2 prompts changed, the gravest breaking, 1 version to raise"
    )


def test_changed_words_stand_in_a_fence_with_their_marks() -> None:
    text = written("markdown", a_page(a_full_prompt("x")))
    [fence, *_] = [content for kind, content in _tokens(text) if kind == "fence"]
    assert fence.splitlines() == [
        "@@ 5 unchanged lines @@",
        "  line 6 x",
        "  line 7 x",
        "  line 8 x",
        "- Answer x in [-English-] only.",
        "+ Answer x in {+French+} only.",
        "< This moves x.",
        "  line 11 x",
        "> This moves x.",
    ]


def test_a_comment_can_be_found_again() -> None:
    assert written("markdown", a_page()).startswith(f"{MARKER}\n")
