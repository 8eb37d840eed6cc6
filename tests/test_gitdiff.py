"""Two states of all files, as git tells them apart."""

import subprocess
from pathlib import Path

import pytest

from agentops_cli.gitdiff import (
    LINK,
    SUBMODULE,
    Blob,
    FileChange,
    Listing,
    Question,
    ask_changes,
    ask_listing,
    changes_in,
    facts,
    listing_in,
)

OLD, NEW, NONE = "1" * 40, "2" * 40, "0" * 40


def raw(modes: str, names: tuple[str, str], status: str, *paths: str) -> str:
    return "\0".join((f":{modes} {names[0]} {names[1]} {status}", *paths, ""))


def of(path: str, name: str | None, mode: str = "100644") -> Blob:
    return Blob(path=path, name=name, mode=mode)


@pytest.mark.parametrize(
    ("printed", "change"),
    [
        (
            raw("100644 100644", (OLD, NEW), "M", "sub/a"),
            FileChange(before=of("a", OLD), after=of("a", NEW)),
        ),
        (
            raw("100644 100644", (OLD, NONE), "M", "top"),
            FileChange(before=of("../top", OLD), after=of("../top", None)),
        ),
        (
            raw("000000 100644", (NONE, NEW), "A", "sub/a"),
            FileChange(before=None, after=of("a", NEW)),
        ),
        (
            raw("100644 000000", (OLD, NONE), "D", "sub/a"),
            FileChange(before=of("a", OLD), after=None),
        ),
        (
            raw("100644 100644", (OLD, NEW), "R080", "sub/a", "sub/:b\n"),
            FileChange(before=of("a", OLD), after=of(":b\n", NEW)),
        ),
        (
            raw("100644 100644", (OLD, OLD), "C100", "sub/a", "sub/b"),
            FileChange(before=of("a", OLD), after=of("b", OLD), is_copy=True),
        ),
        (
            raw("100644 000000", (OLD, NONE), "U", "sub/a"),
            FileChange(before=of("a", OLD), after=None, is_unmerged=True),
        ),
        (
            raw("120000 160000", (OLD, NEW), "T", "sub/a"),
            FileChange(before=of("a", OLD, LINK), after=of("a", NEW, SUBMODULE)),
        ),
    ],
)
def test_changes_are_read_from_what_git_prints(printed: str, change: FileChange) -> None:
    statistics = "\0 1 file changed\n"
    assert changes_in((printed * 2 + statistics).encode(), "sub/") == [change, change]
    assert changes_in(b"", "sub/") == []


def test_files_are_listed_with_those_that_are_apart() -> None:
    rows = (
        f"H 100644 {OLD} 0\ta",
        f"H 120000 {NEW} 0\tsub/link",
        f"M 100644 {OLD} 1\tc\tx",
        f"M 100644 {OLD} 2\tc\tx",
        "? new\tone",
    )
    printed = "\0".join((*rows, "")).encode()
    assert listing_in(printed, "the working tree") == Listing(
        paths=frozenset({"a", "sub/link", "c\tx", "new\tone"}),
        untracked=frozenset({"new\tone"}),
        unmerged=frozenset({"c\tx"}),
        links={"sub/link": NEW},
    )
    printed = f"100644 blob {OLD}\ta\x00120000 blob {NEW}\tlink\0".encode()
    listed = Listing(paths=frozenset({"a", "link"}), links={"link": NEW})
    assert listing_in(printed, OLD) == listed


def git(folder: Path, *args: str) -> str:
    done = subprocess.run(["git", *args], cwd=folder, check=True, capture_output=True, text=True)
    return done.stdout.strip()


def test_a_folder_has_its_place_in_the_repository_whatever_it_is_called(git_repo: Path) -> None:
    folder = git_repo / "odd\nname" / ("f" * 40)
    folder.mkdir(parents=True)
    (folder / "a").write_text("x")
    git(git_repo, "add", "--all")
    git(git_repo, "commit", "--quiet", "--message=first")
    head = git(git_repo, "rev-parse", "HEAD")
    found = facts(folder, (head, head))
    assert found is not None
    assert (found.prefix, found.base) == (f"odd\nname/{'f' * 40}/", head)
    assert (found.is_shallow, found.has_work_tree) == (False, True)
    alone = facts(folder, None)
    assert alone is not None
    assert alone.base is None
    listing = listing_in(ask_listing(folder, head, [""]).answer() or b"", head)
    assert listing.paths == frozenset({"a"})
    (folder / "a").write_text("y")
    [change] = changes_in(
        ask_changes(folder, head, "the working tree").answer() or b"", found.prefix
    )
    assert change.after == Blob(path="a", name=None, mode="100644")


def test_a_question_that_git_does_not_answer_has_a_complaint(git_repo: Path) -> None:
    question = Question(git_repo, "rev-parse", "--verify", "nowhere")
    assert question.answer() is None
    assert "single revision" in question.complaint


def test_without_git_there_is_no_answer(git_repo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(git_repo))
    assert facts(git_repo, None) is None
