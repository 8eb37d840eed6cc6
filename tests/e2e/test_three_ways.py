"""One suite on one real server, asked in three ways: they must agree on everything they report."""

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from agentops_cli.gateways.local import NAME
from tests.servers import embedded_openai, litellm_proxy

PRICE = "{inputPer1M: 1, outputPer1M: 2}"
PROMPT = f"""---
version: 1.0.0
model: local/{NAME}
temperature: 0
author: "@platform"
requires_review: false
max_tokens: 40
input: {{schema: {{ticket: string}}}}
output: {{format: json, schema: {{label(enum): [payment, error, question]}}}}
---
You sort support tickets. Answer with JSON.

user:
{{{{ ticket }}}}
"""
TICKETS = {
    "card": ("I was charged twice", "payment"),
    "crash": ("The app crashes", "error"),
    "hiring": ("Are you hiring?", "question"),
}

pytestmark = [
    pytest.mark.local_llm,
    pytest.mark.proxy,
    embedded_openai.skip_if_absent,
    litellm_proxy.skip_if_absent,
    pytest.mark.timeout(240),
]


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with embedded_openai.running() as address:
        yield address


@pytest.fixture(scope="module")
def proxy(server: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    models = f"""\
model_list:
  - model_name: {NAME}
    litellm_params: {{model: openai/{NAME}, api_base: "{server}/v1", api_key: sk-none}}
"""
    with litellm_proxy.running(models, tmp_path_factory.mktemp("proxy")) as address:
        yield address


def ask(folder: Path, model: str, settings: str, environ: Mapping[str, str]) -> list[Any]:
    """Runs the suite as a user does, and gives what is reported of each case."""
    (folder / "t.prompt.md").write_text(PROMPT)
    (folder / "agentops.yaml").write_text(f"models: {{{model}: {{price: {PRICE}, {settings}}}}}\n")
    cases = "\n".join(
        f"  - {{id: {name}, vars: {{ticket: {text}}}, "
        f"assert: [{{kind: jsonPath, path: $.label, equals: {label}}}]}}"
        for name, (text, label) in TICKETS.items()
    )
    (folder / "s.yaml").write_text(f"prompt: t.prompt.md\nmodels: [{model}]\ncases:\n{cases}\n")
    done = subprocess.run(
        [sys.executable, "-m", "agentops_cli", "eval", "s.yaml", "--format", "json"],
        cwd=folder,
        env={"PATH": "/usr/bin:/bin", "HOME": str(folder), **environ},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode in {0, 1}, done.stdout + done.stderr
    [suite] = json.loads(done.stdout)["suites"]
    return [
        {
            "id": case["id"],
            "outcome": case["outcome"],
            "answer": case["trials"][0]["output"],
            "usage": case["usage"],
            "costUsd": case["costUsd"],
            "unpriced": case["unpriced"],
        }
        for case in suite["cases"]
    ]


def test_openai_chat_litellm_and_the_proxy_report_the_same(
    tmp_path: Path, server: str, proxy: str
) -> None:
    folders = [tmp_path / name for name in ("direct", "litellm", "proxy")]
    for folder in folders:
        folder.mkdir()
    address = f'baseUrl: "{server}/v1", apiKeyEnv: A_KEY'
    key = {"A_KEY": "sk-none"}
    direct = ask(folders[0], f"openai/{NAME}", f"gateway: openai_chat, {address}", key)
    through_litellm = ask(folders[1], f"openai/{NAME}", f"gateway: litellm, {address}", key)
    through_proxy = ask(
        folders[2],
        f"litellm_proxy/{NAME}",
        "gateway: openai_chat",
        {"LITELLM_PROXY_API_BASE": proxy, "LITELLM_PROXY_API_KEY": litellm_proxy.KEY},
    )
    assert direct == through_litellm == through_proxy
    assert [case["id"] for case in direct] == list(TICKETS)
    assert all(case["usage"]["inputTokens"] > 0 and case["unpriced"] == 0 for case in direct)
    assert {case["outcome"] for case in direct} <= {"passed", "failed"}
    assert "passed" in {case["outcome"] for case in direct}
