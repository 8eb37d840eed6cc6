"""What Ctrl-C, SIGTERM and a terminal that is closed do."""

import os
import signal
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from types import FrameType

STOPPING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def stopping() -> tuple[signal.Signals, ...]:
    """The signals that end a run; not a SIGHUP that is ignored, as under `nohup`."""
    ignored = signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
    return STOPPING[:-1] if ignored else STOPPING


def terminate_as_ctrl_c() -> None:
    """The others raise `KeyboardInterrupt` too: a CI job was cancelled, a terminal closed."""
    for number in stopping():
        if number is not signal.SIGINT:
            signal.signal(number, signal.default_int_handler)


def prepare_to_end(number: int) -> None:
    """For what follows a first signal: another Ctrl-C or SIGTERM interrupts it as usual.

    SIGHUP does not: that a terminal was closed may be told by the kernel and by the shell. What is
    still said to it must not be an error that keeps reports from being written.
    """
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    if number == signal.SIGHUP:
        _leave_terminal()


def _leave_terminal() -> None:
    """Sends to nowhere what goes to a terminal; that one is closed shows by no other sign."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for stream in (1, 2):
        with suppress(OSError):
            if stat.S_ISCHR(os.fstat(stream).st_mode):
                os.dup2(nowhere, stream)
    os.close(nowhere)


@contextmanager
def finishing() -> Iterator[None]:
    """Lets a block end in spite of a signal, and raises `KeyboardInterrupt` only then.

    For the writing of reports. A second signal interrupts the block itself.
    """
    seen = False

    def remember(number: int, _frame: FrameType | None) -> None:
        nonlocal seen
        seen = True
        prepare_to_end(number)

    before = {number: signal.signal(number, remember) for number in stopping()}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    if seen:
        raise KeyboardInterrupt
