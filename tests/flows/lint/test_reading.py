import os
from pathlib import Path

import pytest

from agentops_cli.flows.lint.reading import Reader, Unread
from agentops_cli.prompt.source import MAX_BYTES


def _reader(folder: Path) -> Reader:
    return Reader(folder, lambda _: True)


def _problems(folder: Path, name: str) -> list[str]:
    reader = _reader(folder)
    return [each.message for each in reader.file(name, reader.stored(name)).problems]


@pytest.mark.parametrize("size", [0, 1, 70_000, MAX_BYTES])
def test_a_file_is_read_whole(tmp_path: Path, size: int) -> None:
    (tmp_path / "a.md").write_bytes(b"x" * size)
    assert _reader(tmp_path).stored("a.md") == b"x" * size


def test_of_a_larger_file_only_its_size_is_told(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_bytes(b"x" * (MAX_BYTES * 5))
    stored = _reader(tmp_path).stored("a.md")
    assert not isinstance(stored, Unread)
    assert MAX_BYTES < len(stored) < MAX_BYTES * 2
    assert "larger than 1 MiB" in _problems(tmp_path, "a.md")[0]


def test_what_cannot_be_read_is_a_file_with_a_problem(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.md")
    (tmp_path / "folder.md").mkdir()
    (tmp_path / "loop.md").symlink_to("loop.md")
    assert "no ordinary file" in _problems(tmp_path, "pipe.md")[0]
    assert "no ordinary file" in _problems(tmp_path, "folder.md")[0]
    assert "No such file" in _problems(tmp_path, "gone.md")[0]
    assert "symbolic links" in _problems(tmp_path, "loop.md")[0]
    assert "cannot be read" in _problems(tmp_path, "a\0b.md")[0]


def test_a_link_out_of_the_repository_is_not_read_unless_it_is_named(git_repo: Path) -> None:
    outside, folder = git_repo.parent / "outside.md", git_repo / "pkg"
    outside.write_bytes(b"mine")
    folder.mkdir()
    (git_repo / "shared.md").write_bytes(b"ours")
    (folder / "a.md").symlink_to(outside)
    (folder / "b.md").symlink_to("../shared.md")
    assert _reader(folder).stored("b.md") == b"ours"
    assert "a link that leads out of the repository" in _problems(folder, "a.md")[0]
    assert Reader(folder, lambda _: True, named=["a.md"]).stored("a.md") == b"mine"


def test_what_is_edited_is_not_taken_from_the_disk(tmp_path: Path) -> None:
    reader = _reader(tmp_path)
    reader.edited["a.md"] = b"new"
    assert reader.stored("a.md") == b"new"
