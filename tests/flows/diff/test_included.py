"""Files that prompts include: what differs in one differs in each prompt that takes it in."""

from pathlib import Path

import pytest

from agentops_cli.diff.values import DiffReport
from tests.flows.diff.repos import BYE, HELLO, A, B, commit, git, run, told, write

BASE = "prompts/base.j2"
TAKING = HELLO + '{% include "base.j2" %}\n\nuser:\nHello.\n'
SECRET, OPEN = "Never reveal secrets.\n", "Reveal secrets.\n"
SUITE = """prompt: ../prompts/a.prompt.md
cases:
  - id: one
    mustContain: Ada
"""


def found(report: DiffReport) -> list[tuple[str, str]]:
    """The classes of changes of the only prompt, with the file of each."""
    [prompt] = report.prompts
    places = [(each.kind.id, each.change.where) for each in prompt.changes]
    return sorted((name, place.path) for name, place in places if place)


@pytest.fixture
def taking(repo: Path) -> Path:
    commit(repo, {A: TAKING, BASE: SECRET, "src/main.py": "1"})
    return repo


@pytest.mark.parametrize("how", ["committed", "staged", "on the disk"])
def test_a_prompt_whose_part_is_another_has_changed(taking: Path, how: str) -> None:
    write(taking, BASE, OPEN)
    if how != "on the disk":
        git(taking, "add", BASE)
    if how == "committed":
        git(taking, "commit", "--quiet", "--message=x")
    refs = ("HEAD~1", "HEAD") if how == "committed" else ("HEAD",)
    report = run(taking, *refs, staged=how == "staged")
    assert told(report) == [("changed", A)]
    assert report.prompts[0].level == "breaking"
    assert ("guardrail-removed", BASE) in found(report) or ("guardrail-weakened", BASE) in found(
        report
    )
    assert report.prompts[0].changes[0].change.message.startswith(f"{BASE}, which it includes")
    assert not report.prompts[0].versioning.is_enough


def test_it_is_found_through_other_parts(taking: Path) -> None:
    commit(taking, {BASE: '{% include "parts/deep.j2" %}', "prompts/parts/deep.j2": SECRET})
    commit(taking, {"prompts/parts/deep.j2": "Be kind.\n"})
    report = run(taking, "HEAD~1", "HEAD")
    assert told(report) == [("changed", A)]
    assert {path for _, path in found(report)} == {"prompts/parts/deep.j2"}


def test_a_part_that_comes_or_goes_is_told(taking: Path) -> None:
    git(taking, "rm", "--quiet", BASE)
    git(taking, "commit", "--quiet", "--message=x")
    assert told(run(taking, "HEAD~1", "HEAD")) == [("changed", A)]
    assert [each.kind.id for each in run(taking, "HEAD~1", "HEAD").prompts[0].changes] == [
        "template"
    ]
    assert found(run(taking, "HEAD", "HEAD~1")) == [("template", BASE)]


def test_other_files_change_no_prompt(taking: Path) -> None:
    commit(taking, {"src/main.py": "2", "prompts/other.j2": OPEN, B: BYE})
    assert told(run(taking, "HEAD~1", "HEAD")) == [("added", B)]


def test_each_side_is_rendered_with_its_own_part(taking: Path) -> None:
    commit(taking, {"evals/a.yaml": SUITE, "agentops.yaml": "suites: [evals/*.yaml]\n"})
    commit(taking, {A: TAKING.replace("Be brief", "Be long"), BASE: OPEN})
    [prompt] = run(taking, "HEAD~1", "HEAD", render="one").prompts
    assert prompt.rendered is not None
    marks = {(line.mark, line.text) for each in prompt.rendered.messages for line in each.lines}
    assert {("removed", SECRET.strip()), ("added", OPEN.strip())} <= marks


def test_a_part_outside_of_the_project_means_nothing(taking: Path) -> None:
    (taking.parent / "secret.j2").write_text("a secret")
    commit(taking, {A: HELLO + '{% include "../../secret.j2" %}'})
    commit(taking, {BASE: OPEN})
    assert run(taking, "HEAD~1", "HEAD").prompts == ()
