"""`.gitattributes` says which line ends are Windows' on purpose."""

from datetime import date
from pathlib import Path

import pytest

from agentops_cli.config import load_config
from agentops_cli.flows.lint.attributes import GitAttributes, gather
from agentops_cli.flows.lint.options import LintOptions
from agentops_cli.flows.lint.parts import Scene


def gathered(folder: Path, text: str | None) -> GitAttributes:
    if text is not None:
        (folder / ".gitattributes").write_text(text, encoding="utf-8")
    config = load_config(folder, environ={})
    options = LintOptions(today=date(2026, 11, 24))
    return gather(Scene(config=config, options=options, paths=(), cards=dict))


@pytest.mark.parametrize(
    ("text", "windows"),
    [
        (None, False),
        ("", False),
        ("* text=auto\n", False),
        ("*.md eol=crlf\n", True),
        ("* text=auto eol=crlf\r\n", True),
        ("# *.md eol=crlf\n", False),
        ("*.bat eol=crlf\n", False),
        ("prompts/** eol=crlf\n", True),
        ("*.md eol=crlf\nprompts/a.md eol=lf\n", False),
        ("*.md eol=lf\n/prompts/*.md eol=crlf\n", True),
        ("eol=crlf\n\n*\n", False),
    ],
)
def test_the_last_line_that_matches_decides(
    text: str | None, windows: bool, tmp_path: Path
) -> None:
    attributes = gathered(tmp_path, text)
    assert attributes.has_windows_lines("prompts/a.md") is windows
    assert attributes.stamp("prompts/a.md") == str(windows)
