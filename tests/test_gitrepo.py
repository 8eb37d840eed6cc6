"""What git says about files of the working folder."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from agentops_cli.gitrepo import Moved, Repository, blob_name, tracks_any


@pytest.mark.parametrize("name", ["kept", "kept in mind", "kept*", "below/kept"])
def test_a_folder_is_tracked_once_a_file_in_it_is_added(git_repo: Path, name: str) -> None:
    file = git_repo / "sub" / name
    file.parent.mkdir(parents=True)
    file.write_text("x")
    (git_repo / "other").mkdir()
    assert tracks_any(git_repo / "sub") is False
    subprocess.run(["git", "add", "-f", "."], cwd=git_repo, check=True)
    assert tracks_any(git_repo / "sub") is True
    assert tracks_any(git_repo / "other") is False


def test_outside_of_a_repository_nothing_is(tmp_path: Path) -> None:
    (tmp_path / "kept").write_text("x")
    assert tracks_any(tmp_path) is False


def test_without_git_a_repository_does_not_tell(
    git_repo: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(git_repo))
    assert tracks_any(git_repo) is None


def git(folder: Path, *args: str) -> str:
    done = subprocess.run(["git", *args], cwd=folder, check=True, capture_output=True, text=True)
    return done.stdout.strip()


def _watched(folder: Path, work_tree: Path | None = None) -> Path:
    """Makes git start a program whenever it is asked what has changed; it leaves a file."""
    ran = folder.parent / "ran"
    program = folder.parent / "program"
    program.write_text(f"#!/bin/sh\ntouch '{ran}'\n")
    program.chmod(0o755)
    git(folder, "config", "core.fsmonitor", str(program))
    if work_tree is not None:
        git(folder, "config", "core.bare", "false")
        git(folder, "config", "core.worktree", str(work_tree))
    return ran


def test_no_program_that_the_settings_name_is_started_to_see_what_changed(git_repo: Path) -> None:
    (git_repo / "a.txt").write_text("one\n")
    git(git_repo, "add", "--all")
    git(git_repo, "commit", "--quiet", "--message=x")
    ran = _watched(git_repo)
    (git_repo / "a.txt").write_text("two\n")
    assert Repository(git_repo).changed_since("HEAD") == frozenset({"a.txt"})
    assert not ran.exists()


def test_a_bare_repository_among_the_files_of_another_is_none(git_repo: Path) -> None:
    (git_repo / "a.txt").write_text("one\n")
    git(git_repo, "add", "--all")
    git(git_repo, "commit", "--quiet", "--message=x")
    git(git_repo, "clone", "--quiet", "--bare", ".", "sub")
    _watched(git_repo / "sub", work_tree=git_repo)
    assert Repository(git_repo / "sub").commit("HEAD") is None
    assert not Repository(git_repo / "sub").has_work_tree()
    assert Repository(git_repo).commit("HEAD")


class TestARepository:
    @pytest.fixture
    def folder(self, git_repo: Path) -> Path:
        """A folder of a repository with two commits, the second of which renames a file."""
        folder = git_repo / "sub"
        folder.mkdir()
        (folder / "a.txt").write_text("one\ntwo\nthree\n")
        (git_repo / "top.txt").write_text("x\n")
        git(git_repo, "add", "--all")
        git(git_repo, "commit", "--quiet", "--message=first")
        git(git_repo, "mv", "sub/a.txt", "sub/b.txt")
        git(git_repo, "commit", "--quiet", "--message=second")
        return folder

    def test_gives_the_files_of_a_commit_and_what_is_in_them(self, folder: Path) -> None:
        repository = Repository(folder)
        blobs = repository.blobs_at("HEAD")
        assert blobs is not None
        assert list(blobs) == ["b.txt"]
        assert repository.blob(blobs["b.txt"]) == b"one\ntwo\nthree\n"
        assert repository.blob("0" * 40) is None
        assert repository.blob("no such") is None
        assert repository.blob(blobs["b.txt"]) == b"one\ntwo\nthree\n"
        assert repository.blobs_at("HEAD", whole=True) == {
            **blobs,
            "../top.txt": git(folder, "rev-parse", "HEAD:top.txt"),
        }
        assert repository.blobs_at("nowhere") is None

    def test_names_a_blob_as_git_does(self, folder: Path) -> None:
        name = git(folder, "rev-parse", "HEAD:sub/b.txt")
        assert blob_name(b"one\ntwo\nthree\n", name) == name

    def test_tells_what_came_went_and_moved(self, folder: Path) -> None:
        repository = Repository(folder)
        (folder / "new.txt").write_text("new")
        git(folder, "rm", "--quiet", "../top.txt")
        first = git(folder, "rev-parse", "HEAD~1")
        assert repository.moves_since(first) == [
            Moved(before="a.txt", after="b.txt"),
            Moved(before="../top.txt", after=None),
        ]
        changed = frozenset({"a.txt", "b.txt", "new.txt", "../top.txt"})
        assert repository.changed_since(first) == changed
        assert repository.changed_since("nowhere") is None
        assert repository.tracked() == frozenset({"b.txt"})
        assert repository.untracked() == frozenset({"new.txt"})

    def test_tells_what_is_ignored(self, folder: Path) -> None:
        (folder / ".gitignore").write_text("*.log\n")
        ignored = Repository(folder).ignored(["a.log", "b.txt", "x\ny.log"])
        assert ignored == frozenset({"a.log", "x\ny.log"})
        assert Repository(folder).ignored(["b.txt"]) == frozenset()
        assert Repository(folder).ignored([]) == frozenset()

    def test_has_a_log_with_renames_whatever_authors_are_called(self, folder: Path) -> None:
        (folder / "b.txt").write_text("other\n")
        git(folder, "-c", "user.name=commit :1 x\\1", "commit", "--quiet", "-a", "--message=third")
        third, second, first = Repository(folder).log("HEAD", most=10) or []
        assert (third.name, third.email) == ("commit :1 x\\1", "tester@example.com")
        assert set(third.blobs) == {"b.txt"}
        assert second.moved == {"b.txt": "a.txt"}
        assert set(first.blobs) == {"a.txt"}
        assert len(Repository(folder).log("HEAD", most=1) or []) == 1

    def test_knows_who_i_am(self, folder: Path) -> None:
        assert Repository(folder).me() == ("A Tester", "tester@example.com")

    def test_knows_refs_and_what_they_stand_for(self, folder: Path) -> None:
        repository = Repository(folder)
        git(folder, "update-ref", "refs/remotes/origin/trunk", "HEAD")
        git(folder, "symbolic-ref", "refs/remotes/origin/HEAD", "refs/remotes/origin/trunk")
        assert repository.refs(["refs/remotes/origin/HEAD", "refs/heads/main"]) == {
            "refs/remotes/origin/HEAD": "origin/trunk",
            "refs/heads/main": "main",
        }
        assert repository.branch() == "main"
        assert repository.commit("main") == git(folder, "rev-parse", "HEAD")
        assert repository.commit("--help") is None
        assert repository.merge_base("HEAD", "HEAD~1") == git(folder, "rev-parse", "HEAD~1")
        assert not repository.is_shallow()


def test_a_failure_of_git_is_no_answer(tmp_path: Path) -> None:
    outside = Repository(tmp_path)
    assert outside.moves_since("HEAD") is None
    assert outside.ignored(["a.txt"]) is None
    assert outside.log("HEAD", most=1) is None


def test_where_new_files_are_not_told_nobody_knows_what_changed(
    git_repo: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    (git_repo / "a.txt").write_text("x")
    git(git_repo, "add", "--all")
    git(git_repo, "commit", "--quiet", "--message=first")
    assert Repository(git_repo).changed_since("HEAD") == frozenset()
    real = shutil.which("git")
    shim = tmp_path_factory.mktemp("bin") / "git"
    shim.write_text(f'#!/bin/sh\ncase " $* " in *" --others "*) exit 1;; esac\nexec {real} "$@"\n')
    shim.chmod(0o755)
    monkeypatch.setenv("PATH", str(shim.parent), prepend=os.pathsep)
    assert Repository(git_repo).untracked() is None
    assert Repository(git_repo).changed_since("HEAD") is None
