"""Whose levels grade a diff: those of the earlier state, for no branch calls itself safe."""

from pathlib import Path

from tests.flows.diff.repos import HELLO, A, commit, run

LOOSE = "diff: {levels: {text: safe, template: safe, guardrail-removed: safe}}\n"
STRICT = "diff: {levels: {text: breaking}}\n"
OTHER = HELLO.replace("Say hello to them", "Bid everyone farewell, and show them out")


def test_a_branch_does_not_grade_its_own_changes(repo: Path) -> None:
    commit(repo, {A: OTHER, "agentops.yaml": LOOSE})
    for refs in (("HEAD~1", "HEAD"), ("HEAD~1",)):
        report = run(repo, *refs)
        assert report.prompts[0].level == "risky"
        [note] = report.notes
        assert "guardrail-removed, template, text" in note
        assert "HEAD~1" in note


def test_what_the_earlier_state_says_counts_also_where_it_extends_another_file(repo: Path) -> None:
    for path, text in {
        "agentops.yaml": STRICT,
        "pyproject.toml": '[tool.agentops.diff.levels]\ntext = "breaking"\n',
    }.items():
        commit(repo, {A: HELLO, "agentops.yaml": "", path: text})
        if path != "agentops.yaml":
            (repo / "agentops.yaml").unlink()
            commit(repo, {})
        commit(repo, {A: OTHER})
        report = run(repo, "HEAD~1", "HEAD")
        assert (report.prompts[0].level, report.notes) == ("breaking", ())
        (repo / "pyproject.toml").unlink(missing_ok=True)
    commit(repo, {A: HELLO, "agentops.yaml": "extends: more/base.yaml\n", "more/base.yaml": STRICT})
    commit(repo, {A: OTHER, "more/base.yaml": LOOSE})
    report = run(repo, "HEAD~1", "HEAD")
    assert report.prompts[0].level == "breaking"
    assert len(report.notes) == 1


def test_what_is_graded_otherwise_is_not_told_where_nothing_changed(repo: Path) -> None:
    commit(repo, {"agentops.yaml": LOOSE})
    assert run(repo, "HEAD~1", "HEAD").notes == ()
