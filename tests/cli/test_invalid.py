"""Broken input: each mistake exits 4 with its place and a fix, and nothing is called."""

from collections.abc import Callable

import pytest

from agentops_cli.errors import ExitCode
from tests.cli.conftest import PROMPT
from tests.cli.running import Cli
from tests.servers.faulty_openai import FaultyOpenAI

SUITE = """prompt: echo.prompt.md
cases:
  - id: a
    input: hello
    mustContain: hello
"""
BOMB = "a: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{name}: &{name} [{', '.join([f'*{before}'] * 9)}]\n"
    for before, name in zip("abcdefg", "bcdefgh", strict=True)
)

NESTED = "{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}"


def changed(old: str, new: str) -> Callable[[Cli], None]:
    return lambda cli: _write(cli, "s.yaml", SUITE.replace(old, new))


def prompt(old: str, new: str) -> Callable[[Cli], None]:
    return lambda cli: _write(cli, "echo.prompt.md", PROMPT.replace(old, new))


def whole(text: str) -> Callable[[Cli], None]:
    return lambda cli: _write(cli, "s.yaml", text)


def _write(cli: Cli, name: str, text: str) -> None:
    (cli.folder / name).write_text(text, encoding="utf-8")


BROKEN = {
    "a typo in a key": (changed("mustContain", "mustContian"), "s.yaml:5:5", "'mustContain'"),
    "an unknown assertion": (
        changed("mustContain: hello", "assert: [{contians: x}]"), "s.yaml:5:14", "'contains'",
    ),
    "an empty mustContain": (
        changed("mustContain: hello", 'mustContain: ""'), "s.yaml:5:18", "give it a value",
    ),
    "an undeclared variable": (
        prompt("You repeat", "{{ tone }} You repeat"), "s.yaml:3:5", "tone",
    ),
    "a missing prompt": (changed("echo.prompt", "ecco.prompt"), "s.yaml:1:9", "'echo.prompt.md'"),
    "a duplicate id": (
        whole(f"{SUITE}  - {{id: a, input: x, mustContain: x}}\n"), "s.yaml:6:5", "id of its own",
    ),
    "no assertion": (changed("    mustContain: hello\n", ""), "s.yaml:3:5", "add expectedCategory"),
    "a bad regular expression": (
        changed("mustContain: hello", "assert: [{regex: '(unclosed'}]"), "s.yaml:5:14", "mend it",
    ),
    "bad YAML": (changed("id: a", "id: a: b"), "s.yaml:3:10", "quotes"),
    "a file of 5 MB": (whole(SUITE + "#" * 5_000_000), "s.yaml:1:1", "datasets"),
    "an alias bomb": (whole(f"{BOMB}{SUITE}"), "s.yaml:", "aliases"),
    "a template bomb": (
        prompt("You repeat", NESTED),
        "echo.prompt.md:9", "",
    ),
}  # fmt: skip


@pytest.mark.parametrize(("break_it", "place", "fix"), BROKEN.values(), ids=BROKEN)
def test_it_exits_4_with_its_place_and_a_fix_and_no_call(
    cli: Cli, server: FaultyOpenAI, break_it: Callable[[Cli], None], place: str, fix: str
) -> None:
    cli.write("s.yaml", SUITE)
    break_it(cli)
    ended = cli.run("eval", "s.yaml", "--junit", "j.xml")
    assert ended.code is ExitCode.INPUT
    assert f"{place}" in ended.err
    assert "  fix: " in ended.err
    assert fix in ended.err
    assert "Traceback" not in ended.err
    assert not server.requests
    assert not (cli.folder / "j.xml").exists()


def test_mistakes_of_several_files_are_reported_together(cli: Cli, server: FaultyOpenAI) -> None:
    cli.write("s.yaml", SUITE.replace("mustContain", "mustContian"))
    cli.write("t.yaml", SUITE.replace("echo", "echoo"))
    _write(cli, "bad.prompt.md", PROMPT.replace("version: 1.0.0", "version: 1.10"))
    cli.write("u.yaml", SUITE.replace("echo", "bad"))
    ended = cli.run("eval", "s.yaml", "t.yaml", "u.yaml")
    assert ended.code is ExitCode.INPUT
    for place in ("s.yaml:5:5", "t.yaml:1:9", "bad.prompt.md:2:10"):
        assert place in ended.err
    assert "3 mistakes found; nothing was run or spent" in ended.err
    assert not server.requests


def test_a_configuration_that_is_wrong_is_an_input_error(cli: Cli) -> None:
    cli.write("agentops.yaml", "conccurrency: 3\n")
    ended = cli.run("eval", cli.write("s.yaml", SUITE))
    assert ended.code is ExitCode.INPUT
    assert "agentops.yaml:1:1" in ended.err
    assert "did you mean 'concurrency'?" in ended.err


def test_the_embedded_model_names_the_command_that_installs_it(
    cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("agentops_cli.gateways.local.is_installed", lambda: False)
    cli.write("s.yaml", f"models: [local/smollm2-135m-instruct]\n{SUITE}")
    ended = cli.run("eval", "s.yaml")
    assert ended.code is ExitCode.INPUT
    assert "run: agentops local install" in ended.err
