"""Which file of a folder or a package a name and a range mean."""

import sys
import zipfile
from pathlib import Path

import pytest

from agentops_cli import load_prompt
from agentops_cli.errors import AgentopsError, EmptyError, InputError, UsageError
from tests.flows.diff.repos import write
from tests.flows.registry.repos import prompt


def ship(folder: Path, **versions: str) -> None:
    """Files of a prompt `greet`, each with its version and a text that tells which it is."""
    for file, version in versions.items():
        text = prompt(version, f"I am {file}.", "name: greet\n")
        write(folder, f"{file}.prompt.md", text)


def said(folder: Path, wanted: str) -> str:
    return load_prompt(wanted, folder=folder).render()[0]["content"]


@pytest.mark.parametrize(
    ("wanted", "file"),
    [
        ("greet", "c"),
        ("greet@1", "b"),
        ("greet@^1.1", "b"),
        ("greet@1.2.0", "a"),
        ("greet@*", "c"),
        ("greet@3.0.0-rc.1", "d"),
        ("greet@>=3.0.0-rc.0", "d"),
    ],
)
def test_the_highest_version_of_the_range_wins_whatever_files_are_called(
    tmp_path: Path, wanted: str, file: str
) -> None:
    ship(tmp_path, a="1.2.0", b="1.10.0", c="2.0.0", d="3.0.0-rc.1")
    assert said(tmp_path, wanted) == f"I am {file}."


def test_files_that_name_themselves_otherwise_are_other_prompts(tmp_path: Path) -> None:
    write(tmp_path, "greet.prompt.md", prompt("9.0.0", "No.", "name: other\n"))
    write(tmp_path, "deep/down/greet.prompt.md", prompt("1.0.0", "Yes, greet."))
    assert said(tmp_path, "greet") == "Yes, greet."


def test_a_prompt_without_a_version_is_found_by_its_name_alone(tmp_path: Path) -> None:
    write(tmp_path, "greet.md", "Say hello.")
    assert said(tmp_path, "greet") == "Say hello."
    with pytest.raises(EmptyError) as error:
        load_prompt("greet@1", folder=tmp_path)
    assert error.value.fix == "give it a version"


@pytest.mark.parametrize(
    ("wanted", "kind", "message", "fix"),
    [
        ("great", EmptyError, "there is no prompt 'great'", "did you mean 'greet'?"),
        ("zzz", EmptyError, "there is no prompt 'zzz'", "there are greet"),
        ("greet@4", EmptyError, "no version of 'greet' is 4", "there are 1.10.0, 1.2.0"),
        ("greet@{HEAD}", UsageError, "is in a git repository", "name a version"),
        ("greet@", UsageError, "names no prompt", "write a name"),
        ("../greet", EmptyError, "there is no prompt '../greet'", "did you mean 'greet'?"),
    ],
)
def test_what_is_not_there_is_said_with_what_is(
    tmp_path: Path, wanted: str, kind: type[AgentopsError], message: str, fix: str
) -> None:
    ship(tmp_path, a="1.2.0", b="1.10.0")
    with pytest.raises(kind, match=message) as error:
        load_prompt(wanted, folder=tmp_path)
    assert error.value.fix is not None
    assert error.value.fix.startswith(fix)
    assert error.value.__notes__ == [f"fix: {error.value.fix}"]


def test_two_files_of_one_version_are_a_mistake_and_no_choice(tmp_path: Path) -> None:
    ship(tmp_path, a="1.2.0", b="1.2.0", c="1.1.0")
    with pytest.raises(InputError, match=r"greet@1\.2\.0 is in a\.prompt\.md too"):
        load_prompt("greet@^1", folder=tmp_path)
    assert said(tmp_path, "greet@1.1.0") == "I am c."


def test_a_broken_file_never_makes_a_lower_version_win(tmp_path: Path) -> None:
    ship(tmp_path, a="1.2.0", b="1.1.0")
    broken = prompt("1.3.0", "I am broken.", "name: greet\ntemperature: warm\n")
    write(tmp_path, "c.prompt.md", broken)
    with pytest.raises(InputError, match="temperature"):
        load_prompt("greet@^1", folder=tmp_path)
    assert said(tmp_path, "greet@1.1.0") == "I am b."
    write(tmp_path, "c.prompt.md", broken.replace("version: 1.3.0", "version: [1.3.0]"))
    with pytest.raises(InputError):
        load_prompt("greet@^1", folder=tmp_path)


def test_what_is_included_is_beside_the_prompt_and_nowhere_else(tmp_path: Path) -> None:
    write(tmp_path, "p/parts/end.md", "Be brief.")
    write(tmp_path, "secret.md", "Never.")
    write(tmp_path, "p/greet.prompt.md", prompt("1.0.0", "Hi. {% include 'parts/end.md' %}"))
    assert said(tmp_path / "p", "greet") == "Hi. Be brief."
    write(tmp_path, "p/greet.prompt.md", prompt("1.0.0", "Hi. {% include '../secret.md' %}"))
    with pytest.raises(InputError, match="leads out"):
        load_prompt("greet", folder=tmp_path / "p")


def test_a_folder_is_read_anew_each_time(tmp_path: Path) -> None:
    ship(tmp_path, a="1.2.0")
    assert load_prompt("greet", folder=tmp_path).version == "1.2.0"
    ship(tmp_path, a="1.3.0")
    assert load_prompt("greet", folder=tmp_path).version == "1.3.0"


class TestPackages:
    def test_a_package_is_read_once(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.syspath_prepend(tmp_path)
        write(tmp_path, "shipping_once/__init__.py", "")
        ship(tmp_path / "shipping_once" / "prompts", a="1.2.0")
        found = load_prompt("greet@^1", package="shipping_once")
        assert found.version == "1.2.0"
        assert load_prompt("greet@^1", package="shipping_once") is found

    def test_the_folder_in_it_can_be_another(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.syspath_prepend(tmp_path)
        write(tmp_path, "shipping_else/__init__.py", "")
        ship(tmp_path / "shipping_else" / "data" / "texts", a="1.2.0")
        found = load_prompt("greet", package="shipping_else", folder="data/texts")
        assert found.version == "1.2.0"
        with pytest.raises(UsageError, match="has no folder 'prompts'"):
            load_prompt("greet", package="shipping_else")

    def test_a_package_in_a_zip_file_has_prompts_and_what_they_include(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with zipfile.ZipFile(tmp_path / "app.zip", "w") as file:
            file.writestr("shipping_zipped/__init__.py", "")
            text = prompt("1.2.0", "Hi. {% include 'parts/end.md' %}")
            file.writestr("shipping_zipped/prompts/greet.prompt.md", text)
            file.writestr("shipping_zipped/prompts/parts/end.md", "Be brief.")
            file.writestr("shipping_zipped/prompts/bad.md", b"\xff")
        monkeypatch.syspath_prepend(tmp_path / "app.zip")
        found = load_prompt("greet@^1", package="shipping_zipped")
        assert found.render() == [{"role": "system", "content": "Hi. Be brief."}]
        with pytest.raises(EmptyError, match="no prompt 'x' in the package 'shipping_zipped'"):
            load_prompt("x", package="shipping_zipped")

    @pytest.mark.parametrize(
        ("package", "message"),
        [
            ("shipping_nowhere", "there is no package 'shipping_nowhere'"),
            ("shipping_nowhere.part", "there is no package 'shipping_nowhere.part'"),
        ],
    )
    def test_a_package_that_is_not_there(self, package: str, message: str) -> None:
        with pytest.raises(UsageError, match=message):
            load_prompt("greet", package=package)

    def test_what_a_package_lacks_itself_is_its_own_error(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.syspath_prepend(tmp_path)
        write(tmp_path, "shipping_broken/__init__.py", "import not_installed_here")
        with pytest.raises(ModuleNotFoundError, match="not_installed_here"):
            load_prompt("greet", package="shipping_broken")
        assert "shipping_broken" not in sys.modules


def test_a_folder_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="there is no folder"):
        load_prompt("greet", folder=tmp_path / "nowhere")
