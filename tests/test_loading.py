"""What importing `load_prompt` imports, and its first call: names, not milliseconds."""

import json
import subprocess
import sys
from pathlib import Path

from tests.flows.diff.repos import write
from tests.flows.registry.repos import prompt

MODULES = "import sys, json; {}; print(json.dumps([*sys.modules]))"


def modules_after(code: str) -> set[str]:
    command = [sys.executable, "-c", MODULES.format(code)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return set(json.loads(done.stdout))


def test_importing_it_imports_nothing_else() -> None:
    more = modules_after("from agentops_cli import load_prompt") - modules_after("pass")
    assert more == {"agentops_cli", "agentops_cli.loading"}


def test_the_first_load_imports_what_reads_and_renders_and_nothing_of_a_command(
    tmp_path: Path,
) -> None:
    write(tmp_path, "greet.prompt.md", prompt("1.2.0", "Greet {{ name }}."))
    load = (
        f"from agentops_cli import load_prompt; load_prompt('greet@^1', folder={str(tmp_path)!r})"
    )
    modules = modules_after(load)
    assert {"jinja2", "yaml", "agentops_cli.prompt.read", "agentops_cli.prompt.render"} <= modules
    assert not modules & {"subprocess", "asyncio", "aiohttp", "litellm", "typer", "click", "rich"}
    assert not modules & {"jsonschema", "fastjsonschema", "pathspec", "agentops_cli.gitrepo"}
    assert not modules & {"agentops_cli.ports", "agentops_cli.model.call", "agentops_cli.config"}
    assert not {
        name for name in modules if name.startswith(("agentops_cli.cli", "agentops_cli.run"))
    }
