"""Which tags are made of prompts."""

from pathlib import Path

import pytest

from agentops_cli.errors import AgentopsError, InputError
from agentops_cli.flows.registry.tagging import make_tags, tagging
from agentops_cli.gitlog import is_ref
from tests.flows.diff.repos import commit, git, write
from tests.flows.registry.repos import GREET, prompt, registry


@pytest.mark.parametrize(
    ("files", "words"),
    [
        ({"prompts/x.prompt.md": prompt(head="name: b c\n")}, "git takes no tag"),
        ({"prompts/x.prompt.md": prompt(head="name: greet\n")}, f"is in {GREET} too"),
        ({"prompts/x.prompt.md": prompt("2.0.0", head="name: greet\n")}, f"is in {GREET} too"),
        ({"prompts/x.prompt.md": prompt().encode("utf-16")}, "not UTF-8"),
    ],
)
def test_one_prompt_that_cannot_be_tagged_stops_all(
    repo: Path, files: dict[str, str | bytes], words: str
) -> None:
    commit(repo, {GREET: prompt(), **files})
    with pytest.raises(InputError) as caught:
        tagging(registry(repo), [])
    assert words in str(caught.value)
    assert git(repo, "tag") == ""


def test_where_git_refuses_a_tag_those_before_it_are_told(repo: Path) -> None:
    commit(repo, {GREET: prompt(), "prompts/x.prompt.md": prompt()})
    git(repo, "tag", "prompt/x@1.0.0/taken")
    git(repo, "config", "user.name", "Ada")
    git(repo, "config", "user.email", "ada@example.com")
    here = registry(repo)
    made = make_tags(here, tagging(here, []).new)
    assert next(made).name == "prompt/greet@1.0.0"
    with pytest.raises(AgentopsError):
        next(made)


@pytest.mark.parametrize(
    "name",
    ["p/a b", "p/a..b", "p/a.lock", "p/.a", "a//b", "a@{b", "a~1", "a\nb", "a."],
)
def test_a_name_that_git_refuses_for_a_tag_is_known(repo: Path, name: str) -> None:
    assert not is_ref(name)
    assert is_ref("prompt/ünï-1_x@1.0.0-rc.1+b")


def test_what_has_no_place_for_a_version_is_not_told_to_write_one(repo: Path) -> None:
    write(repo, "agentops.yaml", "prompts: ['prompts/*']\n")
    commit(repo, {"prompts/x.txt": "Say hello."})
    with pytest.raises(InputError) as caught:
        tagging(registry(repo), ["prompts/x.txt"])
    assert "keep it in a .prompt.md file" in (caught.value.findings[0].fix or "")
