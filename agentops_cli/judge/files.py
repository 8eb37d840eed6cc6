"""The judge files of a tree of files, and the records beside them."""

from dataclasses import replace

from agentops_cli.errors import UnreadableError
from agentops_cli.judge.read import read_judge_file
from agentops_cli.judge.record import read_record, record_path, why_unchecked
from agentops_cli.model.finding import Finding
from agentops_cli.model.judge import JudgeFile
from agentops_cli.ports import Source


class JudgeFiles:
    """Judge files by their paths, each read once."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._read: dict[str, JudgeFile] = {}

    def get(self, path: str) -> JudgeFile:
        """The judge file at a path.

        Raises `UnreadableError` when it cannot be read, `InputError` with all that is wrong in it.
        """
        if path not in self._read:
            self._read[path] = read_judge_file(self._source.read(path), path=path)
        return self._read[path]

    def why_unchecked(self, path: str, *, base_url: str | None) -> Finding | None:
        """What forbids a judge file to judge in a run that asks its model at a base URL.

        None when nothing does.
        """
        file = self.get(path)
        there = replace(file, judge=replace(file.judge, base_url=base_url))
        return why_unchecked(there, self._record(path))

    def checked_models(self, path: str) -> tuple[str, ...]:
        """The models that a judge file was served as when it was checked; nothing forbids it."""
        return tuple(read_record(self._record(path) or "").served_models)

    def _record(self, path: str) -> str | None:
        try:
            return self._source.read(record_path(path))
        except UnreadableError:
            return None
