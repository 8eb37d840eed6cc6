"""`agentops prompt diff` as its users meet it, in real repositories."""

import json
import os
import pty
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from agentops_cli.errors import ExitCode
from agentops_cli.reporters.diff import FORMATS
from agentops_cli.validate import schema
from tests.cli.running import Cli, Ended
from tests.reporters.diff.made import KEY

ROOT = Path(__file__).parents[2]
every_format = pytest.mark.parametrize("output", FORMATS)

BEFORE = """---
version: 1.2.0
model: openai/gpt-4o-mini
temperature: 0.2
input: {schema: {idea: string}}
---
You are a product manager.
Answer in English only.

user:
Idea: {{ idea }}
"""
AFTER = BEFORE.replace("0.2\n", "0.7\n").replace("English", "French")
BREAKING = AFTER.replace("idea: string}", "idea: string, budget: number}")


@pytest.fixture(autouse=True)
def _repository(cli: Cli) -> None:
    """A prompt that is committed on main."""
    (cli.folder / "echo.prompt.md").unlink()
    cli.write("agentops.yaml", "prompts: [prompts/*.prompt.md]\n")
    cli.write("prompts/pm.prompt.md", BEFORE)
    _git(cli, "init", "--quiet", "--initial-branch=main")
    _commit(cli)


def _git(cli: Cli, *args: str) -> None:
    who = ("-c", "user.name=Ada", "-c", "user.email=ada@example.com", "-c", "commit.gpgsign=false")
    subprocess.run(["git", *who, *args], cwd=cli.folder, check=True, capture_output=True)


def _commit(cli: Cli) -> None:
    _git(cli, "add", "--all")
    _git(cli, "commit", "--quiet", "--message=x")


def _diff(cli: Cli, *args: str) -> Ended:
    return cli.run("prompt", "diff", *args)


@every_format
def test_by_default_a_diff_is_printed_and_nothing_is_judged(cli: Cli, output: str) -> None:
    cli.write("prompts/pm.prompt.md", BREAKING)
    ended = _diff(cli, "HEAD", "--format", output)
    assert ended.code is ExitCode.OK
    assert "pm" in ended.out


@pytest.mark.parametrize(
    ("text", "args", "code"),
    [
        (BEFORE, ("--exit-code",), ExitCode.OK),
        (AFTER, ("--exit-code",), ExitCode.REJECTED),
        (AFTER, ("--fail-on", "breaking"), ExitCode.OK),
        (AFTER, ("--fail-on", "risky"), ExitCode.REJECTED),
        (AFTER, ("--fail-on", "bump"), ExitCode.REJECTED),
        (AFTER.replace("1.2.0", "1.3.0"), ("--fail-on", "bump"), ExitCode.OK),
        (BREAKING, ("--fail-on", "breaking"), ExitCode.REJECTED),
    ],
)
def test_it_is_judged_where_that_was_asked(
    cli: Cli, text: str, args: tuple[str, ...], code: ExitCode
) -> None:
    cli.write("prompts/pm.prompt.md", text)
    for output in FORMATS:
        assert _diff(cli, "HEAD", *args, "--format", output).code is code


@every_format
def test_a_prompt_that_cannot_be_read_is_told_and_is_never_no_change(cli: Cli, output: str) -> None:
    cli.write("prompts/pm.prompt.md", BEFORE.replace("version: 1.2.0", "version: [1"))
    for args in ((), ("--exit-code",), ("--fail-on", "breaking")):
        ended = _diff(cli, "HEAD", "--format", output, *args)
        assert ended.code in {ExitCode.INPUT, ExitCode.REJECTED}
        assert "prompts/pm.prompt.md:2" in ended.out + ended.err
        assert "no prompt has changed" not in ended.out + ended.err
    assert _diff(cli, "HEAD", "--format", output).code is ExitCode.INPUT


@every_format
def test_where_nothing_differs_the_last_line_says_so(cli: Cli, output: str) -> None:
    ended = _diff(cli, "HEAD", "--format", output)
    assert ended.code is ExitCode.OK
    assert ended.err.endswith("the working tree: 1 prompt: no prompt has changed\n")
    assert _diff(cli, "HEAD", "--format", output, "--quiet").err == ""


@every_format
def test_a_file_gets_what_stdout_would(cli: Cli, output: str) -> None:
    cli.write("prompts/pm.prompt.md", BREAKING)
    printed = _diff(cli, "HEAD", "--format", output)
    kept = _diff(cli, "HEAD", "--format", output, "--output-file", "out/diff.txt")
    assert (cli.folder / "out/diff.txt").read_text(encoding="utf-8") == printed.out
    assert (kept.out, kept.err, kept.code) == ("", printed.err, printed.code)


@every_format
def test_a_secret_stands_in_no_output(
    cli: Cli, output: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SHOP_API_KEY", "swordfish-of-the-shop")
    secret = f"{KEY} swordfish-of-the-shop"
    front = f"description: {secret}\nmax_tokens: 5\n"
    text = f"{BREAKING.replace('temperature', f'{front}temperature')}{secret}\n"
    cli.write(f"prompts/{KEY}.prompt.md", text)
    cli.write("prompts/pm.prompt.md", text)
    ended = _diff(cli, "HEAD", "--format", output)
    assert ended.code is ExitCode.OK
    assert KEY[8:20] not in ended.out + ended.err
    assert "swordfish" not in ended.out + ended.err


def test_what_comes_after_two_dashes_is_a_path(cli: Cli) -> None:
    cli.write("prompts/other.prompt.md", AFTER)
    cli.write("prompts/pm.prompt.md", AFTER)
    assert _diff(cli, "HEAD", "--name-only").out == (
        "prompts/other.prompt.md\nprompts/pm.prompt.md\n"
        if _diff(cli, "HEAD", "--name-only").out.startswith("prompts/other")
        else "prompts/pm.prompt.md\nprompts/other.prompt.md\n"
    )
    for args in (("HEAD", "--name-only", "--"), ("--name-only", "HEAD", "--")):
        assert _diff(cli, *args, "prompts/pm.prompt.md").out == "prompts/pm.prompt.md\n"
    ended = _diff(cli, "HEAD", "--", "prompts/none.prompt.md")
    assert ended.code is ExitCode.EMPTY
    assert _diff(cli, "HEAD", "--allow-empty", "--", "prompts/none.prompt.md").code is ExitCode.OK


def test_two_refs_are_compared_and_what_is_staged(cli: Cli) -> None:
    cli.write("prompts/pm.prompt.md", AFTER)
    _commit(cli)
    cli.write("prompts/pm.prompt.md", BREAKING)
    assert "English" in _diff(cli, "HEAD~1", "HEAD").out
    assert "budget" not in _diff(cli, "HEAD~1", "HEAD").out
    assert _diff(cli, "--staged").out == ""
    _git(cli, "add", "--all")
    assert "budget" in _diff(cli, "--staged").out


@pytest.mark.parametrize(
    ("args", "told"),
    [
        (("nowhere",), "git knows no commit 'nowhere'"),
        (("a", "b", "c"), "--"),
        (("HEAD", "--stat", "--name-only"), "exclude one another"),
        (("HEAD", "--stat", "--format", "json"), "exclude one another"),
        (("HEAD", "--side-by-side", "--stat"), "--side-by-side"),
        (("HEAD", "--format", "yaml"), "yaml"),
        (("HEAD", "--fail-on", "safe"), "safe"),
        (("HEAD", "--", ""), "empty"),
        (("",), "empty"),
        (("HEAD", "--output-file", ""), "empty"),
    ],
)
def test_what_cannot_be_meant_is_a_usage_error(cli: Cli, args: tuple[str, ...], told: str) -> None:
    ended = _diff(cli, *args)
    assert ended.code is ExitCode.USAGE
    assert told in ended.err
    assert ended.out == ""


def test_without_a_repository_git_is_what_is_missing(cli: Cli) -> None:
    (cli.folder / ".git").rename(cli.folder / "was.git")
    ended = _diff(cli, "HEAD", "--exit-code")
    assert ended.code is ExitCode.UNREACHABLE
    assert "fix:" in ended.err


def test_paths_are_as_the_reader_of_a_format_looks_them_up(
    cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    cli.write("prompts/pm.prompt.md", AFTER)
    monkeypatch.chdir(cli.folder / "prompts")
    assert _diff(cli, "HEAD", "--name-only").out == "pm.prompt.md\n"
    found = json.loads(_diff(cli, "HEAD", "--format", "json").out)
    assert found["prompts"][0]["path"] == "prompts/pm.prompt.md"
    assert "file=prompts/pm.prompt.md," in _diff(cli, "HEAD", "--format", "github").out


def test_json_is_what_its_schema_says_and_that_is_printed(cli: Cli) -> None:
    cli.write("prompts/pm.prompt.md", BREAKING)
    found: Any = json.loads(_diff(cli, "HEAD", "--format", "json", "--fail-on", "risky").out)
    Draft202012Validator(schema("diff")).validate(found)
    assert found["exitCode"] == ExitCode.REJECTED
    assert json.loads(cli.run("schema", "diff").out) == schema("diff")


@every_format
def test_a_pipe_that_is_not_utf_8_gets_what_it_can_say(cli: Cli, output: str) -> None:
    cli.write("prompts/pm.prompt.md", AFTER)
    command = [sys.executable, "-m", "agentops_cli", "prompt", "diff", "HEAD", "--format", output]
    env = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "ascii"}
    done = subprocess.run(command, cwd=cli.folder, env=env, capture_output=True, check=True)
    assert done.stdout.isascii()
    assert b"pm" in done.stdout


@pytest.mark.parametrize("columns", [80, 120])
def test_on_a_terminal_both_versions_stand_beside_one_another(cli: Cli, columns: int) -> None:
    cli.write("prompts/pm.prompt.md", AFTER)
    shown = _on_terminal(cli.folder, "--side-by-side", COLUMNS=str(columns), NO_COLOR="1")
    rows = [line for line in shown.splitlines() if "│" in line]
    assert any("[-English-]" in row and "{+French+}" in row for row in rows)
    assert max(map(len, rows)) <= columns


def test_on_a_terminal_changed_words_are_told_by_colour(cli: Cli) -> None:
    cli.write("prompts/pm.prompt.md", AFTER)
    shown = _on_terminal(cli.folder)
    assert "\x1b[" in shown
    assert "[-English-]" not in shown
    plain = _on_terminal(cli.folder, NO_COLOR="1")
    assert "\x1b[" not in plain
    assert "[-English-]" in plain


def _on_terminal(folder: Path, *args: str, **environ: str) -> str:
    """What somebody at a terminal gets to see of stdout."""
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "agentops_cli", "prompt", "diff", "HEAD", *args]
    env = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "TERM": "xterm", **environ}
    done = subprocess.Popen(
        command, cwd=folder, env=env, stdin=theirs, stdout=theirs, stderr=subprocess.DEVNULL
    )
    os.close(theirs)
    parts: list[bytes] = []
    try:
        while part := os.read(ours, 65_536):
            parts.append(part)
    except OSError:  # As Linux says that the other end is closed.
        pass
    os.close(ours)
    assert done.wait() == ExitCode.OK
    return b"".join(parts).decode()
