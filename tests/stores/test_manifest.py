import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from agentops_cli.errors import StoreError
from agentops_cli.stores.manifest import Manifest, read_manifest, write_manifest

WHOLE = Manifest(
    run_id="20260501T120000-0a1b2c",
    started=datetime(2026, 5, 1, 12, tzinfo=UTC),
    tool_version="1.2.3",
    folder="packages/bot",
    plan={"suites": [{"path": "s.yaml"}]},
    typed={"suites": ["s.yaml"]},
    log="out/t.jsonl",
    environ={"AGENTOPS_BUDGET": "0.50"},
    finished=datetime(2026, 5, 1, 13, tzinfo=UTC),
)
LEAST = Manifest(
    run_id="20260501T120000-0a1b2c",
    started=datetime(2026, 5, 1, 12, tzinfo=UTC),
    tool_version="1.2.3",
    folder=".",
    plan={},
)


@pytest.mark.parametrize("manifest", [WHOLE, LEAST])
def test_a_manifest_comes_back_as_it_was_written(tmp_path: Path, manifest: Manifest) -> None:
    write_manifest(tmp_path / "run.json", manifest)
    assert read_manifest(tmp_path / "run.json") == manifest


def written(path: Path, **changes: Any) -> Path:
    write_manifest(path, WHOLE)
    data = json.loads(path.read_text())
    path.write_text(json.dumps({**data, **changes}))
    return path


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"[]", b"{}", b"null", b'{"schema": 1}', b"\x00" * 40, b"\xff", b"[" * 100_000],
    ids=["empty", "cut", "list", "bare", "null", "only a schema", "zeros", "no text", "deep"],
)
def test_a_broken_manifest_is_told_with_its_path(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "run.json"
    path.write_bytes(content)
    with pytest.raises(StoreError, match=r"run\.json' is damaged") as caught:
        read_manifest(path)
    assert caught.value.fix


@pytest.mark.parametrize(
    "changes",
    [
        {"started": "2026-05-01T12:00:00"},
        {"finished": "2026-05-01T12:00:00"},
        {"plan": "x"},
        {"plan": None},
        {"typed": 7},
        {"started": "yesterday"},
        {"started": 7},
        {"finished": "later"},
        {"environ": []},
    ],
)
def test_a_manifest_with_a_wrong_value_is_damaged(tmp_path: Path, changes: dict[str, Any]) -> None:
    with pytest.raises(StoreError, match="is damaged"):
        read_manifest(written(tmp_path / "run.json", **changes))


def test_a_manifest_of_a_newer_version_is_not_guessed_at(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="schema 2, which this version does not read"):
        read_manifest(written(tmp_path / "run.json", schema=2))


def test_a_manifest_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match=r"cannot read .*run\.json"):
        read_manifest(tmp_path / "run.json")
