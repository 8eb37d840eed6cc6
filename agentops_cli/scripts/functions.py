"""The functions that suites name, loaded before a run and called in it."""

import os
import posixpath
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from agentops_cli.assertions.verdict import CannotTell, bad_argument
from agentops_cli.errors import UnreadableError
from agentops_cli.model.json import Json, JsonObject
from agentops_cli.model.suite import AssertionSpec
from agentops_cli.ports import UserFunction
from agentops_cli.scripts.process import FunctionProcess, NoReply
from agentops_cli.sources import Disk

CALL_LIMIT_S = 10.0
LOAD_LIMIT_S = 60.0
"""A module may import much before its first function runs."""


class Functions:
    """Finds functions by the `file.py:name` of a suite; each file is loaded once.

    A file sees its own folder, the suite's and the project's root first when it imports. Files that
    see different folders run in different processes, so that two `helpers.py` never meet. Paths are
    relative to `cwd`, as the user knows them.
    """

    def __init__(
        self, *, cwd: Path, root: Path, allowed: bool, limit_s: float = CALL_LIMIT_S
    ) -> None:
        self._cwd = cwd
        self._root = root
        self._allowed = allowed
        self._limit_s = limit_s
        self._processes: dict[tuple[Path, ...], FunctionProcess] = {}
        self._found: dict[tuple[str, ...], _Function | _Refusal] = {}

    def find(self, spec: AssertionSpec) -> UserFunction:
        """The function that a spec names, loaded.

        Raises `InputError` when scripts are not allowed, and when the function cannot be called:
        the file is not there or does not load, or has no such function of an answer and a context.
        """
        if not self._allowed:
            problem = "the configuration does not allow scripts"
            fix = "set allowScripts: true in it, if you trust whoever can change a suite"
            raise bad_argument(spec, problem, fix=fix)
        file, _, name = str(spec.args["value"]).rpartition(":")
        suite = posixpath.dirname(spec.location.path)
        file = posixpath.normpath(posixpath.join(suite, file))
        key = (suite, file, name)
        if key not in self._found:
            self._found[key] = self._load(suite, file, name)
        found = self._found[key]
        if isinstance(found, _Refusal):
            raise bad_argument(spec, found.problem, fix=found.fix)
        return found

    def _load(self, suite: str, file: str, name: str) -> "_Function | _Refusal":
        try:
            Disk(self._cwd).read(file)
        except UnreadableError as error:
            return _Refusal(problem=error.message, fix=error.fix or "name a Python file")
        path = (self._cwd / file).resolve()
        process = self._process((path.parent, (self._cwd / suite).resolve(), self._root.resolve()))
        function = _Function(
            title=f"{file}:{name}",
            question={"file": str(path), "function": name},
            process=process,
            cwd=self._cwd,
            limit_s=self._limit_s,
        )
        try:
            reply = process.ask(function.question, limit_s=LOAD_LIMIT_S)
        except NoReply as why:
            return _Refusal(problem=f"{file} {why} when it was loaded", fix="mend the file")
        if "problem" in reply:
            problem = f"{file} {reply['problem']}{_at(reply, self._cwd)}"
            return _Refusal(problem=problem, fix=str(reply.get("fix") or "mend the file"))
        return function

    def _process(self, paths: Sequence[Path]) -> FunctionProcess:
        folders = tuple(dict.fromkeys(paths))
        return self._processes.setdefault(folders, FunctionProcess(folders))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Refusal:
    """Why there is no function, and what mends it."""

    problem: str
    fix: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Function:
    """A function that is loaded in a process; `title` is its name as messages give it."""

    title: str
    question: JsonObject
    process: FunctionProcess
    cwd: Path
    limit_s: float

    def __call__(self, answer: str, context: JsonObject) -> Json:
        question: JsonObject = {**self.question, "answer": answer, "context": context}
        try:
            if not self.process.is_running:
                # Another call ended it. The time to load is not the function's own.
                self.process.ask(self.question, limit_s=LOAD_LIMIT_S)
            reply = self.process.ask(question, limit_s=self.limit_s)
        except NoReply as why:
            raise CannotTell(f"{self.title} {why}") from None
        if "problem" in reply:
            raise CannotTell(f"{self.title} {reply['problem']}{_at(reply, self.cwd)}")
        return reply["returned"]


def _at(reply: JsonObject, cwd: Path) -> str:
    """The place that a reply names, as ` (checks.py:12)`."""
    place = reply.get("place")
    if not isinstance(place, list):
        return ""
    file, line = place
    shown = Path(os.path.relpath(str(file), cwd)).as_posix()
    return f" ({shown}:{line})" if line else f" ({shown})"
