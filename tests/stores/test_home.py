"""Folders that are made for what is kept: where they are, and where a link may not lead them."""

from pathlib import Path

import pytest

from agentops_cli.errors import StoreError
from agentops_cli.stores.home import make_folder, make_home


@pytest.mark.parametrize("name", [".agentops/cache", "kept", "a/b/c", "./kept/", "a/../kept"])
def test_a_folder_is_made_and_git_sees_nothing_of_it(tmp_path: Path, name: str) -> None:
    folder = make_folder(tmp_path, name)
    assert folder.is_dir()
    assert folder.resolve() == (tmp_path / name).resolve()
    assert (folder / ".gitignore").read_text() == "*\n"


def test_in_a_folder_that_was_there_nothing_is_hidden(tmp_path: Path) -> None:
    (tmp_path / "src").mkdir()
    make_folder(tmp_path, "src")
    assert not list((tmp_path / "src").iterdir())


def test_a_folder_may_be_above_the_root_where_it_was_named_so(tmp_path: Path) -> None:
    (tmp_path / "pkg").mkdir()
    assert make_folder(tmp_path / "pkg", "../kept").resolve() == tmp_path / "kept"
    assert make_folder(tmp_path / "pkg", str(tmp_path / "other")) == tmp_path / "other"


@pytest.mark.parametrize(
    ("root", "name", "link"),
    [
        (".", "kept", "kept"),
        (".", "a/b/c", "a"),
        (".", "a/b/c", "a/b"),
        (".", "x/../a/b", "a"),
        ("pkg", "../kept/deep", "kept"),
        ("pkg", "../kept/deep", "kept/deep"),
    ],
)
def test_a_link_on_the_way_is_not_followed(tmp_path: Path, root: str, name: str, link: str) -> None:
    project, victim = tmp_path / "project", tmp_path / "victim"
    victim.mkdir()
    (project / root).mkdir(parents=True)
    (project / link).parent.mkdir(parents=True, exist_ok=True)
    (project / link).symlink_to(victim)
    with pytest.raises(StoreError, match="is a link"):
        make_folder(project / root, name)
    assert not list(victim.iterdir())


def test_a_link_that_the_user_names_by_a_whole_path_is_the_users_own(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    make_folder(tmp_path, str(tmp_path / "link" / "kept"))
    assert (tmp_path / "real" / "kept").is_dir()


@pytest.mark.parametrize("make", [lambda root: make_folder(root, "a/b"), make_home])
def test_what_is_in_the_way_is_told(tmp_path: Path, make: object) -> None:
    for name in ("a", ".agentops"):
        (tmp_path / name).write_text("mine")
    assert callable(make)
    with pytest.raises(StoreError, match="cannot write"):
        make(tmp_path)
