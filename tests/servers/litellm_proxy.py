"""A real LiteLLM Proxy on loopback, without a database, from a virtual environment of its own."""

import os
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

PROXY = Path(__file__).parents[2] / ".venv-proxy" / "bin" / "litellm"
KEY = "sk-master"
_SETTINGS = f"""\
router_settings: {{num_retries: 0}}
general_settings: {{master_key: {KEY}}}
"""

skip_if_absent = pytest.mark.skipif(not PROXY.exists(), reason="no LiteLLM Proxy: run make proxy")


@contextmanager
def running(models: str, folder: Path) -> Iterator[str]:
    """The address of a proxy for this `model_list`, ready when it is entered."""
    config = folder / "proxy.yaml"
    config.write_text(models + _SETTINGS, encoding="utf-8")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [str(PROXY), "--config", str(config), "--host", "127.0.0.1", "--port", str(port)]
    environ = {
        "PATH": os.environ["PATH"],
        "HOME": str(folder),
        "LITELLM_LOCAL_MODEL_COST_MAP": "True",
    }
    with subprocess.Popen(
        [*command, "--telemetry", "False"],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env=environ,
        text=True,
    ) as process:
        assert process.stdout
        said = []
        for line in process.stdout:
            said.append(line)
            if "running on" in line:
                break
        else:
            pytest.fail("".join(said))
        try:
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()
            process.stdout.read()
