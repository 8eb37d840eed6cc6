import pytest
from markdown_it import MarkdownIt

from agentops_cli.errors import ExitCode
from tests.reporters.lint.made import HOSTILE, a_finding, a_hostile_report, a_report, written

GFM = MarkdownIt("commonmark", {"html": True}).enable("table")
OURS = {"<details>", "<summary>", "</summary>", "</details>"}


def _tokens(text: str) -> list[tuple[str, str]]:
    """Everything that a renderer makes of the text, in one list."""
    found = []
    for token in GFM.parse(text):
        found.append((token.type, token.content))
        found += ((child.type, child.content) for child in token.children or ())
    return found


@pytest.mark.parametrize(
    "hostile",
    [
        HOSTILE,
        "</details><script>x</script>",
        "```\n</details>\n# x",
        "````````",
        "@team #1 https://x.example ![](x)",
        "`",
        "\\`@team\\`",
        "|---|\n| a |",
    ],
)
def test_what_others_wrote_stays_text(hostile: str) -> None:
    text = f"{hostile} here\n{hostile}\n"
    found = a_finding(text, "here", message=hostile, fix=hostile, path=f"prompts/{hostile}.md")
    tokens = _tokens(written("markdown", a_report({found.place.path: text}, found)))
    html = "".join(content for kind, content in tokens if kind.startswith("html"))
    assert "script" not in html
    assert html.count("</details>") == html.count("<details>") == 1
    plain = " ".join(content for kind, content in tokens if kind == "text")
    assert "@" not in plain
    assert "#1" not in plain
    assert not {"link_open", "image", "em_open"} & {kind for kind, _ in tokens}
    assert [kind for kind, _ in tokens].count("heading_open") == 1
    assert [kind for kind, _ in tokens].count("table_open") == 2


def test_a_run_without_a_verdict_is_not_green() -> None:
    assert "no verdict" in written("markdown", a_hostile_report()).splitlines()[0]
    assert "✅" in written("markdown", a_report(code=ExitCode.OK))


def test_a_clean_run_is_a_line_and_a_heading() -> None:
    assert written("markdown", a_report(code=ExitCode.OK)) == (
        "## Prompt lint: ✅ pass\n\n3 files, 3 rules: nothing found.\n"
    )


def test_a_comment_can_hold_it_however_much_was_found() -> None:
    text = f"{'x' * 500} here {'`' * 500}\n" * 500
    found = [a_finding(text, "here", message="m" * 5_000, fix="f" * 5_000)] * 500
    written_text = written("markdown", a_report(text, *found))
    assert len(written_text) < 65_536
    assert "more findings" in written_text
