import json
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from agentops_cli.errors import StoreError
from agentops_cli.flows.listener import Served
from agentops_cli.flows.open_run import OpenRun, log_from, open_run
from agentops_cli.model.result import Incident
from agentops_cli.redact import Redact
from agentops_cli.stores.manifest import Manifest, read_manifest
from tests.builders import a_trial, an_errored_trial

MANIFEST = Manifest(
    run_id="20260501T120000-0a1b2c",
    started=datetime(2026, 5, 1, 12, tzinfo=UTC),
    tool_version="1.2.3",
    folder=".",
    plan={},
)
INCIDENT = Incident(guard="breaker", message="opened", at=datetime(2026, 5, 1, 12, 1, tzinfo=UTC))


def opened(
    root: Path, *, resumed: bool, served: Served | None = None, log: str | None = None
) -> AbstractContextManager[OpenRun]:
    """The run, new or gone on with."""
    return open_run(
        replace(MANIFEST, log=log),
        root=root,
        redact=Redact(),
        resumed=resumed,
        served={} if served is None else served,
    )


@pytest.mark.parametrize("log", [None, "out/t.jsonl"])
def test_what_one_process_leaves_the_next_one_finds(tmp_path: Path, log: str | None) -> None:
    with opened(tmp_path, resumed=False, log=log) as first:
        assert list(first.kept()) == []
        first.trials.append(an_errored_trial())
        first.trials.append(a_trial())
        first.tell(INCIDENT)
        first.hear("s.yaml", "openai/gpt-4o", "gpt-4o-2024")
    served: Served = {}
    with opened(tmp_path, resumed=True, served=served, log=log) as second:
        assert list(second.kept()) == [an_errored_trial(), a_trial()]
        assert second.incidents == [INCIDENT]
        assert served == {("s.yaml", "openai/gpt-4o"): {"gpt-4o-2024"}}
        second.hear("s.yaml", "openai/gpt-4o", "gpt-4o-2025")
    assert served == {("s.yaml", "openai/gpt-4o"): {"gpt-4o-2024", "gpt-4o-2025"}}


def test_who_judged_is_noted_once(tmp_path: Path) -> None:
    with opened(tmp_path, resumed=False) as run:
        for _ in range(3):
            run.hear("s.yaml", "openai/gpt-4o", "gpt-4o-2024")
        assert len(list(run.events.read())) == 1


def test_no_two_processes_of_a_run_share_a_name(tmp_path: Path) -> None:
    names = []
    for resumed in (False, True, True, True):
        with opened(tmp_path, resumed=resumed) as run:
            names.append(run.name)
            assert run.run_id == MANIFEST.run_id
    assert len(set(names)) == 4


def test_a_run_that_went_on_has_not_ended(tmp_path: Path) -> None:
    with opened(tmp_path, resumed=False) as run:
        assert read_manifest(run.folder.manifest).finished is None
        run.end(MANIFEST.started)
        assert read_manifest(run.folder.manifest).finished == MANIFEST.started
        run.end(None)
        assert read_manifest(run.folder.manifest).finished is None


def test_events_that_cannot_be_read_are_passed_over(tmp_path: Path) -> None:
    with opened(tmp_path, resumed=False) as run:
        run.tell(INCIDENT)
        for event in (
            {"incident": 7, "message": "", "at": ""},
            {"incident": "a", "message": "b", "at": "yesterday"},
            {"suite": None, "asked": "", "served": ""},
            {"later": "version"},
        ):
            run.events.append(json.loads(json.dumps(event)))
    with opened(tmp_path, resumed=True) as again:
        assert again.incidents == [INCIDENT]
        assert again.served == {}


@pytest.mark.parametrize("log", [None, "t.jsonl"])
def test_a_run_whose_trials_are_gone_is_not_begun_anew(tmp_path: Path, log: str | None) -> None:
    with opened(tmp_path, resumed=False, log=log) as run:
        path = run.trials.path
    path.unlink()
    refused = pytest.raises(StoreError, match="are gone: there is no")
    with refused, opened(tmp_path, resumed=True, log=log):
        pass
    assert not path.exists()


def test_a_run_that_is_gone_is_told(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="is gone"), opened(tmp_path, resumed=True):
        pass


def test_a_run_that_cannot_have_its_trial_log_leaves_nothing(tmp_path: Path) -> None:
    with opened(tmp_path, resumed=False, log="t.jsonl"):
        other = replace(MANIFEST, run_id="20260501T120001-0a1b2c", log="t.jsonl")
        refused = pytest.raises(StoreError, match="another run is writing")
        with refused, open_run(other, root=tmp_path, redact=Redact(), resumed=False, served={}):
            pass
    assert [path.name for path in (tmp_path / ".agentops" / "runs").iterdir()] == [MANIFEST.run_id]


@pytest.mark.parametrize(
    ("log", "named"), [(None, None), ("out/t.jsonl", "out/t.jsonl"), ("../t.jsonl", "../t.jsonl")]
)
def test_a_log_is_named_from_the_root(tmp_path: Path, log: str | None, named: str | None) -> None:
    assert log_from(tmp_path, None if log is None else tmp_path / log) == named
