import pytest

from agentops_cli.model.place import Location
from agentops_cli.redact import Redact
from agentops_cli.reporters.columns import width
from agentops_cli.reporters.lint.source import Source
from tests.reporters.lint.made import KEY, PATH, a_finding, a_report, written


def shown(text: str, about: str) -> tuple[str, str]:
    """The line that is shown, and what stands below it."""
    _, line, below, *_ = written("full", a_report(text, a_finding(text, about))).splitlines()
    assert line.index("|") == below.index("|")
    return line.partition("| ")[2], below.partition("| ")[2]


def test_a_finding_has_its_line_its_fix_and_its_page() -> None:
    text = "one\ntwo is here\n"
    found = a_finding(text, "is", code="PS007", message="a secret", fix="remove it")
    again = a_finding(text, "one", code="PS007", mended="1", fix="")
    assert written("full", a_report(text, found, again)) == (
        f"{PATH}:2:5  error  a secret  [PS007]\n"
        "2 | two [redacted:secret] here\n"
        "  |     ^^^^^^^^^^^^^^^^^\n"
        "  = fix: remove it\n"
        "  = more: agentops explain PS007\n"
        "\n"
        f"{PATH}:1:1  error  it is wrong  [PS007]\n"
        "1 | [redacted:secret]\n"
        "  | ^^^^^^^^^^^^^^^^^\n"
        "\n"
    )


def test_a_fix_says_how_it_is_made() -> None:
    text = "one\n"
    assert "= fix: mend it (--fix does it)\n" in written(
        "full", a_report(text, a_finding(text, "one", mended="1"))
    )


@pytest.mark.parametrize(
    ("text", "line", "below"),
    [
        ("a bad word", "a bad word", "  ^^^"),
        ("\tbad", "    bad", "    ^^^"),
        ("你好 bad", "你好 bad", "     ^^^"),
        ("e\u0301 bad", "e\u0301 bad", "  ^^^"),
        ("\x1b[31m bad", "␛[31m bad", "      ^^^"),
        ("a\u202eb bad", "a\\u202eb bad", "         ^^^"),
        ("##[error] bad", "## [error] bad", "          ^^^"),
    ],
)
def test_the_carets_stand_below_what_is_meant(text: str, line: str, below: str) -> None:
    shown_line, shown_below = shown(text, "bad")
    assert shown_line == line
    if "##" not in text:  # The blank that breaks an order up is not counted.
        assert shown_below == below


def test_what_cannot_be_seen_is_spelled_out_where_it_is_meant() -> None:
    assert shown("a\u200bb", "\u200b") == ("a\\u200bb", " ^^^^^^")
    assert shown("a\u00a0b", "\u00a0") == ("a\\u00a0b", " ^^^^^^")


@pytest.mark.parametrize("before", ["", "x" * 9, "x" * 5_000, "你" * 5_000])
@pytest.mark.parametrize("after", ["", "y" * 9, "y" * 5_000, "好" * 5_000])
def test_a_long_line_is_shown_around_what_is_meant(before: str, after: str) -> None:
    line, below = shown(f"{before} bad {after}", "bad")
    assert width(line) <= 72
    start = width(line.partition("bad")[0])
    assert (below.index("^"), below.count("^")) == (start, 3)
    assert len(before) > 9 or line.startswith(f"{before} bad".strip() if before else " bad")
    assert len(after) > 9 or line.endswith(f"bad {after}".rstrip())


def test_a_long_stretch_is_cut() -> None:
    line, below = shown("x" * 5_000, "x" * 5_000)
    assert line == f"{'x' * 47}…"
    assert below == "^" * 48


def test_what_goes_on_in_the_next_line_says_so() -> None:
    assert shown("one two\nthree", "two\nthr") == ("one two", "    ^^^ …")


@pytest.mark.parametrize("about", ["Zk3v", KEY, f"Use {KEY}", f"{KEY} now", KEY[-3:]])
def test_the_carets_stand_below_the_mark_of_a_secret(about: str) -> None:
    line, below = shown(f"Use {KEY} now", about)
    assert line == "Use [redacted:openai-key] now"
    at = line[below.index("^") : below.rindex("^") + 1]
    assert "[redacted:openai-key]" in at


def test_a_place_that_is_not_there_is_the_nearest_or_none() -> None:
    source = Source("one\ntwo", Redact())
    end = source.excerpt(Location(path=PATH, line=2, column=99), None)
    assert end is not None
    assert (end.before, end.carets) == ("two", "   ^")
    assert source.excerpt(Location(path=PATH, line=9), None) is None


def test_the_width_is_that_of_a_terminal() -> None:
    assert [width(text) for text in ("abc", "你好", "e\u0301", "👍")] == [3, 4, 1, 2]


def test_a_secret_that_another_one_hid_is_hidden_too() -> None:
    key = (
        f"-----BEGIN PRIVATE KEY-----\n{'MIIEvQIBADANBgkqhkiG9w0B' * 3}\n-----END PRIVATE KEY-----"
    )
    text = f"Use {KEY}{key} now"
    line, _ = shown(text, "Use")
    assert line == "Use [redacted:openai-key][redacted:private-key]"
