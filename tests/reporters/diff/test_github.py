from agentops_cli.diff.values import Graded, PromptDiff
from agentops_cli.model.place import Location
from agentops_cli.prompt.change_kinds import KINDS, Bump, Change
from tests.reporters.diff.made import (
    a_change,
    a_file,
    a_hostile_page,
    a_page,
    a_problem,
    a_prompt,
    written,
)
from tests.reporters.lint.test_github import read_command


def _read(*prompts: PromptDiff) -> list[tuple[str, dict[str, str], str]]:
    return [read_command(line) for line in written("github", a_page(*prompts)).splitlines()]


def test_each_level_is_a_command_of_its_own() -> None:
    prompt = a_prompt(a_change("input-removed"), a_change("text"), a_change("input-added"))
    assert [name for name, _, _ in _read(prompt)] == ["error", "warning", "notice"]


def test_a_command_names_the_place_the_class_and_why_it_matters() -> None:
    [found] = _read(a_prompt(a_change("text", "100% other")))
    assert found == (
        "warning",
        {"file": "prompts/a.prompt.md", "line": "12", "title": "a: risky text"},
        "100% other\nanswers may be others",
    )


def test_what_neither_the_model_nor_callers_see_is_left_out() -> None:
    assert _read(a_prompt(a_change("meta"), required=None)) == []


def test_a_version_that_has_to_go_up_is_told_at_the_head_of_the_file() -> None:
    prompt = a_prompt(a_change("meta"), required=Bump.MAJOR)
    [(name, properties, message)] = _read(prompt)
    assert (name, properties["line"], message) == ("error", "1", "needs major (2.0.0), has minor")


def test_a_line_that_is_gone_is_not_taken_for_one_that_is_there() -> None:
    gone = Change(
        kind=KINDS["guardrail-removed"],
        message="a sentence is gone",
        was="x",
        now=None,
        before=Location(path="prompts/old.prompt.md", line=30, column=1),
    )
    renamed = a_prompt(
        Graded(change=gone, level="breaking"),
        before=a_file(path="prompts/old.prompt.md"),
        after=a_file(path="prompts/new.prompt.md"),
    )
    [(_, properties, message)] = _read(renamed)
    assert (properties["file"], properties["line"]) == ("prompts/new.prompt.md", "1")
    assert message.endswith("\nit was in line 30")
    deleted = a_prompt(
        Graded(change=gone, level="breaking"), before=a_file(path="prompts/old.prompt.md")
    )
    [(_, properties, _)] = _read(deleted)
    assert (properties["file"], properties["line"]) == ("prompts/old.prompt.md", "30")


def test_what_could_not_be_compared_is_an_error() -> None:
    [line] = written("github", a_page(problems=(a_problem(),))).splitlines()
    name, properties, message = read_command(line)
    assert (name, properties["file"], properties["line"]) == ("error", "prompts/it.prompt.md", "3")
    assert message == "the frontmatter cannot be read: it\nfix: quote it"


def test_nothing_that_others_wrote_is_a_command() -> None:
    lines = written("github", a_hostile_page()).splitlines()
    # A problem; of two prompts the version, the notes, the verdict and two changes.
    assert len(lines) == 11
    for line in lines:
        name, properties, message = read_command(line)
        assert name in {"error", "warning", "notice"}
        assert set(properties) <= {"file", "line", "title"}
        assert "##[" not in message
