"""Programs in process groups of their own, so that all that they start ends with them."""

import asyncio
import os
import shutil
import signal
import tempfile
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

_TAIL_BYTES = 4096
_WORDS_LENGTH = 300
_CHUNK_BYTES = 65536


class TooMuchError(Exception):
    """A program wrote more than is read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """A program that has ended: how, what it answered, and the end of what it said besides.

    A negative code is the number of the signal that ended it.
    """

    code: int
    out: bytes
    said: str

    def __str__(self) -> str:
        return how_it_ended(self.code, self.said)


def is_outage(code: int) -> bool:
    """True for an end that says nothing of the program: by a signal, or not even begun.

    126 and 127 are what a shell says of a command that it cannot run or find (POSIX, 2.8.2).
    """
    return code < 0 or code in {126, 127}


def program_of(command: Sequence[str], folder: Path, environ: Mapping[str, str]) -> str | None:
    """The file that a command starts; None when there is none that can be executed.

    A name with a slash is relative to the folder, one without is looked up in PATH.
    """
    name = command[0]
    if "/" in name:
        file = folder / name
        return str(file) if file.is_file() and os.access(file, os.X_OK) else None
    return shutil.which(name, path=environ.get("PATH", os.defpath))


async def run(
    command: Sequence[str],
    *,
    folder: Path,
    environ: Mapping[str, str],
    given: bytes,
    most_bytes: int,
) -> Ended:
    """Runs a program to its end, with `given` on its standard input.

    Everything that is left of its group is then ended, also when the caller is cancelled. Raises
    `TooMuchError`, and `OSError` when it cannot be started.
    """
    # A file and not a pipe: who does not read it cannot make us wait, or fail.
    with tempfile.TemporaryFile() as stdin:
        stdin.write(given)
        stdin.seek(0)
        async with pipe() as (out, out_end), pipe() as (err, err_end):
            streams = (stdin, out_end, err_end)
            process = await start(command, folder=folder, environ=environ, streams=streams)
            # Ours are closed, so that the streams end with the program.
            out_end.close()
            err_end.close()
            watch = asyncio.create_task(ended(process))
            tail = asyncio.create_task(tail_of(err))
            try:
                answer = await _read(out, most_bytes)
                # Not awaited themselves: a cancellation of ours must not cancel them.
                await asyncio.wait([watch, tail])
                return Ended(code=watch.result(), out=answer, said=tail.result())
            finally:
                if process.returncode is None:
                    end_group(process.pid)
                tail.cancel()
                await asyncio.wait([watch, tail])


Streams = tuple[IO[bytes] | int, IO[bytes] | int, IO[bytes] | int]


async def start(
    command: Sequence[str],
    *,
    folder: Path,
    environ: Mapping[str, str],
    streams: Streams,
    keep: Sequence[int] = (),
) -> asyncio.subprocess.Process:
    """Starts a program as the leader of a new group; `keep` are descriptors that it inherits.

    Its standard streams are files or descriptors and no pipes of asyncio's, whose `wait` also
    waits, in some versions of Python, for the end of pipes that a program's children keep open.
    """
    stdin, stdout, stderr = streams
    return await asyncio.create_subprocess_exec(
        program_of(command, folder, environ) or command[0],
        *command[1:],
        cwd=folder,
        env=dict(environ),
        stdin=stdin,
        stdout=stdout,
        stderr=stderr,
        pass_fds=keep,
        start_new_session=True,
    )


async def ended(process: asyncio.subprocess.Process) -> int:
    """The code of a process when it has ended, and all of its group with it."""
    code = await process.wait()
    end_group(process.pid)
    return code


def end_group(leader: int) -> None:
    """Ends at once whatever is left of a group."""
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(leader, signal.SIGKILL)


def has_group(leader: int) -> bool:
    """True while anything of a group is alive."""
    try:
        os.killpg(leader, 0)
    except (ProcessLookupError, PermissionError):
        return False
    return True


@asynccontextmanager
async def pipe() -> AsyncIterator[tuple[asyncio.StreamReader, IO[bytes]]]:
    """A pipe: the end that we read, and the one that a program is given, to be closed then."""
    read_end, write_end = os.pipe()
    reader = asyncio.StreamReader()
    with os.fdopen(write_end, "wb", buffering=0) as writer:
        transport, _ = await asyncio.get_running_loop().connect_read_pipe(
            lambda: asyncio.StreamReaderProtocol(reader), os.fdopen(read_end, "rb", buffering=0)
        )
        try:
            yield reader, writer
        finally:
            transport.close()


async def _read(stream: asyncio.StreamReader, most_bytes: int) -> bytes:
    parts = []
    size = 0
    while chunk := await stream.read(_CHUNK_BYTES):
        size += len(chunk)
        if size > most_bytes:
            raise TooMuchError(f"more than {most_bytes // 2**20} MiB")
        parts.append(chunk)
    return b"".join(parts)


async def tail_of(stream: asyncio.StreamReader) -> str:
    """Reads a stream to its end and gives the last of it."""
    last = b""
    while chunk := await stream.read(_CHUNK_BYTES):
        last = (last + chunk)[-_TAIL_BYTES:]
    return last_words(last)


def last_words(output: bytes) -> str:
    """The end of what a program wrote, on one line."""
    line = " ".join(output[-_TAIL_BYTES:].decode("utf-8", "replace").split())
    return line if len(line) <= _WORDS_LENGTH else f"…{line[1 - _WORDS_LENGTH :]}"


def how_it_ended(code: int, said: str = "") -> str:
    """How a process ended, in words; a negative code is the number of a signal."""
    how = f"ended with exit code {code}" if code >= 0 else f"was ended by {_signal(-code)}"
    return f"{how}: {said}" if said else how


def _signal(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:  # A real-time signal has no name.
        return f"signal {number}"
