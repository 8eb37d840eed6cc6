from pathlib import Path

import pytest

from agentops_cli.model.json import JsonObject
from agentops_cli.stores.events import EventLog

ONE: JsonObject = {"incident": "breaker", "message": "open\nagain"}
TWO: JsonObject = {"served": "gpt-4o-\ud83d"}


def test_events_come_back_in_their_order_also_to_another_process(tmp_path: Path) -> None:
    EventLog(tmp_path / "e.jsonl").append(ONE)
    EventLog(tmp_path / "e.jsonl").append(TWO)
    assert list(EventLog(tmp_path / "e.jsonl").read()) == [ONE, TWO]


def test_without_a_file_there_was_no_event(tmp_path: Path) -> None:
    assert list(EventLog(tmp_path / "e.jsonl").read()) == []


@pytest.mark.parametrize("torn", [b'\n{"incident":"bre', b"\n\x00\x00", b"\n[1]", b"\n7"])
def test_half_an_event_is_passed_over_and_swallows_no_other(tmp_path: Path, torn: bytes) -> None:
    path = tmp_path / "e.jsonl"
    log = EventLog(path)
    log.append(ONE)
    path.write_bytes(path.read_bytes() + torn)
    log.append(TWO)
    assert list(log.read()) == [ONE, TWO]


def test_an_event_that_cannot_be_written_is_not_missed(tmp_path: Path) -> None:
    log = EventLog(tmp_path)
    log.append(ONE)
    assert list(log.read()) == []
