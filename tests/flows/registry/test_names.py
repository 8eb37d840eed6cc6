"""Which prompt a name means."""

from pathlib import Path

import pytest

from agentops_cli.errors import EmptyError
from tests.flows.diff.repos import commit, write
from tests.flows.registry.repos import GREET, prompt, registry, resolved


def test_no_prompt_takes_the_path_of_another_for_its_name(repo: Path) -> None:
    thief = prompt("6.6.6", head=f"name: {GREET}\n")
    commit(repo, {GREET: prompt(), "prompts/thief.prompt.md": thief})
    assert registry(repo).here.named(GREET).path == GREET
    assert resolved(repo, f"{GREET}@^1")[0] == "1.0.0"
    assert resolved(repo, f"{GREET}@{{HEAD}}")[0] == "1.0.0"
    assert resolved(repo, "prompts/thief.prompt.md")[0] == "6.6.6"


@pytest.mark.parametrize("how", ["relative", "absolute", "folder"])
def test_what_is_outside_the_project_is_not_read(repo: Path, tmp_path: Path, how: str) -> None:
    write(tmp_path, "outside/o.prompt.md", prompt("6.6.6", "secret"))
    (repo / "prompts").mkdir()
    (repo / "prompts/dir").symlink_to(tmp_path / "outside")
    path = {
        "relative": "../outside/o.prompt.md",
        "absolute": str(tmp_path / "outside/o.prompt.md"),
        "folder": "prompts/dir/o.prompt.md",
    }[how]
    found = registry(repo).here.named(path)
    assert "outside the project" in found.problems[0].message
    assert not found.text


def test_what_is_listed_but_cannot_be_read_is_found_by_the_name_of_its_file(
    repo: Path, tmp_path: Path
) -> None:
    write(tmp_path, "secret.prompt.md", prompt())
    (repo / "prompts").mkdir()
    (repo / "prompts/link.prompt.md").symlink_to(tmp_path / "secret.prompt.md")
    for name in ("link", "prompts/link.prompt.md"):
        found = registry(repo).here.named(name)
        assert "leads out of the project" in found.problems[0].message
    with pytest.raises(EmptyError):
        registry(repo).here.named("lin")
