"""What a bump says that has to be written, and when it says nothing rather than something wrong."""

import subprocess
from datetime import date
from pathlib import Path

import pytest

from agentops_cli.config import load_config
from agentops_cli.errors import InputError, StoreError
from agentops_cli.flows.registry.bumping import Asked, Bumping, bumping
from agentops_cli.prompt.change_kinds import Bump
from tests.flows.diff.repos import commit, git, write
from tests.flows.registry.repos import GREET, partial_clone, prompt, registry, tag, versions


def _bump(
    folder: Path, against: str | None = None, level: Bump | None = None, message: str | None = None
) -> Bumping:
    asked = Asked(against=against, level=level, message=message, today=date(2026, 3, 4))
    return bumping(registry(folder), load_config(folder, environ={}), "greet", asked)


def _text(found: Bumping) -> str:
    assert found.written is not None
    return found.written.after.decode()


def test_a_base_whose_content_git_lacks_is_no_base_without_changes(
    repo: Path, tmp_path: Path
) -> None:
    for text in ("Say hello.", "Say good bye."):
        commit(repo, {GREET: prompt("1.0.0", text)})
    clone = partial_clone(repo, tmp_path / "clone")
    with pytest.raises(StoreError, match="does not have the content"):
        _bump(clone, against="HEAD~1")


def test_a_base_that_cannot_be_read_is_a_mistake_there(repo: Path) -> None:
    commit(repo, {GREET: prompt().encode("utf-16")})
    write(repo, GREET, prompt("1.0.0", "Say good bye."))
    with pytest.raises(InputError, match="at main: the file is UTF-16"):
        _bump(repo)


class TestOnTheDefaultBranch:
    def test_what_was_committed_after_the_tag_counts(self, repo: Path) -> None:
        versions(repo, "1.0.0")
        tag(repo, "1.0.0")
        commit(repo, {GREET: prompt("1.0.0", "Say something else.")})
        found = _bump(repo)
        assert (found.after, found.base) == ("1.1.0", "prompt/greet@1.0.0")

    def test_what_was_committed_before_the_tag_does_not(self, repo: Path) -> None:
        commit(repo, {GREET: prompt("1.0.0", "Say something else.")})
        versions(repo, "1.0.0")
        tag(repo, "1.0.0")
        assert _bump(repo).written is None

    def test_without_a_tag_the_first_commit_of_the_version_counts(self, repo: Path) -> None:
        versions(repo, "0.9.0")
        first = commit(repo, {GREET: prompt("1.0.0", "Say hello.")})
        for text in ("Say something else.", "Say it twice."):
            commit(repo, {GREET: prompt("1.0.0", text)})
        found = _bump(repo)
        assert (found.after, found.base) == ("1.1.0", first[:10])

    def test_drafts_may_change_until_they_are_none(self, repo: Path) -> None:
        commit(repo, {GREET: prompt("1.0.0", "Say hello.", "status: draft\n")})
        commit(repo, {GREET: prompt("1.0.0", "Say something else.", "status: draft\n")})
        assert _bump(repo).written is None
        commit(repo, {GREET: prompt("1.0.0", "Say it twice.")})
        assert _bump(repo).written is None

    def test_a_version_that_went_up_already_is_not_raised_again(self, repo: Path) -> None:
        versions(repo, "1.0.0")
        tag(repo, "1.0.0")
        write(repo, GREET, prompt("1.1.0", "Say something else."))
        assert _bump(repo).written is None


class TestBrokenFiles:
    def test_one_that_cannot_be_read_is_not_high_enough(self, repo: Path) -> None:
        commit(repo, {GREET: prompt()})
        write(repo, GREET, prompt(head="author: 'Ada\n"))
        with pytest.raises(InputError, match="not valid YAML"):
            _bump(repo)

    def test_one_that_is_not_merged_is_not_high_enough(self, repo: Path) -> None:
        commit(repo, {GREET: prompt("1.0.0", "Say hello.")})
        git(repo, "checkout", "--quiet", "-b", "side")
        commit(repo, {GREET: prompt("1.0.0", "Say one thing.")})
        git(repo, "checkout", "--quiet", "main")
        commit(repo, {GREET: prompt("1.0.0", "Say another.")})
        with pytest.raises(subprocess.CalledProcessError):
            git(repo, "merge", "side")
        with pytest.raises(InputError, match="it has conflicts"):
            _bump(repo)


@pytest.mark.parametrize(
    "head",
    [
        "x-v: &v 1.2.3\nversion: *v\n",
        "version: &v 1.2.3\nmetadata: {v: *v}\n",
    ],
)
def test_an_anchor_is_not_broken(repo: Path, head: str) -> None:
    commit(repo, {GREET: prompt(None, head=head)})
    with pytest.raises(InputError, match="cannot be changed where it stands"):
        _bump(repo, level=Bump.MINOR)


def test_what_cannot_be_seen_is_written_as_an_escape(repo: Path) -> None:
    head = "changelog:\n  - version: 1.0.0\n    date: '2026-01-02'\n    changes: First.\n"
    commit(repo, {GREET: prompt(head=head)})
    message = 'a "b" \\ \x1b[31m\x7f \u202e \udcff'
    text = _text(_bump(repo, level=Bump.MINOR, message=message))
    assert 'changes: "a \\"b\\" \\\\ \\x1b[31m\\x7f \\U0000202e \ufffd"\n' in text
