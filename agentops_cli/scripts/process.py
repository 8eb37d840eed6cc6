"""A child process that runs functions, and is ended when one of them does not come back."""

import json
import subprocess
import sys
import weakref
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from selectors import EVENT_READ, DefaultSelector
from typing import IO, cast

from agentops_cli.model.json import JsonObject
from agentops_cli.scripts import worker

_LAST_BREATH_S = 1.0


class NoReply(Exception):  # noqa: N818 - named for what happened
    """The process gave no reply; the message says why, as a clause."""


class FunctionProcess:
    """A process with import paths of its own, started when it is first asked something.

    Only a process can be made to stop: a thread that hangs in C code, as in a search of `re`, takes
    the whole program with it. After a hang or a crash the next question starts another one. The
    process ends with this object, at the latest with the program.
    """

    def __init__(self, paths: Sequence[Path]) -> None:
        self._paths = paths
        self._process: subprocess.Popen[str] | None = None

    @property
    def is_running(self) -> bool:
        """False before the first question, and after one that it did not live through."""
        return self._process is not None

    def ask(self, question: JsonObject, *, limit_s: float) -> JsonObject:
        """The reply to a question, whose shapes are those of `worker`; raises `NoReply`."""
        process = self._process or self._start()
        stdin, stdout = cast("IO[str]", process.stdin), cast("IO[str]", process.stdout)
        with suppress(BrokenPipeError):  # It has ended, and will be found to have no reply.
            stdin.write(f"{json.dumps(question)}\n")
            stdin.flush()
        with DefaultSelector() as selector:
            selector.register(stdout, EVENT_READ)
            ready = selector.select(limit_s)
        if line := stdout.readline() if ready else "":
            return cast("JsonObject", json.loads(line))
        self._process = None
        if ready:  # At the end of its output.
            with suppress(subprocess.TimeoutExpired):
                process.wait(_LAST_BREATH_S)
        _end(process)
        if ready:
            raise NoReply(f"ended the process that it ran in (exit code {process.returncode})")
        raise NoReply(f"took longer than {limit_s:g} s")

    def _start(self) -> subprocess.Popen[str]:
        process = subprocess.Popen(  # noqa: S603 # Our own program; the paths are arguments.
            [sys.executable, worker.__file__, *map(str, self._paths)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            encoding="ascii",
        )
        self._process = process
        weakref.finalize(self, _end, process)
        return process


def _end(process: subprocess.Popen[str]) -> None:
    """Ends a process for good; does nothing twice."""
    process.kill()
    process.wait()
    for stream in (process.stdin, process.stdout):
        with suppress(OSError):  # What was not delivered needs no delivery any more.
            cast("IO[str]", stream).close()
