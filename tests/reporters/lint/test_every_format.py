"""What holds in every format."""

from dataclasses import replace
from typing import get_args

import pytest

from agentops_cli.cli.findings import OutputFormat
from agentops_cli.errors import ExitCode
from agentops_cli.reporters.lint import FORMATS
from tests.reporters.lint.made import KEY, a_finding, a_hostile_report, a_report, written

every_format = pytest.mark.parametrize("output", FORMATS)


def test_the_command_line_offers_every_format() -> None:
    assert set(get_args(OutputFormat)) == set(FORMATS)


@every_format
def test_a_secret_of_the_line_is_not_printed(output: str) -> None:
    text = f"Use {KEY} and hunter2-of-the-shop.\n"
    found = (
        a_finding(text, KEY, code="PS007", mended=f"{KEY}x"),
        a_finding(text, "Use", message=f"it says {KEY}", fix=f"remove {KEY}"),
    )
    report = a_report(text, *found, suppressed=found, known=found)
    text = written(output, report)
    assert KEY[8:16] not in text
    assert KEY[-8:] not in text
    assert "hunter2" not in text


@every_format
@pytest.mark.parametrize("code", ["PS007", "PS008", "PS015"])
def test_what_a_rule_found_to_be_secret_is_hidden_whatever_its_form(output: str, code: str) -> None:
    text = "The password is swordfish, so be careful.\n"
    found = a_finding(text, "swordfish", code=code)
    assert "swordfish" not in written(output, a_report(text, found, a_finding(text, "careful")))


@every_format
def test_a_key_of_several_lines_is_hidden_in_each_of_them(output: str) -> None:
    lines = ("MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcw", "ggSjAgEAAoIBAQC7VJTUt9")
    text = "Sign:\n-----BEGIN PRIVATE KEY-----\n{}\n{}\n-----END PRIVATE KEY-----\nso.\n"
    text = text.format(*lines)
    shown = written(output, a_report(text, *(a_finding(text, line[:4]) for line in lines)))
    assert not any(line[:6] in shown for line in lines)


@every_format
def test_nothing_hostile_gets_through(output: str) -> None:
    text = written(output, a_hostile_report())
    assert "\x1b" not in text
    assert "\u202e" not in text
    assert "\x00" not in text
    text.encode()  # No lone surrogate is left, which would have no UTF-8.


@every_format
def test_a_clean_run_can_be_written(output: str) -> None:
    text = written(output, a_report(code=ExitCode.OK))
    assert "PF" not in text.replace('"PF001"', "").replace('"PF010"', "")


@every_format
def test_the_same_run_gives_the_same_bytes(output: str) -> None:
    assert written(output, a_hostile_report()) == written(output, a_hostile_report())


@every_format
def test_a_file_that_is_gone_or_another_one_now_is_told_without_its_line(output: str) -> None:
    text = "one\ntwo\n"
    found = a_finding(text, "two", mended="2")
    for now in ({}, {found.place.path: "one\nsecond\n"}, {found.place.path: "one"}):
        report = a_report(now, found)
        assert report.findings[0].excerpt is None
        assert report.findings[0].replacements == ()
        assert written(output, report)


def test_a_fingerprint_follows_its_line_and_tells_two_of_them_apart() -> None:
    text = "one\ntwo\ntwo\n"
    first, second = a_finding(text, "two"), a_finding(text, "two")
    moved = "zero\none\n\n  two\ntwo\n"
    before = [item.fingerprint for item in a_report(text, first, second).findings]
    after = a_report(moved, a_finding(moved, "two"), a_finding(moved, "two")).findings
    assert [item.fingerprint for item in after] == before
    assert len(set(before)) == 2
    other = a_report(text, a_finding(text, "one"), a_finding(text, "two", code="PF001"))
    assert not {item.fingerprint for item in other.findings} & set(before)


def test_a_fingerprint_says_nothing_of_a_secret() -> None:
    prints = {
        a_report(text, a_finding(text, word, code="PS015")).findings[0].fingerprint
        for word in ("swordfish", "hunter2", "letmein!")
        for text in [f"The password is {word}.\n"]
    }
    assert len(prints) == 1


def test_statistics_count_what_counts() -> None:
    text = "one\ntwo\n"
    one, two = a_finding(text, "one", mended="1"), a_finding(text, "two")
    known = a_finding(text, "two", code="PF001")
    report = a_report(text, one, two, known, suppressed=(known,), known=(known,))
    assert [(each.rule.code, each.count, each.fixable) for each in report.statistics] == [
        ("PF010", 2, 1),
        ("PF001", 1, 0),
    ]
    assert replace(report, findings=()).statistics == ()
