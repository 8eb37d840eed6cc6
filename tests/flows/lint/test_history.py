"""Prompts against git: which commit they are compared with, and what is said without one."""

import os
import shutil
import subprocess
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from agentops_cli.config import load_config
from agentops_cli.errors import StoreError, UsageError
from agentops_cli.flows.lint.flow import LintOptions, files_to_lint, lint
from agentops_cli.lint.outcome import LintRun
from agentops_cli.lint.select import Wish

HELLO = "---\nversion: 1.0.0\nmodel: openai/gpt-4o-mini\n---\nSay hello.\n"
BYE = HELLO.replace("hello", "good bye to everybody")


def git(folder: Path, *args: str) -> str:
    who = ("-c", "user.name=Ada", "-c", "user.email=ada@example.com", "-c", "commit.gpgsign=false")
    done = subprocess.run(
        ["git", *who, *args], cwd=folder, check=True, capture_output=True, text=True
    )
    return done.stdout.strip()


def write(folder: Path, path: str, text: str) -> None:
    (folder / path).parent.mkdir(parents=True, exist_ok=True)
    (folder / path).write_text(text, encoding="utf-8")


def commit(folder: Path, files: dict[str, str], message: str = "x") -> str:
    for path, text in files.items():
        write(folder, path, text)
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--allow-empty", f"--message={message}")
    return git(folder, "rev-parse", "HEAD")


@pytest.fixture
def repo(tmp_path: Path) -> Path:
    """A repository with one prompt on main."""
    folder = tmp_path / "repo"
    folder.mkdir()
    git(folder, "init", "--quiet", "--initial-branch=main")
    commit(folder, {"prompts/a.prompt.md": HELLO, "agentops.yaml": "{}\n"})
    return folder


def run(
    folder: Path,
    *rules: str,
    against: str | None = None,
    changed: bool = False,
    base_branch: str | None = None,
    typed: tuple[str, ...] = (),
    use_cache: bool = False,
) -> LintRun:
    options = LintOptions(
        against=against,
        base_branch=base_branch,
        changed=changed,
        today=date(2026, 11, 24),
        wish=Wish(select=typed),
        use_cache=use_cache,
        allow_empty=True,
    )
    config = load_config(folder, environ={}, overrides={})
    select = ("PV002", *rules, "PF001")
    return lint(replace(config, lint=replace(config.lint, select=select)), options)


def codes(found: LintRun) -> list[tuple[str, str]]:
    return [(each.rule.code, each.place.path) for each in found.findings]


FOUND = [("PV002", "prompts/a.prompt.md")]


def test_a_branch_is_compared_with_where_it_left_the_default_branch(repo: Path) -> None:
    git(repo, "switch", "--quiet", "--create", "work")
    commit(repo, {"prompts/a.prompt.md": BYE})
    git(repo, "switch", "--quiet", "main")
    commit(repo, {"prompts/a.prompt.md": HELLO.replace("1.0.0", "2.0.0")})
    git(repo, "switch", "--quiet", "work")
    assert codes(run(repo)) == FOUND


def test_on_the_default_branch_what_is_not_committed_is_compared_with_it(repo: Path) -> None:
    assert codes(run(repo)) == []
    write(repo, "prompts/a.prompt.md", BYE)
    assert codes(run(repo)) == FOUND
    commit(repo, {})
    assert codes(run(repo)) == []


def test_the_branch_that_ci_names_goes_before_the_default_one(tmp_path: Path, repo: Path) -> None:
    git(repo, "switch", "--quiet", "--create", "release")
    commit(repo, {"prompts/a.prompt.md": BYE})
    git(tmp_path, "clone", "--quiet", "--no-local", "--branch=release", "repo", "clone")
    clone = tmp_path / "clone"
    git(clone, "remote", "set-head", "origin", "main")
    git(clone, "switch", "--quiet", "--create", "work")
    assert codes(run(clone)) == FOUND
    assert codes(run(clone, base_branch="release")) == []
    assert codes(run(clone, base_branch="gone")) == []
    with pytest.raises(StoreError, match="origin/gone is not here"):
        run(clone, base_branch="gone", changed=True)
    assert run(clone, base_branch="release", changed=True).files == 0


@pytest.mark.parametrize("name", ["master", "trunk"])
def test_the_default_branch_is_what_the_remote_says(tmp_path: Path, repo: Path, name: str) -> None:
    git(repo, "branch", "--move", "main", name)
    git(tmp_path, "clone", "--quiet", "repo", "clone")
    git(tmp_path / "clone", "switch", "--quiet", "--create", "work")
    commit(tmp_path / "clone", {"prompts/a.prompt.md": BYE})
    assert codes(run(tmp_path / "clone")) == FOUND


def test_without_a_default_branch_the_rules_are_left_out_with_a_reason(repo: Path) -> None:
    git(repo, "branch", "--move", "main", "trunk")
    found = run(repo)
    assert codes(found) == []
    assert "--against" in found.missing["history"]


def test_a_ref_that_does_not_exist_is_a_wrong_argument(repo: Path) -> None:
    with pytest.raises(UsageError, match="git knows no commit 'nowhere'"):
        run(repo, against="nowhere")


@pytest.mark.parametrize("ref", ["v1", "HEAD~1", "--upload-pack=x", ""])
def test_a_tag_or_a_commit_is_a_ref_and_an_option_is_none(repo: Path, ref: str) -> None:
    git(repo, "tag", "v1")
    commit(repo, {"prompts/a.prompt.md": BYE})
    if ref in {"v1", "HEAD~1"}:
        assert codes(run(repo, against=ref)) == FOUND
    else:
        with pytest.raises(UsageError):
            run(repo, against=ref)


def test_a_detached_head_has_a_history_too(repo: Path) -> None:
    commit(repo, {"prompts/a.prompt.md": BYE})
    git(repo, "switch", "--quiet", "--detach", "HEAD")
    assert codes(run(repo, against="HEAD~1")) == FOUND
    assert codes(run(repo)) == []


def test_a_worktree_is_a_repository(tmp_path: Path, repo: Path) -> None:
    git(repo, "worktree", "add", "--quiet", "-b", "work", str(tmp_path / "tree"))
    commit(tmp_path / "tree", {"prompts/a.prompt.md": BYE})
    assert codes(run(tmp_path / "tree")) == FOUND


def test_a_project_may_be_a_folder_of_the_repository(repo: Path) -> None:
    commit(repo, {"pkg/agentops.yaml": "{}\n", "pkg/prompts/a.prompt.md": HELLO})
    write(repo, "pkg/prompts/a.prompt.md", BYE)
    assert codes(run(repo / "pkg")) == FOUND
    assert codes(run(repo / "pkg", changed=True)) == FOUND
    (repo / "pkg/prompts/a.prompt.md").rename(repo / "pkg/prompts/b.prompt.md")
    git(repo, "add", "--all")
    assert codes(run(repo / "pkg")) == []  # A text that short says as much of another prompt.
    write(repo, "pkg/prompts/b.prompt.md", HELLO.replace("mini", "nano"))
    assert codes(run(repo / "pkg")) == [("PV002", "prompts/b.prompt.md")]


def test_a_project_that_the_base_does_not_have_is_new(repo: Path) -> None:
    write(repo, "new/agentops.yaml", "{}\n")
    write(repo, "new/prompts/a.prompt.md", HELLO)
    assert codes(run(repo / "new", "PV010")) == [("PV010", "prompts/a.prompt.md")]
    git(repo, "add", "--all")
    assert codes(run(repo / "new", "PV010")) == []


def test_outside_a_repository_there_is_nothing_to_compare_with(tmp_path: Path) -> None:
    write(tmp_path, "prompts/a.prompt.md", HELLO)
    assert "no git repository" in run(tmp_path).missing["history"]
    for options in ({"against": "main"}, {"changed": True}):
        with pytest.raises(StoreError, match="no git repository"):
            run(tmp_path, **options)


def test_before_the_first_commit_there_is_nothing_to_compare_with(git_repo: Path) -> None:
    write(git_repo, "prompts/a.prompt.md", HELLO)
    assert "nothing is committed" in run(git_repo).missing["history"]
    with pytest.raises(StoreError, match="nothing is committed"):
        run(git_repo, changed=True)
    with pytest.raises(UsageError, match="git knows no commit 'main'"):
        run(git_repo, against="main")


def test_a_bare_repository_has_no_files_to_compare(tmp_path: Path, repo: Path) -> None:
    git(tmp_path, "clone", "--quiet", "--bare", "repo", "bare")
    write(tmp_path / "bare", "prompts/a.prompt.md", BYE)
    assert "no git repository" in run(tmp_path / "bare").missing["history"]


def test_without_git_the_rules_are_left_out(repo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(repo, "prompts/a.prompt.md", BYE)
    monkeypatch.setenv("PATH", str(repo))
    assert "install git" in run(repo).missing["history"]


@pytest.mark.parametrize(
    ("command", "what", "rules"),
    [
        ("diff", "what has moved", ()),
        ("log", "its history", ("PV005",)),
        ("check-ignore", "which files it ignores", ("PV010",)),
        ("ls-tree", "the files of main", ()),
    ],
)
def test_a_failure_of_git_is_not_taken_for_an_answer(
    repo: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    command: str,
    what: str,
    rules: tuple[str, ...],
) -> None:
    write(repo, "prompts/a.prompt.md", BYE.replace("1.0.0", "1.1.0"))
    write(repo, "prompts/b.prompt.md", HELLO)
    real = shutil.which("git")
    shim = tmp_path / "bin" / "git"
    shim.parent.mkdir()
    shim.write_text(
        f'#!/bin/sh\ncase " $* " in *" {command} "*) exit 128;; esac\nexec {real} "$@"\n'
    )
    shim.chmod(0o755)
    monkeypatch.setenv("PATH", str(shim.parent), prepend=os.pathsep)
    with pytest.raises(StoreError, match=f"git does not tell {what}"):
        run(repo, *rules)


def test_what_is_kept_is_forgotten_when_the_base_has_another_name(repo: Path) -> None:
    git(repo, "branch", "other")
    write(repo, "prompts/a.prompt.md", BYE)
    for name in ("main", "other", "main"):
        [found] = run(repo, against=name, use_cache=True).findings
        assert name in found.finding.message


def test_a_prompt_behind_a_link_keeps_git_from_telling_of_no_other(repo: Path) -> None:
    write(repo, "elsewhere/c.prompt.md", HELLO)
    (repo / "prompts/linked").symlink_to("../elsewhere")
    write(repo, "agentops.yaml", "prompts: ['prompts/*.md', 'prompts/linked/*.md']\n")
    write(repo, ".gitignore", "b.prompt.md\n")
    write(repo, "prompts/b.prompt.md", HELLO)
    found = run(repo, "PV010")
    assert ("PV010", "prompts/b.prompt.md") in codes(found)


class TestAShallowClone:
    @pytest.fixture
    def clone(self, tmp_path: Path, repo: Path) -> Path:
        """What a pull request is checked out as when nobody asks for more."""
        git(repo, "switch", "--quiet", "--create", "work")
        commit(repo, {"prompts/a.prompt.md": BYE})
        git(repo, "switch", "--quiet", "main")
        url = f"file://{repo}"
        git(tmp_path, "clone", "--quiet", "--depth=1", "--branch=work", url, "clone")
        return tmp_path / "clone"

    def test_has_no_base_and_the_run_says_what_to_fetch(self, clone: Path) -> None:
        found = run(clone)
        assert codes(found) == []
        assert "fetch-depth: 0" in found.missing["history"]

    @pytest.mark.parametrize("ref", ["origin/main", "main"])
    def test_is_refused_where_a_base_was_asked_for(self, clone: Path, ref: str) -> None:
        with pytest.raises(StoreError, match="shallow") as refused:
            run(clone, against=ref)
        assert "fetch-depth: 0" in (refused.value.fix or "")

    def test_is_refused_where_the_base_is_there_but_not_the_way_to_it(self, clone: Path) -> None:
        git(clone, "fetch", "--quiet", "--depth=1", "origin", "main:refs/remotes/origin/main")
        git(clone, "fetch", "--quiet", "--depth=1", "origin", "main:other")
        for options in ({"against": "origin/main"}, {"changed": True}):
            with pytest.raises(StoreError, match="shallow"):
                run(clone, **options)

    def test_is_refused_where_a_rule_that_was_typed_needs_more(self, clone: Path) -> None:
        with pytest.raises(StoreError, match=r"PV002.* cannot run: .*fetch-depth: 0"):
            run(clone, typed=("PV",))

    def test_does_not_take_its_own_branch_for_the_default_one(self, clone: Path) -> None:
        git(clone, "symbolic-ref", "refs/remotes/origin/HEAD", "refs/remotes/origin/work")
        with pytest.raises(StoreError, match="shallow") as refused:
            run(clone, changed=True)
        assert "fetch-depth: 0" in (refused.value.fix or "")
        with pytest.raises(StoreError, match="PV002"):
            run(clone, typed=("PV",))

    def test_is_as_good_as_any_once_it_is_deep_enough(self, clone: Path) -> None:
        git(clone, "fetch", "--quiet", "--unshallow", "origin", "main:refs/remotes/origin/main")
        assert codes(run(clone)) == FOUND


class TestOnlyWhatChanged:
    def test_is_nothing_where_nothing_did(self, repo: Path) -> None:
        assert run(repo, changed=True).files == 0

    def test_is_what_was_edited_added_or_moved(self, repo: Path) -> None:
        commit(repo, {"prompts/b.prompt.md": HELLO, "prompts/c.prompt.md": HELLO})
        write(repo, "prompts/a.prompt.md", BYE)
        write(repo, "prompts/new.prompt.md", HELLO)
        (repo / "prompts/b.prompt.md").rename(repo / "prompts/d.prompt.md")
        assert run(repo, changed=True).files == 3

    def test_is_not_what_was_only_touched(self, repo: Path) -> None:
        write(repo, "prompts/a.prompt.md", HELLO)
        assert run(repo, changed=True).files == 0

    def test_is_also_what_includes_a_changed_file(self, repo: Path) -> None:
        outer = HELLO.replace("Say hello.", "{% include 'parts/inner.md' %}")
        middle = HELLO.replace("Say hello.", "{% include 'outer.prompt.md' %}")
        files = {"prompts/parts/inner.md": "Be kind.\n", "prompts/outer.prompt.md": outer}
        commit(repo, {**files, "prompts/middle.prompt.md": middle})
        assert run(repo, changed=True).files == 0
        write(repo, "prompts/parts/inner.md", "Be brief.\n")
        assert run(repo, changed=True).files == 2

    @pytest.mark.parametrize("prompt", ["../prompts/a.prompt.md", "a", "a@1.0.0"])
    def test_is_also_what_a_changed_suite_is_about(self, repo: Path, prompt: str) -> None:
        suite = f"prompt: {prompt}\ncases:\n  - {{id: a, input: x, mustContain: hello}}\n"
        commit(repo, {"evals/a.yaml": suite, "prompts/b.prompt.md": HELLO})
        assert run(repo, changed=True).files == 0
        write(repo, "evals/a.yaml", suite.replace("hello", "hi"))
        assert run(repo, changed=True).files == 1
        (repo / "evals/a.yaml").unlink()
        assert run(repo, changed=True).files == 1

    @pytest.mark.parametrize("named", ["data/a.csv", "data/*.csv"])
    def test_is_also_what_a_changed_data_set_is_for(self, repo: Path, named: str) -> None:
        suite = f"prompt: a\ndatasets:\n  - {{file: {named}, input: q, mustContain: hello}}\n"
        rows = {"evals/data/a.csv": "input\nHi\n", "other/a.csv": "input\nHi\n"}
        commit(repo, {"evals/a.yaml": suite, **rows, "prompts/b.prompt.md": HELLO})
        write(repo, "other/a.csv", "input\nHello\n")
        assert run(repo, changed=True).files == 0
        write(repo, "evals/data/a.csv", "input\nHello\n")
        assert run(repo, changed=True).files == 1
        (repo / "evals/data/a.csv").unlink()
        assert run(repo, changed=True).files == 1

    @pytest.mark.parametrize("tests", ["../checks/a.yaml", "checks/*.yaml"])
    def test_is_also_what_names_a_changed_file_under_tests(self, repo: Path, tests: str) -> None:
        suite = "prompt: a\ndatasets:\n  - {file: a.csv, input: q, mustContain: hello}\n"
        files = {"checks/a.yaml": suite, "checks/a.csv": "input\nHi\n"}
        named = HELLO.replace("version:", f"tests: {tests}\nversion:")
        commit(repo, {**files, "prompts/a.prompt.md": named, "prompts/b.prompt.md": HELLO})
        assert run(repo, changed=True).files == 0
        write(repo, "checks/a.csv", "input\nHello\n")
        assert run(repo, changed=True).files == 1
        write(repo, "checks/a.csv", "input\nHi\n")
        (repo / "checks/a.yaml").unlink()
        assert run(repo, changed=True).files == 1

    @pytest.mark.parametrize(("new", "old"), [("a", "z"), ("z", "a")])
    def test_that_has_the_name_of_another_is_told_of(self, repo: Path, new: str, old: str) -> None:
        commit(repo, {f"prompts/{old}/x.prompt.md": HELLO})
        write(repo, f"prompts/{new}/x.prompt.md", HELLO)
        found = run(repo, "PF015", changed=True)
        assert codes(found) == [("PF015", f"prompts/{new}/x.prompt.md")]
        assert f"prompts/{old}/x.prompt.md is called 'x' too" in found.findings[0].finding.message
        assert codes(run(repo, "PF015")) == [("PF015", "prompts/z/x.prompt.md")]

    def test_is_also_what_nobody_could_look_into(self, repo: Path, tmp_path: Path) -> None:
        (tmp_path / "outside").mkdir()
        (repo / "shared").symlink_to(tmp_path / "outside")
        globs = "prompts: ['prompts/*.md', 'shared/*.md']\n"
        commit(repo, {"agentops.yaml": globs})
        assert codes(run(repo, "PX003", changed=True)) == [("PX003", "shared")]

    def test_is_shown_without_being_linted(self, repo: Path) -> None:
        commit(repo, {"prompts/b.prompt.md": HELLO})
        write(repo, "prompts/b.prompt.md", BYE)
        config = load_config(repo, environ={}, overrides={})
        options = LintOptions(today=date(2026, 11, 24), changed=True)
        assert files_to_lint(config, options) == ("prompts/b.prompt.md",)
        assert len(files_to_lint(config, replace(options, changed=False))) == 2

    def test_is_also_what_has_other_owners(self, repo: Path) -> None:
        commit(repo, {"CODEOWNERS": "/src/ @ada\n/prompts/ @ada\n"})
        write(repo, "CODEOWNERS", "/src/ @bob\n/prompts/ @ada\n")
        assert run(repo, changed=True).files == 0
        write(repo, "CODEOWNERS", "/src/ @ada\n")
        assert codes(run(repo, "PG001", changed=True)) == [("PG001", "CODEOWNERS")]


def test_a_rename_is_followed_also_before_git_is_told(repo: Path) -> None:
    text = HELLO.replace("Say hello.", "You greet people.\nSay hello.\nThen stop.")
    commit(repo, {"prompts/a.prompt.md": text})
    (repo / "prompts/a.prompt.md").unlink()
    write(repo, "prompts/more/a.prompt.md", text.replace("You greet people", "You greet dogs"))
    assert codes(run(repo)) == [("PV002", "prompts/more/a.prompt.md")]
    git(repo, "add", "--all")
    assert codes(run(repo)) == [("PV002", "prompts/more/a.prompt.md")]


@pytest.mark.parametrize("name", ["a\nb", 'a "b"', "ä", "a\tb", "\udcff"])
def test_any_name_will_do(repo: Path, name: str) -> None:
    path = f"prompts/{name}.prompt.md"
    commit(repo, {path: HELLO})
    assert codes(run(repo, "PV010")) == []
    write(repo, path, BYE)
    assert ("PV002", path) in codes(run(repo))
    assert ("PV002", path) in codes(run(repo, changed=True))


def test_a_submodule_is_tracked_there(tmp_path: Path, repo: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    git(other, "init", "--quiet", "--initial-branch=main")
    commit(other, {"s.prompt.md": HELLO})
    git(repo, "-c", "protocol.file.allow=always", "submodule", "add", str(other), "prompts/sub")
    commit(repo, {})
    assert ("PV010", "prompts/sub/s.prompt.md") not in codes(run(repo, "PV010"))


def test_rules_that_need_no_history_start_no_git(
    repo: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*args: object, **_options: object) -> object:
        pytest.fail(f"a process was started: {args}")

    monkeypatch.setattr(subprocess, "run", refuse)
    monkeypatch.setattr(subprocess, "Popen", refuse)
    options = LintOptions(today=date(2026, 11, 24), wish=Wish(select=("PF",)))
    assert lint(load_config(repo, environ={}, overrides={}), options).files == 1
