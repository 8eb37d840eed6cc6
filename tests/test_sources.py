import os
from pathlib import Path

import pytest

from agentops_cli.errors import UnreadableError
from agentops_cli.sources import Disk


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    for name in ("a.yaml", "evals/b.yaml", "evals/sub/c.yaml", ".hidden/d.yaml", "evals/.e.yaml"):
        path = tmp_path / "root" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name, encoding="utf-8")
    (tmp_path / "beside.yaml").write_text("beside", encoding="utf-8")
    return tmp_path / "root"


@pytest.mark.parametrize(
    ("pattern", "found"),
    [
        ("*.yaml", ["a.yaml"]),
        ("**/*.yaml", ["a.yaml", "evals/b.yaml", "evals/sub/c.yaml"]),
        ("evals/**/*.yaml", ["evals/b.yaml", "evals/sub/c.yaml"]),
        ("evals/b.yaml", ["evals/b.yaml"]),
        ("evals", []),
        (".hidden/*.yaml", [".hidden/d.yaml"]),
        ("../*.yaml", ["../beside.yaml"]),
        ("no/*.yaml", []),
        ("", []),
    ],
)
def test_patterns_find_files_sorted_and_none_that_is_hidden(
    tree: Path, pattern: str, found: list[str]
) -> None:
    assert list(Disk(tree).glob(pattern)) == found


def test_an_absolute_pattern_finds_absolute_paths(tree: Path) -> None:
    assert Disk(Path("/")).glob(f"{tree}/a.*") == (f"{tree}/a.yaml",)


def test_links_to_folders_lead_round_in_no_circles(tree: Path) -> None:
    (tree / "evals" / "up").symlink_to(tree)
    (tree / "evals" / "top").symlink_to("/")
    assert Disk(tree).glob("evals/**/*.yaml") == ("evals/b.yaml", "evals/sub/c.yaml")


def test_what_is_no_ordinary_file_is_not_read(tree: Path) -> None:
    os.mkfifo(tree / "pipe")
    for name, words in (
        ("pipe", "no ordinary file"),
        ("/dev/zero", "no ordinary file"),
        ("evals", "is a folder"),
        ("a.yml", "does not exist"),
    ):
        with pytest.raises(UnreadableError, match=words):
            Disk(tree).read(name)


def test_a_missing_file_gets_a_guess(tree: Path) -> None:
    with pytest.raises(UnreadableError) as caught:
        Disk(tree).read("evals/bb.yaml")
    assert caught.value.fix == "did you mean 'evals/b.yaml'?"


def test_what_is_not_utf8_is_told(tree: Path) -> None:
    (tree / "latin.txt").write_bytes(b"caf\xe9")
    with pytest.raises(UnreadableError, match=r"not UTF-8 \(byte 3\)"):
        Disk(tree).read("latin.txt")
