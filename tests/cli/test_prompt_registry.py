"""`agentops prompt list`, `show`, `log`, `render`, `bump`, `new`, `tag` and `git-driver`."""

import hashlib
import json
import subprocess
import sys
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from agentops_cli.errors import ExitCode
from tests.cli.running import Cli, Ended

GREET = """
---
version: 1.0.0
model: openai/gpt-4o-mini
temperature: 0
author: ada@example.org
max_tokens: 100
input:
  schema: {name: string, "times?": integer}
changelog:
  - version: 1.0.0
    date: "2026-01-02"
    changes: First version.
---

system:
You greet people. Say hello {{ times or 1 }} times.

user:
<name>{{ name }}</name>
"""
SUITE = """
prompt: ../prompts/greet.prompt.md
cases:
  - id: ada
    vars: {name: Ada}
    mustContain: [hello]
"""

Git = Callable[..., str]


@pytest.fixture
def git(cli: Cli) -> Git:
    def run(*args: str) -> str:
        done = subprocess.run(
            ["git", *args], cwd=cli.folder, check=True, capture_output=True, text=True
        )
        return done.stdout.strip()

    return run


@pytest.fixture
def greet(cli: Cli, git: Git) -> Cli:
    """A project with one prompt and one suite, committed."""
    (cli.folder / "echo.prompt.md").unlink()
    cli.write("prompts/greet.prompt.md", GREET)
    cli.write("evals/greet.yaml", SUITE)
    cli.write("CODEOWNERS", "/prompts/ @team/greeters @ada\n")
    _commit(git)
    return cli


def _commit(git: Git) -> None:
    git("add", "--all")
    git("commit", "--quiet", "--message=x")


def _edit(cli: Cli, old: str, new: str) -> None:
    path = cli.folder / "prompts/greet.prompt.md"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def _data(ended: Ended) -> Any:
    assert ended.code is ExitCode.OK, ended.err
    return json.loads(ended.out)


class TestList:
    def test_a_table_has_a_line_for_each_prompt(self, greet: Cli) -> None:
        ended = greet.run("prompt", "list")
        head, line = ended.out.splitlines()
        assert head.split() == [
            *("NAME", "VERSION", "MODEL", "OWNER", "STATUS", "TIER", "SUITES", "CHANGED")
        ]
        assert line.split()[:-1] == [
            *("greet", "1.0.0", "openai/gpt-4o-mini", "@team/greeters", "+1", "active", "mvp"),
            "greet.yaml",
        ]
        assert ended.code is ExitCode.OK

    def test_json_has_all_that_is_known(self, greet: Cli, git: Git) -> None:
        data = _data(greet.run("prompt", "list", "--json"))
        assert _data(greet.run("prompt", "list", "--format", "json")) == data
        [one] = data["prompts"]
        assert one["changed"]["id"] == git("rev-parse", "HEAD")
        del one["changed"]
        assert data["schema"] == 1
        assert one == {
            "name": "greet",
            "path": "prompts/greet.prompt.md",
            "version": "1.0.0",
            "models": ["openai/gpt-4o-mini"],
            "status": "active",
            "tier": "mvp",
            "authors": ["ada@example.org"],
            "owners": ["@team/greeters", "@ada"],
            "suites": ["evals/greet.yaml"],
            "problems": [],
        }

    def test_without_a_repository_only_the_change_is_not_known(
        self, greet: Cli, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        elsewhere = tmp_path_factory.mktemp("plain")
        subprocess.run(["cp", "-r", "prompts", "evals", "agentops.yaml", elsewhere], check=True)
        monkeypatch.chdir(elsewhere)
        ended = greet.run("prompt", "list")
        assert ended.code is ExitCode.OK
        assert ended.out.splitlines()[1].split()[-1] == "-"
        assert "there is no git repository here" in ended.err

    def test_without_git_it_is_the_same(self, greet: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("PATH", str(greet.folder))
        ended = greet.run("prompt", "list")
        assert (ended.code, len(ended.out.splitlines())) == (ExitCode.OK, 2)
        assert greet.run("prompt", "show", "greet").code is ExitCode.OK
        assert greet.run("prompt", "render", "greet", "--var", "name=Ada").code is ExitCode.OK

    def test_no_prompt_is_a_selection_of_nothing(self, cli: Cli) -> None:
        ended = cli.run("prompt", "list")
        assert ended.code is ExitCode.EMPTY
        assert "agentops prompt new" in ended.err

    def test_a_prompt_that_cannot_be_read_is_listed_with_its_mistakes(self, greet: Cli) -> None:
        greet.write("prompts/bad.prompt.md", "---\nversion: [\n---\nx\n")
        ended = greet.run("prompt", "list")
        assert ended.code is ExitCode.OK
        assert "mistake" in ended.out.splitlines()[1]

    def test_what_a_prompt_says_gives_no_order_and_shows_no_secret(self, greet: Cli) -> None:
        key = "sk-proj-" + "a1B2" * 12
        model = f"\\e[31m::error::{key}\\u202e\\nx"
        _edit(greet, "model: openai/gpt-4o-mini", f'model: "{model}"')
        ended = greet.run("prompt", "list")
        assert len(ended.out.splitlines()) == 2
        assert "\x1b" not in ended.out
        assert "\u202e" not in ended.out
        assert key not in ended.out
        assert key not in greet.run("prompt", "list", "--json").out


class TestShow:
    def test_the_text_is_on_stdout_and_where_it_is_from_on_stderr(self, greet: Cli) -> None:
        ended = greet.run("prompt", "show", "greet")
        assert ended.out == GREET.lstrip("\n")
        assert ended.err == "greet 1.0.0: prompts/greet.prompt.md of the working tree\n"

    def test_an_earlier_version_is_shown_as_it_was(self, greet: Cli, git: Git) -> None:
        _edit(greet, "1.0.0\nmodel", "1.1.0\nmodel")
        _commit(git)
        for wanted in ("greet@1.0.0", "greet@~1.0", "greet@{HEAD~1}"):
            ended = greet.run("prompt", "show", wanted)
            assert ended.out == GREET.lstrip("\n")
            assert git("rev-parse", "HEAD~1")[:10] in ended.err

    def test_a_path_is_from_the_working_folder(
        self, greet: Cli, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        path = "../prompts/greet.prompt.md"
        monkeypatch.chdir(greet.folder / "evals")
        for wanted in (path, f"{path}@{{HEAD}}", str(Path(path).resolve()), path[3:]):
            ended = greet.run("prompt", "show", wanted)
            assert ended.err.startswith("greet 1.0.0: prompts/greet.prompt.md"), wanted
        for suite in ("greet.yaml", "./greet.yaml", "evals/greet.yaml"):
            args = ["prompt", "render", "greet", "--case", "ada", "--suite", suite]
            assert greet.run(*args).code is ExitCode.OK

    def test_controls_are_spelled_out_and_secrets_hidden_but_not_in_raw_bytes(
        self, greet: Cli
    ) -> None:
        key = "sk-proj-" + "a1B2" * 12
        _edit(greet, "You greet people.", f"\x1b[31m {key} ::error::x\n::error::y")
        ended = greet.run("prompt", "show", "greet")
        assert "\x1b" not in ended.out
        assert key not in ended.out
        assert "\n::error::" not in ended.out
        stored = (greet.folder / "prompts/greet.prompt.md").read_text(encoding="utf-8")
        assert greet.run("prompt", "show", "greet", "--raw").out == stored

    def test_what_cannot_be_read_at_all_is_a_mistake_in_the_file(self, greet: Cli) -> None:
        path = greet.folder / "prompts/greet.prompt.md"
        for stored in (b"x" * 2**21, GREET.encode("utf-16")):
            path.write_bytes(stored)
            for args in (["show"], ["show", "--raw"], ["render"]):
                name = str(path.relative_to(greet.folder))
                ended = greet.run("prompt", *args, name)
                assert (ended.code, ended.out) == (ExitCode.INPUT, "")
                assert "prompts/greet.prompt.md:1:1" in ended.err

    def test_json_has_text_and_place(self, greet: Cli) -> None:
        data = _data(greet.run("prompt", "show", "greet@{HEAD}", "--json"))
        assert data["text"] == GREET.lstrip("\n")
        assert (data["version"], data["from"]) == ("1.0.0", "HEAD")

    @pytest.mark.parametrize(
        ("wanted", "code", "words"),
        [
            ("greta", ExitCode.EMPTY, "did you mean 'greet'?"),
            ("greet@^9", ExitCode.EMPTY, "there are 1.0.0"),
            ("greet@{nowhere}", ExitCode.USAGE, "git knows no commit 'nowhere'"),
            ("greet@{--all}", ExitCode.USAGE, "git knows no commit '--all'"),
            ("greet@", ExitCode.USAGE, "names no prompt"),
        ],
    )
    def test_what_is_not_there_ends_with_its_own_code_and_a_way_out(
        self, greet: Cli, wanted: str, code: ExitCode, words: str
    ) -> None:
        ended = greet.run("prompt", "show", wanted)
        assert (ended.code, ended.out) == (code, "")
        assert words in ended.err


class TestLog:
    def test_a_line_for_each_version(self, greet: Cli, git: Git) -> None:
        _edit(greet, "You greet people.", "You insult people.")
        _edit(greet, "1.0.0\nmodel", "1.0.1\nmodel")
        _commit(git)
        git("tag", "prompt/greet@1.0.1")
        ended = greet.run("prompt", "log", "greet")
        rows = [line.split() for line in ended.out.splitlines()]
        assert rows[1][:5] == ["1.0.1", "patch,", "needs", "minor", git("rev-parse", "HEAD")[:10]]
        assert rows[1][-1] == "tagged"
        assert rows[2][:2] == ["1.0.0", "first"]
        assert " A Tester " in ended.out
        data = _data(greet.run("prompt", "log", "greet", "--json", "-n", "1"))
        [one] = data["versions"]
        assert one["bump"] == {
            "before": "1.0.0",
            "actual": "patch",
            "required": "minor",
            "isEnough": False,
        }

    def test_the_verdict_of_a_result_stands_with_the_text_that_was_evaluated(
        self, greet: Cli, git: Git
    ) -> None:
        text = (greet.folder / "prompts/greet.prompt.md").read_bytes()
        greet.write("evals/greet.yaml", SUITE.replace("[hello]", "[never]"))
        _replayed(greet)
        result = greet.json("r.json")
        assert result["suites"][0]["promptSha256"] == hashlib.sha256(text).hexdigest()
        ended = greet.run("prompt", "log", "greet", "--results", "r.json")
        assert ended.out.splitlines()[1].split()[-1] == "failed"
        greet.write("agentops.yaml", "report: {json: r.json}\n")
        assert "failed" in greet.run("prompt", "log", "greet").out
        _edit(greet, "You greet", "You always greet")
        assert "failed" not in greet.run("prompt", "log", "greet").out.splitlines()[1]

    def test_a_result_without_a_single_answer_is_no_verdict(self, greet: Cli) -> None:
        answer = {"suite": "evals/greet.yaml", "caseId": "other", "text": "hello"}
        greet.write("evals/answers.jsonl", json.dumps(answer) + "\n")
        greet.write("evals/greet.yaml", SUITE + "models: [replay/answers.jsonl]\n")
        ended = greet.run("eval", "evals/greet.yaml", "--json", "r.json", "--no-progress")
        assert ended.code is ExitCode.UNREACHABLE
        ended = greet.run("prompt", "log", "greet", "--results", "r.json")
        assert ended.out.splitlines()[1].endswith("no verdict")

    def test_a_result_that_cannot_be_read_is_told_and_refused_where_it_was_named(
        self, greet: Cli
    ) -> None:
        greet.write("r.json", "{}")
        greet.write("agentops.yaml", "report: {json: r.json}\n")
        ended = greet.run("prompt", "log", "greet")
        assert ended.code is ExitCode.OK
        assert "r.json was not read" in ended.err
        assert greet.run("prompt", "log", "greet", "--results", "r.json").code is ExitCode.INPUT

    def test_what_a_commit_says_gives_no_order(self, greet: Cli, git: Git) -> None:
        _edit(greet, "1.0.0\nmodel", "1.0.1\nmodel")
        who = "\x1b[31m::error::\u202e <x@example.com>"
        git("commit", "--quiet", "--all", "--message=::error::x", f"--author={who}")
        ended = greet.run("prompt", "log", "greet")
        assert len(ended.out.splitlines()) == 3
        assert not {"\x1b", "\u202e"} & set(ended.out)
        assert not {"\x1b", "\u202e"} & set(greet.run("prompt", "log", "greet", "--json").out)

    def test_a_shallow_clone_says_what_it_cannot_know(
        self,
        greet: Cli,
        git: Git,
        tmp_path_factory: pytest.TempPathFactory,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        greet.write("other.txt", "x")
        _commit(git)
        clone = tmp_path_factory.mktemp("shallow") / "greet"
        git("clone", "--quiet", "--depth=1", greet.folder.as_uri(), str(clone))
        monkeypatch.chdir(clone)
        for command in (["list"], ["log", "greet"]):
            ended = greet.run("prompt", *command)
            assert ended.code is ExitCode.OK
            assert "the clone is shallow" in ended.err
            assert "fetch-depth: 0" in ended.err

    def test_what_makes_no_sense_is_refused(self, greet: Cli) -> None:
        assert greet.run("prompt", "log", "greet@1.0.0").code is ExitCode.USAGE
        assert greet.run("prompt", "log", "greet", "-n", "0").code is ExitCode.USAGE


def _replayed(cli: Cli) -> None:
    """Evaluates the suite of `greet` on an answer that is at hand, into r.json."""
    answer = {"suite": "evals/greet.yaml", "caseId": "ada", "text": "hello"}
    cli.write("evals/answers.jsonl", json.dumps(answer) + "\n")
    text = (cli.folder / "evals/greet.yaml").read_text(encoding="utf-8")
    cli.write("evals/greet.yaml", text + "models: [replay/answers.jsonl]\n")
    ended = cli.run("eval", "evals/greet.yaml", "--json", "r.json", "--no-progress")
    assert (cli.folder / "r.json").is_file(), ended.err


class TestRender:
    def test_messages_have_their_lengths_and_a_call_its_price(self, greet: Cli) -> None:
        ended = greet.run("prompt", "render", "greet", "--var", "name=Ada", "--var", "times=3")
        assert ended.out == (
            "system (10 tokens)\n"
            "  You greet people. Say hello 3 times.\n"
            "user (7 tokens)\n"
            "  <name>Ada</name>\n"
        )
        assert "17 tokens of input for openai/gpt-4o-mini" in ended.err
        assert "100 tokens of output at most" in ended.err
        assert "for 1,000 times" in ended.err

    def test_json_has_the_same_for_a_program(self, greet: Cli) -> None:
        data = _data(greet.run("prompt", "render", "greet", "--var", "name=Ada", "--json"))
        assert [each["role"] for each in data["turns"][0]] == ["system", "user"]
        assert (data["inputTokens"], data["maxTokens"]) == (17, 100)
        assert Decimal(data["inputUsd"]) == Decimal("0.00000255")
        assert Decimal(data["maxOutputUsd"]) == Decimal("0.00006")

    def test_a_case_gives_what_eval_would_send(self, greet: Cli) -> None:
        assert "<name>Ada</name>" in greet.run("prompt", "render", "greet", "--case", "ada").out

    def test_a_conversation_is_shown_turn_by_turn(self, greet: Cli) -> None:
        head = "version: 1.0.0\nmodel: openai/gpt-4o\n"
        greet.write("prompts/echo.prompt.md", f"---\n{head}---\nEcho.\n")
        turns = "[{input: One, mustContain: [a]}, {input: Two, mustContain: [b]}]"
        greet.write(
            "evals/echo.yaml",
            f"prompt: ../prompts/echo.prompt.md\ncases: [{{id: both, turns: {turns}}}]\n",
        )
        ended = greet.run("prompt", "render", "echo", "--case", "both")
        lines = ended.out.splitlines()
        assert [line for line in lines if line.startswith(("turn", "  "))] == [
            *("turn 1", "  Echo.", "  One"),
            *("turn 2", "  Echo.", "  Two"),
        ]
        assert "later turns cost more than this" in ended.err

    def test_a_case_is_priced_for_the_model_that_its_suite_asks(self, greet: Cli) -> None:
        greet.write("evals/greet.yaml", SUITE + "models: [openai/gpt-4o]\n")
        args = ["prompt", "render", "greet", "--case", "ada", "--json"]
        assert _data(greet.run(*args))["model"] == "openai/gpt-4o"
        assert _data(greet.run(*args, "--model", "openai/gpt-4"))["model"] == "openai/gpt-4"

    def test_a_suite_that_cannot_be_read_is_told_where_its_case_is_missed(self, greet: Cli) -> None:
        greet.write("evals/greet.yaml", SUITE.replace("mustContain", "mustContian"))
        ended = greet.run("prompt", "render", "greet", "--case", "ada")
        assert ended.code is ExitCode.EMPTY
        assert "evals/greet.yaml:5" in ended.err

    def test_an_earlier_version_takes_its_own_variables(self, greet: Cli, git: Git) -> None:
        _edit(greet, "{name: string", "{name: string, title: string")
        _edit(greet, "<name>", "<name>{{ title }} ")
        _edit(greet, "1.0.0\nmodel", "2.0.0\nmodel")
        _commit(git)
        assert greet.run("prompt", "render", "greet", "--case", "ada").code is ExitCode.INPUT
        assert greet.run("prompt", "render", "greet@1", "--case", "ada").code is ExitCode.OK

    @pytest.mark.parametrize(
        ("args", "code", "words"),
        [
            ([], ExitCode.INPUT, "name"),
            (["--var", "name=Ada", "--var", "nam=x"], ExitCode.INPUT, "nam"),
            (["--var", "name=Ada", "--var", "times=many"], ExitCode.USAGE, "is no JSON"),
            (["--var", "name"], ExitCode.USAGE, "NAME=VALUE"),
            (["--var", "name=A", "--var", "name=B"], ExitCode.USAGE, "twice"),
            (["--case", "bob"], ExitCode.EMPTY, "has a case 'bob'"),
            (["--case", "ada", "--var", "name=Ada"], ExitCode.USAGE, "its own variables"),
            (["--suite", "evals/greet.yaml"], ExitCode.USAGE, "add --case"),
        ],
    )
    def test_what_eval_would_refuse_is_refused(
        self, greet: Cli, args: list[str], code: ExitCode, words: str
    ) -> None:
        ended = greet.run("prompt", "render", "greet", *args)
        assert (ended.code, ended.out) == (code, "")
        assert words in ended.err

    def test_a_case_in_two_suites_has_to_be_told_apart(self, greet: Cli) -> None:
        greet.write("evals/other.yaml", SUITE)
        ended = greet.run("prompt", "render", "greet", "--case", "ada")
        assert ended.code is ExitCode.USAGE
        named = ["--case", "ada", "--suite", "evals/other.yaml"]
        assert greet.run("prompt", "render", "greet", *named).code is ExitCode.OK

    def test_an_unknown_price_is_told_and_never_zero(self, greet: Cli) -> None:
        args = ["prompt", "render", "greet", "--var", "name=Ada", "--model", "openai/nobodys"]
        assert "no price is known of openai/nobodys" in greet.run(*args).err
        assert _data(greet.run(*args, "--json"))["inputUsd"] is None

    def test_a_prompt_without_a_user_message_takes_the_input(self, greet: Cli) -> None:
        greet.write("prompts/echo.prompt.md", "---\nversion: 1.0.0\nmodel: openai/o\n---\nEcho.\n")
        ended = greet.run("prompt", "render", "echo", "--input", "Hi {{ there }}")
        assert "  Hi {{ there }}\n" in ended.out


class TestBump:
    def test_the_version_goes_up_as_far_as_the_changes_ask(self, greet: Cli, git: Git) -> None:
        git("checkout", "--quiet", "-b", "side")
        _edit(greet, '"times?": integer', "style: string")
        _edit(greet, "{{ times or 1 }}", "{{ style }}")
        path = greet.folder / "prompts/greet.prompt.md"
        before = path.read_bytes()
        ended = greet.run("prompt", "bump", "greet")
        assert ended.out == "prompts/greet.prompt.md: 1.0.0 -> 2.0.0\n"
        assert ended.err.startswith("breaking since main: ")
        today = path.read_text().split('date: "')[1][:10]
        entry = f'  - version: 2.0.0\n    date: "{today}"\n    changes: to be described\n'
        wanted = before.replace(b"version: 1.0.0\nmodel", b"version: 2.0.0\nmodel").replace(
            b"changelog:\n", b"changelog:\n" + entry.encode()
        )
        assert path.read_bytes() == wanted

    def test_a_second_time_nothing_is_written(self, greet: Cli) -> None:
        _edit(greet, "You greet", "You always greet")
        assert "1.0.0 -> 1.1.0" in greet.run("prompt", "bump", "greet").out
        text = (greet.folder / "prompts/greet.prompt.md").read_bytes()
        ended = greet.run("prompt", "bump", "greet")
        assert ended.out == "prompts/greet.prompt.md: 1.1.0, which is high enough\n"
        assert (greet.folder / "prompts/greet.prompt.md").read_bytes() == text

    def test_every_other_byte_is_as_it_was(self, greet: Cli, git: Git) -> None:
        path = greet.folder / "prompts/greet.prompt.md"
        odd = "\ufeff" + GREET.lstrip("\n").replace(
            "version: 1.0.0\nmodel", "# Kept.\nversion:   '1.0.0' # So.\nmodel"
        )
        stored = odd.replace("\n", "\r\n").encode()
        path.write_bytes(stored)
        _commit(git)
        changed = stored.replace(b"You greet", b"You always greet")
        path.write_bytes(changed)
        assert greet.run("prompt", "bump", "greet", "-m", "Greet: always").code is ExitCode.OK
        now = path.read_bytes()
        assert b"# Kept.\r\nversion:   '1.1.0' # So.\r\n" in now
        entry = now.index(b"  - version: 1.1.0\r\n")
        end = now.index(b"  - version: 1.0.0\r\n")
        assert b"changes: 'Greet: always'\r\n" in now[entry:end]
        rest = (now[:entry] + now[end:]).replace(b"'1.1.0' # So.", b"'1.0.0' # So.")
        assert rest == changed

    def test_a_level_is_a_wish_that_the_changes_may_exceed(self, greet: Cli) -> None:
        _edit(greet, "You greet", "You always greet")
        ended = greet.run("prompt", "bump", "greet", "--level", "patch")
        assert ended.code is ExitCode.USAGE
        assert "a patch version is not enough" in ended.err
        assert "1.0.0 -> 2.0.0" in greet.run("prompt", "bump", "greet", "--level", "major").out

    def test_a_dry_run_writes_nothing(self, greet: Cli) -> None:
        before = (greet.folder / "prompts/greet.prompt.md").read_bytes()
        ended = greet.run("prompt", "bump", "greet", "--level", "minor", "--dry-run")
        assert "1.0.0 -> 1.1.0" in ended.out
        assert (greet.folder / "prompts/greet.prompt.md").read_bytes() == before

    def test_without_git_a_level_will_do(self, greet: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("PATH", str(greet.folder))
        assert greet.run("prompt", "bump", "greet").code is ExitCode.UNREACHABLE
        ended = greet.run("prompt", "bump", "greet", "--level", "patch")
        assert "1.0.0 -> 1.0.1" in ended.out

    @pytest.mark.parametrize(
        ("line", "words"),
        [
            ("", "has no version that could go up"),
            ("version: soon\n", "is no semantic version"),
        ],
    )
    def test_a_version_that_cannot_go_up_is_a_mistake_in_the_file(
        self, greet: Cli, line: str, words: str
    ) -> None:
        _edit(greet, "version: 1.0.0\nmodel", f"{line}model")
        ended = greet.run("prompt", "bump", "greet", "--level", "minor")
        assert ended.code is ExitCode.INPUT
        assert words in ended.err

    def test_an_unknown_ref_is_a_mistake_of_whoever_types_it(self, greet: Cli) -> None:
        args = ["prompt", "bump", "greet", "--level", "minor", "--against", "nowhere"]
        assert greet.run(*args).code is ExitCode.USAGE


class TestNew:
    def test_a_prompt_a_suite_and_an_owner_are_there_and_work(self, greet: Cli, git: Git) -> None:
        owners = (greet.folder / "CODEOWNERS").read_bytes()
        ended = greet.run("prompt", "new", "say-bye", "--owner", "@team/byes")
        assert ended.out.splitlines() == [
            "prompts/say-bye.prompt.md",
            "evals/say-bye.yaml",
            "CODEOWNERS",
        ]
        assert (greet.folder / "CODEOWNERS").read_bytes() == (
            owners + b"/prompts/say-bye.prompt.md @team/byes\n"
        )
        assert "author: A Tester\n" in (greet.folder / ended.out.splitlines()[0]).read_text()
        assert "say-bye  0.1.0" in greet.run("prompt", "list").out
        assert greet.run("prompt", "render", "say-bye", "--case", "injection").code is ExitCode.OK
        assert greet.run("eval", "evals/say-bye.yaml", "--dry-run").code is ExitCode.OK
        git("checkout", "--quiet", "-b", "side")
        _commit(git)
        lint = greet.run("prompt", "lint", "prompts/say-bye.prompt.md")
        assert (lint.code, lint.out) == (ExitCode.OK, "")

    def test_nothing_that_is_there_is_overwritten(self, greet: Cli) -> None:
        greet.write("evals/bye.yaml", "mine\n")
        for name in ("greet", "bye"):
            ended = greet.run("prompt", "new", name)
            assert ended.code is ExitCode.USAGE
            assert "already" in ended.err
        assert (greet.folder / "evals/bye.yaml").read_text() == "mine\n"
        assert not (greet.folder / "prompts/bye.prompt.md").exists()

    def test_a_link_that_leads_nowhere_is_there_too(self, greet: Cli) -> None:
        (greet.folder / "prompts/bye.prompt.md").symlink_to(greet.folder / "elsewhere")
        assert greet.run("prompt", "new", "bye").code is ExitCode.USAGE
        assert not (greet.folder / "elsewhere").exists()

    def test_no_link_leads_out_of_the_project(
        self, greet: Cli, tmp_path_factory: pytest.TempPathFactory
    ) -> None:
        outside = tmp_path_factory.mktemp("outside")
        greet.write("agentops.yaml", 'prompts: ["linked/*.prompt.md"]\n')
        (greet.folder / "linked").symlink_to(outside)
        ended = greet.run("prompt", "new", "bye")
        assert ended.code is ExitCode.UNREACHABLE
        assert "outside the project" in ended.err
        assert not [*outside.iterdir()]

    @pytest.mark.parametrize("name", ["../x", "A", "a b", "a/b", "", "-x", "x" + "\n"])
    def test_only_plain_names_are_taken(self, greet: Cli, name: str) -> None:
        assert greet.run("prompt", "new", "--", name).code is ExitCode.USAGE

    def test_what_is_typed_stays_one_value(self, greet: Cli) -> None:
        text = "a: b # 'c'\nversion: 9"
        args = ["--author", text, "--description", text, "--model", "openai/o: x"]
        assert greet.run("prompt", "new", "bye", *args).code is ExitCode.OK
        data = _data(greet.run("prompt", "show", "bye", "--json"))
        assert (data["version"], data["problems"]) == ("0.1.0", [])
        assert data["meta"]["author"] == "a: b # 'c' version: 9"

    def test_control_characters_do_no_harm(self, greet: Cli) -> None:
        args = ["--author", "Ada \x1b[31m", "--description", "To greet\x7f"]
        assert greet.run("prompt", "new", "bye", *args).code is ExitCode.OK
        text = (greet.folder / "prompts/bye.prompt.md").read_text(encoding="utf-8")
        assert 'author: "Ada \\x1b[31m"\n' in text
        assert 'description: "To greet\\x7f"\n' in text
        assert greet.run("eval", "evals/bye.yaml", "--dry-run").code is ExitCode.OK

    def test_where_one_file_cannot_be_written_none_is(self, greet: Cli) -> None:
        owners = (greet.folder / "CODEOWNERS").read_bytes()
        greet.write("agentops.yaml", 'suites: ["checks/*.yaml"]\n')
        greet.write("checks", "no folder")
        assert greet.run("prompt", "new", "bye", "--owner", "@bob").code is ExitCode.UNREACHABLE
        assert not (greet.folder / "prompts/bye.prompt.md").exists()
        assert (greet.folder / "CODEOWNERS").read_bytes() == owners
        (greet.folder / "checks").unlink()
        assert greet.run("prompt", "new", "bye").code is ExitCode.OK

    def test_patterns_say_where_files_belong(self, greet: Cli) -> None:
        greet.write("agentops.yaml", 'prompts: ["ai/**/*.md"]\nsuites: ["checks/*.yaml"]\n')
        ended = greet.run("prompt", "new", "bye", "--owner", "@ada")
        assert ended.out.splitlines()[:2] == ["ai/bye.prompt.md", "checks/bye.yaml"]
        greet.write("agentops.yaml", 'prompts: ["ai/*.j2"]\n')
        ended = greet.run("prompt", "new", "hello")
        assert ended.code is ExitCode.USAGE
        assert "no pattern of 'prompts'" in ended.err

    def test_an_owner_that_it_has_already_is_not_written_again(self, greet: Cli) -> None:
        ended = greet.run("prompt", "new", "bye", "--owner", "@ada")
        assert "CODEOWNERS" not in ended.out
        assert greet.run("prompt", "new", "cry", "--owner", "no owner").code is ExitCode.USAGE


class TestTag:
    def test_an_annotated_tag_names_the_version(self, greet: Cli, git: Git) -> None:
        ended = greet.run("prompt", "tag", "greet")
        assert (ended.code, ended.out) == (ExitCode.OK, "prompt/greet@1.0.0\n")
        assert git("cat-file", "-t", "prompt/greet@1.0.0") == "tag"
        assert git("rev-parse", "prompt/greet@1.0.0^{commit}") == git("rev-parse", "HEAD")
        said = git("tag", "-l", "--format=%(contents)")
        assert said.startswith("greet 1.0.0\n\nFirst version.\n\nPrompt-Path: prompts/greet")
        assert greet.run("prompt", "show", "greet@1.0.0").err.endswith(
            f"of prompt/greet@1.0.0, commit {git('rev-parse', 'HEAD')[:10]}\n"
        )

    def test_a_second_time_it_is_there_already(self, greet: Cli, git: Git) -> None:
        greet.run("prompt", "tag", "greet")
        before = git("for-each-ref")
        greet.write("other.txt", "x")
        _commit(git)
        ended = greet.run("prompt", "tag", "--all")
        assert (ended.code, ended.out) == (ExitCode.OK, "")
        assert "1 tag there already" in ended.err
        assert git("for-each-ref", "refs/tags") in before

    @pytest.mark.parametrize(
        ("old", "new", "is_committed", "words"),
        [
            ("You greet", "You always greet", False, "is not committed as it is"),
            ("version: 1.0.0\nmodel", "model", True, "has no version"),
            ("version: 1.0.0\nmodel", "version: soon\nmodel", True, "which is not semantic"),
        ],
    )
    def test_what_has_no_version_of_its_own_gets_no_tag(
        self, greet: Cli, git: Git, old: str, new: str, is_committed: bool, words: str
    ) -> None:
        _edit(greet, old, new)
        if is_committed:
            _commit(git)
        ended = greet.run("prompt", "tag", "greet")
        assert (ended.code, ended.out) == (ExitCode.INPUT, "")
        assert words in ended.err
        assert git("tag") == ""

    def test_a_version_is_never_tagged_for_another_text(self, greet: Cli, git: Git) -> None:
        greet.run("prompt", "tag", "greet")
        _edit(greet, "You greet", "You always greet")
        _commit(git)
        ended = greet.run("prompt", "tag", "greet")
        assert ended.code is ExitCode.INPUT
        assert "is of another text" in ended.err

    def test_a_prompt_that_is_not_committed_at_all_gets_no_tag(self, greet: Cli) -> None:
        greet.run("prompt", "new", "bye")
        ended = greet.run("prompt", "tag", "bye")
        assert ended.code is ExitCode.INPUT
        assert "is not committed" in ended.err

    def test_a_dry_run_makes_none(self, greet: Cli, git: Git) -> None:
        assert "prompt/greet@1.0.0" in greet.run("prompt", "tag", "greet", "--dry-run").out
        assert git("tag") == ""

    def test_nothing_to_tag_is_a_mistake(self, greet: Cli) -> None:
        assert greet.run("prompt", "tag").code is ExitCode.USAGE
        assert greet.run("prompt", "tag", "greet", "--all").code is ExitCode.USAGE
        assert greet.run("prompt", "tag", "bye").code is ExitCode.EMPTY

    def test_without_a_repository_there_is_nothing_to_tag(
        self, greet: Cli, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        elsewhere = tmp_path_factory.mktemp("plain")
        subprocess.run(["cp", "-r", "prompts", elsewhere], check=True)
        monkeypatch.chdir(elsewhere)
        assert greet.run("prompt", "tag", "greet").code is ExitCode.UNREACHABLE


class TestABareRepository:
    def test_everything_is_read_and_nothing_written(
        self,
        greet: Cli,
        git: Git,
        tmp_path_factory: pytest.TempPathFactory,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        bare = tmp_path_factory.mktemp("bare") / "greet.git"
        git("clone", "--quiet", "--bare", str(greet.folder), str(bare))
        monkeypatch.chdir(bare)
        before = sorted(bare.rglob("*"))
        assert "greet  1.0.0" in greet.run("prompt", "list").out
        assert greet.run("prompt", "show", "greet@1").out == GREET.lstrip("\n")
        assert greet.run("prompt", "log", "greet").out.splitlines()[1].startswith("1.0.0")
        assert greet.run("prompt", "render", "greet", "--var", "name=Ada").code is ExitCode.OK
        for args in (["new", "bye"], ["bump", "greet", "--level", "minor"]):
            ended = greet.run("prompt", *args)
            assert ended.code is ExitCode.UNREACHABLE
            assert "a bare repository has no files" in ended.err
        assert sorted(bare.rglob("*")) == before


class TestGitDriver:
    def test_without_a_file_it_says_how_to_set_it_up(self, greet: Cli) -> None:
        ended = greet.run("prompt", "git-driver")
        assert "*.prompt.md diff=agentops" in ended.out
        assert "diff.agentops.textconv" in ended.out

    def test_git_diff_shows_keys_with_their_paths(self, greet: Cli, git: Git) -> None:
        _driven(greet, git, "textconv")
        _edit(greet, "{name: string", "{name: integer")
        lines = git("diff", "-U0", "prompts").splitlines()
        assert "-input.schema.name: string" in lines
        assert "+input.schema.name: integer" in lines

    def test_as_a_command_it_says_what_a_change_means(self, greet: Cli, git: Git) -> None:
        _driven(greet, git, "command")
        _edit(greet, "{name: string", "{name: integer")
        shown = git("diff", "prompts")
        assert "greet" in shown
        assert "breaking" in shown
        assert "[input-" in shown
        git("mv", "prompts/greet.prompt.md", "prompts/hello.prompt.md")
        assert "prompts/hello.prompt.md" in git("diff", "-M", "HEAD")
        git("rm", "--quiet", "-f", "prompts/hello.prompt.md")
        assert "file-deleted" in git("diff", "HEAD", "--", "prompts")

    @pytest.mark.parametrize("count", [2, 6, 8])
    def test_other_numbers_of_files_are_refused(self, greet: Cli, count: int) -> None:
        assert greet.run("prompt", "git-driver", *["x"] * count).code is ExitCode.USAGE
        empty = ["x", *["/dev/null", "0", "0"] * 2]
        assert greet.run("prompt", "git-driver", *empty).code is ExitCode.USAGE

    def test_what_is_no_prompt_is_shown_as_it_is(self, greet: Cli) -> None:
        greet.write("x.prompt.md", "No frontmatter.\n")
        assert greet.run("prompt", "git-driver", "x.prompt.md").out == "No frontmatter.\n"
        (greet.folder / "empty.prompt.md").write_text("")
        assert greet.run("prompt", "git-driver", "empty.prompt.md").out == ""
        assert greet.run("prompt", "git-driver", "nowhere").code is ExitCode.INPUT


def _driven(cli: Cli, git: Git, how: str) -> None:
    """Has git call us for prompts."""
    cli.write(".gitattributes", "*.prompt.md diff=agentops\n")
    script = cli.folder / "driver"
    root = Path(__file__).parents[2]
    script.write_text(f'#!/bin/sh\nPYTHONPATH={root} exec {sys.executable} -m agentops_cli "$@"\n')
    script.chmod(0o755)
    git("config", f"diff.agentops.{how}", f"{script} prompt git-driver")
