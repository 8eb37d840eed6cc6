import json

import pytest

from agentops_cli.lint.cache import Cache, Entry, card_of_row, digest, row_of_card, rows_of
from agentops_cli.rules.project import Card
from agentops_cli.rules.rule import Edit
from tests.lint.parts import PATH, a_finding, a_rule

FOUND = [
    a_finding("PF001", line=3, edits=(Edit(start=1, end=2, text="ä"),), safety="unsafe"),
    a_finding("PF002", path="elsewhere.yaml", line=None),
]
RULES = {each.rule.code: each.rule for each in FOUND}
CARD = Card(path=PATH, kind="native", name="a", name_line=2, version="1.0.0")


def _written(key: str = "k", stamp: str = "") -> str:
    cache = Cache(key, RULES)
    entry = Entry(digest=digest(b"a"), card=row_of_card(CARD), is_commented=True)
    entry.stages["plain"] = (stamp, rows_of(FOUND, PATH))
    cache.put(PATH, entry)
    return cache.text()


def test_what_was_found_is_found_again() -> None:
    cache = Cache("k", RULES, _written())
    entry = cache.entry(PATH, digest(b"a"))
    assert entry is not None
    assert entry.is_commented
    assert card_of_row(entry.card, PATH) == CARD
    assert cache.found(PATH, entry, "plain", "") == FOUND
    assert not cache.is_changed


def test_other_bytes_another_key_and_another_path_are_not_known() -> None:
    assert Cache("k", RULES, _written()).entry(PATH, digest(b"b")) is None
    assert Cache("k", RULES, _written()).entry("other", digest(b"a")) is None
    assert Cache("other", RULES, _written()).entry(PATH, digest(b"a")) is None


def test_another_stamp_and_another_stage_are_not_known() -> None:
    cache = Cache("k", RULES, _written(stamp="base 1"))
    entry = cache.entry(PATH, digest(b"a"))
    assert entry is not None
    assert cache.found(PATH, entry, "plain", "base 2") is None
    assert cache.found(PATH, entry, "around", "base 1") is None
    assert cache.found(PATH, entry, "plain", "base 1") == FOUND


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        '"k"',
        '{"key": "k"}',
        '{"key": "k", "files": []}',
        "[" * 100_000,
        json.dumps({"key": "k", "files": {PATH: None}}),
        json.dumps({"key": "k", "files": {PATH: [digest(b"a"), [], 0]}}),
        json.dumps({"key": "k", "files": {PATH: [digest(b"a"), [], 0, 7]}}),
    ],
)
def test_a_damaged_cache_knows_nothing(text: str) -> None:
    assert Cache("k", RULES, text).entry(PATH, digest(b"a")) is None


@pytest.mark.parametrize("rows", [[[]], [7], [["PF999", *["x"] * 8]], None])
def test_damaged_findings_are_not_known(rows: object) -> None:
    stages = {"plain": ["", rows]}
    text = json.dumps({"key": "k", "files": {PATH: [digest(b"a"), [], 0, stages]}})
    cache = Cache("k", RULES, text)
    entry = cache.entry(PATH, digest(b"a"))
    assert entry is None or cache.found(PATH, entry, "plain", "") is None


def test_a_rule_that_is_gone_makes_its_findings_unknown() -> None:
    cache = Cache("k", {"PF001": a_rule()}, _written())
    entry = cache.entry(PATH, digest(b"a"))
    assert entry is not None
    assert cache.found(PATH, entry, "plain", "") is None
