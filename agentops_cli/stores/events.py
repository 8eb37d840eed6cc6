"""What happened in a run beside its trials, for the process that goes on with it.

It decides nothing: an event that cannot be written is not missed, one that cannot be read is passed
over.
"""

import json
import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from agentops_cli.errors import StoreError
from agentops_cli.files import open_ordinary
from agentops_cli.model.codec import dumps
from agentops_cli.model.json import JsonObject


class EventLog:
    """An append-only file of events; it is opened for each, since they are few."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def append(self, event: JsonObject) -> None:
        """Writes an event down, as soon as it happened."""
        # Each begins a line rather than end one, so that half an event swallows no other.
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW
        with (
            suppress(OSError, StoreError),
            os.fdopen(open_ordinary(self._path, flags), "ab", buffering=0) as file,
        ):
            file.write(b"\n" + dumps(event).encode("ascii"))

    def read(self) -> Iterator[JsonObject]:
        """The events in the order in which they happened."""
        try:
            with os.fdopen(open_ordinary(self._path, os.O_NOFOLLOW), "rb") as file:
                lines = file.read().split(b"\n")
        except (OSError, StoreError):
            return
        for line in lines:
            with suppress(ValueError):
                event = json.loads(line)
                if isinstance(event, dict):
                    yield event
