"""Prompts from git at run time."""

import os
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from agentops_cli import load_prompt
from agentops_cli.errors import StoreError, UsageError
from tests.flows.diff.repos import commit, git, new_repo, write
from tests.flows.registry.repos import GREET, prompt, tag, versions


@pytest.fixture
def repo(tmp_path: Path) -> Path:
    return new_repo(tmp_path / "repo")


def said(folder: Path, wanted: str) -> str:
    return load_prompt(wanted, repository=folder).render()[0]["content"]


def test_tags_come_first_and_history_second(repo: Path) -> None:
    versions(repo, "1.2.0")
    tag(repo, "1.2.0")
    versions(repo, "1.3.0", "2.0.0")
    assert load_prompt("greet@^1", repository=repo).version == "1.2.0"
    assert load_prompt("greet@^2", repository=repo).version == "2.0.0"
    assert load_prompt("greet@1.3.0", repository=repo).version == "1.3.0"


def test_a_ref_and_what_the_prompt_includes_there(repo: Path) -> None:
    text = prompt("1.0.0", "Hi. {% include 'parts/end.md' %}")
    first = commit(repo, {GREET: text, "prompts/parts/end.md": "Be brief."})
    commit(repo, {"prompts/parts/end.md": "Be long."})
    assert said(repo, f"greet@{{{first}}}") == "Hi. Be brief."
    assert said(repo, "greet@{HEAD~1}") == "Hi. Be brief."
    assert said(repo, "greet") == "Hi. Be long."


def test_the_working_folder_is_where_it_looks_by_itself(
    repo: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    versions(repo, "1.0.0", "1.1.0")
    monkeypatch.chdir(repo)
    assert load_prompt("greet@~1.0").version == "1.0.0"


def test_a_bare_repository_has_the_same_prompts(repo: Path, tmp_path: Path) -> None:
    versions(repo, "1.0.0", "1.1.0")
    git(tmp_path, "clone", "--quiet", "--bare", str(repo), "bare.git")
    assert load_prompt("greet@~1.0", repository=tmp_path / "bare.git").version == "1.0.0"


def test_a_commit_is_compiled_once_and_the_working_tree_each_time(repo: Path) -> None:
    versions(repo, "1.0.0", "1.1.0")
    assert load_prompt("greet@1.0.0", repository=repo) is load_prompt(
        "greet@{HEAD~1}", repository=repo
    )
    write(repo, GREET, prompt("1.2.0"))
    assert load_prompt("greet", repository=repo).version == "1.2.0"


def test_a_tag_that_is_new_is_seen(repo: Path) -> None:
    versions(repo, "1.0.0")
    tag(repo, "1.0.0")
    assert load_prompt("greet@^1", repository=repo).version == "1.0.0"
    versions(repo, "1.1.0")
    tag(repo, "1.1.0")
    assert load_prompt("greet@^1", repository=repo).version == "1.1.0"


def test_many_threads_have_the_same_prompt_and_no_process_is_left(repo: Path) -> None:
    versions(repo, "1.0.0", "1.1.0")
    with ThreadPoolExecutor(8) as threads:
        found = list(threads.map(lambda _: load_prompt("greet@1.0.0", repository=repo), range(24)))
        rendered = list(threads.map(lambda each: each.render(input="Hi."), found))
    assert len(set(map(id, found))) == 1
    assert rendered == [rendered[0]] * 24
    children = ["ps", "-o", "args=", "--ppid", str(os.getpid())]
    listed = subprocess.run(children, capture_output=True, text=True, check=False)
    assert str(repo) not in listed.stdout


def test_nothing_is_fetched_for_a_partial_clone(repo: Path, tmp_path: Path) -> None:
    versions(repo, "1.0.0", "1.2.0", "1.1.0")
    git(repo, "config", "uploadpack.allowFilter", "true")
    git(tmp_path, "clone", "--quiet", "--filter=blob:none", f"file://{repo}", "part")
    part = tmp_path / "part"
    before = git(part, "rev-list", "--objects", "--all", "--missing=print")
    assert "\n?" in before
    # What is at hand is in the range, but who knows what else is.
    for wanted in ("greet@1.0.0", "greet@^1"):
        with pytest.raises(StoreError):
            load_prompt(wanted, repository=part)
    assert git(part, "rev-list", "--objects", "--all", "--missing=print") == before
    assert load_prompt("greet@1.1.0", repository=part).version == "1.1.0"


def test_without_git_there_are_the_files(tmp_path: Path) -> None:
    write(tmp_path, GREET, prompt("1.1.0"))
    write(tmp_path, "agentops.yaml", "{}\n")
    assert load_prompt("greet@^1", repository=tmp_path).version == "1.1.0"
    with pytest.raises(StoreError):
        load_prompt("greet@{HEAD}", repository=tmp_path)


@pytest.mark.parametrize("more", [{"folder": "prompts"}, {"package": "my_app"}])
def test_there_is_one_place_to_look_at(repo: Path, more: dict[str, str]) -> None:
    with pytest.raises(UsageError, match="from a repository, or from"):
        load_prompt("greet", repository=repo, **more)


def test_a_repository_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="there is no folder"):
        load_prompt("greet", repository=tmp_path / "nowhere")


def test_the_environment_of_an_application_changes_nothing(
    repo: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    versions(repo, "1.0.0")
    monkeypatch.setenv("AGENTOPS_BUDGET_USD", "not a number")
    assert load_prompt("greet@1", repository=repo).version == "1.0.0"
