"""Nothing is run, and nothing spent, but what was asked for by name."""

import os
import subprocess
from pathlib import Path

import pytest

from agentops_cli.pytest_plugin.asked import asked_for
from tests.pytest_plugin.conftest import PYTEST, Project
from tests.servers.faulty_openai import FaultyOpenAI

SUITES = "suites: [evals/*.yaml, tests/evals/**/*.yaml, evals/deep/**/*.yaml, top.yaml]\n"
FILES = (
    "evals/a.yaml",
    "evals/deep/b.yaml",
    "evals/other/c.yaml",
    "tests/evals/d.yaml",
    "top.yaml",
)


@pytest.fixture
def tree(project: Path) -> Path:
    (project / "agentops.yaml").write_text(SUITES)
    for name in FILES:
        (project / name).parent.mkdir(parents=True, exist_ok=True)
        (project / name).write_text("")
    return project


def asked(tree: Path, *arguments: str, start: str = ".") -> set[str]:
    folder = (tree / start).resolve()
    suites = asked_for([(folder / argument).resolve() for argument in arguments], folder).suites
    return {path.relative_to(tree.resolve()).as_posix() for path in suites}


@pytest.mark.parametrize(
    ("argument", "suites"),
    [
        ("evals", {"evals/a.yaml", "evals/deep/b.yaml"}),
        ("evals/", {"evals/a.yaml", "evals/deep/b.yaml"}),
        ("evals/deep", {"evals/deep/b.yaml"}),
        ("evals/a.yaml", {"evals/a.yaml"}),
        ("evals/other/c.yaml", {"evals/other/c.yaml"}),
        ("evals/other", set()),
        ("tests/evals", {"tests/evals/d.yaml"}),
        ("tests", set()),
        (".", set()),
        ("..", set()),
        ("top.yaml", {"top.yaml"}),
        ("agentops.yaml", {"agentops.yaml"}),
        ("nothing", set()),
    ],
)
def test_an_argument_asks_for_itself_or_for_what_is_configured_below_it(
    tree: Path, argument: str, suites: set[str]
) -> None:
    assert asked(tree, argument) == suites


def test_arguments_add_up(tree: Path) -> None:
    assert asked(tree, "evals/deep", "tests", "top.yaml") == {"evals/deep/b.yaml", "top.yaml"}


def test_the_configuration_above_the_working_folder_counts(tree: Path) -> None:
    assert asked(tree, "deep", start="evals") == {"evals/deep/b.yaml"}
    assert asked(tree, ".", start="evals") == {"evals/a.yaml", "evals/deep/b.yaml"}


def test_a_folder_is_the_same_by_a_link(tree: Path) -> None:
    (tree / "linked").symlink_to(tree / "evals" / "deep")
    assert asked(tree, "linked") == {"evals/deep/b.yaml"}


def test_a_pattern_without_a_folder_is_asked_for_by_nothing_but_a_file(tree: Path) -> None:
    (tree / "agentops.yaml").write_text("suites: ['**/*.yaml']\n")
    assert asked(tree, ".", "tests", "evals") == set()
    assert asked(tree, "evals/other/c.yaml") == {"evals/other/c.yaml"}


def test_a_broken_configuration_is_left_to_those_who_run_suites(tree: Path) -> None:
    (tree / "agentops.yaml").write_text("suite: []\n")
    assert asked(tree, "tests") == set()
    assert "evals/a.yaml" in asked(tree, "evals")


def test_folders_that_would_have_to_be_named_are_told(tree: Path) -> None:
    tree = tree.resolve()
    assert asked_for([tree / "tests"], tree).left_alone == ("tests/evals",)
    assert asked_for([tree / "tests" / "evals"], tree).left_alone == ()


@pytest.mark.parametrize("args", [(), ("tests",), (".",), ("tests/test_it.py",)])
def test_pytest_without_the_folder_of_suites_calls_no_model(
    evals: Project, server: FaultyOpenAI, args: tuple[str, ...]
) -> None:
    evals.write("tests/test_it.py", "def test_it(): pass\n")
    evals.write("tests/data.yaml", "a: 1\n")
    suite = "prompt: ../echo.prompt.md\ncases: [{id: a, input: 'yes', mustContain: 'yes'}]\n"
    evals.write("evals/s.yaml", suite)
    ended = evals.pytest(*args)
    assert (ended.code, ended.items) == (0, {"test_it": "passed"}), ended.out
    assert not server.requests
    ended = evals.pytest("evals")
    assert ended.items == {"a": "passed", "gate": "passed"}, "the suite is one that calls"
    assert len(server.requests) == 1


def test_configured_test_paths_are_not_typed(evals: Project) -> None:
    evals.suite({"a": "yes"})
    evals.write("pytest.ini", "[pytest]\ntestpaths = evals\n")
    ended = evals.pytest()
    assert (ended.code, ended.items) == (pytest.ExitCode.NO_TESTS_COLLECTED, {})


def test_a_folder_above_suites_finds_none_and_says_where_they_are(evals: Project) -> None:
    evals.suite({"a": "yes"})
    ended = evals.pytest(".")
    assert ended.code == pytest.ExitCode.NO_TESTS_COLLECTED
    assert "agentops: there are suites in evals; name it to run them" in ended.out


def test_a_session_without_suites_imports_next_to_nothing_of_ours(evals: Project) -> None:
    evals.write(
        "tests/test_modules.py",
        """
        import sys

        def test_it():
            ours = {name for name in sys.modules if name.startswith("agentops_cli.")}
            light = {"errors", "model", "pytest_plugin", "sources"}
            assert {name.split(".")[1] for name in ours} == light
            assert not {"litellm", "jinja2", "yaml", "aiohttp"} & set(sys.modules)
        """,
    )
    ended = subprocess.run(
        [*PYTEST, "-p", "agentops_cli.pytest_plugin", "tests"],
        cwd=evals.folder,
        env={**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},  # Of others.
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stdout
