import errno
import os
import stat
import threading
from pathlib import Path

import pytest

from agentops_cli.errors import ExitCode, StoreError
from agentops_cli.files import atomic_write, open_ordinary, unwritable
from tests.limits import files_limited_to


def write(path: Path, text: str) -> None:
    with atomic_write(path) as out:
        out.write(text)


def test_the_text_appears_as_utf_8_with_unix_line_ends(tmp_path: Path) -> None:
    write(tmp_path / "report.md", "é\n😀\r\n")
    assert (tmp_path / "report.md").read_bytes() == "é\n😀\r\n".encode()


def test_nothing_is_seen_under_the_name_before_the_block_ends(tmp_path: Path) -> None:
    path = tmp_path / "report.md"
    with atomic_write(path) as out:
        out.write("all of it")
        out.flush()
        assert not path.exists()
    assert path.read_text() == "all of it"


def test_parent_folders_are_created(tmp_path: Path) -> None:
    write(tmp_path / "a" / "b" / "report.md", "x")
    assert (tmp_path / "a" / "b" / "report.md").read_text() == "x"


def test_an_error_in_the_block_keeps_the_old_file_and_leaves_nothing_beside(
    tmp_path: Path,
) -> None:
    path = tmp_path / "report.md"
    path.write_text("old")
    with pytest.raises(ZeroDivisionError), atomic_write(path) as out:  # noqa: PT012 - the block is what is tested
        out.write("half of the new")
        raise ZeroDivisionError
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_disk_that_fills_up_keeps_the_old_file_and_is_a_store_error(tmp_path: Path) -> None:
    path = tmp_path / "report.md"
    path.write_text("old")
    with files_limited_to(4096), pytest.raises(StoreError, match=r"report\.md.*EFBIG") as caught:
        write(path, "x" * 100_000)
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]
    assert caught.value.exit_code is ExitCode.UNREACHABLE


@pytest.mark.parametrize(
    ("name", "code", "fix"),
    [
        ("folder", "EISDIR", "name a file"),
        ("file/report.md", "EEXIST", "not a folder"),
        ("file/deep/report.md", "ENOTDIR", "not a folder"),
        ("x" * 300, "ENAMETOOLONG", "shorter"),
    ],
)
def test_a_path_that_cannot_be_written_says_what_to_do(
    tmp_path: Path, name: str, code: str, fix: str
) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError) as caught:
        write(tmp_path / name, "x")
    assert code in caught.value.message
    assert caught.value.fix is not None
    assert fix in caught.value.fix
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["file", "folder"]


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EROFS, errno.EACCES])
def test_every_common_failure_has_a_fix_of_its_own(code: int) -> None:
    error = unwritable(Path("reports/junit.xml"), OSError(code, os.strerror(code)))
    assert errno.errorcode[code] in error.message
    assert error.fix not in (None, "write somewhere else")


def test_the_umask_decides_who_may_read_the_report(tmp_path: Path) -> None:
    old = os.umask(0o027)
    try:
        write(tmp_path / "report.md", "x")
    finally:
        os.umask(old)
    assert stat.S_IMODE((tmp_path / "report.md").stat().st_mode) == 0o640


def test_a_link_is_followed_and_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "real.md").write_text("old")
    (tmp_path / "link.md").symlink_to("real.md")
    write(tmp_path / "link.md", "new")
    assert (tmp_path / "link.md").is_symlink()
    assert (tmp_path / "real.md").read_text() == "new"


def test_the_longest_name_that_the_disk_takes_can_be_written(tmp_path: Path) -> None:
    write(tmp_path / ("x" * 255), "x")
    assert (tmp_path / ("x" * 255)).read_text() == "x"


def test_a_lone_surrogate_is_spelled_out(tmp_path: Path) -> None:
    write(tmp_path / "report.md", "a\ud83db")
    assert (tmp_path / "report.md").read_text() == "a\\ud83db"


def test_a_pipe_is_written_to_directly(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    read: list[str] = []
    reader = threading.Thread(target=lambda: read.append(pipe.read_text()))
    reader.start()
    write(pipe, "through")
    reader.join(timeout=10)
    assert read == ["through"]
    assert list(tmp_path.iterdir()) == [pipe]


def test_a_reader_who_has_left_is_a_broken_pipe_and_no_fault(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    with pytest.raises(BrokenPipeError), atomic_write(pipe) as out:  # noqa: PT012 - as above
        os.close(reader)
        out.write("to nobody")
        out.flush()


def test_only_an_ordinary_file_is_opened_and_nothing_is_waited_for(tmp_path: Path) -> None:
    pipe, link, file = tmp_path / "pipe", tmp_path / "link", tmp_path / "file"
    os.mkfifo(pipe)
    file.write_text("text")
    link.symlink_to(file)
    for path in (pipe, tmp_path, Path("/dev/zero"), Path("/dev/full")):
        for flags in (os.O_RDONLY, os.O_RDWR | os.O_CREAT, os.O_WRONLY | os.O_APPEND):
            with pytest.raises(StoreError, match="is no ordinary file"):
                open_ordinary(path, flags)
    with pytest.raises(StoreError, match="is no ordinary file"):
        open_ordinary(link, os.O_NOFOLLOW)
    for path in (file, link):
        with os.fdopen(open_ordinary(path)) as opened:
            assert opened.read() == "text"
    with pytest.raises(FileNotFoundError):
        open_ordinary(tmp_path / "none")
