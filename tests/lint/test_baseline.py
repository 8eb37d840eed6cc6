import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agentops_cli.errors import InputError
from agentops_cli.lint.baseline import Baseline, baseline_text, read_baseline
from agentops_cli.lint.finding import LintFinding
from tests.lint.parts import a_finding


def _read(text: str) -> Baseline:
    return read_baseline(text, path="known.json")


def _texts(found: list[LintFinding]) -> list[str]:
    return [each.line for each in found]


def test_what_was_written_is_known_and_nothing_else() -> None:
    old = [a_finding(line=3), a_finding("PF002", line=4, text="b")]
    new, known = _read(baseline_text(old)).known([*old, a_finding(text="c"), a_finding("PF003")])
    assert known == old
    assert [(each.rule.code, each.line) for each in new] == [
        ("PF001", "c"),
        ("PF003", "Say hello."),
    ]


def test_a_line_may_move_and_change_its_white_space_but_not_its_words() -> None:
    baseline = _read(baseline_text([a_finding(line=1, text="Say  hello.")]))
    _, known = baseline.known([a_finding(line=70, text="Say hello.")])
    assert len(known) == 1
    new, _ = baseline.known([a_finding(line=1, text="Say hello!")])
    assert len(new) == 1


def test_as_many_are_known_as_there_were() -> None:
    baseline = _read(baseline_text([a_finding(line=1), a_finding(line=2)]))
    new, known = baseline.known([a_finding(line=line) for line in (5, 6, 7)])
    assert [each.place.line for each in known] == [5, 6]
    assert [each.place.line for each in new] == [7]


def test_another_file_with_the_same_line_is_new() -> None:
    baseline = _read(baseline_text([a_finding(path="a.prompt.md")]))
    new, _ = baseline.known([a_finding(path="b.prompt.md")])
    assert len(new) == 1


@given(st.permutations([a_finding(c, path=p) for c in ("PF001", "PS002") for p in ("b", "a", "ä")]))
def test_the_file_is_the_same_whatever_the_order(found: list[LintFinding]) -> None:
    assert baseline_text(found) == baseline_text(found[::-1])


def test_the_file_holds_no_text_of_a_prompt() -> None:
    assert "sk-secret" not in baseline_text([a_finding(text="key: sk-secret-0123456789")])


def test_an_entry_that_covers_less_than_it_says_is_stale() -> None:
    baseline = _read(baseline_text([a_finding(), a_finding(), a_finding("PF002")]))
    [stale] = baseline.stale([a_finding()], codes={"PF001"}, is_seen=lambda _: True)
    assert (stale.code, stale.surplus, str(stale.place)) == ("PF001", 1, "known.json:4:1")


def test_nothing_is_stale_that_nobody_looked_at() -> None:
    baseline = _read(baseline_text([a_finding()]))
    assert not list(baseline.stale([], codes={"PF001"}, is_seen=lambda _: False))
    assert not list(baseline.stale([], codes={"PF002"}, is_seen=lambda _: True))


def test_what_nobody_looked_at_is_kept_when_it_is_written_anew() -> None:
    before = _read(baseline_text([a_finding(path="old"), a_finding(path="new")]))
    kept = before.kept(codes={"PF001"}, is_seen=lambda path: path == "new")
    text = baseline_text([a_finding("PF002", path="new")], kept)
    entries = [(each["path"], each["rule"]) for each in json.loads(text)["findings"]]
    assert entries == [("new", "PF002"), ("old", "PF001")]


ENTRY: dict[str, Any] = {"path": "a", "rule": "PF001", "line": "", "count": 1}


@pytest.mark.parametrize(
    "data",
    [
        "",
        "{",
        "[]",
        "null",
        "[" * 100_000,
        json.dumps({"schema": 2, "findings": []}),
        json.dumps({"schema": 1}),
        json.dumps({"schema": 1, "findings": {}, "x": [1]}).replace("{}", '{"a": 1}'),
        *(
            json.dumps({"schema": 1, "findings": [{**ENTRY, key: wrong}]})
            for key, wrong in (("path", 1), ("rule", None), ("count", 0), ("count", True))
        ),
    ],
)
def test_what_is_no_baseline_is_refused(data: str) -> None:
    with pytest.raises(InputError):
        _read(data)


def test_an_empty_baseline_knows_nothing() -> None:
    new, known = _read(baseline_text([])).known([a_finding()])
    assert (len(new), known) == (1, [])
    assert _texts(new) == ["Say hello."]
