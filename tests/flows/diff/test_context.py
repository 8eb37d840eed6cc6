"""What stands around prompts that differ: suites, owners, sizes, prices, and a rendered case."""

from pathlib import Path

import pytest

from agentops_cli.config import load_config
from agentops_cli.diff.compare import compare
from agentops_cli.diff.values import Pair, PromptDiff
from agentops_cli.errors import EmptyError
from agentops_cli.flows.diff.context import MOST_COUNTED, placed
from agentops_cli.prompt.formats import read_file
from agentops_cli.prompt.source import PromptFile
from tests.flows.diff.repos import commit, git, new_repo, run

PATH = "prompts/greet.prompt.md"
TEXT = """---
version: 1.0.0
model: openai/gpt-4o
max_tokens: 50
input:
  schema:
    name: string
---
You greet whoever comes in.

user:
{{ name }}
"""
SUITE = """prompt: ../prompts/greet.prompt.md
cases:
  - id: short
    vars: {name: Ada}
    mustContain: Ada
  - id: long
    vars: {name: Ada Augusta King and whoever else has come along with her today}
    mustContain: Ada
  - id: longer
    vars: {name: Ada Augusta King and whoever else has come along with her today and tomorrow}
    mustContain: Ada
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project with a suite of the prompt, another suite, and owners."""
    for path, text in {
        "agentops.yaml": "suites: [evals/*.yaml]\n",
        "evals/greet.yaml": SUITE,
        "evals/other.yaml": SUITE.replace("greet", "other"),
        ".github/CODEOWNERS": "/prompts/ @ada @example/prompts\n",
        PATH: TEXT,
    }.items():
        file = tmp_path / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
    (tmp_path / ".git").mkdir()
    return tmp_path


def file(text: str = TEXT, path: str = PATH) -> PromptFile:
    return read_file(text, path=path, is_declared=True)


def told(project: Path, pair: Pair, render: str | None = None) -> PromptDiff:
    config = load_config(project, environ={})
    (found,) = placed(config, [compare(pair)], render=render).prompts
    return found


def test_a_diff_names_the_suites_that_run_the_prompt_and_who_must_approve(project: Path) -> None:
    found = told(project, Pair(before=file(), after=file(TEXT.replace("greet who", "greet who"))))
    assert found.suites == ("evals/greet.yaml",)
    assert found.owners == ("@ada", "@example/prompts")


def test_whoever_owns_either_path_must_approve_and_whom_the_prompt_names(project: Path) -> None:
    (project / ".github/CODEOWNERS").write_text("/prompts/ @ada\n/drafts/ @intern\n")
    named = TEXT.replace("max_tokens: 50\n", "max_tokens: 50\nrequires_review: ['@sec']\n")
    pair = Pair(before=file(named), after=file(path="drafts/greet.prompt.md"))
    assert told(project, pair).owners == ("@ada", "@intern", "@sec")


def test_a_suite_that_cannot_be_read_may_be_about_any_prompt(project: Path) -> None:
    (project / "evals/greet.yaml").write_text("prompt: [\n", encoding="utf-8")
    config = load_config(project, environ={})
    found = placed(config, [compare(Pair(before=file(), after=file(TEXT + "!")))])
    assert found.prompts[0].suites == ()
    assert len(found.notes) == 1
    assert found.notes[0].startswith("suite evals/greet.yaml:")


def test_no_change_chooses_who_approves_it(tmp_path: Path) -> None:
    folder = new_repo(tmp_path / "project")
    commit(folder, {PATH: TEXT, ".github/CODEOWNERS": "/prompts/ @ada\n"})
    commit(folder, {PATH: TEXT + "!", ".github/CODEOWNERS": "/prompts/ @intern\n"})
    (found,) = run(folder, "HEAD~1", "HEAD").prompts
    assert found.owners == ("@ada",)


def test_a_suite_that_is_deleted_with_the_change_is_told_of_and_one_that_moves_is_not(
    tmp_path: Path,
) -> None:
    folder = new_repo(tmp_path / "project")
    config = "suites: [evals/*.yaml]\n"
    files = {
        "agentops.yaml": config,
        PATH: TEXT,
        "evals/greet.yaml": SUITE,
        "evals/a.yaml": "a: b\n",
    }
    commit(folder, dict(files))
    git(folder, "rm", "--quiet", "evals/greet.yaml")
    git(folder, "mv", "evals/a.yaml", "evals/b.yaml")
    commit(folder, {PATH: TEXT + "!"})
    report = run(folder, "HEAD~1", "HEAD")
    assert [note for note in report.notes if "deleted" in note] == [
        "suite evals/greet.yaml is deleted"
    ]


def test_a_price_is_that_of_the_case_in_the_middle(project: Path) -> None:
    after = file(TEXT.replace("You greet", "Kindly and warmly you greet").replace("50", "100"))
    found = told(project, Pair(before=file(), after=after))
    before_price, after_price = found.prices
    assert before_price is not None
    assert after_price is not None
    assert before_price.assumed[0].endswith("the median of 3 cases")
    assert found.sizes[0] is not None
    assert before_price.input_tokens > found.sizes[0].total.count
    assert after_price.input_tokens > before_price.input_tokens
    assert (before_price.output_tokens, after_price.output_tokens) == (50, 100)
    assert before_price.usd is not None
    assert after_price.usd is not None
    assert after_price.usd > before_price.usd


def test_cases_that_one_version_cannot_be_given_tell_nothing(project: Path) -> None:
    after = file(TEXT.replace("    name: string\n", "    name: string\n    mood: string\n"))
    found = told(project, Pair(before=file(), after=after))
    assert all(price and "all variables empty" in price.assumed[0] for price in found.prices)


def test_an_unknown_model_has_no_price_and_its_tokens_are_estimates(project: Path) -> None:
    after = file(TEXT.replace("openai/gpt-4o", "acme/unheard-of"))
    found = told(project, Pair(before=file(), after=after))
    assert found.prices[0] is not None
    assert found.prices[0].usd is not None
    assert found.prices[1] is not None
    assert found.prices[1].usd is None
    assert found.sizes[1] is not None
    assert found.sizes[1].total.is_estimate


def test_a_new_prompt_has_one_size_and_one_price(project: Path) -> None:
    found = told(project, Pair(before=None, after=file()))
    assert found.sizes[0] is None
    assert found.prices[0] is None
    assert found.prices[1] is not None
    assert found.suites == ("evals/greet.yaml",)


def test_a_prompt_that_moved_still_has_the_suites_that_name_its_old_path(project: Path) -> None:
    pair = Pair(before=file(), after=file(path="prompts/shop/greet.prompt.md"))
    assert told(project, pair).suites == ("evals/greet.yaml",)


def test_a_case_is_shown_as_the_model_sees_it(project: Path) -> None:
    after = file(TEXT.replace("{{ name }}", "I am {{ name }}."))
    rendered = told(project, Pair(before=file(), after=after), render="short").rendered
    assert rendered is not None
    system, user = rendered.messages
    assert system.status == "same"
    assert [(line.mark, line.text) for line in user.lines] == [
        ("removed", "Ada"),
        ("added", "I am Ada."),
    ]


def test_a_case_that_is_nowhere_is_told(project: Path) -> None:
    with pytest.raises(EmptyError, match="'shorter'"):
        told(project, Pair(before=file(), after=file()), render="shorter")


def test_of_very_many_prompts_the_tokens_are_estimated(project: Path) -> None:
    config = load_config(project, environ={})
    diff = compare(Pair(before=file(), after=file(TEXT.replace("whoever", "everybody"))))
    found = placed(config, [diff] * (MOST_COUNTED + 1)).prompts
    assert all(each.sizes[0] and each.sizes[0].total.is_estimate for each in found)
    assert all(each.suites for each in found)


def test_a_project_without_suites_and_owners_has_none(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    found = told(tmp_path, Pair(before=file(), after=file()))
    assert (found.suites, found.owners) == ((), ())
