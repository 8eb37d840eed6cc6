"""What happened in a run beside its trials, for the process that goes on with it.

It decides nothing: an event that cannot be written is not missed, one that cannot be read is passed
over.
"""

import json
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from agentops_cli.model.codec import dumps
from agentops_cli.model.json import JsonObject


class EventLog:
    """An append-only file of events; it is opened for each, since they are few."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def append(self, event: JsonObject) -> None:
        """Writes an event down, as soon as it happened."""
        # Each begins a line rather than end one, so that half an event swallows no other.
        with suppress(OSError), self._path.open("ab", buffering=0) as file:
            file.write(b"\n" + dumps(event).encode("ascii"))

    def read(self) -> Iterator[JsonObject]:
        """The events in the order in which they happened."""
        try:
            lines = self._path.read_bytes().split(b"\n")
        except OSError:
            return
        for line in lines:
            with suppress(ValueError):
                event = json.loads(line)
                if isinstance(event, dict):
                    yield event
