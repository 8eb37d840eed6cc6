import os
from pathlib import Path
from typing import Literal

import pytest

from agentops_cli import sources
from agentops_cli.errors import UnreadableError
from agentops_cli.sources import MAX_BYTES, Disk


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


LINES = "a\r\nb\rc\n\nd"


def test_lines_come_one_by_one_with_their_ends(tree: Path) -> None:
    (tree / "lines").write_bytes(f"\ufeff{LINES}".encode())
    disk = Disk(tree)
    cases: list[tuple[Literal["", "\n"], list[str]]] = [
        ("", ["\ufeffa\r\n", "b\r", "c\n", "\n", "d"]),
        ("\n", ["\ufeffa\r\n", "b\rc\n", "\n", "d"]),
    ]
    for newline, found in cases:
        assert [*disk.lines("lines", newline=newline)] == found


def test_no_more_of_a_file_is_read_than_is_wanted(tree: Path) -> None:
    with (tree / "large").open("wb") as file:
        file.write(b"first\n")
        file.truncate(2 * MAX_BYTES)
    assert next(Disk(tree).lines("large", newline="\n")) == "first\n"


def test_lines_of_what_cannot_be_read_are_refused_as_its_text_is(tree: Path) -> None:
    disk = Disk(tree)
    for name in ("evals", "/dev/zero", "a.yml", "no\0name"):
        messages = []
        for reading in (disk.read, lambda path: [*disk.lines(path, newline="\n")]):
            with pytest.raises(UnreadableError) as caught:
                reading(name)
            messages.append((caught.value.message, caught.value.fix))
        assert messages[0] == messages[1]


@pytest.mark.parametrize("before", [0, 10, 100_000])
def test_a_byte_that_is_not_utf_8_is_told_by_its_place_after_the_lines_before(
    tree: Path, before: int
) -> None:
    good = "é\n".encode() * before
    (tree / "bad").write_bytes(good + b"x\xff\n")
    for reading in (Disk(tree).read, lambda path: [*Disk(tree).lines(path, newline="\n")]):
        with pytest.raises(UnreadableError, match=rf"bad is not UTF-8 \(byte {len(good) + 1}\)"):
            reading("bad")


def test_a_line_without_end_is_refused_before_it_fills_the_memory(
    tree: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sources, "MAX_BYTES", 100)
    (tree / "long").write_text(f"{'x' * 50}\n{'x' * 101}", encoding="utf-8")
    lines = Disk(tree).lines("long", newline="\n")
    assert len(next(lines)) == 51
    with pytest.raises(UnreadableError, match="a line of more than 100 characters"):
        next(lines)


@pytest.mark.parametrize("pattern", ["a\0b", "x" * 256, "y/" * 2048 + "z", "\udcff" * 90])
def test_what_can_be_no_path_matches_nothing(tmp_path: Path, pattern: str) -> None:
    assert Disk(tmp_path).glob(pattern) == ()
