"""The formats of `agentops prompt lint` as a user and a CI server meet them."""

import io
import json
import os
import pty
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from agentops_cli.errors import ExitCode
from agentops_cli.reporters.lint import FORMATS
from agentops_cli.rules.frontmatter import missing_frontmatter
from tests.cli.running import Cli, Ended
from tests.cli.test_prompt_lint import BAD, FEW, GOOD
from tests.reporters.lint.made import KEY

every_format = pytest.mark.parametrize("output", FORMATS)
ROOT = Path(__file__).parents[2]
NO_DESCRIPTION = GOOD.replace("description: Says hello to whoever comes along.\n", "")


@pytest.fixture(autouse=True)
def _clean(cli: Cli) -> None:
    (cli.folder / "echo.prompt.md").unlink()


def _lint(cli: Cli, *args: str) -> Ended:
    return cli.run("prompt", "lint", *FEW, "--extend-select", "PF013", *args)


@every_format
def test_the_exit_code_is_that_of_the_run(cli: Cli, output: str) -> None:
    cli.write("prompts/a.prompt.md", GOOD)
    as_it = ("--format", output)
    assert _lint(cli, *as_it).code is ExitCode.OK
    cli.write("prompts/a.prompt.md", NO_DESCRIPTION)
    assert _lint(cli, *as_it).code is ExitCode.OK  # A warning.
    assert _lint(cli, *as_it, "--fail-on", "warning").code is ExitCode.REJECTED
    assert _lint(cli, *as_it, "--max-warnings", "0").code is ExitCode.REJECTED
    cli.write("prompts/a.prompt.md", BAD)
    assert _lint(cli, *as_it).code is ExitCode.REJECTED
    assert _lint(cli, *as_it, "--exit-zero").code is ExitCode.OK


@every_format
def test_a_bug_of_ours_is_no_verdict(
    cli: Cli, output: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def check(*_: object) -> None:
        raise KeyError("tone")

    monkeypatch.setattr(missing_frontmatter, "check", check)
    cli.write("prompts/a.prompt.md", BAD)
    ended = _lint(cli, "--format", output, "--exit-zero")
    assert ended.code is ExitCode.INTERNAL
    told = {"json": '"exitCode": 3', "sarif": '"exitCode": 3', "markdown": "no verdict"}
    assert told.get(output, "") in ended.out


@every_format
def test_a_file_gets_what_stdout_would(cli: Cli, output: str) -> None:
    cli.write("prompts/a.prompt.md", BAD)
    printed = _lint(cli, "--format", output)
    kept = _lint(cli, "--format", output, "--output-file", "reports/lint.out")
    assert (cli.folder / "reports/lint.out").read_text(encoding="utf-8") == printed.out
    assert (kept.out, kept.err, kept.code) == ("", printed.err, printed.code)


@every_format
def test_a_clean_run_says_so_in_one_line(cli: Cli, output: str) -> None:
    cli.write("prompts/a.prompt.md", GOOD)
    assert _lint(cli, "--format", output).err == "1 file, 9 rules: nothing found\n"
    assert _lint(cli, "--format", output, "--quiet").err == ""


@every_format
def test_a_secret_stands_in_no_output(cli: Cli, output: str) -> None:
    cli.write("prompts/a.prompt.md", f"{GOOD}{KEY} {{{{ x }}}}\n<!-- agentops: ignore[PS] x -->\n")
    cli.write("prompts/b.prompt.md", f"---\nname: {KEY}\n{KEY}: {KEY}\n---\n{KEY} {KEY}\n")
    ended = cli.run("prompt", "lint", "--profile", "all", "--format", output, "--statistics")
    assert ended.code is ExitCode.REJECTED
    assert KEY[8:20] not in ended.out + ended.err


@every_format
def test_a_secret_of_the_environment_stands_in_no_output(
    cli: Cli, output: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SHOP_API_KEY", "swordfish-of-the-shop")
    cli.write("prompts/a.prompt.md", "swordfish-of-the-shop\n")
    assert "swordfish" not in _lint(cli, "--format", output).out


def test_statistics_stand_in_place_of_the_findings_for_people(cli: Cli) -> None:
    cli.write("prompts/a.prompt.md", BAD)
    cli.write("prompts/b.prompt.md", BAD)
    cli.write("prompts/c.prompt.md", NO_DESCRIPTION)
    ended = _lint(cli, "--statistics")
    assert [line.split()[:3] for line in ended.out.splitlines()] == [
        ["2", "PF001", "missing-frontmatter"],
        ["1", "PF013", "missing-description"],
    ]
    assert ended.code is ExitCode.REJECTED


def test_statistics_leave_a_format_for_programs_whole(cli: Cli) -> None:
    cli.write("prompts/a.prompt.md", BAD)
    ended = _lint(cli, "--statistics", "--format", "json")
    assert json.loads(ended.out)["statistics"][0]["count"] == 1
    assert ended.err.splitlines()[0].split()[:2] == ["1", "PF001"]


def _paths(ended: Ended, output: str) -> str:
    data: Any = json.loads(ended.out)
    if output == "json":
        return str(data["findings"][0]["path"])
    if output == "gitlab":
        return str(data[0]["location"]["path"])
    place = data["runs"][0]["results"][0]["locations"][0]["physicalLocation"]
    return str(place["artifactLocation"]["uri"])


def test_paths_are_from_where_their_reader_looks(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    cli.write("shop/agentops.yaml", "prompts: ['prompts/**/*.prompt.md']\n")
    cli.write("shop/prompts/a.prompt.md", BAD)
    monkeypatch.chdir(cli.folder / "shop" / "prompts")
    assert _lint(cli, "--format", "concise").out.startswith("a.prompt.md:1:1")
    github = _lint(cli, "--format", "github").out
    assert github.startswith("::error file=shop/prompts/a.prompt.md,")
    expected = {
        "json": "prompts/a.prompt.md",
        "gitlab": "shop/prompts/a.prompt.md",
        "sarif": "shop/prompts/a.prompt.md",
    }
    found = {output: _paths(_lint(cli, "--format", output), output) for output in expected}
    assert found == expected


def _on_a_terminal(folder: Path, **environ: str) -> str:
    """What a terminal of 80 columns gets to see of stdout."""
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "agentops_cli", "prompt", "lint", *FEW]
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
    assert done.wait() == ExitCode.REJECTED
    return b"".join(parts).decode()


def test_the_line_that_is_shown_is_that_of_stdin(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    cli.write("prompts/a.prompt.md", GOOD)
    stdin = SimpleNamespace(buffer=io.BytesIO(b"Say it aloud.\n"))
    monkeypatch.setattr(sys, "stdin", stdin)
    assert "1 | Say it aloud.\n" in _lint(cli, "--stdin-filename", "prompts/a.prompt.md").out


def test_colours_are_for_terminals_only(cli: Cli) -> None:
    cli.write("prompts/a.prompt.md", "\x1b[2J\x1b]0;title\x07 Say hello.\n")
    assert "\x1b" not in _lint(cli).out
    shown = _on_a_terminal(cli.folder)
    assert "\x1b[31merror" in shown
    assert "\x1b[2J" not in shown
    assert "\x1b]" not in shown
    assert "\x1b[31m" not in _on_a_terminal(cli.folder, NO_COLOR="1")


def test_a_report_loads_nothing_that_it_does_not_need(cli: Cli) -> None:
    cli.write("prompts/a.prompt.md", BAD)
    code = (
        "import sys\nfrom agentops_cli.__main__ import main\n"
        "try:\n    main()\nexcept SystemExit:\n    pass\n"
        "sys.stderr.write('\\n' + ' '.join(sorted(sys.modules)))"
    )
    for output in FORMATS:
        args = ["prompt", "lint", *FEW, "--format", output, "--no-cache"]
        done = subprocess.run(
            [sys.executable, "-c", code, *args],
            cwd=cli.folder,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            capture_output=True,
            text=True,
            check=True,
        )
        modules = set(done.stderr.splitlines()[-1].split())
        assert not modules & {"rich", "jinja2", "litellm", "jsonschema", "tiktoken"}, output
