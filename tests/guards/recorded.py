"""Cassettes in memory, for tests of what is done with them."""

from functools import partial
from typing import Any

from agentops_cli.guards.recordings import Recordings
from agentops_cli.model.call import Request, Tags
from agentops_cli.model.cassette import Cassette, Recording, Reel, key_of
from agentops_cli.redact import Redact, redact_completion
from tests.builders import a_request

SUITE = "evals/s.yaml"
PATH = "evals/cassettes/s.jsonl"
TODAY = "2026-05-01"


def asking(case_id: str = "a", **changes: Any) -> Request:
    """A request of a case of the suite."""
    tags = Tags(suite=SUITE, case_id=case_id, prompt="echo")
    return a_request(**{"tags": tags, **changes})


def recording(request: Request, text: str = "Hello", **changes: Any) -> Recording:
    """What was recorded of a request."""
    given = {
        "case_id": request.tags.case_id if request.tags else "",
        "text": text,
        "line": 1,
        "key": key_of(request),
        "model": request.model,
        "repeat": request.repeat,
        "turn": request.turn,
        "step": request.step,
        "purpose": request.purpose,
        "prompt_sha": "old",
        "recorded_at": "2026-01-02",
    }
    return Recording(**{**given, **changes})


def a_reel(*recorded: Recording, **changes: Any) -> Reel:
    """The suite with its cassette."""
    cassette = Cassette(path=PATH, recordings=recorded)
    given = {"suite": SUITE, "name": SUITE, "path": PATH, "cassette": cassette, "prompt_sha": "old"}
    return Reel(**{**given, **changes})


def recordings(*recorded: Recording, replays: bool = True, **changes: Any) -> Recordings:
    """The recordings of a run of the suite."""
    reels = {SUITE: a_reel(*recorded, **changes)}
    return Recordings(
        reels, redacted=partial(redact_completion, redact=Redact()), today=TODAY, replays=replays
    )
