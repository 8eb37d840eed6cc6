"""Pairs of versions, from a typo to a swap of roles: what each change is, and what it asks for."""

from collections import Counter
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from agentops_cli.diff.compare import compare
from agentops_cli.diff.values import Mark, MessageDiff, Pair, PromptDiff
from agentops_cli.prompt.change_kinds import KINDS
from agentops_cli.prompt.formats import read_file

FOLDER = Path(__file__).parent / "pairs"

Case = dict[str, Any]


def _cases() -> dict[str, Case]:
    """Every pair by the name of its table and its own."""
    found: dict[str, Case] = {}
    for path in sorted(FOLDER.glob("*.yaml")):
        table = yaml.safe_load(path.read_text(encoding="utf-8"))
        for case in table["pairs"]:
            name = f"{path.stem}: {case['name']}"
            assert name not in found
            found[name] = {"base": table.get("base", ""), **case}
    return found


CASES = _cases()
PAIRS = pytest.mark.parametrize("name", CASES)


def _edited(text: str, edits: Sequence[dict[str, str]]) -> str:
    for edit in edits:
        assert text.count(edit["from"]) == 1, edit
        text = text.replace(edit["from"], edit["to"])
    return text


@cache
def _pair(name: str) -> Pair:
    case = CASES[name]
    path = str(case.get("path", "prompts/support.prompt.md"))
    before = case.get("before") or _edited(case["base"], case.get("start", []))
    after = case.get("after") or _edited(case["base"], case["edits"])
    is_declared = case.get("declared", True)
    return Pair(
        before=read_file(before, path=path, is_declared=is_declared),
        after=read_file(after, path=case.get("moved", path), is_declared=is_declared),
    )


def _back(pair: Pair) -> Pair:
    return Pair(before=pair.after, after=pair.before)


def _classes(diff: PromptDiff) -> list[str]:
    return sorted(each.kind.id for each in diff.changes)


def test_there_are_enough_of_them() -> None:
    assert len(CASES) >= 60


@PAIRS
def test_both_versions_can_be_read(name: str) -> None:
    pair = _pair(name)
    assert pair.before is not None
    assert pair.after is not None
    found = {each.rule for file in (pair.before, pair.after) for each in file.problems}
    assert found <= {"bad-version", "missing-key"}


@PAIRS
def test_a_change_has_its_classes_its_level_and_its_bump(name: str) -> None:
    case, diff = CASES[name], compare(_pair(name))
    required = diff.versioning.required
    assert _classes(diff) == sorted(case["classes"])
    assert diff.level == case["level"]
    assert (required.word if required else "none") == case["bump"]


@PAIRS
def test_the_way_back_mirrors_the_way_there(name: str) -> None:
    pair = _pair(name)
    there, back = compare(pair), compare(_back(pair))
    assert Counter((each.change.was, each.change.now) for each in there.changes) == Counter(
        (each.change.now, each.change.was) for each in back.changes
    )
    assert {(each.path, repr(each.before), repr(each.after)) for each in there.entries} == {
        (each.path, repr(each.after), repr(each.before)) for each in back.entries
    }
    assert _marked(there, "removed") == _marked(back, "added")
    assert _marked(there, "moved-from") == _marked(back, "moved-to")


@PAIRS
def test_a_version_does_not_differ_from_itself(name: str) -> None:
    pair = _pair(name)
    for file in (pair.before, pair.after):
        diff = compare(Pair(before=file, after=file))
        assert (diff.changes, diff.entries, diff.schemas, diff.level) == ((), (), (), "safe")
        assert all(each.status == "same" for each in diff.messages)
        assert diff.versioning.required is None
        assert diff.versioning.is_enough


@PAIRS
def test_the_lines_of_a_diff_are_those_of_both_versions(name: str) -> None:
    pair = _pair(name)
    assert pair.before is not None
    assert pair.after is not None
    diff = compare(pair)
    changed = [each for each in diff.messages if each.status != "same"]
    old = [text for each in changed for text in _lines(each, {"removed", "moved-from", "same"})]
    new = [text for each in changed for text in _lines(each, {"added", "moved-to", "same"})]
    same = [each.text for each in pair.before.passages]
    assert Counter(old) <= Counter(line for text in same for line in text.split("\n"))
    assert Counter(new) <= Counter(
        line for each in pair.after.passages for line in each.text.split("\n")
    )
    assert all(
        line.text == "".join(p.text for p in line.pieces) for m in changed for line in m.lines
    )


def _lines(message: MessageDiff, marks: set[Mark]) -> list[str]:
    return [line.text for line in message.lines if line.mark in marks]


def _marked(diff: PromptDiff, mark: Mark) -> Counter[str]:
    return Counter(text for each in diff.messages for text in _lines(each, {mark}))


OF_ONE_SIDE = {"file-added", "file-deleted"}


def test_every_class_is_told_of_a_pair_one_way_or_the_other() -> None:
    pairs = [_pair(name) for name in CASES]
    found = {
        kind for pair in pairs for way in (pair, _back(pair)) for kind in _classes(compare(way))
    }
    assert found | OF_ONE_SIDE == set(KINDS)
