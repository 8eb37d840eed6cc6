"""The versions of a prompt, as git has them."""

import hashlib
import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from agentops_cli.diff.registered import Logged, VersionLog
from agentops_cli.errors import EmptyError, StoreError
from agentops_cli.flows.registry.log import log
from agentops_cli.flows.registry.wanted import read_wanted
from agentops_cli.prompt.change_kinds import Bump
from benchmarks.repository import VERSIONED, make
from tests.flows.diff.repos import commit, git, write
from tests.flows.registry.repos import (
    GREET,
    partial_clone,
    prompt,
    registry,
    resolved,
    tag,
    versions,
)


def _log(folder: Path, wanted: str = "greet", most: int | None = None) -> VersionLog:
    return log(registry(folder), read_wanted(wanted), most=most)


def _told(found: VersionLog) -> list[tuple[str | None, str]]:
    return [(each.version, _bump(each)) for each in found.versions]


def _bump(one: Logged) -> str:
    if one.versioning is None:
        return "unknown"
    if one.versioning.before is None:
        return "first"
    actual = one.versioning.actual
    enough = "" if one.versioning.is_enough else "!"
    return (actual.word if actual else "none") + enough


def test_each_version_has_the_part_that_went_up(repo: Path) -> None:
    versions(repo, "1.0.0", "1.1.0", "1.1.1", "2.0.0")
    assert _told(_log(repo)) == [
        ("2.0.0", "major"),
        ("1.1.1", "patch!"),
        ("1.1.0", "minor"),
        ("1.0.0", "first"),
    ]


def test_what_had_to_go_up_is_told_beside_what_did(repo: Path) -> None:
    commit(repo, {GREET: prompt("1.0.0")})
    commit(repo, {GREET: prompt("1.0.1").replace("gpt-4o-mini", "o3").replace("openai", "azure")})
    versioning = _log(repo).versions[0].versioning
    assert versioning is not None
    assert versioning.actual is Bump.PATCH
    assert not versioning.is_enough


def test_commits_of_one_version_are_one_line_by_the_last_of_them(repo: Path) -> None:
    commit(repo, {GREET: prompt("1.0.0", "Say hello.")})
    commit(repo, {GREET: prompt("1.0.0", "Say good bye to everybody.")})
    last = commit(repo, {GREET: prompt("1.0.0", "Say good bye to everybody.", "tags: [a]\n")})
    [one] = _log(repo).versions
    assert one.by is not None
    assert (one.by.commit, one.commits, one.was_kept) == (last, 3, True)


def test_words_for_people_may_change_under_a_version(repo: Path) -> None:
    commit(repo, {GREET: prompt()})
    commit(repo, {GREET: prompt(head="tags: [a]\n")})
    [one] = _log(repo).versions
    assert (one.commits, one.was_kept) == (2, False)


def test_a_line_says_who_and_when_and_which_tag(repo: Path) -> None:
    write(repo, GREET, prompt())
    git(repo, "add", "--all")
    who = "Zoë \x1b[31m <zoe@example.com>"
    git(repo, "commit", "--quiet", "-m", "x", f"--author={who}", "--date=2026-03-04T23:30:00-0500")
    tag(repo, "1.0.0")
    [one] = _log(repo).versions
    assert one.by is not None
    assert (one.by.author, one.by.email) == ("Zoë \x1b[31m", "zoe@example.com")
    assert one.by.date == datetime(2026, 3, 5, 4, 30, tzinfo=UTC)
    assert one.tag == "prompt/greet@1.0.0"


def test_what_is_not_committed_comes_first(repo: Path) -> None:
    versions(repo, "1.0.0")
    write(repo, GREET, prompt("1.1.0", "Say something else."))
    first, second = _log(repo).versions
    assert (first.version, first.by, first.commits) == ("1.1.0", None, 0)
    assert second.by is not None
    assert _told(_log(repo, "greet@{HEAD}")) == [("1.0.0", "first")]


def test_a_version_is_compared_with_what_it_was_made_from_and_not_with_another_branch(
    repo: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def at(hour: int, version: str) -> None:
        monkeypatch.setenv("GIT_COMMITTER_DATE", f"2026-01-01T0{hour}:00:00")
        versions(repo, version)

    at(1, "1.0.0")
    git(repo, "checkout", "--quiet", "-b", "side")
    at(2, "2.0.0")
    git(repo, "checkout", "--quiet", "main")
    at(3, "1.1.0")
    with pytest.raises(subprocess.CalledProcessError):
        git(repo, "merge", "side")
    at(4, "2.1.0")
    assert _told(_log(repo)) == [
        ("2.1.0", "major"),
        ("1.1.0", "minor"),
        ("2.0.0", "major"),
        ("1.0.0", "first"),
    ]


def test_a_rename_is_followed_and_told(repo: Path) -> None:
    text = "You greet people.\nSay hello.\nBe brief."
    commit(repo, {"prompts/old.prompt.md": prompt("1.0.0", text)})
    git(repo, "mv", "prompts/old.prompt.md", GREET)
    commit(repo, {GREET: prompt("1.1.0", text.replace("hello", "good bye"))})
    assert [(each.version, each.name) for each in _log(repo).versions] == [
        ("1.1.0", "greet"),
        ("1.0.0", "old"),
    ]


def test_a_rename_that_is_not_committed_is_followed_too(repo: Path) -> None:
    commit(repo, {"prompts/old.prompt.md": prompt()})
    git(repo, "mv", "prompts/old.prompt.md", GREET)
    write(repo, GREET, prompt("1.1.0", "Say hello.\nBe brief."))
    assert [(each.version, each.path) for each in _log(repo).versions] == [
        ("1.1.0", GREET),
        ("1.0.0", "prompts/old.prompt.md"),
    ]


def test_another_prompt_that_went_meanwhile_is_none_of_its_versions(repo: Path) -> None:
    commit(repo, {"prompts/old.prompt.md": prompt("1.0.0", "Sort this ticket.")})
    git(repo, "rm", "--quiet", "prompts/old.prompt.md")
    versions(repo, "1.1.0")
    assert _told(_log(repo)) == [("1.1.0", "first")]


def test_so_many_versions_are_shown_and_the_last_of_them_is_no_first_one(repo: Path) -> None:
    versions(repo, "1.0.0", "1.1.0", "1.2.0")
    assert _told(_log(repo, most=2)) == [("1.2.0", "minor"), ("1.1.0", "minor")]
    assert len(_log(repo, most=9).versions) == 3


def test_a_shallow_clone_says_that_versions_are_missing(repo: Path, tmp_path: Path) -> None:
    versions(repo, "1.0.0", "1.1.0", "1.2.0")
    git(repo, "clone", "--quiet", "--depth=2", repo.as_uri(), str(tmp_path / "shallow"))
    found = _log(tmp_path / "shallow")
    assert _told(found) == [("1.2.0", "minor"), ("1.1.0", "unknown")]
    assert "the clone is shallow" in found.notes[0]
    assert not _log(repo).notes


@pytest.mark.parametrize("head", ["", "name: greeter\n"])
def test_a_deleted_prompt_has_its_log_up_to_where_it_went(repo: Path, head: str) -> None:
    for version in ("1.0.0", "1.1.0"):
        commit(repo, {GREET: prompt(version, f"Say hello {version} times.", head)})
    git(repo, "rm", "--quiet", GREET)
    commit(repo, {"prompts/other.prompt.md": prompt()})
    git(repo, "rm", "--quiet", "prompts/other.prompt.md")
    commit(repo, {})
    name = "greeter" if head else "greet"
    assert [version for version, _ in _told(_log(repo, name))] == ["1.1.0", "1.0.0"]
    assert resolved(repo, f"{name}@1.0.0") == ("1.0.0", "Say hello 1.0.0 times.")
    with pytest.raises(EmptyError, match="no version"):
        registry(repo).resolve(f"{name}@2")
    with pytest.raises(EmptyError, match="no prompt 'nobody' in the working tree"):
        _log(repo, "nobody")


def test_versions_that_a_partial_clone_cannot_get_are_not_left_out(
    repo: Path, tmp_path: Path
) -> None:
    versions(repo, "1.0.0", "1.1.0")
    with pytest.raises(StoreError, match="does not have the content"):
        _log(partial_clone(repo, tmp_path / "clone"))


def test_a_log_at_a_ref_begins_there(repo: Path) -> None:
    versions(repo, "1.0.0", "1.1.0")
    assert _told(_log(repo, "greet@{HEAD~1}")) == [("1.0.0", "first")]
    assert _told(_log(repo, GREET)) == [("1.1.0", "minor"), ("1.0.0", "first")]


def test_without_git_there_is_no_log(tmp_path: Path) -> None:
    write(tmp_path, GREET, prompt())
    with pytest.raises(StoreError, match="no git repository"):
        _log(tmp_path)


def test_a_broken_version_is_a_line_like_others(repo: Path) -> None:
    broken = "---\nversion: 1.0.0\nstatus: [a]\nmodel: {a: b}\ntests: 5\nauthor: [\n---\n\0"
    for text in (broken, broken + "x", "", "---\nversion: [\n"):
        commit(repo, {GREET: text})
    versions(repo, "1.1.0")
    assert [version for version, _ in _told(_log(repo))] == ["1.1.0", "[", None, "1.0.0"]


def test_a_verdict_belongs_to_the_very_text_that_was_evaluated(repo: Path) -> None:
    versions(repo, "1.0.0", "1.1.0")
    digest = hashlib.sha256((repo / GREET).read_bytes()).hexdigest()
    found = log(registry(repo), read_wanted("greet"), verdicts={digest: "failed"})
    assert [each.verdict for each in found.versions] == ["failed", None]


def test_300_versions_in_2_000_commits_of_1_000_prompts_take_a_second_of_cpu(
    tmp_path: Path,
) -> None:
    folder = tmp_path / "repo"
    make(folder)
    found, taken_s = _timed(folder, "-m", "agentops_cli", "prompt", "log", VERSIONED)
    assert len(found.splitlines()) == 301
    _, one_s = _timed(folder, "-m", "agentops_cli", "prompt", "log", VERSIONED, "-n", "1")
    # A second where it was measured; a slower machine takes as much longer for a log of one line.
    assert taken_s < max(1.0, 6 * one_s)


def _timed(folder: Path, *args: str) -> tuple[str, float]:
    """What a Python process prints, and its CPU seconds with those of git."""
    environ = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[3])}
    before = os.times()
    done = subprocess.run(
        [sys.executable, *args], cwd=folder, env=environ, check=True, capture_output=True, text=True
    )
    after = os.times()
    taken_s = after.children_user + after.children_system
    return done.stdout, taken_s - before.children_user - before.children_system


def test_a_tag_of_another_text_makes_no_version_tagged(repo: Path) -> None:
    commit(repo, {GREET: prompt("1.0.0", "One.")})
    git(repo, "checkout", "--quiet", "-b", "side")
    commit(repo, {GREET: prompt("1.1.0", "On the side.")})
    tag(repo, "1.1.0")
    git(repo, "checkout", "--quiet", "main")
    commit(repo, {GREET: prompt("1.1.0", "On main.")})
    found = _log(repo)
    assert [each.tag for each in found.versions] == [None, None]
    assert found.notes == ["the tag prompt/greet@1.1.0 is of another text than any that is listed"]


def test_a_tag_of_an_earlier_state_of_a_version_counts_in_a_folder_too(repo: Path) -> None:
    write(repo, "bots/agentops.yaml", "{}\n")
    path = f"bots/{GREET}"
    commit(repo, {path: prompt("1.0.0", "One.")})
    tag(repo, "1.0.0")
    commit(repo, {path: prompt("1.0.0", "Two.")})
    found = _log(repo / "bots")
    assert [each.tag for each in found.versions] == ["prompt/greet@1.0.0"]
    assert not found.notes


def test_a_version_that_was_given_again_is_told(repo: Path) -> None:
    versions(repo, "1.1.0", "0.5.0")
    commit(repo, {GREET: prompt("1.1.0", "Another text.")})
    assert _log(repo).notes == ["the version 1.1.0 was given 2 times, each after another"]


def test_a_merge_that_takes_nothing_of_a_branch_leaves_what_is_checked_out_first(
    repo: Path,
) -> None:
    versions(repo, "1.0.0")
    git(repo, "checkout", "--quiet", "-b", "side")
    versions(repo, "1.2.0")
    git(repo, "checkout", "--quiet", "main")
    versions(repo, "1.1.0")
    git(repo, "merge", "--quiet", "-s", "ours", "-m", "x", "side")
    for wanted in ("greet", "greet@{HEAD}"):
        first = _log(repo, wanted).versions[0]
        assert first.version == "1.1.0"
        assert first.by is not None
