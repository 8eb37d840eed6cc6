"""The states that one prompt had, commit by commit, its renames followed."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property

from agentops_cli.gitlog import GitLog, Revision
from agentops_cli.gitrepo import Repository
from agentops_cli.prompt.source import PromptFile


@dataclass(frozen=True, kw_only=True)
class State:
    """A prompt as a commit left it; read when somebody asks."""

    revision: Revision
    content: bytes

    @cached_property
    def file(self) -> PromptFile:
        """The prompt."""
        from agentops_cli.prompt.formats import read_bytes  # Who looks for a tag reads none.

        return read_bytes(self.content, path=self.revision.path, is_declared=True)

    @property
    def version(self) -> str | None:
        """The version that it gives itself."""
        version = self.file.meta.get("version")
        return None if version is None else str(version)


class Lineage:
    """The history of prompts up to a commit. `declares` tells which paths are prompts."""

    def __init__(
        self, log: GitLog, repository: Repository, declares: Callable[[str], bool]
    ) -> None:
        self._log = log
        self._repository = repository
        self._declares = declares

    def states(self, start: str, path: str) -> Iterator[State]:
        """The states of the prompt at a path, the latest first.

        Where it was renamed its history goes on under the old name. A prompt that was deleted and
        came back goes on where it went. Contents that a partial clone lacks, git fetches; raises
        `StoreError` where it cannot.
        """
        seen: set[tuple[str, str]] = set()
        while (start, path) not in seen:
            seen.add((start, path))
            latest: Revision | None = None
            for revision in self._log.revisions(start, [path]):
                latest = revision
                state = self._state(revision)
                if state is not None:
                    yield state
                before = self._before(revision, state)
                if before is not None:
                    start, path = revision.parents[0], before
                    break
            if latest is None:
                return

    def _state(self, revision: Revision) -> State | None:
        if revision.blob is None:
            return None
        return State(revision=revision, content=self._repository.content(revision.blob))

    def _before(self, revision: Revision, state: State | None) -> str | None:
        """The path that a new file had in the commit before; None where it had none.

        Git goes by lines, of which two short prompts have many in common, and one that was written
        anew has few: what git takes for renamed is looked at first, and then whatever went.
        """
        if state is None or revision.before is not None or not revision.parents:
            return None
        parent = revision.parents[0]
        moves = self._log.moves(parent, revision.commit)
        moves.sort(key=lambda move: move.after != revision.path)
        paths = [move.before for move in moves if move.before and self._declares(move.before)]
        blobs = (self._repository.blobs_at(parent) or {}) if paths else {}
        return next((path for path in paths if self._is(state, path, blobs.get(path))), None)

    def _is(self, state: State, path: str, blob: str | None) -> bool:
        from agentops_cli.prompt.formats import read_bytes  # As above.
        from agentops_cli.prompt.likeness import is_one_prompt

        if blob is None:
            return False
        content = self._repository.content(blob)
        return is_one_prompt(read_bytes(content, path=path, is_declared=True), state.file)
