"""What a command imports is a promise: names of modules are asserted, not milliseconds."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.servers.faulty_openai import running

HEAVY = {
    "litellm",
    "openai",
    "aiohttp",
    "git",
    "jinja2",
    "jsonschema",
    "yaml",
    "pydantic",
    "asyncio",
}

REPORT = """
import json, sys
sys.argv = ["agentops", *{args!r}]
from agentops_cli.__main__ import main
try:
    main()
except SystemExit:
    pass
sys.stderr.write("\\n" + json.dumps(sorted(sys.modules)))
"""


def modules_after(*args: str, cwd: Path | None = None) -> set[str]:
    """The modules that a command has imported when it ends."""
    done = subprocess.run(
        [sys.executable, "-c", REPORT.format(args=args)],
        cwd=cwd,
        capture_output=True,
        text=True,
        check=True,
    )
    return set(json.loads(done.stderr.splitlines()[-1]))


def test_the_version_is_answered_before_typer_is_imported() -> None:
    assert not modules_after("--version") & {*HEAVY, "typer", "rich"}


def test_help_imports_no_command_and_nothing_heavy() -> None:
    modules = modules_after("--help")
    assert not modules & HEAVY
    commands = {name for name in modules if name.startswith("agentops_cli.cli.")}
    assert commands == {
        "agentops_cli.cli.app",
        "agentops_cli.cli.exits",
        "agentops_cli.cli.lazy",
        "agentops_cli.cli.streams",
        "agentops_cli.cli.values",
    }


def test_recorded_answers_need_no_client(tmp_path: Path) -> None:
    (tmp_path / "c.jsonl").write_text('{"caseId": "a", "text": "yes"}\n')
    (tmp_path / "s.yaml").write_text(
        "models: [replay/c.jsonl]\ncases: [{id: a, mustContain: yes}]\n"
    )
    modules = modules_after("eval", "s.yaml", cwd=tmp_path)
    assert "agentops_cli.run.engine" in modules
    assert not modules & {"litellm", "openai", "aiohttp", "git", "jsonschema"}


UNASKED = {
    "fastjsonschema",
    "git",
    "jinja2",
    "jsonschema",
    "litellm",
    "openai",
    "pydantic",
    "agentops_cli.flows.cassettes",
    "agentops_cli.flows.forecast",
    "agentops_cli.flows.resume",
    "agentops_cli.flows.shards",
    "agentops_cli.gateways.agents",
    "agentops_cli.gateways.metering",
    "agentops_cli.gateways.replay",
    "agentops_cli.guards.record",
    "agentops_cli.judge",
    "agentops_cli.metrics.classification",
    "agentops_cli.model.cassette_lines",
    "agentops_cli.run.merge",
    "agentops_cli.run.tool_names",
}
"""What no suite of plain cases needs: each is paid for by the suites that ask for it."""


def test_a_plain_suite_imports_nothing_that_it_does_not_ask_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    front = "version: 1.0.0\nmodel: openai/ok\nauthor: me\nrequires_review: false\nmax_tokens: 50"
    (tmp_path / "p.prompt.md").write_text(f"---\n{front}\n---\nYou repeat what you are told.\n")
    (tmp_path / "s.yaml").write_text(
        "prompt: p.prompt.md\ncases: [{id: a, input: said, mustContain: said}]\n"
    )
    flags = ["--no-cache", "--concurrency", "20", "--junit", "j.xml", "--json", "r.json"]
    with running() as server:
        monkeypatch.setenv("OPENAI_BASE_URL", server.url)
        monkeypatch.setenv("OPENAI_API_KEY", "sk-none")
        modules = modules_after("eval", "s.yaml", *flags, cwd=tmp_path)
    assert json.loads((tmp_path / "r.json").read_text())["gate"]["passed"] is True
    assert "aiohttp" in modules
    assert not modules & UNASKED


def test_a_plain_prompt_is_linted_with_nothing_that_is_slow_to_load(tmp_path: Path) -> None:
    front = "version: 1.0.0\nmodel: openai/gpt-5.4-mini\ninput: {schema: {name: string}}"
    (tmp_path / "agentops.yaml").write_text("lint: {ignore: [PE001]}\n")
    (tmp_path / "prompts").mkdir()
    (tmp_path / "prompts" / "p.prompt.md").write_text(f"---\n{front}\n---\nGreet {{{{ name }}}}.\n")
    for name in ("looked at", "unchanged"):
        modules = modules_after("prompt", "lint", cwd=tmp_path)
        assert not modules & {"git", "jinja2", "jsonschema", "rich", "tiktoken"}, name
        assert not modules & {"aiohttp", "asyncio", "litellm", "openai", "pydantic"}, name
        assert ("agentops_cli.prompt.formats" in modules) is (name == "looked at")


def test_a_diff_that_asks_nobody_loads_nothing_that_asks_or_judges(tmp_path: Path) -> None:
    (tmp_path / "agentops.yaml").write_text("{}\n")
    (tmp_path / "prompts").mkdir()
    prompt = tmp_path / "prompts" / "p.prompt.md"
    prompt.write_text("---\nversion: 1.0.0\n---\nGreet them.\n")
    who = ("-c", "user.name=Ada", "-c", "user.email=ada@example.com", "-c", "commit.gpgsign=false")
    for args in (("init", "--quiet"), ("add", "--all"), ("commit", "--quiet", "--message=x")):
        subprocess.run(["git", *who, *args], cwd=tmp_path, check=True)
    prompt.write_text("---\nversion: 1.0.0\n---\nGreet her.\n")
    modules = modules_after("prompt", "diff", "HEAD", cwd=tmp_path)
    assert "agentops_cli.reporters.diff.versions" in modules
    assert not {name for name in modules if name.startswith("agentops_cli.statistics")}
    assert not modules & {"agentops_cli.flows.evaluate", "agentops_cli.run.engine", "rich"}


@pytest.mark.parametrize("command", ["info", "clear", "export"])
def test_what_is_kept_is_shown_without_whatever_runs_suites(tmp_path: Path, command: str) -> None:
    file = ["kept.jsonl"] if command == "export" else []
    modules = modules_after("cache", command, *file, cwd=tmp_path)
    assert "agentops_cli.cli.cache" in modules
    assert not modules & {"agentops_cli.run.engine", "aiohttp", "git", "litellm"}


@pytest.mark.parametrize("name", ["prompt", "suite", "judge", "config", "result"])
def test_a_schema_is_printed_without_a_validator(name: str) -> None:
    assert not modules_after("schema", name) & {"litellm", "aiohttp", "git"}


def test_a_first_prompt_is_loaded_and_rendered_without_what_only_others_need(
    tmp_path: Path,
) -> None:
    front = "version: {}\nmodel: openai/ok\ninput: {{schema: {{who: string}}}}"
    for version in ("1.2.0", "2.0.0"):
        text = f"---\nname: p\n{front.format(version)}\n---\nHi.\n\nuser:\nI am {{{{ who }}}}.\n"
        (tmp_path / f"{version}.prompt.md").write_text(text)
    code = (
        "import json, sys; from agentops_cli import load_prompt\n"
        f"said = load_prompt('p@^1', folder={str(tmp_path)!r}).render(who='Ada')\n"
        "print(json.dumps([said, sorted(sys.modules)]))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    said, modules = json.loads(done.stdout)
    assert said[-1] == {"role": "user", "content": "I am Ada."}
    assert "jinja2" in modules
    assert not {*modules} & {"argparse", "decimal", "difflib", "hmac", "jsonschema", "semver"}
    assert not {*modules} & {"agentops_cli.expression", "agentops_cli.model.tool", "jinja2.ext"}
