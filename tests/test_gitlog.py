"""What git remembers of files."""

from pathlib import Path

import pytest

from agentops_cli.errors import StoreError
from agentops_cli.gitlog import GitLog
from agentops_cli.gitrepo import Moved
from tests.flows.diff.repos import commit, git, new_repo


@pytest.fixture
def repo(tmp_path: Path) -> Path:
    """A repository with three commits: a file comes, changes, and goes; another comes."""
    folder = new_repo(tmp_path / "repo")
    commit(folder, {"sub/a.txt": "one\n"})
    commit(folder, {"sub/a.txt": "two\n"})
    git(folder, "rm", "--quiet", "sub/a.txt")
    commit(folder, {"sub/b.txt": "other\n"})
    return folder


def test_the_changes_of_a_file_are_told_the_latest_first(repo: Path) -> None:
    found = [*GitLog(repo).revisions("HEAD", ["sub/a.txt"])]
    assert [each.path for each in found] == ["sub/a.txt"] * 3
    assert [each.blob is None for each in found] == [True, False, False]
    assert [each.before is None for each in found] == [False, False, True]
    assert found[1].before == found[2].blob
    assert [len(each.parents) for each in found] == [1, 1, 0]


def test_paths_are_from_the_folder(repo: Path) -> None:
    found = GitLog(repo / "sub").revisions("HEAD", ["b.txt"])
    assert [each.path for each in found] == ["b.txt"]
    assert {each.path for each in GitLog(repo / "sub").revisions("HEAD", [""])} == {
        "a.txt",
        "b.txt",
    }


def test_a_path_is_no_pattern(tmp_path: Path) -> None:
    folder = new_repo(tmp_path / "repo")
    commit(folder, {"a*.txt": "x", "ab.txt": "y"})
    assert [each.path for each in GitLog(folder).revisions("HEAD", ["a*.txt"])] == ["a*.txt"]


def test_whoever_stops_early_gets_no_error(repo: Path) -> None:
    log = GitLog(repo)
    assert next(log.revisions("HEAD", ["sub"])).path.startswith("sub/")


@pytest.mark.parametrize("author", ["commit x", "a :100644 M", "a\tb", "\u202ename"])
def test_no_author_is_taken_for_anything_else(tmp_path: Path, author: str) -> None:
    folder = new_repo(tmp_path / "repo")
    commit(folder, {"a.txt": "x"})
    git(folder, "commit", "--quiet", "--amend", "--no-edit", f"--author={author} <a@b>")
    [found] = GitLog(folder).revisions("HEAD", ["a.txt"])
    assert (found.author, found.path) == (author, "a.txt")


def test_what_git_refuses_is_told_in_its_own_words(repo: Path, tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="git log fails: fatal: bad revision 'nowhere'"):
        list(GitLog(repo).revisions("nowhere", ["a"]))
    with pytest.raises(StoreError, match="not a git repository"):
        GitLog(tmp_path).tags("x")


def test_without_git_that_is_told(repo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(repo))
    with pytest.raises(StoreError, match="git cannot be started"):
        GitLog(repo).tags("x")


def test_renames_and_what_went_are_told_apart(tmp_path: Path) -> None:
    folder = new_repo(tmp_path / "repo")
    first = commit(folder, {"a.txt": "1\n2\n3\n", "gone.txt": "x\n"})
    git(folder, "mv", "a.txt", "b.txt")
    git(folder, "rm", "--quiet", "gone.txt")
    second = commit(folder, {})
    assert GitLog(folder).moves(first, second) == [
        Moved(before="a.txt", after="b.txt"),
        Moved(before="gone.txt", after=None),
    ]


def test_a_tag_is_annotated_and_never_moved(repo: Path) -> None:
    git(repo, "config", "user.name", "Ada")
    git(repo, "config", "user.email", "ada@example.com")
    head = git(repo, "rev-parse", "HEAD")
    log = GitLog(repo)
    log.make_tag("prompt/a@1.0.0", head, "a 1.0.0\n\n# Not a comment.\n")
    [found] = log.tags("prompt/a@")
    assert (found.name, found.commit, found.is_annotated) == ("prompt/a@1.0.0", head, True)
    assert git(repo, "tag", "-l", "--format=%(contents)", "prompt/*").endswith("# Not a comment.")
    with pytest.raises(StoreError, match="already exists"):
        log.make_tag("prompt/a@1.0.0", git(repo, "rev-parse", "HEAD~1"), "x")


def test_only_tags_of_commits_with_that_beginning_are_found(repo: Path) -> None:
    git(repo, "tag", "prompt/a@1.0.0")
    git(repo, "tag", "prompt/ab@1.0.0")
    git(repo, "tag", "prompt/a@tree", "HEAD^{tree}")
    git(repo, "tag", "other")
    assert [each.name for each in GitLog(repo).tags("prompt/a@")] == ["prompt/a@1.0.0"]
