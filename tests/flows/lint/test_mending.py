from pathlib import Path

from agentops_cli.flows.lint.mending import diff_lines, write
from agentops_cli.lint.outcome import Change
from agentops_cli.redact import Redact


def _change(
    folder: Path, before: bytes = b"a\n", after: bytes = b"b\n", name: str = "p.md"
) -> Change:
    (folder / name).write_bytes(before)
    return Change(path=name, before=before, after=after)


def test_a_file_is_written_with_the_rights_that_it_had(tmp_path: Path) -> None:
    change = _change(tmp_path)
    (tmp_path / "p.md").chmod(0o640)
    write([change], tmp_path)
    assert (tmp_path / "p.md").read_bytes() == b"b\n"
    assert (tmp_path / "p.md").stat().st_mode & 0o777 == 0o640
    assert [each.name for each in tmp_path.iterdir()] == ["p.md"]


def test_a_file_that_was_changed_meanwhile_is_left_as_it_is(tmp_path: Path) -> None:
    change = _change(tmp_path)
    (tmp_path / "p.md").write_bytes(b"mine\n")
    assert "was changed meanwhile" in write([change], tmp_path)["p.md"].message
    assert (tmp_path / "p.md").read_bytes() == b"mine\n"


def test_a_read_only_file_is_left_as_it_is(tmp_path: Path) -> None:
    change, other = _change(tmp_path), _change(tmp_path, name="q.md")
    (tmp_path / "p.md").chmod(0o444)
    [(path, error)] = write([change, other], tmp_path).items()
    assert (path, error.message) == ("p.md", "cannot write 'p.md': it is read-only")
    assert (tmp_path / "p.md").read_bytes() == b"a\n"
    assert (tmp_path / "q.md").read_bytes() == b"b\n"


def test_a_file_that_is_gone_is_not_made_again(tmp_path: Path) -> None:
    change = _change(tmp_path)
    (tmp_path / "p.md").unlink()
    assert list(write([change], tmp_path)) == ["p.md"]
    assert not list(tmp_path.iterdir())


def test_a_link_stays_one(tmp_path: Path) -> None:
    change = _change(tmp_path)
    (tmp_path / "l.md").symlink_to("p.md")
    write([Change(path="l.md", before=change.before, after=change.after)], tmp_path)
    assert (tmp_path / "l.md").is_symlink()
    assert (tmp_path / "p.md").read_bytes() == b"b\n"


def test_a_link_out_of_the_project_is_not_written_through(tmp_path: Path) -> None:
    inside = tmp_path / "project"
    inside.mkdir()
    _change(tmp_path, name="outside.md")
    (inside / "l.md").symlink_to("../outside.md")
    failures = write([Change(path="l.md", before=b"a\n", after=b"b\n")], inside)
    assert "outside the project" in failures["l.md"].message
    assert (tmp_path / "outside.md").read_bytes() == b"a\n"


def test_a_folder_that_is_a_link_out_of_the_project_is_not_written_through(
    tmp_path: Path,
) -> None:
    inside, elsewhere = tmp_path / "project", tmp_path / "elsewhere"
    inside.mkdir()
    elsewhere.mkdir()
    _change(elsewhere)
    (inside / "prompts").symlink_to(elsewhere)
    failures = write([Change(path="prompts/p.md", before=b"a\n", after=b"b\n")], inside)
    assert "outside the project" in failures["prompts/p.md"].message
    assert (elsewhere / "p.md").read_bytes() == b"a\n"


def test_a_path_that_was_typed_as_outside_of_the_project_is_mended(tmp_path: Path) -> None:
    inside = tmp_path / "project"
    inside.mkdir()
    _change(tmp_path)
    write([Change(path="../p.md", before=b"a\n", after=b"b\n")], inside)
    assert (tmp_path / "p.md").read_bytes() == b"b\n"


def test_the_difference_is_one_that_git_applies(tmp_path: Path) -> None:
    change = Change(path="p.md", before=b"a\r\nb\x0bc\n\xff", after=b"a\r\nd\n\xff")
    assert diff_lines([change], Redact()) == [
        "--- a/p.md\n",
        "+++ b/p.md\n",
        "@@ -1,3 +1,3 @@\n",
        " a\r\n",
        "-b\x0bc\n",
        "+d\n",
        " \\xff",
        "\n\\ No newline at end of file\n",
    ]


def test_two_links_to_one_file_are_mended_once(tmp_path: Path) -> None:
    change = _change(tmp_path)
    (tmp_path / "l.md").symlink_to("p.md")
    write([Change(path="l.md", before=b"a\n", after=b"b\n"), change], tmp_path)
    assert (tmp_path / "p.md").read_bytes() == b"b\n"


def test_a_path_with_a_line_break_is_quoted_as_git_does() -> None:
    lines = diff_lines([Change(path='a\n"b.md', before=b"a\n", after=b"b\n")], Redact())
    assert lines[0] == '--- "a/a\\n\\"b.md"\n'


def test_a_secret_beside_a_change_is_not_printed() -> None:
    key = "sk-proj-" + "Zk3vR8qLw2Xn5Bt7Yc1Md4Fg6Hj9Ks0P"
    before, after = f"{key}\na\n".encode(), f"{key}\nb\n".encode()
    text = "".join(diff_lines([Change(path="p.md", before=before, after=after)], Redact()))
    assert key not in text
    assert text.endswith("@@ -1,2 +1,2 @@\n [redacted:openai-key]\n-a\n+b\n")
