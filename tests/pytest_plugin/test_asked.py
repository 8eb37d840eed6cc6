"""Nothing is run, and nothing spent, but what was asked for by name."""

import os
import subprocess
from pathlib import Path

import pytest

from agentops_cli.pytest_plugin.asked import asked_for, left_out
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


def test_the_nearest_configuration_counts_and_the_run_is_started_where_it_holds(
    tree: Path,
) -> None:
    package = tree.resolve() / "pk" / "a"
    (package / "evals").mkdir(parents=True)
    (package / "evals" / "s.yaml").write_text("")
    typed = [package / "evals"]
    assert asked_for(typed, tree).suites == frozenset(), "no pattern of the configuration above"
    (package / "agentops.yaml").write_text("concurrency: 1\n")
    for path in (package / "evals", package / "evals" / "s.yaml"):
        found = asked_for([tree.resolve() / "tests", path], tree)
        assert found.suites == {package / "evals" / "s.yaml"}
        assert found.folder == package
    assert asked_for([tree.resolve() / "evals"], tree).folder == tree
    assert asked_for([tree.resolve() / "evals"], Path("/")).folder == tree.resolve()


def test_suites_of_two_configurations_are_not_one_run(tree: Path) -> None:
    tree = tree.resolve()
    (tree / "evals" / "deep" / "agentops.yaml").write_text("suites: ['*.yaml']\n")
    found = asked_for([tree / "evals" / "a.yaml", tree / "evals" / "deep" / "b.yaml"], tree)
    assert found.suites == frozenset()
    assert found.problem == (
        "evals/a.yaml and evals/deep/b.yaml have configurations of their own: run pytest for each"
    )


LOOKS_LIKE_ONE = "models: [replay/s.jsonl]\ncases: [{id: a, mustContain: 'yes'}]\n"


@pytest.mark.parametrize(
    ("suite", "typed", "told"),
    [
        ("tests/evals/d.yaml", "tests", "there are suites in tests/evals; name it to run them"),
        ("evals/a.yaml", ".", "there are suites in evals; name it to run them"),
        (
            "evals/other/c.yaml",
            "evals/other",
            (
                "evals/other/c.yaml looks like a suite that no pattern of the configuration in . "
                "takes; name the file to run it"
            ),
        ),
        (
            "top.yaml",
            ".",
            (
                "top.yaml looks like a suite, of a pattern that begins with no folder;"
                " name the file to run it"
            ),
        ),
    ],
)
def test_suites_that_a_folder_does_not_ask_for_are_told(
    tree: Path, suite: str, typed: str, told: str
) -> None:
    tree = tree.resolve()
    assert left_out(tree / typed, tree) is None, "an empty file is no suite"
    (tree / suite).write_text(LOOKS_LIKE_ONE)
    assert left_out(tree / typed, tree) == told


def test_a_suite_with_a_configuration_of_its_own_is_told_by_that(tree: Path) -> None:
    tree = tree.resolve()
    (tree / "pk" / "a" / "evals").mkdir(parents=True)
    (tree / "pk" / "a" / "evals" / "s.yaml").write_text(LOOKS_LIKE_ONE)
    (tree / "pk" / "a" / "agentops.yaml").write_text("concurrency: 1\n")
    assert left_out(tree / "pk", tree) == "there are suites in pk/a/evals; name it to run them"
    (tree / "pk" / "a" / "agentops.yaml").write_text("concurency: 1\n")
    told = left_out(tree / "pk", tree)
    assert told is not None
    assert "but its configuration is broken: unknown key 'concurency'" in told


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


@pytest.mark.parametrize("args", [(".",), ("tests", "elsewhere")])
def test_a_folder_of_suites_that_are_not_run_is_refused_and_says_where_they_are(
    evals: Project, args: tuple[str, ...]
) -> None:
    evals.suite({"a": "yes"}, name="elsewhere/deep/s.yaml")
    evals.write("agentops.yaml", "suites: [elsewhere/deep/*.yaml]\n")
    if "tests" in args:
        evals.write("tests/test_it.py", "def test_it(): pass\n")
    ended = evals.pytest(*args)
    assert (ended.code, ended.items) == (pytest.ExitCode.USAGE_ERROR, {})
    assert "agentops: there are suites in elsewhere/deep; name it to run them" in ended.out


def test_a_folder_of_other_tests_may_hold_what_looks_like_a_suite(evals: Project) -> None:
    evals.write("tests/test_it.py", "def test_it(): pass\n")
    evals.suite({"a": "yes"}, name="tests/data/s.yaml")
    assert evals.pytest("tests").items == {"test_it": "passed"}
    assert evals.pytest("tests", "--lf").items == {"test_it": "passed"}


def test_suites_of_a_package_are_run_with_its_own_settings_from_wherever(evals: Project) -> None:
    evals.write("tests/test_it.py", "def test_it(): pass\n")
    suite = evals.suite({"a": "yes"}, name="pk/a/evals/s.yaml")
    evals.write("pk/a/evals/checks.py", "def f(answer, context): return answer == 'yes'\n")
    script = "models: [replay/s.jsonl]\ncases: [{id: a, assert: [{script: 'checks.py:f'}]}]\n"
    evals.write(suite, script)
    evals.write("pk/a/agentops.yaml", "allowScripts: true\n")
    wanted = {"test_it": "passed", "a": "passed", "gate": "passed"}
    for typed in ("pk/a/evals", suite, str(evals.folder / "pk/a/evals")):
        ended = evals.pytest("tests", typed)
        assert ended.items == wanted, ended.out
    assert (evals.folder / "pk/a/.agentops/runs").is_dir()
    elsewhere = Project(folder=evals.folder / "tests")
    assert elsewhere.pytest("../pk/a/evals").items == {"a": "passed", "gate": "passed"}


def test_a_session_without_suites_imports_next_to_nothing_of_ours(evals: Project) -> None:
    evals.write(
        "tests/test_modules.py",
        """
        import sys

        def test_it():
            ours = {name for name in sys.modules if name.startswith("agentops_cli.")}
            light = {"errors", "loading", "model", "pytest_plugin", "sources"}
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
