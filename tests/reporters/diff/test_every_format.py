"""What holds in every format."""

from typing import get_args

import pytest

from agentops_cli.cli.changes import DiffFormat
from agentops_cli.diff.values import Mark, Side
from agentops_cli.errors import ExitCode
from agentops_cli.reporters.diff import FORMATS
from tests.reporters.diff.made import (
    KEY,
    a_change,
    a_file,
    a_full_prompt,
    a_hostile_page,
    a_line,
    a_message,
    a_page,
    a_problem,
    a_prompt,
    written,
)

every_format = pytest.mark.parametrize("output", FORMATS)


def test_the_command_line_offers_every_format() -> None:
    assert set(get_args(DiffFormat)) == set(FORMATS)


@every_format
@pytest.mark.parametrize("secret", [KEY, "hunter2-of-the-shop"])
def test_no_secret_is_printed_wherever_it_stands(output: str, secret: str) -> None:
    page = a_page(
        a_full_prompt(secret, name=secret),
        before=Side(name=secret),
        problems=(a_problem(secret),),
        notes=(f"see {secret}",),
    )
    text = written(output, page)
    assert secret[:12] not in text
    assert secret[-8:] not in text


@every_format
def test_a_key_is_hidden_though_its_words_changed_and_a_message_quotes_its_beginning(
    output: str,
) -> None:
    before = f"---\nname: a\n---\nUse {KEY}.\n"
    message = a_message(
        a_line("removed", "Use ", KEY[:20], (KEY[20:], "removed"), "."),
        a_line("added", "Use ", KEY[:20], ("Yc1Md4Fg6Hj9Ks0P", "added"), "."),
    )
    prompt = a_prompt(
        a_change("text", f"it says '{KEY[:18]}…'"),
        before=a_file(before),
        after=a_file(),
        messages=(message,),
    )
    text = written(output, a_page(prompt))
    assert KEY[:16] not in text
    assert KEY[-8:] not in text
    assert "Yc1Md4" not in text


@every_format
def test_a_key_of_several_lines_is_hidden_in_each_of_them(output: str) -> None:
    key = ("MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcw", "ggSjAgEAAoIBAQC7VJTUt9")
    texts = ("-----BEGIN PRIVATE KEY-----", *key, "-----END PRIVATE KEY-----", "so.")
    lines = (a_line("added", text, after=at) for at, text in enumerate(texts, start=1))
    text = written(output, a_page(a_prompt(messages=(a_message(*lines),))))
    assert not any(line[:6] in text for line in key)


@every_format
def test_nothing_hostile_gets_through(output: str) -> None:
    text = written(output, a_hostile_page())
    assert text
    for character in ("\x1b", "\u202e", "\x00", "\r", "\u2028"):
        assert character not in text
    text.encode()  # No lone surrogate is left, which would have no UTF-8.


@every_format
def test_no_line_gives_a_ci_server_an_order_of_an_author(output: str) -> None:
    text = written(output, a_hostile_page())
    lines = [line.lstrip() for line in text.splitlines()]
    ours = output == "github"
    assert all(line.startswith("::") is ours for line in lines if "::" in line[:2])
    if output != "json":  # Nobody prints it into a log, and its readers get what is there.
        assert "##[error]" not in text


@every_format
def test_an_order_that_is_cut_into_pieces_is_none(output: str) -> None:
    lines = (
        a_line("added", "##", ("[err", "added"), "or]x"),
        a_line("same", ":", ":error::x"),
        a_line("moved-to", "##vso[x]"),
    )
    text = written(output, a_page(a_prompt(messages=(a_message(*lines),))))
    if output != "json":
        assert "##[err" not in text
        assert "##vso" not in text
        assert "::error::x" not in text


@every_format
def test_a_line_of_a_megabyte_is_cut_in_formats_for_people(output: str) -> None:
    many: list[tuple[str, Mark]] = [
        ("word ", "added" if at % 2 else "same") for at in range(150_000)
    ]
    lines = (a_line("same", "x" * 700_000), a_line("added", *many))
    text = written(output, a_page(a_prompt(messages=(a_message(*lines),))))
    assert output == "json" or len(text) < 40_000


@every_format
def test_a_diff_in_which_nothing_differs_can_be_written(output: str) -> None:
    text = written(output, a_page())
    expected = {"markdown": "no prompt has changed", "html": "no prompt has changed"}
    assert expected.get(output, "") in text
    assert output in {"markdown", "html", "json"} or text == ""


@every_format
def test_what_could_not_be_compared_never_reads_as_no_change(output: str) -> None:
    text = written(output, a_page(problems=(a_problem(),), code=ExitCode.INPUT))
    assert "no prompt has changed" not in text
    assert output == "name-only" or "the frontmatter cannot be read: it" in text


@every_format
def test_the_same_diff_gives_the_same_bytes(output: str) -> None:
    assert written(output, a_hostile_page()) == written(output, a_hostile_page())
