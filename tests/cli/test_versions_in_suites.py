"""Suites that name another version of a prompt: `name@1.2.0`, `name@^1.2`, `name@{REF}`."""

import pytest

from agentops_cli.errors import ExitCode
from tests.cli.running import Cli
from tests.flows.diff.repos import commit, git
from tests.flows.registry.repos import GREET, prompt, tag, versions
from tests.servers.faulty_openai import FaultyOpenAI

SUITE = """\
prompt: {}
models: [openai/ok]
cases:
  - {{id: one, input: 'say so', mustContain: so}}
"""


@pytest.fixture
def versioned(cli: Cli) -> Cli:
    """A project whose prompt has the versions 1.0.0, 1.1.0, which is tagged, 1.2.0 and 2.0.0."""
    git(cli.folder, "init", "--quiet", "--initial-branch=main")
    versions(cli.folder, "1.0.0", "1.1.0")
    tag(cli.folder, "1.1.0")
    versions(cli.folder, "1.2.0", "2.0.0")
    return cli


def suite(cli: Cli, wanted: str) -> str:
    return cli.write("evals/s.yaml", SUITE.format(repr(wanted)))


@pytest.mark.parametrize(
    ("wanted", "version", "ref"),
    [
        ("greet@1.0.0", "1.0.0", "HEAD~3"),
        ("greet@^1", "1.1.0", "HEAD~2"),
        ("greet@>=1.2", "2.0.0", "HEAD"),
        ("greet@{HEAD~1}", "1.2.0", "HEAD~1"),
        ("greet@{prompt/greet@1.1.0}", "1.1.0", "HEAD~2"),
        (f"../{GREET}@1.0.0", "1.0.0", "HEAD~3"),
    ],
)
def test_the_version_is_asked_and_the_run_says_which_it_was(
    versioned: Cli, server: FaultyOpenAI, wanted: str, version: str, ref: str
) -> None:
    file = suite(versioned, wanted)
    ended = versioned.run("eval", file, "--json", "r.json", "--junit", "j.xml")
    assert ended.code is ExitCode.OK, ended.err
    found = versioned.json()["suites"][0]
    at = git(versioned.folder, "rev-parse", f"{ref}^{{commit}}")
    assert (found["promptName"], found["promptVersion"]) == ("greet", version)
    assert found["promptCommit"] == at
    blob = git(versioned.folder, "show", f"{at}:{GREET}")
    assert f"Say hello {version} times." in blob
    properties = {
        each.get("name"): each.get("value") for each in versioned.junit().iter("property")
    }
    assert properties["prompt_commit"] == at
    assert server.requests[-1].body["messages"][0]["content"] == f"Say hello {version} times."


def test_a_prompt_of_the_working_tree_has_no_commit(versioned: Cli, server: FaultyOpenAI) -> None:
    versioned.run("eval", suite(versioned, "greet"), "--json", "r.json")
    found = versioned.json()["suites"][0]
    assert (found["promptVersion"], found["promptCommit"]) == ("2.0.0", None)


def test_what_a_version_includes_is_of_its_commit(cli: Cli, server: FaultyOpenAI) -> None:
    git(cli.folder, "init", "--quiet", "--initial-branch=main")
    text = prompt("1.0.0", "Hi. {% include 'end.md' %}")
    commit(cli.folder, {GREET: text, "prompts/end.md": "Old."})
    commit(cli.folder, {GREET: text.replace("1.0.0", "1.1.0"), "prompts/end.md": "New."})
    cli.run("eval", suite(cli, "greet@1.0.0"))
    assert server.requests[-1].body["messages"][0]["content"] == "Hi. Old."


@pytest.mark.parametrize(
    ("wanted", "message", "fix"),
    [
        ("greet@7", "no version of 'greet' is 7", "there are 2.0.0"),
        ("great@1", "there is no prompt 'great'", "did you mean 'greet'?"),
        ("greet@{nowhere}", "git knows no commit 'nowhere'", "name a branch"),
        ("greet@", "'greet@' names no prompt", "write a name"),
    ],
)
def test_what_is_not_there_is_said_where_it_is_asked_for(
    versioned: Cli, wanted: str, message: str, fix: str
) -> None:
    ended = versioned.run("eval", suite(versioned, wanted))
    assert ended.code is ExitCode.INPUT
    assert f"evals/s.yaml:1:9  error  {message}" in ended.err
    assert f"fix: {fix}" in ended.err


def test_a_version_that_cannot_be_used_is_told_of_at_the_suite(cli: Cli) -> None:
    git(cli.folder, "init", "--quiet", "--initial-branch=main")
    commit(cli.folder, {GREET: prompt("1.0.0", head="temperature: warm\n")})
    versions(cli.folder, "1.1.0")
    ended = cli.run("eval", suite(cli, "greet@1.0.0"))
    assert ended.code is ExitCode.INPUT
    assert f"evals/s.yaml:1:9  error  'greet@1.0.0' cannot be used: {GREET}:4:" in ended.err


def test_no_repository_is_no_verdict(cli: Cli) -> None:
    cli.write(GREET, prompt("1.0.0"))
    assert cli.run("eval", suite(cli, "greet@{HEAD}")).code is ExitCode.UNREACHABLE


def test_the_same_content_is_not_paid_again_and_another_is(
    versioned: Cli, server: FaultyOpenAI
) -> None:
    versioned.run("eval", suite(versioned, "greet@^1"))
    versioned.run("eval", suite(versioned, "greet@1.1.0"))
    assert len(server.requests) == 1
    # Another version is meant now by the same words.
    git(versioned.folder, "checkout", "--quiet", "HEAD~1")
    tag(versioned.folder, "1.2.0")
    versioned.run("eval", suite(versioned, "greet@^1"))
    assert len(server.requests) == 2


def test_a_run_is_not_gone_on_with_another_version(versioned: Cli, server: FaultyOpenAI) -> None:
    versioned.run("eval", suite(versioned, "greet@^1"))
    assert versioned.run("eval", "--resume", "last").code is ExitCode.OK
    assert len(server.requests) == 1
    git(versioned.folder, "checkout", "--quiet", "HEAD~1")
    tag(versioned.folder, "1.2.0")
    ended = versioned.run("eval", "--resume", "last")
    assert ended.code is ExitCode.INPUT
    assert "the prompt changed since the run was begun" in ended.err


def test_a_linter_looks_for_the_version_too(versioned: Cli) -> None:
    versioned.write("agentops.yaml", "suites: [evals/*.yaml]\n")
    suite(versioned, "greet@^1")
    assert "PE003" not in versioned.run("prompt", "lint").out
    suite(versioned, "greet@7")
    ended = versioned.run("prompt", "lint")
    assert "no version of 'greet' is 7; there are 2.0.0" in ended.out
    # The linter remembers files, and git has more now.
    git(versioned.folder, "checkout", "--quiet", "-b", "more")
    versions(versioned.folder, "7.0.0")
    assert "PE003" not in versioned.run("prompt", "lint").out
