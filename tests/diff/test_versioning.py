"""Whether a version went up far enough."""

import pytest

from agentops_cli.diff.compare import compare
from agentops_cli.diff.values import Pair
from agentops_cli.prompt.change_kinds import Level
from agentops_cli.prompt.formats import read_file
from agentops_cli.prompt.source import PromptFile

TEXTS = {"none": "Say hello.", "patch": "Say helo.", "minor": "Say goodbye.", "major": "Say hello."}


def file(
    version: str | None, *, name: str = "a", text: str = "Say hello.", more: str = ""
) -> PromptFile:
    written = "" if version is None else f"version: {version}\n"
    front = f"---\nname: {name}\n{written}model: openai/gpt-4o\n{more}---\n{text}\n"
    return read_file(front, path="prompts/a.prompt.md", is_declared=True)


@pytest.mark.parametrize(
    ("change", "old", "new", "actual", "is_enough", "needed"),
    [
        ("none", "1.2.3", "1.2.3", None, True, None),
        ("none", "1.2.3", "2.0.0", "major", True, None),
        ("none", "1.2.3", "1.2.2", None, False, "1.2.3"),
        ("minor", "1.2.3", "1.2.3", None, False, "1.3.0"),
        ("minor", "1.2.3", "1.2.4", "patch", False, "1.3.0"),
        ("minor", "1.2.3", "1.3.0", "minor", True, None),
        ("minor", "1.2.3", "2.0.0", "major", True, None),
        ("minor", "1.2.3", "1.1.0", None, False, "1.3.0"),
        ("major", "1.2.3", "1.3.0", "minor", False, "2.0.0"),
        ("major", "1.2.3", "2.0.0", "major", True, None),
        ("major", "0.2.3", "0.3.0", "minor", True, None),
        ("major", "0.2.3", "0.2.4", "patch", False, "0.3.0"),
        ("major", "0.9.0", "1.0.0", "major", True, None),
        ("minor", None, None, None, True, None),
        ("minor", None, "1.0.0", None, True, None),
        ("minor", "1.0.0", None, None, False, "1.1.0"),
        ("minor", "first", "first", None, False, None),
        ("minor", "first", "second", None, True, None),
        ("minor", "first", "1.0.0", None, True, None),
        ("minor", "1.0.0", "banana", None, False, "1.1.0"),
        ("major", "1.0.0", "v2.0.0", None, False, "2.0.0"),
        ("major", "1.0.0", "2", None, False, "2.0.0"),
        ("none", "1.0.0", "banana", None, False, "1.0.0"),
        ("minor", "first", None, None, False, None),
    ],
)
def test_a_version_has_to_go_up_as_far_as_its_changes_ask(
    change: str,
    old: str | None,
    new: str | None,
    actual: str | None,
    is_enough: bool,
    needed: str | None,
) -> None:
    after = file(new, text=TEXTS[change], name="b" if change == "major" else "a")
    found = compare(Pair(before=file(old), after=after)).versioning
    assert (found.before, found.after) == (old, new)
    assert (found.actual.word if found.actual else None) == actual
    assert (found.is_enough, found.needed) == (is_enough, needed)


def test_drafts_may_change_as_they_like() -> None:
    old, new = (file("1.0.0", name=name, more="status: draft\n") for name in "ab")
    found = compare(Pair(before=old, after=new)).versioning
    assert found.required is not None
    assert found.is_enough


@pytest.mark.parametrize("is_new", [True, False])
def test_a_prompt_that_comes_or_goes_has_no_version_to_compare(is_new: bool) -> None:
    here = file("1.0.0")
    diff = compare(Pair(before=None if is_new else here, after=here if is_new else None))
    assert diff.versioning.required is None
    assert diff.versioning.is_enough
    assert [each.kind.id for each in diff.changes] == ["file-added" if is_new else "file-deleted"]
    assert [each.status for each in diff.messages] == ["added" if is_new else "removed"]


@pytest.mark.parametrize(
    ("level", "bump"), [("breaking", "major"), ("risky", "minor"), ("safe", "patch")]
)
def test_a_project_grades_changes_as_it_sees_them(level: Level, bump: str) -> None:
    pair = Pair(before=file("1.0.0"), after=file("1.0.0", text="Say goodbye."))
    diff = compare(pair, levels={"text": level})
    assert (diff.level, diff.changes[0].level) == (level, level)
    assert diff.versioning.required is not None
    assert diff.versioning.required.word == bump


def test_a_class_that_a_project_takes_seriously_asks_for_a_version() -> None:
    pair = Pair(before=file("1.0.0"), after=file("1.0.0", more="tags: [a]\n"))
    assert compare(pair).versioning.required is None
    assert not compare(pair, levels={"meta": "risky"}).versioning.is_enough
