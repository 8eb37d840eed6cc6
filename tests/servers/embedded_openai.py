"""The embedded model behind a real HTTP server that speaks OpenAI's protocol.

python -m tests.servers.embedded_openai        (prints its address; ends with its stdin)
"""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from agentops_cli.gateways.local import NAME, is_installed, weights

skip_if_absent = pytest.mark.skipif(
    not is_installed(), reason="no embedded model: run agentops local install"
)


@contextmanager
def running() -> Iterator[str]:
    """The address of a server that has read its weights."""
    with subprocess.Popen(
        [sys.executable, "-m", "tests.servers.embedded_openai"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as process:
        assert process.stdout
        try:
            yield process.stdout.readline().strip()
        finally:
            process.kill()


def _serve() -> None:
    import xllamacpp

    settings = xllamacpp.CommonParams()
    settings.model.path = str(weights())
    settings.model_alias = {NAME}
    settings.n_ctx = 4096
    settings.n_parallel = 1
    settings.cpuparams.n_threads = settings.cpuparams_batch.n_threads = 1
    settings.verbosity = 0
    settings.cache_prompt = False
    server = xllamacpp.Server(settings)
    print(server.listening_address, flush=True)  # noqa: T201 # How the parent learns of it.
    sys.stdin.read()


if __name__ == "__main__":
    _serve()
