"""What Ctrl-C and SIGTERM do."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

STOPPING = (signal.SIGINT, signal.SIGTERM)


def terminate_as_ctrl_c() -> None:
    """SIGTERM raises `KeyboardInterrupt` too, as what a CI job sends when it is cancelled."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)


@contextmanager
def finishing() -> Iterator[None]:
    """Lets a block end in spite of a signal, and raises `KeyboardInterrupt` only then.

    For the writing of reports. A second signal interrupts the block itself.
    """
    seen = False

    def remember(number: int, frame: FrameType | None) -> None:  # noqa: ARG001 # As Python calls it.
        nonlocal seen
        seen = True
        for other in STOPPING:
            signal.signal(other, signal.default_int_handler)

    before = {number: signal.signal(number, remember) for number in STOPPING}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    if seen:
        raise KeyboardInterrupt
